"""Qwen Code: read in its own code."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

QWEN: Final = Tool(
    name="qwen",
    docs="https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    signs=(".qwen", "QWEN.md"),
    sources={
        Kind.SKILL: "https://qwenlm.github.io/qwen-code-docs/en/users/features/skills",
    },
)
