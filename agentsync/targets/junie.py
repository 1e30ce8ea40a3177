"""Junie of JetBrains."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.mcp import NO_TYPES, Dialect, servers
from agentsync.rendering.rule import SectionForm
from agentsync.targets.tool import EntryPlace, FolderPlace, Tool

# No way to refer to a variable of the environment is documented: a server with one is refused.
_SERVERS: Final = servers(Dialect(NO_TYPES, ""))

JUNIE: Final = Tool(
    name="junie",
    docs="https://junie.jetbrains.com/docs",
    places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", SectionForm(".junie/AGENTS.md").render),),
        Kind.SKILL: (FolderPlace(".junie/skills"),),
        Kind.MCP: (EntryPlace(".junie/mcp/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".junie/AGENTS.md", "", "section", SectionForm("AGENTS.md").render),),
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
