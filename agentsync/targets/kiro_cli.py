"""Kiro CLI: it shares folders with the IDE, and reads agents of another form."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

KIRO_CLI: Final = Tool(
    name="kiro-cli",
    docs="https://kiro.dev/docs/cli",
    places={
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
    },
    sources={
        Kind.SKILL: "https://kiro.dev/docs/cli/skills",
    },
)
