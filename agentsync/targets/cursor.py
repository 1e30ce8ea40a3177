"""Cursor: editor and command line."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, Switch, Switches
from agentsync.rendering.agent_renderer import AgentRenderer
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

_AGENTS: Final = AgentForm(power=Switches((Switch("readonly", True, ("write", "exec")),)))

CURSOR: Final = Tool(
    name="cursor",
    docs="https://cursor.com/docs/context",
    places={
        Kind.AGENT: (FilePlace(".cursor/agents", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills", ".cursor/skills"),
    signs=(".cursor", ".cursorrules"),
    sources={
        Kind.AGENT: "https://cursor.com/docs/context/subagents",
        Kind.SKILL: "https://cursor.com/docs/context/skills",
    },
)
