"""Junie of JetBrains."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.rule import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Tool

JUNIE: Final = Tool(
    name="junie",
    docs="https://junie.jetbrains.com/docs",
    places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", SectionForm(".junie/AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".junie/skills"),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".junie/skills"),),
    },
    signs=(".junie",),
    sources={
        Kind.RULE: "https://junie.jetbrains.com/docs/guidelines-and-memory.html",
        Kind.SKILL: "https://junie.jetbrains.com/docs/agent-skills.html",
    },
)
