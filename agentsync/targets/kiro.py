"""Kiro, the IDE."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.header import Bare
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("inclusion", Bare("always")),),
        Meaning.FILES: (("inclusion", Bare("fileMatch")), ("fileMatchPattern", Part.LIST)),
        Meaning.FITS: (("inclusion", Bare("auto")), ("name", Part.NAME), ("description", Part.DESCRIPTION)),
        Meaning.MANUAL: (("inclusion", Bare("manual")),),
    },
)

KIRO: Final = Tool(
    name="kiro",
    docs="https://kiro.dev/docs/steering",
    places={
        Kind.RULE: (FilePlace(".kiro/steering", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
    },
    signs=(".kiro",),
    sources={
        Kind.RULE: "https://kiro.dev/docs/steering",
        Kind.SKILL: "https://kiro.dev/docs/skills",
    },
)
