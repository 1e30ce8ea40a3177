"""Kiro, the IDE."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

KIRO: Final = Tool(
    name="kiro",
    docs="https://kiro.dev/docs/steering",
    places={
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
    },
    signs=(".kiro",),
    sources={
        Kind.SKILL: "https://kiro.dev/docs/skills",
    },
)
