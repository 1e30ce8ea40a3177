"""Antigravity of Google."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

ANTIGRAVITY: Final = Tool(
    name="antigravity",
    docs="https://antigravity.google/docs",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".gemini/antigravity/skills"),),
    },
    sources={
        Kind.SKILL: "https://antigravity.google/docs/skills",
    },
)
