"""Gemini CLI. Seen with Gemini CLI 0.61.0."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

GEMINI: Final = Tool(
    name="gemini",
    docs="https://geminicli.com/docs/reference/configuration",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    roots=(Root(".gemini", "GEMINI_CLI_HOME", ".gemini"),),
    signs=(".gemini", "GEMINI.md"),
    sources={
        Kind.SKILL: "https://geminicli.com/docs/cli/skills",
    },
)
