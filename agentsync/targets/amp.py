"""Amp."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import as_it_is, sections
from agentsync.rendering.rule_form import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Root, Tool

AMP: Final = Tool(
    name="amp",
    docs="https://ampcode.com/manual",
    places={
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".amp/settings.json", "/amp.mcpServers", "json", as_it_is()),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".config/amp/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".config/agents/skills"),),
        Kind.MCP: (EntryPlace(".config/amp/settings.json", "/amp.mcpServers", "json", as_it_is()),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".amp",),
    sources={
        Kind.RULE: "https://ampcode.com/manual#AGENTS.md",
        Kind.SKILL: "https://ampcode.com/manual#agent-skills",
        Kind.MCP: "https://ampcode.com/manual#mcp",
    },
)
