"""Windsurf, as it was called before it became Devin."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.renderers import rules
from agentsync.rendering.rule_form import Meaning, Part, RuleForm
from agentsync.rendering.value import Bare
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

TRIGGER_RULES: Final = RuleForm(
    "",
    {
        Meaning.ALWAYS: (("trigger", Bare("always_on")),),
        Meaning.FILES: (("trigger", Bare("glob")), ("globs", Part.JOINED)),
        Meaning.FITS: (("trigger", Bare("model_decision")), ("description", Part.DESCRIPTION)),
        Meaning.MANUAL: (("trigger", Bare("manual")),),
    },
)

WINDSURF: Final = Tool(
    name="windsurf",
    docs="https://docs.windsurf.com/windsurf/cascade/memories",
    places={
        Kind.RULE: (FilePlace(".windsurf/rules", ".md", nested=False, render=rules(TRIGGER_RULES)),),
        Kind.SKILL: (FolderPlace(".windsurf/skills"),),
    },
    user_places={
        Kind.SKILL: (FolderPlace(".codeium/windsurf/skills"),),
    },
    signs=(
        ".windsurf",
        ".windsurfrules",
    ),
    sources={
        Kind.RULE: "https://docs.windsurf.com/windsurf/cascade/memories",
        Kind.SKILL: "https://docs.windsurf.com/windsurf/cascade/skills",
    },
)
