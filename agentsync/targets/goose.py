"""Goose of Block."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

GOOSE: Final = Tool(
    name="goose",
    docs="https://block.github.io/goose/docs",
    places={
        Kind.SKILL: (FolderPlace(".goose/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".config/goose/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".goose",
        ".goosehints",
    ),
    sources={
        Kind.SKILL: "https://block.github.io/goose/docs/guides/context-engineering/using-skills",
    },
)
