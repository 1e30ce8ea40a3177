"""GitHub Copilot: its command line and VS Code. Seen with Copilot CLI 1.0.102."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.agent_renderer import AgentRenderer
from agentsync.targets.tool import FilePlace, FolderPlace, Root, Tool

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
)

COPILOT: Final = Tool(
    name="copilot",
    docs="https://docs.github.com/en/copilot/reference/custom-agents-configuration",
    places={
        Kind.AGENT: (FilePlace(".github/agents", ".agent.md", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".copilot/agents", ".agent.md", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills", ".github/skills"),
    roots=(Root(".copilot", "COPILOT_HOME"),),
    signs=(".github/agents", ".github/instructions", ".github/prompts", ".github/copilot-instructions.md"),
    sources={
        Kind.AGENT: "https://docs.github.com/en/copilot/reference/custom-agents-configuration",
        Kind.SKILL: "https://docs.github.com/en/copilot/concepts/agents/about-agent-skills",
    },
)
