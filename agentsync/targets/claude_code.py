"""Claude Code: files are taken as they are, in project and in user scope."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.target import Home, Target

CLAUDE_CODE: Final = Target(
    name="claude-code",
    docs="https://code.claude.com/docs/en/sub-agents",
    root=".claude",
    root_variable="CLAUDE_CONFIG_DIR",
    homes={
        Kind.AGENT: Home(".claude/agents"),
        Kind.COMMAND: Home(".claude/commands"),
        Kind.RULE: Home(".claude/rules"),
        Kind.SKILL: Home(".claude/skills", whole_folder=True),
    },
    by_consent=(Kind.HOOK, Kind.MCP),
)
