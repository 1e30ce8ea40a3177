"""Zed, with its own agent."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FolderPlace, Root, Tool

ZED: Final = Tool(
    name="zed",
    docs="https://zed.dev/docs/ai/overview",
    places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(
        ".zed",
        ".rules",
    ),
    sources={
        Kind.SKILL: "https://zed.dev/docs/ai/skills",
    },
)
