"""OpenCode. Seen with OpenCode 1.18.34."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, Denials
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.renderers import agents, commands, sections, servers
from agentsync.rendering.rule_form import SectionForm
from agentsync.rendering.server_form import HTTP, SSE, STDIO, Dialect
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Root, Tool

# Seen: rules are appended to the user's own, and the last one that fits counts, so that what an agent allows beats what
# the user wants to be asked about. Without a mode an agent is one to talk to as well.
OPENCODE_AGENTS: Final = AgentForm(
    power=Denials(
        names={
            "read": ("Read",),
            "grep": ("Grep",),
            "glob": ("Glob",),
            "list": ("LS",),
            "edit": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
            "bash": ("Bash",),
            "webfetch": ("WebFetch",),
            "websearch": ("WebSearch",),
            "task": ("Task", "Agent"),
            "todowrite": ("TodoWrite",),
            "skill": ("Skill", "SlashCommand"),
            "lsp": ("LSP",),
        },
        key="permission",
        server_tools="*_*",
        one_server_tool="{server}_{tool}",
    ),
    marks={"mode": "subagent"},
)
# Its own words for a variable and a file are replaced wherever they stand.
OPENCODE_COMMANDS: Final = CommandForm(typed="$ARGUMENTS", words=True, runs=("!`", "`"), expands=("{env:", "{file:"))

_SERVERS: Final = servers(
    Dialect(
        {STDIO: "local", HTTP: "remote", SSE: "remote"},
        "{env:V}",
        r"\{env:|\{file:|!`",
        env="environment",
        is_list=True,
    )
)

OPENCODE: Final = Tool(
    name="opencode",
    docs="https://opencode.ai/docs/config",
    places={
        Kind.AGENT: (FilePlace(".opencode/agents", nested=False, render=agents(OPENCODE_AGENTS)),),
        Kind.COMMAND: (FilePlace(".opencode/commands", ".md", render=commands(OPENCODE_COMMANDS)),),
        Kind.RULE: (EntryPlace("AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (
            EntryPlace(
                "opencode.jsonc",
                "/mcp",
                "json",
                _SERVERS,
                instead=EntryPlace("opencode.json", "/mcp", "json", _SERVERS),
            ),
        ),
    },
    user_places={
        Kind.AGENT: (FilePlace(".config/opencode/agents", nested=False, render=agents(OPENCODE_AGENTS)),),
        Kind.COMMAND: (FilePlace(".config/opencode/commands", ".md", render=commands(OPENCODE_COMMANDS)),),
        Kind.RULE: (EntryPlace(".config/opencode/AGENTS.md", "", "section", sections(SectionForm("AGENTS.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (
            EntryPlace(
                ".config/opencode/opencode.jsonc",
                "/mcp",
                "json",
                _SERVERS,
                instead=EntryPlace(".config/opencode/opencode.json", "/mcp", "json", _SERVERS),
            ),
        ),
    },
    skills=(".claude/skills",),
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".opencode", "opencode.json", "opencode.jsonc"),
    sources={
        Kind.AGENT: "https://opencode.ai/docs/agents",
        Kind.COMMAND: "https://opencode.ai/docs/commands",
        Kind.RULE: "https://opencode.ai/docs/rules",
        Kind.SKILL: "https://opencode.ai/docs/skills",
        Kind.MCP: "https://opencode.ai/docs/mcp-servers",
    },
)
