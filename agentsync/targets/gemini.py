"""Gemini CLI. Seen with Gemini CLI 0.61.0."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.renderers import agents, commands, sections, servers
from agentsync.rendering.rule_form import SectionForm
from agentsync.rendering.server_form import DOLLAR, HTTP_URL, NO_TYPES, Dialect
from agentsync.targets.tool import EntryPlace, FilePlace, FolderPlace, Note, Root, Tool, When

# Read in its code: every key and every name of a tool must be one that it knows, and
# so must every `${NAME}` in a body: an agent with another one ends with an error when it is called.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read_file": ("Read",),
            "grep_search": ("Grep",),
            "glob": ("Glob",),
            "list_directory": ("LS",),
            "replace": ("Edit", "MultiEdit"),
            "write_file": ("Write",),
            "run_shell_command": ("Bash",),
            "web_fetch": ("WebFetch",),
            "google_web_search": ("WebSearch",),
            "write_todos": ("TodoWrite",),
            "activate_skill": ("Skill",),
        },
        key="tools",
        one_server_tool="mcp_{server}_{tool}",
        every_server="mcp_*",
        server_tool_rule=r"mcp_[a-zA-Z0-9.:-]+_(\*|(?=.*[a-zA-Z0-9.:-])[a-zA-Z0-9_.:-]+)",
    ),
    numbers={"maxTurns": "max_turns"},
    name_rule=r"[a-z0-9_-]+",
    skips="_",
    needs_description=True,
    expands=r"\$\{[a-zA-Z0-9_]+\}",
)
_COMMANDS: Final = CommandForm(typed="{{args}}", runs=("!{", "}"), expands=("!{", "@{", "{{args}}"), prompt="prompt")

_SERVERS: Final = servers(Dialect(NO_TYPES, expands=DOLLAR, urls=HTTP_URL))

GEMINI: Final = Tool(
    name="gemini",
    docs="https://geminicli.com/docs/reference/configuration",
    places={
        Kind.AGENT: (FilePlace(".gemini/agents", nested=False, render=agents(_AGENTS), called=_AGENTS.name_there),),
        Kind.COMMAND: (FilePlace(".gemini/commands", ".toml", render=commands(_COMMANDS)),),
        Kind.RULE: (EntryPlace("GEMINI.md", "", "section", sections(SectionForm("GEMINI.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".gemini/settings.json", "/mcpServers", "json", _SERVERS),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".gemini/agents", nested=False, render=agents(_AGENTS), called=_AGENTS.name_there),),
        Kind.COMMAND: (FilePlace(".gemini/commands", ".toml", render=commands(_COMMANDS)),),
        Kind.RULE: (EntryPlace(".gemini/GEMINI.md", "", "section", sections(SectionForm("GEMINI.md"))),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
        Kind.MCP: (EntryPlace(".gemini/settings.json", "/mcpServers", "json", _SERVERS),),
    },
    roots=(Root(".gemini", "GEMINI_CLI_HOME", ".gemini"),),
    signs=(".gemini", "GEMINI.md"),
    sources={
        Kind.AGENT: "https://geminicli.com/docs/core/subagents",
        Kind.COMMAND: "https://geminicli.com/docs/cli/custom-commands",
        Kind.RULE: "https://geminicli.com/docs/cli/gemini-md",
        Kind.SKILL: "https://geminicli.com/docs/cli/skills",
        Kind.MCP: "https://geminicli.com/docs/tools/mcp-server",
    },
    notes=(
        Note(
            When.TRUST,
            (Kind.AGENT, Kind.SKILL, Kind.COMMAND, Kind.MCP),
            "it reads the agents, skills and settings of a project only in folders that you trust in it",
        ),
        Note(
            When.CHANGED,
            (Kind.AGENT,),
            "it asks you to acknowledge an agent anew after each change of its file",
        ),
    ),
)
