"""Antigravity of Google."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.header import Bare
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("trigger", Bare("always_on")),),
        Meaning.FILES: (("trigger", Bare("glob")), ("globs", Part.JOINED)),
        Meaning.FITS: (("trigger", Bare("model_decision")), ("description", Part.DESCRIPTION)),
        Meaning.MANUAL: (("trigger", Bare("manual")),),
    },
)

ANTIGRAVITY: Final = Tool(
    name="antigravity",
    docs="https://antigravity.google/docs",
    places={
        Kind.RULE: (FilePlace(".agents/rules", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".agents/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".gemini/antigravity/skills"),),
    },
    sources={
        Kind.RULE: "https://antigravity.google/docs/rules-workflows",
        Kind.SKILL: "https://antigravity.google/docs/skills",
    },
)
