"""Factory, with its Droid."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

FACTORY: Final = Tool(
    name="factory",
    docs="https://docs.factory.ai/cli/configuration/settings",
    places={
        Kind.SKILL: (FolderPlace(".factory/skills"),),
    },
    signs=(".factory",),
    sources={
        Kind.SKILL: "https://docs.factory.ai/cli/configuration/skills",
    },
)
