"""Devin, in the terminal and on the desktop: what Windsurf became."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import rules, servers
from agentsync.rendering.server_form import NO_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Root, Tool
from agentsync.targets.windsurf import TRIGGER_RULES

_SERVERS: Final = servers(Dialect(NO_TYPES))

DEVIN: Final = Tool(
    name="devin",
    docs="https://docs.devin.ai",
    places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=rules(TRIGGER_RULES)),),
        Kind.SKILL: (FolderPlace(".devin/skills"),),
        Kind.MCP: (EntryPlace(".devin/mcp_config.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=rules(TRIGGER_RULES)),),
        Kind.SKILL: (FolderPlace(".config/devin/skills"),),
        Kind.MCP: (EntryPlace(".config/devin/mcp_config.json", "/mcpServers", "json", _SERVERS),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".devin",),
    sources={
        Kind.RULE: "https://docs.devin.ai/cli/extensibility/rules",
        Kind.SKILL: "https://docs.devin.ai/product-guides/skills",
        Kind.MCP: "https://docs.devin.ai/cli/extensibility/mcp",
    },
)
