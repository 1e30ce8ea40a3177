"""Cline: extension and command line. Seen with Cline 3.0.65."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

CLINE: Final = Tool(
    name="cline",
    docs="https://docs.cline.bot/customization/overview",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    signs=(
        ".clinerules",
        ".cline",
    ),
    sources={
        Kind.SKILL: "https://docs.cline.bot/customization/skills",
    },
)
