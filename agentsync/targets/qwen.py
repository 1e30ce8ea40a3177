"""Qwen Code: read in its own code."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.hook_form import HookForm
from agentsync.rendering.renderers import agents, hooks, rules, servers
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.server_form import DOLLAR, HTTP_URL, NO_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool

# Read in its code: the limits of names, the ten characters of a body, what patterns of server tools mean, and that
# an agent with `${NAME}` in its body ends with an error when it is called.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read_file": ("Read",),
            "grep_search": ("Grep",),
            "glob": ("Glob",),
            "list_directory": ("LS",),
            "edit": ("Edit", "MultiEdit"),
            "write_file": ("Write",),
            "notebook_edit": ("NotebookEdit",),
            "run_shell_command": ("Bash",),
            "web_fetch": ("WebFetch",),
            "web_search": ("WebSearch",),
            "agent": ("Task", "Agent"),
            "todo_write": ("TodoWrite",),
        },
        key="tools",
        every_server="mcp__*",
        denied_key="disallowedTools",
        plan=("approvalMode", "plan"),
    ),
    numbers={"maxTurns": "maxTurns"},
    name_rule=r"(?!(?i:self|system|user|model|tool|config|default|main)$)[A-Za-z0-9][A-Za-z0-9_-]{0,48}[A-Za-z0-9]",
    needs_description=True,
    least_body=10,
    expands=r"\$\{[a-zA-Z_][a-zA-Z0-9_]*\}",
)
_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("description", Part.DESCRIPTION),),
        Meaning.FILES: (("description", Part.DESCRIPTION), ("paths", Part.LIST)),
    },
)

_SERVERS: Final = servers(Dialect(NO_TYPES, expands=DOLLAR, urls=HTTP_URL))
# Read in its code: the events that it shares with the protocol's own tool, and the folder of the project under that
# tool's name.
_EVENTS: Final = frozenset(
    """PreToolUse PostToolUse PostToolUseFailure PostToolBatch Notification UserPromptSubmit UserPromptExpansion
    SessionStart SessionEnd Stop StopFailure SubagentStart SubagentStop PreCompact PostCompact PermissionRequest
    PermissionDenied InstructionsLoaded MessageDisplay""".split()
)
_KEYS: Final = ("type", "command", "timeout", "name", "description")
_HOOKS: Final = HookForm(_EVENTS, {"command": "command"}, '"$CLAUDE_PROJECT_DIR"/.claude/hooks', _KEYS)
_USER_HOOKS: Final = _HOOKS._replace(files='"$HOME"/.qwen/hooks')

QWEN: Final = Tool(
    name="qwen",
    docs="https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings",
    places={
        Kind.AGENT: (FilePlace(".qwen/agents", nested=False, render=agents(_AGENTS), called=_AGENTS.name_there),),
        Kind.RULE: (FilePlace(".qwen/rules", ".md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".qwen/settings.json", "/mcpServers", "json", _SERVERS),),
        Kind.HOOK: (EntryPlace(".qwen/settings.json", "/hooks", "json", hooks(_HOOKS), files=".claude/hooks"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".qwen/agents", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (FilePlace(".qwen/rules", ".md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".qwen/settings.json", "/mcpServers", "json", _SERVERS),),
        Kind.HOOK: (EntryPlace(".qwen/settings.json", "/hooks", "json", hooks(_USER_HOOKS), files=".qwen/hooks"),),
    },
    signs=(".qwen", "QWEN.md"),
    sources={
        Kind.AGENT: "https://qwenlm.github.io/qwen-code-docs/en/users/features/sub-agents",
        Kind.RULE: "https://qwenlm.github.io/qwen-code-docs/en/users/features/rules",
        Kind.SKILL: "https://qwenlm.github.io/qwen-code-docs/en/users/features/skills",
        Kind.MCP: "https://qwenlm.github.io/qwen-code-docs/en/users/features/mcp",
        Kind.HOOK: "https://qwenlm.github.io/qwen-code-docs/en/users/features/hooks",
    },
)
