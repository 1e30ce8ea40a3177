"""What a pack holds: items, the things that an AI tool loads."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kinds of item, spelled as users see them in `KIND:NAME`."""

    AGENT = "agent"
    SKILL = "skill"
    COMMAND = "command"
    RULE = "rule"
    HOOK = "hook"
    MCP = "mcp"


# To ask the enumeration itself takes three times as long, and is done for every item.
KINDS: Final = {str(kind): kind for kind in Kind}


class HeaderStatus(StrEnum):
    """How the YAML header of a file could be read."""

    STRICT = "strict"
    REPAIRED = "repaired"
    PARTIAL = "partial"
    NONE = "none"
    UNREADABLE = "unreadable"


class ClaudeCode(StrEnum):
    """What Claude Code's own loader makes of a header."""

    OK = "ok"
    QUOTED = "quoted"
    DROPPED = "dropped"
    NONE = "none"

    @property
    def remark(self) -> str:
        """What a person should know about it, "" where there is nothing to know."""
        if self is ClaudeCode.QUOTED:
            return "Claude Code quotes it"
        return "Claude Code drops it" if self is ClaudeCode.DROPPED else ""


def same_name(name: str) -> str:
    """The form in which two names are one name: NFC, case folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
