"""Claude Code: files are taken as they are, in project and in user scope."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.rendering.rule import Meaning, Part, RuleForm
from agentsync.targets.tool import FilePlace, FolderPlace, Reading, Root, Tool

# Another key than `paths` is let pass and means nothing: a rule that is written for it is taken as it is.
_RULES: Final = RuleForm(".md", {Meaning.ALWAYS: (), Meaning.FILES: (("paths", Part.LIST),)})

CLAUDE_CODE: Final = Tool(
    name="claude-code",
    docs="https://code.claude.com/docs/en/settings",
    places={
        Kind.AGENT: (FilePlace(".claude/agents"),),
        Kind.COMMAND: (FilePlace(".claude/commands"),),
        Kind.RULE: (FilePlace(".claude/rules", ".md", render=_RULES.render),),
        Kind.SKILL: (FolderPlace(".claude/skills"),),
    },
    roots=(Root(".claude", "CLAUDE_CONFIG_DIR"),),
    signs=(".claude", "CLAUDE.md", ".mcp.json"),
    sources={
        Kind.AGENT: "https://code.claude.com/docs/en/sub-agents",
        Kind.COMMAND: "https://code.claude.com/docs/en/slash-commands",
        Kind.RULE: "https://code.claude.com/docs/en/memory",
        Kind.SKILL: "https://code.claude.com/docs/en/skills",
    },
    # Read in Claude Code 2.1.332.
    reads_too=(Reading("AGENTS.md", unless="CLAUDE.md"),),
)
