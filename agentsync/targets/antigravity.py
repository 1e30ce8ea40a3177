"""Antigravity of Google."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FilePlace, FolderPlace, Tool
from agentsync.targets.windsurf import TRIGGER_RULES

ANTIGRAVITY: Final = Tool(
    name="antigravity",
    docs="https://antigravity.google/docs",
    places={
        Kind.RULE: (FilePlace(".agents/rules", ".md", nested=False, render=TRIGGER_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".gemini/antigravity/skills"),),
    },
    sources={
        Kind.RULE: "https://antigravity.google/docs/rules-workflows",
        Kind.SKILL: "https://antigravity.google/docs/skills",
    },
)
