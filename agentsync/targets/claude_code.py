"""Claude Code: files are taken as they are, in project and in user scope."""

from typing import Final

from agentsync.model.item import Kind
from agentsync.targets.tool import FilePlace, FolderPlace, Root, Tool

CLAUDE_CODE: Final = Tool(
    name="claude-code",
    docs="https://code.claude.com/docs/en/settings",
    places={
        Kind.AGENT: (FilePlace(".claude/agents"),),
        Kind.COMMAND: (FilePlace(".claude/commands"),),
        Kind.RULE: (FilePlace(".claude/rules"),),
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
)
