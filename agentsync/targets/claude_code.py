"""Claude Code: files are taken as they are, in project and in user scope."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FilePlace, FolderPlace, Tool

CLAUDE_CODE: Final = Tool(
    name="claude-code",
    docs="https://code.claude.com/docs/en/sub-agents",
    root=".claude",
    root_variable="CLAUDE_CONFIG_DIR",
    places={
        Kind.AGENT: (FilePlace(".claude/agents"),),
        Kind.COMMAND: (FilePlace(".claude/commands"),),
        Kind.RULE: (FilePlace(".claude/rules"),),
        Kind.SKILL: (FolderPlace(".claude/skills"),),
    },
)
