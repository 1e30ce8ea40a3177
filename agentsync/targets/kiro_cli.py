"""Kiro CLI: it shares folders with the IDE, and reads agents of another form."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import JSON, AgentForm, ToolList
from agentsync.rendering.renderers import agents, rules, servers
from agentsync.rendering.rule_form import Meaning, RuleForm
from agentsync.rendering.server_form import NO_TYPES, Dialect
from agentsync.rendering.value import Bare
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool

# It reads every steering file always; the header is the one that the IDE wants in the same file.
_RULES: Final = RuleForm("", {Meaning.ALWAYS: (("inclusion", Bare("always")),)})

# The pages of the configuration and of its own tools say it. A prompt that is an address is read from that file.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read": ("Read", "LS"),
            "grep": ("Grep",),
            "glob": ("Glob",),
            "write": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
            "shell": ("Bash",),
            "web_fetch": ("WebFetch",),
            "web_search": ("WebSearch",),
        },
        key="tools",
        one_server_tool="@{server}/{tool}",
        whole_server="@{server}",
    ),
    shape=JSON,
    body_key="prompt",
    expands=r"\A\s*file://",
)

# No way to refer to a variable of the environment is documented: a server with one is refused.
_SERVERS: Final = servers(Dialect(NO_TYPES, ""))

KIRO_CLI: Final = Tool(
    name="kiro-cli",
    docs="https://kiro.dev/docs/cli",
    places={
        Kind.AGENT: (FilePlace(".kiro/agents", ".json", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (FilePlace(".kiro/steering", ".md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
        Kind.MCP: (EntryPlace(".kiro/settings/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    sources={
        Kind.AGENT: "https://kiro.dev/docs/cli/custom-agents/configuration-reference",
        Kind.RULE: "https://kiro.dev/docs/cli/steering",
        Kind.SKILL: "https://kiro.dev/docs/cli/skills",
        Kind.MCP: "https://kiro.dev/docs/mcp/configuration",
    },
)
