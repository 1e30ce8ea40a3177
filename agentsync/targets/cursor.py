"""Cursor: editor and command line."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Tool

CURSOR: Final = Tool(
    name="cursor",
    docs="https://cursor.com/docs/context",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills", ".cursor/skills"),
    signs=(".cursor", ".cursorrules"),
    sources={
        Kind.SKILL: "https://cursor.com/docs/context/skills",
    },
)
