"""Devin, in the terminal and on the desktop: what Windsurf became."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FilePlace, FolderPlace, Root, Tool
from agentsync.targets.windsurf import TRIGGER_RULES

DEVIN: Final = Tool(
    name="devin",
    docs="https://docs.devin.ai",
    places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=TRIGGER_RULES.render),),
        Kind.SKILL: (FolderPlace(".devin/skills"),),
    },
    user_places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=TRIGGER_RULES.render),),
        Kind.SKILL: (FolderPlace(".config/devin/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".devin",),
    sources={
        Kind.RULE: "https://docs.devin.ai/cli/extensibility/rules",
        Kind.SKILL: "https://docs.devin.ai/product-guides/skills",
    },
)
