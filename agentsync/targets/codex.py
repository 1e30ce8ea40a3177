"""Codex CLI. Seen with Codex 0.171.0."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import TOML, AgentForm, Switch, Switches
from agentsync.rendering.hook_form import HookForm
from agentsync.rendering.renderers import agents, by_name, hooks, sections
from agentsync.rendering.rule_form import SectionForm
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Note, Root, Tool, When

# Seen: an unknown key, no description or a blank text, and the file is ignored. Any mode of the sandbox loads, the one
# without any sandbox too; the only one that is never wider than the session's own is written.
_AGENTS: Final = AgentForm(
    power=Switches(
        (
            Switch("sandbox_mode", "read-only", ("write", "exec")),
            Switch("web_search", "disabled", ("net",)),
        )
    ),
    shape=TOML,
    body_key="developer_instructions",
    declared=("model", "model_reasoning_effort"),
    needs_description=True,
    least_body=1,
)

# Seen: these events are listed, and any other one vanishes. Only commands are run.
_EVENTS: Final = frozenset(
    """SessionStart SessionEnd UserPromptSubmit PreToolUse PostToolUse PermissionRequest PreCompact Stop
    SubagentStop""".split()
)
_KEYS: Final = ("type", "command", "timeout", "statusMessage")
_HOOKS: Final = HookForm(_EVENTS, {"command": "command"}, '"$(git rev-parse --show-toplevel)"/.claude/hooks', _KEYS)
_USER_HOOKS: Final = _HOOKS._replace(files='"${CODEX_HOME:-$HOME/.codex}"/hooks')

CODEX: Final = Tool(
    name="codex",
    docs="https://developers.openai.com/codex/config-reference",
    places={
        Kind.AGENT: (FilePlace(".codex/agents", ".toml", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".codex/config.toml", "/mcp_servers", "toml", by_name),),
        Kind.HOOK: (EntryPlace(".codex/hooks.json", "/hooks", "json", hooks(_HOOKS), files=".claude/hooks"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".codex/agents", ".toml", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (EntryPlace(".codex/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".codex/config.toml", "/mcp_servers", "toml", by_name),),
        Kind.HOOK: (EntryPlace(".codex/hooks.json", "/hooks", "json", hooks(_USER_HOOKS), files=".codex/hooks"),),
    },
    roots=(Root(".codex", "CODEX_HOME"),),
    signs=(".codex",),
    sources={
        Kind.AGENT: "https://developers.openai.com/codex/subagents",
        Kind.RULE: "https://developers.openai.com/codex/guides/agents-md",
        Kind.SKILL: "https://developers.openai.com/codex/skills",
        Kind.MCP: "https://developers.openai.com/codex/mcp",
        Kind.HOOK: "https://developers.openai.com/codex/hooks",
    },
    notes=(
        Note(
            When.TRUST,
            (Kind.AGENT, Kind.MCP, Kind.HOOK),
            "it reads the agents, MCP servers and hooks of a project only in folders that you trust in it",
        ),
        Note(When.CHANGED, (Kind.HOOK,), "it runs a new or a changed hook only once you have trusted it"),
    ),
    # https://developers.openai.com/codex/skills: 2 % of the context for the list of skills, 5,440 tokens of 272,000.
    budgets={Kind.SKILL: 5_440},
    # https://developers.openai.com/codex/guides/agents-md: `project_doc_max_bytes`, as it is by default.
    sizes={"AGENTS.md": 32_768},
)
