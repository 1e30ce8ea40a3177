"""Antigravity of Google."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import rules, servers
from agentsync.rendering.server_form import HTTP, NO_TYPES, SSE, Dialect
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool
from agentsync.targets.windsurf import TRIGGER_RULES

_SERVERS: Final = servers(Dialect(NO_TYPES, urls={HTTP: "serverUrl", SSE: "serverUrl"}))

ANTIGRAVITY: Final = Tool(
    name="antigravity",
    docs="https://antigravity.google/docs",
    places={
        Kind.RULE: (FilePlace(".agents/rules", ".md", nested=False, render=rules(TRIGGER_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".agents/mcp_config.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".gemini/antigravity/skills"),),
        Kind.MCP: (EntryPlace(".gemini/config/mcp_config.json", "/mcpServers", "json", _SERVERS),),
    },
    sources={
        Kind.RULE: "https://antigravity.google/docs/rules-workflows",
        Kind.SKILL: "https://antigravity.google/docs/skills",
        Kind.MCP: "https://antigravity.google/docs/mcp",
    },
)
