"""Goose of Block."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import sections
from agentsync.rendering.rule_form import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Root, Tool

GOOSE: Final = Tool(
    name="goose",
    docs="https://block.github.io/goose/docs",
    places={
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
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
