"""Qwen Code: read in its own code."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.agent_renderer import AgentRenderer
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

# Read in its code: the limits of names, the ten characters of a body, and what patterns of server tools mean.
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
)
_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("description", Part.DESCRIPTION),),
        Meaning.FILES: (("description", Part.DESCRIPTION), ("paths", Part.LIST)),
    },
)

QWEN: Final = Tool(
    name="qwen",
    docs="https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings",
    places={
        Kind.AGENT: (FilePlace(".qwen/agents", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.RULE: (FilePlace(".qwen/rules", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    signs=(".qwen", "QWEN.md"),
    sources={
        Kind.AGENT: "https://qwenlm.github.io/qwen-code-docs/en/users/features/sub-agents",
        Kind.RULE: "https://qwenlm.github.io/qwen-code-docs/en/users/features/rules",
        Kind.SKILL: "https://qwenlm.github.io/qwen-code-docs/en/users/features/skills",
    },
)
