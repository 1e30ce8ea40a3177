"""Kiro, the IDE."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.renderers import agents, rules, servers
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.server_form import NO_TYPES, Dialect
from agentsync.rendering.value import Bare
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool

_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("inclusion", Bare("always")),),
        Meaning.FILES: (("inclusion", Bare("fileMatch")), ("fileMatchPattern", Part.LIST)),
        Meaning.FITS: (("inclusion", Bare("auto")), ("name", Part.NAME), ("description", Part.DESCRIPTION)),
        Meaning.MANUAL: (("inclusion", Bare("manual")),),
    },
)

# The page says it: words for what comes together, `@SERVER` and `@SERVER/TOOL`, and `@mcp` for every server.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read": ("Read", "Grep", "Glob", "LS"),
            "write": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
            "shell": ("Bash",),
            "web": ("WebFetch", "WebSearch"),
            "subagent": ("Task", "Agent"),
        },
        key="tools",
        one_server_tool="@{server}/{tool}",
        whole_server="@{server}",
        every_server="@mcp",
    ),
)

# No way to refer to a variable of the environment is documented: a server with one is refused.
_SERVERS: Final = servers(Dialect(NO_TYPES, ""))

KIRO: Final = Tool(
    name="kiro",
    docs="https://kiro.dev/docs/steering",
    places={
        Kind.AGENT: (FilePlace(".kiro/agents", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (FilePlace(".kiro/steering", ".md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
        Kind.MCP: (EntryPlace(".kiro/settings/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    signs=(".kiro",),
    sources={
        Kind.AGENT: "https://kiro.dev/docs/custom-agents",
        Kind.RULE: "https://kiro.dev/docs/steering",
        Kind.SKILL: "https://kiro.dev/docs/skills",
        Kind.MCP: "https://kiro.dev/docs/mcp/configuration",
    },
)
