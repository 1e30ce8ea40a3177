"""Kilo Code, which took over the forms of OpenCode."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import agents, commands, sections
from agentsync.rendering.rule_form import SectionForm
from agentsync.targets.opencode import OPENCODE_AGENTS, OPENCODE_COMMANDS
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Root, Tool

KILO: Final = Tool(
    name="kilo",
    docs="https://kilo.ai/docs",
    places={
        Kind.AGENT: (FilePlace(".kilo/agents", nested=False, render=agents(OPENCODE_AGENTS)),),
        Kind.COMMAND: (FilePlace(".kilo/commands", ".md", render=commands(OPENCODE_COMMANDS)),),
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".config/kilo/agents", nested=False, render=agents(OPENCODE_AGENTS)),),
        Kind.COMMAND: (FilePlace(".config/kilo/commands", ".md", render=commands(OPENCODE_COMMANDS)),),
        Kind.RULE: (EntryPlace(".config/kilo/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".kilo/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".kilo",
        "kilo.json",
        "kilo.jsonc",
    ),
    sources={
        Kind.AGENT: "https://kilo.ai/docs/customize/custom-subagents",
        Kind.COMMAND: "https://kilo.ai/docs/customize/workflows",
        Kind.RULE: "https://kilo.ai/docs/customize/agents-md",
        Kind.SKILL: "https://kilo.ai/docs/customize/skills",
    },
)
