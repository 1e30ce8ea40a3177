"""GitHub Copilot: its command line and VS Code. Seen with Copilot CLI 1.0.102."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.agent_form import AgentForm, ToolList
from agentsync.rendering.agent_renderer import AgentRenderer
from agentsync.rendering.command import CommandForm
from agentsync.rendering.header import Bare
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Note, Reading, Root, Tool, When

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
    is_utf_8=True,
)
# `agent: agent` lets the prompt use tools, as a command of Claude Code does.
_COMMANDS: Final = CommandForm(typed="${input:arguments}", expands=("${input:",), fields={"agent": "agent"})
_RULES: Final = RuleForm(
    ".instructions.md",
    {
        Meaning.ALWAYS: (("applyTo", Bare('"**"')), ("description", Part.DESCRIPTION)),
        Meaning.FILES: (("applyTo", Part.JOINED), ("description", Part.DESCRIPTION)),
    },
)

COPILOT: Final = Tool(
    name="copilot",
    docs="https://docs.github.com/en/copilot/reference/custom-agents-configuration",
    places={
        Kind.AGENT: (FilePlace(".github/agents", ".agent.md", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.COMMAND: (FilePlace(".github/prompts", ".prompt.md", nested=False, render=_COMMANDS.render),),
        Kind.RULE: (FilePlace(".github/instructions", ".instructions.md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.AGENT: (FilePlace(".copilot/agents", ".agent.md", nested=False, render=AgentRenderer(_AGENTS).render),),
        Kind.RULE: (FilePlace(".copilot/instructions", ".instructions.md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills", ".github/skills"),
    roots=(Root(".copilot", "COPILOT_HOME"),),
    signs=(".github/agents", ".github/instructions", ".github/prompts", ".github/copilot-instructions.md"),
    sources={
        Kind.AGENT: "https://docs.github.com/en/copilot/reference/custom-agents-configuration",
        Kind.COMMAND: "https://code.visualstudio.com/docs/copilot/customization/prompt-files",
        Kind.RULE: "https://code.visualstudio.com/docs/copilot/customization/custom-instructions",
        Kind.SKILL: "https://docs.github.com/en/copilot/concepts/agents/about-agent-skills",
    },
    notes=(Note(When.TRUST, (Kind.MCP,), "it starts a project's MCP servers only in folders that you trust in it"),),
    # Seen with Copilot CLI 1.0.102.
    reads_too=(Reading(".claude/rules"), Reading("AGENTS.md")),
)
