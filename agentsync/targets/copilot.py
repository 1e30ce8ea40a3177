"""GitHub Copilot: its command line and VS Code. Seen with Copilot CLI 1.0.102."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

COPILOT: Final = Tool(
    name="copilot",
    docs="https://docs.github.com/en/copilot/reference/custom-agents-configuration",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills", ".github/skills"),
    roots=(Root(".copilot", "COPILOT_HOME"),),
    signs=(".github/agents", ".github/instructions", ".github/prompts", ".github/copilot-instructions.md"),
    sources={
        Kind.SKILL: "https://docs.github.com/en/copilot/concepts/agents/about-agent-skills",
    },
)
