"""Kilo Code, which took over the forms of OpenCode."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

KILO: Final = Tool(
    name="kilo",
    docs="https://kilo.ai/docs",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".kilo/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".kilo",
        "kilo.json",
        "kilo.jsonc",
    ),
    sources={
        Kind.SKILL: "https://kilo.ai/docs/customize/skills",
    },
)
