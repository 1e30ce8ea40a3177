"""Which keys the headers of agents, skills, commands and rules are known to have.

Only the repair of broken headers asks: after text that ran out of its entry, a line `word: ...`
is an entry again only where the word is a key that somebody documents.
"""

from __future__ import annotations

from typing import Final

FREE_TEXT: Final = frozenset(
    ("description", "when_to_use", "when-to-use", "title", "argument-hint", "initialPrompt", "compatibility")
)
DIALOGUE: Final = frozenset(("user", "assistant", "human", "example", "examples", "commentary", "response"))

_OF_AGENTS: Final = """
    name tools tool disallowedTools disallowed-tools model color effort background permissionMode permissions
    mcpServers mcp-servers mcp_servers hooks skills memory isolation maxTurns mode role proactive subagent_type
    triggers capabilities handoffs infer target display-name
"""
_OF_SKILLS_AND_COMMANDS: Final = """
    allowed-tools arguments agent agents context shell input-schema dependencies disable-model-invocation
    user-invocable hide-from-slash-command-tool keep-coding-instructions
"""
_OF_RULES: Final = "globs paths alwaysApply applyTo"
_ABOUT_THE_FILE: Final = "version author authors license metadata date keywords tags category categories"

KNOWN: Final = FREE_TEXT.union(
    _OF_AGENTS.split(), _OF_SKILLS_AND_COMMANDS.split(), _OF_RULES.split(), _ABOUT_THE_FILE.split()
)
