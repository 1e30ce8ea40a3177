"""Junie of JetBrains."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

JUNIE: Final = Tool(
    name="junie",
    docs="https://junie.jetbrains.com/docs",
    places={
        Kind.SKILL: (FolderPlace(".junie/skills"),),
    },
    signs=(".junie",),
    sources={
        Kind.SKILL: "https://junie.jetbrains.com/docs/agent-skills.html",
    },
)
