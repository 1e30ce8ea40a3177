"""Items, the things in a pack that an AI tool loads, and their kinds."""

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

    @property
    def noun(self) -> str:
        """The word for people."""
        return "MCP server" if self is Kind.MCP else str(self)


class Component(StrEnum):
    """Part of a pack that is no item: counted and told, and not installed. The values are what people read."""

    OUTPUT_STYLE = "output style"
    LSP = "LSP server"
    THEME = "theme"
    MONITOR = "monitor"
    PROGRAM = "program for the PATH"
    SETTINGS = "settings file"
    PROMPT = "prompt"
    CHAT_MODE = "chat mode"
    TOML_AGENT = "agent in TOML"
    TOML_COMMAND = "command in TOML"

    @property
    def noun(self) -> str:
        """The word for people."""
        return str(self)


# To ask the enumeration itself takes three times as long, and is done for every item.
KINDS: Final = {str(kind): kind for kind in Kind}


class HeaderStatus(StrEnum):
    """Result of reading the YAML header of a file."""

    STRICT = "strict"
    REPAIRED = "repaired"
    PARTIAL = "partial"
    NONE = "none"
    UNREADABLE = "unreadable"


class ClaudeCode(StrEnum):
    """Result of Claude Code's own loader for a header."""

    OK = "ok"
    QUOTED = "quoted"
    DROPPED = "dropped"
    NONE = "none"

    @property
    def remark(self) -> str:
        """The remark on it for a person, "" for none."""
        if self is ClaudeCode.QUOTED:
            return "Claude Code quotes it"
        return "Claude Code drops it" if self is ClaudeCode.DROPPED else ""

    def lost(self, kind: Kind) -> str:
        """Return what an item loses by it, "" for nothing."""
        if self is not ClaudeCode.DROPPED:
            return ""
        if kind is Kind.AGENT:
            return "Claude Code drops its header, and does not load it as an agent"
        return "Claude Code drops its header, and loads it without a name, a description or limits"


def same_name(name: str) -> str:
    """Return the form in which two names are one name: NFC, case folded."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
