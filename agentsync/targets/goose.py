"""Goose of Block."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.rule import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Root, Tool

GOOSE: Final = Tool(
    name="goose",
    docs="https://block.github.io/goose/docs",
    places={
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
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
        Kind.RULE: "https://block.github.io/goose/docs/guides/context-engineering/using-goosehints",
        Kind.SKILL: "https://block.github.io/goose/docs/guides/context-engineering/using-skills",
    },
)
