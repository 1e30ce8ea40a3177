"""Windsurf, as it was called before it became Devin."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

WINDSURF: Final = Tool(
    name="windsurf",
    docs="https://docs.windsurf.com/windsurf/cascade/memories",
    places={
        Kind.SKILL: (FolderPlace(".windsurf/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".codeium/windsurf/skills"),),
    },
    signs=(
        ".windsurf",
        ".windsurfrules",
    ),
    sources={
        Kind.SKILL: "https://docs.windsurf.com/windsurf/cascade/skills",
    },
)
