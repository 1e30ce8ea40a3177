"""GitHub Copilot: its command line and VS Code. Seen with Copilot CLI 1.0.102."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.renderers import agents, as_it_is, commands, rules, servers
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.server_form import ALL_TYPES, DOLLAR_BRACE, HTTP, SSE, STDIO, Dialect
from agentsync.rendering.value import Bare
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Note, Reading, Root, Tool, When

# Seen: `tools: []` is none, no key is all; a comma string is split, `tools:` without a value is not loaded.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read": ("Read",),
            "search": ("Grep", "Glob"),
            "edit": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
            "execute": ("Bash",),
            "web": ("WebFetch", "WebSearch"),
            "agent": ("Task", "Agent"),
            "todo": ("TodoWrite",),
        },
        key="tools",
        one_server_tool="{server}/{tool}",
    ),
    needs_description=True,
    is_utf_8=True,
)
# `agent: agent` lets the prompt use tools, as a command of Claude Code does.
_COMMANDS: Final = CommandForm(typed="${input:arguments}", expands=("${input:",), fields={"agent": "agent"})
_RULES: Final = RuleForm(
    ".instructions.md",
    {
        Meaning.ALWAYS: (("applyTo", Bare('"**"')), ("description", Part.DESCRIPTION)),
        Meaning.FILES: (("applyTo", Part.JOINED), ("description", Part.DESCRIPTION)),
    },
)

# Seen: where both files of servers are there, only the portable one in the root counts, which Claude Code reads, too.
# VS Code's local sessions have their own.
_OWN_SERVERS: Final = servers(Dialect({STDIO: "local", HTTP: HTTP, SSE: SSE}, has_args=True, always={"tools": ["*"]}))
_VSCODE_SERVERS: Final = servers(Dialect(ALL_TYPES, "${env:V}", DOLLAR_BRACE))

COPILOT: Final = Tool(
    name="copilot",
    docs="https://docs.github.com/en/copilot/reference/custom-agents-configuration",
    form=2,  # a URL without a type gets one
    places={
        Kind.AGENT: (FilePlace(".github/agents", ".agent.md", nested=False, render=agents(_AGENTS)),),
        Kind.COMMAND: (FilePlace(".github/prompts", ".prompt.md", nested=False, render=commands(_COMMANDS)),),
        Kind.RULE: (FilePlace(".github/instructions", ".instructions.md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (
            EntryPlace(
                ".mcp.json",
                "/mcpServers",
                "json",
                as_it_is(typed=True),
                instead=EntryPlace(".github/mcp.json", "/mcpServers", "json", _OWN_SERVERS),
                only_there=True,
            ),
            EntryPlace(".vscode/mcp.json", "/servers", "json", _VSCODE_SERVERS),
        ),
    },
    user_places={
        Kind.AGENT: (FilePlace(".copilot/agents", ".agent.md", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (FilePlace(".copilot/instructions", ".instructions.md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".copilot/mcp-config.json", "/mcpServers", "json", _OWN_SERVERS),),
    },
    skills=(".claude/skills", ".github/skills"),
    roots=(Root(".copilot", "COPILOT_HOME"),),
    signs=(".github/agents", ".github/instructions", ".github/prompts", ".github/copilot-instructions.md"),
    sources={
        Kind.AGENT: "https://docs.github.com/en/copilot/reference/custom-agents-configuration",
        Kind.COMMAND: "https://code.visualstudio.com/docs/copilot/customization/prompt-files",
        Kind.RULE: "https://code.visualstudio.com/docs/copilot/customization/custom-instructions",
        Kind.SKILL: "https://docs.github.com/en/copilot/concepts/agents/about-agent-skills",
        Kind.MCP: "https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers",
    },
    notes=(Note(When.TRUST, (Kind.MCP,), "it starts a project's MCP servers only in folders that you trust in it"),),
    # Seen with Copilot CLI 1.0.102.
    reads_too=(Reading(".claude/rules"), Reading("AGENTS.md")),
)
