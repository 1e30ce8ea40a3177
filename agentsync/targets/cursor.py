"""Cursor: editor and command line."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, Switch, Switches
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.renderers import agents, commands, rules, servers
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.server_form import DOLLAR_BRACE, NO_TYPES, Dialect
from agentsync.rendering.value import Bare
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Tool

_AGENTS: Final = AgentForm(power=Switches((Switch("readonly", True, ("write", "exec")),)))
_RULES: Final = RuleForm(
    ".mdc",
    {
        Meaning.ALWAYS: (("description", Part.DESCRIBED), ("globs", Bare()), ("alwaysApply", Bare("true"))),
        Meaning.FILES: (("description", Part.DESCRIBED), ("globs", Part.BARE), ("alwaysApply", Bare("false"))),
    },
)

_SERVERS: Final = servers(Dialect(NO_TYPES, "${env:V}", DOLLAR_BRACE))

CURSOR: Final = Tool(
    name="cursor",
    docs="https://cursor.com/docs/context",
    places={
        Kind.AGENT: (FilePlace(".cursor/agents", nested=False, render=agents(_AGENTS)),),
        Kind.COMMAND: (FilePlace(".cursor/commands", ".md", nested=False, render=commands(CommandForm(plain=True))),),
        Kind.RULE: (FilePlace(".cursor/rules", ".mdc", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".cursor/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".cursor/agents", nested=False, render=agents(_AGENTS)),),
        Kind.COMMAND: (FilePlace(".cursor/commands", ".md", nested=False, render=commands(CommandForm(plain=True))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".cursor/mcp.json", "/mcpServers", "json", _SERVERS),),
    },
    skills=(".claude/skills", ".cursor/skills"),
    signs=(".cursor", ".cursorrules"),
    sources={
        Kind.AGENT: "https://cursor.com/docs/context/subagents",
        Kind.COMMAND: "https://cursor.com/docs/context/commands",
        Kind.RULE: "https://cursor.com/docs/context/rules",
        Kind.SKILL: "https://cursor.com/docs/context/skills",
        Kind.MCP: "https://cursor.com/docs/context/mcp",
    },
)
