"""Factory, with its Droid."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.rule import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Tool

FACTORY: Final = Tool(
    name="factory",
    docs="https://docs.factory.ai/cli/configuration/settings",
    places={
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".factory/skills"),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".factory/AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".factory/skills"),),
    },
    signs=(".factory",),
    sources={
        Kind.RULE: "https://docs.factory.ai/cli/configuration/agents-md",
        Kind.SKILL: "https://docs.factory.ai/cli/configuration/skills",
    },
)
