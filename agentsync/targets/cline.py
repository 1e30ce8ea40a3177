"""Cline: extension and command line. Seen with Cline 3.0.65."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

_RULES: Final = RuleForm("", {Meaning.ALWAYS: (), Meaning.FILES: (("paths", Part.LIST),)})

CLINE: Final = Tool(
    name="cline",
    docs="https://docs.cline.bot/customization/overview",
    places={
        Kind.RULE: (FilePlace(".clinerules", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    signs=(
        ".clinerules",
        ".cline",
    ),
    sources={
        Kind.RULE: "https://docs.cline.bot/customization/cline-rules",
        Kind.SKILL: "https://docs.cline.bot/customization/skills",
    },
)
