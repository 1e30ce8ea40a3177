"""Kilo Code, which took over the forms of OpenCode."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.command import CommandForm
from agentsync.rendering.rule import SectionForm
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Root, Tool

# Its own words for a variable and a file are replaced wherever they stand.
_COMMANDS: Final = CommandForm(typed="$ARGUMENTS", words=True, runs=("!`", "`"), expands=("{env:", "{file:"))

KILO: Final = Tool(
    name="kilo",
    docs="https://kilo.ai/docs",
    places={
        Kind.COMMAND: (FilePlace(".kilo/commands", ".md", render=_COMMANDS.render),),
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.COMMAND: (FilePlace(".config/kilo/commands", ".md", render=_COMMANDS.render),),
        Kind.RULE: (EntryPlace(".config/kilo/AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".kilo/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".kilo",
        "kilo.json",
        "kilo.jsonc",
    ),
    sources={
        Kind.COMMAND: "https://kilo.ai/docs/customize/workflows",
        Kind.RULE: "https://kilo.ai/docs/customize/agents-md",
        Kind.SKILL: "https://kilo.ai/docs/customize/skills",
    },
)
