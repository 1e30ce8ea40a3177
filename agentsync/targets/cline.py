"""Cline: extension and command line. Seen with Cline 3.0.65."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.renderers import agents, rules
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

_RULES: Final = RuleForm("", {Meaning.ALWAYS: (), Meaning.FILES: (("paths", Part.LIST),)})

# Read in its code: an agent has no tools of MCP servers and starts no others; a list without any gives none.
_AGENTS: Final = AgentForm(
    power=ToolList(
        names={
            "read_files": ("Read",),
            "search_codebase": ("Grep", "Glob"),
            "run_commands": ("Bash",),
            "editor": ("Edit", "MultiEdit", "Write", "NotebookEdit"),
            "fetch_web_content": ("WebFetch",),
            "skills": ("Skill", "SlashCommand"),
        },
        key="tools",
        has_server_tools=False,
    ),
    numbers={"maxTurns": "maxIterations"},
    declared=("providerId", "modelId"),
    needs_description=True,
    least_body=1,
)

CLINE: Final = Tool(
    name="cline",
    docs="https://docs.cline.bot/customization/overview",
    places={
        Kind.AGENT: (FilePlace(".cline/agents", ".yaml", nested=False, render=agents(_AGENTS)),),
        Kind.RULE: (FilePlace(".clinerules", ".md", nested=False, render=rules(_RULES)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".cline/agents", ".yaml", nested=False, render=agents(_AGENTS)),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    signs=(
        ".clinerules",
        ".cline",
    ),
    sources={
        Kind.AGENT: "https://docs.cline.bot/customization/subagents",
        Kind.RULE: "https://docs.cline.bot/customization/cline-rules",
        Kind.SKILL: "https://docs.cline.bot/customization/skills",
    },
)
