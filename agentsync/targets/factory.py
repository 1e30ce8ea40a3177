"""Factory, with its Droid."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import sections, servers
from agentsync.rendering.rule_form import SectionForm
from agentsync.rendering.server_form import ALL_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FolderPlace, Tool

# No way to refer to a variable of the environment is documented: a server with one is refused.
_SERVERS: Final = servers(Dialect(ALL_TYPES, ""))

FACTORY: Final = Tool(
    name="factory",
    docs="https://docs.factory.ai/cli/configuration/settings",
    places={
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".factory/skills"),),
        Kind.MCP: (EntryPlace(".factory/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.RULE: (EntryPlace(".factory/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".factory/skills"),),
        Kind.MCP: (EntryPlace(".factory/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    signs=(".factory",),
    sources={
        Kind.RULE: "https://docs.factory.ai/cli/configuration/agents-md",
        Kind.SKILL: "https://docs.factory.ai/cli/configuration/skills",
        Kind.MCP: "https://docs.factory.ai/cli/configuration/mcp",
    },
)
