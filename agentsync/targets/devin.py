"""Devin, in the terminal and on the desktop: what Windsurf became."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

DEVIN: Final = Tool(
    name="devin",
    docs="https://docs.devin.ai",
    places={
        Kind.SKILL: (FolderPlace(".devin/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".config/devin/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".devin",),
    sources={
        Kind.SKILL: "https://docs.devin.ai/product-guides/skills",
    },
)
