"""Codex CLI. Seen with Codex 0.171.0."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

CODEX: Final = Tool(
    name="codex",
    docs="https://developers.openai.com/codex/config-reference",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    roots=(Root(".codex", "CODEX_HOME"),),
    signs=(".codex",),
    sources={
        Kind.SKILL: "https://developers.openai.com/codex/skills",
    },
)
