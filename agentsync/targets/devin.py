"""Devin, in the terminal and on the desktop: what Windsurf became."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.header import Bare
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Root, Tool

_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("trigger", Bare("always_on")),),
        Meaning.FILES: (("trigger", Bare("glob")), ("globs", Part.JOINED)),
        Meaning.FITS: (("trigger", Bare("model_decision")), ("description", Part.DESCRIPTION)),
        Meaning.MANUAL: (("trigger", Bare("manual")),),
    },
)

DEVIN: Final = Tool(
    name="devin",
    docs="https://docs.devin.ai",
    places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".devin/skills"),),
    },
    user_places={
        Kind.RULE: (FilePlace(".devin/rules", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".config/devin/skills"),),
    },
    roots=(Root(".config", "XDG_CONFIG_HOME"),),
    signs=(".devin",),
    sources={
        Kind.RULE: "https://docs.devin.ai/cli/extensibility/rules",
        Kind.SKILL: "https://docs.devin.ai/product-guides/skills",
    },
)
