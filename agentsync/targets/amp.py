"""Amp."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

AMP: Final = Tool(
    name="amp",
    docs="https://ampcode.com/manual",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".config/agents/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".amp",),
    sources={
        Kind.SKILL: "https://ampcode.com/manual#agent-skills",
    },
)
