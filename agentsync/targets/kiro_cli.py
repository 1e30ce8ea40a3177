"""Kiro CLI: it shares folders with the IDE, and reads agents of another form."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.header import Bare
from agentsync.rendering.rule import Meaning, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

# It reads every steering file always; the header is the one that the IDE wants in the same file.
_RULES: Final = RuleForm("", {Meaning.ALWAYS: (("inclusion", Bare("always")),)})

KIRO_CLI: Final = Tool(
    name="kiro-cli",
    docs="https://kiro.dev/docs/cli",
    places={
        Kind.RULE: (FilePlace(".kiro/steering", ".md", nested=False, render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".kiro/skills"),),
    },
    sources={
        Kind.RULE: "https://kiro.dev/docs/cli/steering",
        Kind.SKILL: "https://kiro.dev/docs/cli/skills",
    },
)
