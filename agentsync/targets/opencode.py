"""OpenCode. Seen with OpenCode 1.18.34."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

OPENCODE: Final = Tool(
    name="opencode",
    docs="https://opencode.ai/docs/config",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    skills=(".claude/skills",),
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".opencode", "opencode.json", "opencode.jsonc"),
    sources={
        Kind.SKILL: "https://opencode.ai/docs/skills",
    },
)
