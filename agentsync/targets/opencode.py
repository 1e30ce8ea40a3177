"""OpenCode. Seen with OpenCode 1.18.34."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, Denials
from agentsync.rendering.agent_renderer import AgentRenderer
from agentsync.targets.tool import FilePlace, FolderPlace, Root, Tool

# Seen: rules are appended to the user's own, and the last one that fits counts, so that what an agent allows beats what
# the user wants to be asked about. Without a mode an agent is one to talk to as well.
_AGENTS: Final = AgentForm(
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

OPENCODE: Final = Tool(
    name="opencode",
    docs="https://opencode.ai/docs/config",
    places={
        Kind.AGENT: (FilePlace(".opencode/agents", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".config/opencode/agents", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills",),
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".opencode", "opencode.json", "opencode.jsonc"),
    sources={
        Kind.AGENT: "https://opencode.ai/docs/agents",
        Kind.SKILL: "https://opencode.ai/docs/skills",
    },
)
