"""Items, the things in a pack that an AI tool loads: their kinds, their headers, and the choice of them."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

DEFAULT_TARGETS: Final = ("claude-code",)

FieldEdits = Mapping[str, str | tuple[str, ...]]
TargetEdits = Mapping[str, Mapping[str, FieldEdits]]
"""Header changes by `KIND:NAME` and AI tool."""


class Kind(StrEnum):
    """The kinds of item, spelled as users see them in `KIND:NAME`."""

    AGENT = "agent"
    SKILL = "skill"
    COMMAND = "command"
    RULE = "rule"
    HOOK = "hook"
    MCP = "mcp"


class Component(StrEnum):
    """Part of a pack that is no item: counted and told, and not installed. The values are what people read."""

    OUTPUT_STYLE = "output style"
    LSP = "LSP server"
    THEME = "theme"
    MONITOR = "monitor"
    PROGRAM = "program for the PATH"
    SETTINGS = "settings file"
    OTHER_RULE = "rule in no place for rules"
    PROMPT = "prompt"
    CHAT_MODE = "chat mode"
    TOML_AGENT = "agent in TOML"
    TOML_COMMAND = "command in TOML"


# To ask the enumeration itself takes three times as long, and is done for every item.
KINDS: Final = {str(kind): kind for kind in Kind}


class HeaderStatus(StrEnum):
    """Result of reading the YAML header of a file."""

    STRICT = "strict"
    REPAIRED = "repaired"
    PARTIAL = "partial"
    NONE = "none"
    UNREADABLE = "unreadable"

    @property
    def is_read(self) -> bool:
        """True where fields of the header are known."""
        return self not in (HeaderStatus.NONE, HeaderStatus.UNREADABLE)


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


class Choice(NamedTuple):
    """The items of a pack that are installed, for which tools, and under which names.

    Args:
        only: globs over `KIND:NAME` or over paths in the pack; empty for all items.
        excluded: globs of the same form, of the items to leave out (the manifest's `except`).
        targets: the AI tools to install for; empty for the manifest's own list.
        rename: `KIND:NAME` or a path in the pack, to the name it gets here.
        prefix: whether installed files are called PACK--NAME.
        edits: declared header changes, by `KIND:NAME` (the manifest's `overrides`).
        own_edits: those of them that are for one AI tool alone, by `KIND:NAME` and tool.
    """

    only: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    rename: Mapping[str, str] = {}
    prefix: bool = False
    edits: Mapping[str, FieldEdits] = {}
    excluded: tuple[str, ...] = ()
    own_edits: Mapping[str, Mapping[str, FieldEdits]] = {}
