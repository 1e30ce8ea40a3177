"""Zed, with its own agent."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import servers
from agentsync.rendering.server_form import NO_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FolderPlace, Root, Tool

# Its settings are no place for a variable of the environment.
_SERVERS: Final = servers(Dialect(NO_TYPES, ""))

ZED: Final = Tool(
    name="zed",
    docs="https://zed.dev/docs/ai/overview",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".zed/settings.json", "/context_servers", "json", _SERVERS),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".config/zed/settings.json", "/context_servers", "json", _SERVERS),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".zed",
        ".rules",
    ),
    sources={
        Kind.SKILL: "https://zed.dev/docs/ai/skills",
        Kind.MCP: "https://zed.dev/docs/ai/mcp",
    },
)
