"""Junie of JetBrains."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import sections, servers
from agentsync.rendering.rule_form import SectionForm
from agentsync.rendering.server_form import NO_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FolderPlace, Tool

# No way to refer to a variable of the environment is documented: a server with one is refused.
_SERVERS: Final = servers(Dialect(NO_TYPES, ""))

JUNIE: Final = Tool(
    name="junie",
    docs="https://junie.jetbrains.com/docs",
    places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", sections(SectionForm(".junie/AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".junie/skills"),),
        Kind.MCP: (EntryPlace(".junie/mcp/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".junie/skills"),),
        Kind.MCP: (EntryPlace(".junie/mcp/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    signs=(".junie",),
    sources={
        Kind.RULE: "https://junie.jetbrains.com/docs/guidelines-and-memory.html",
        Kind.SKILL: "https://junie.jetbrains.com/docs/agent-skills.html",
        Kind.MCP: "https://junie.jetbrains.com/docs/junie-cli-mcp-configuration.html",
    },
)
