"""Findings: faults and doubts about a pack, a registry or a scope, as facts from the reader to the report."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from agentsync.errors import AgentsyncError


class Level(StrEnum):
    """Weight of a finding."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Rule(StrEnum):
    """Kind of a finding; each value is the identifier that users and machines read."""

    REGISTRY_INVALID = "registry-invalid"
    SOURCE_UNREACHABLE = "source-unreachable"
    BRANCH_GONE = "branch-gone"
    MARKETPLACE_INVALID = "marketplace-invalid"
    PLUGIN_INVALID = "plugin-invalid"
    PACK_PATH_MISSING = "pack-path-missing"
    PACK_TWICE = "pack-twice"
    PACK_UNREADABLE = "pack-unreadable"
    PACK_NOT_READ = "pack-not-read"
    PACK_GONE = "pack-gone"
    PACK_RENAMED = "pack-renamed"
    REQUIRES_UNKNOWN = "requires-unknown"
    TAG_GONE = "tag-gone"
    TAG_MOVED = "tag-moved"
    TAG_NOT_UNDERSTOOD = "tag-not-understood"
    BRANCH_DIFFERS = "branch-differs"
    YANKED = "yanked"
    DEPRECATED = "deprecated"
    REFUSED_FILE = "refused-file"
    HIDDEN_TEXT = "hidden-text"
    NAME_CLASH = "name-clash"
    ITEM_TWICE = "item-twice"
    BOTH_SCOPES = "both-scopes"
    CHOICE_UNUSED = "choice-unused"
    LINK_NOT_FOLLOWED = "link-not-followed"
    SUBMODULE = "submodule"
    FILE_RENAMED = "file-renamed"
    REFERENCE_DANGLING = "reference-dangling"
    ITEMS_OUTSIDE = "items-outside-packs"
    PACK_PARTED = "pack-parted"
    HEADER_DROPPED = "header-dropped"
    HEADER_REPAIRED = "header-repaired"
    HEADER_MISSING = "header-missing"
    JSON_INVALID = "json-invalid"
    HISTORY_UNREAD = "history-unread"

    @property
    def level(self) -> Level:
        """The weight where nothing else is said."""
        return _LEVELS.get(self, Level.WARNING)


_LEVELS: Final[Mapping[Rule, Level]] = {
    Rule.REGISTRY_INVALID: Level.ERROR,
    Rule.SOURCE_UNREACHABLE: Level.ERROR,
    Rule.BRANCH_GONE: Level.ERROR,
    Rule.MARKETPLACE_INVALID: Level.ERROR,
    Rule.PACK_PATH_MISSING: Level.ERROR,
    Rule.PACK_UNREADABLE: Level.ERROR,
    Rule.PACK_GONE: Level.ERROR,
    Rule.REQUIRES_UNKNOWN: Level.ERROR,
    Rule.TAG_MOVED: Level.ERROR,
    Rule.REFUSED_FILE: Level.ERROR,
    Rule.HIDDEN_TEXT: Level.ERROR,
    Rule.NAME_CLASH: Level.ERROR,
    Rule.HEADER_DROPPED: Level.ERROR,
    Rule.JSON_INVALID: Level.ERROR,
    Rule.TAG_NOT_UNDERSTOOD: Level.NOTE,
    Rule.BRANCH_DIFFERS: Level.NOTE,
    Rule.PACK_NOT_READ: Level.NOTE,
    Rule.PACK_RENAMED: Level.NOTE,
    Rule.FILE_RENAMED: Level.NOTE,
    Rule.ITEMS_OUTSIDE: Level.NOTE,
    Rule.HEADER_REPAIRED: Level.NOTE,
}


class Finding(NamedTuple):
    """One refused or doubtful thing. Written by keyword, but for the first three.

    Args:
        pack: the pack that it concerns, as the lock calls it; "" for a registry or a scope as a whole.
        path: the file, relative to the pack's root, for a registry to the repository's; "" for the whole.
        what: what is wrong, in words; nothing reads a fact out of it.
        line: the line, from 1; 0 for the file as a whole.
        column: the character of that line, from 1; 0 for the file as a whole.
        rule: what kind of thing it is.
        item: the item that it concerns, as `KIND:NAME`; "" for none.
        fix: what to do about it, a command line or a sentence; "" where that is plain.
        registry: the alias of the registry that it concerns, "" where the pack says it.
        severity: how much is lost by it, None for what its rule says.
    """

    pack: str
    path: str
    what: str
    line: int = 0
    column: int = 0
    rule: Rule = Rule.REFUSED_FILE
    item: str = ""
    fix: str = ""
    registry: str = ""
    severity: Level | None = None

    @property
    def level(self) -> Level:
        """The weight."""
        return self.severity or self.rule.level

    @property
    def is_refusal(self) -> bool:
        """True where a file is not installed for it."""
        return self.rule in (Rule.REFUSED_FILE, Rule.HIDDEN_TEXT) and self.level is Level.ERROR

    @property
    def is_command(self) -> bool:
        """True where the fix is a command line as a whole; else it is a sentence, with any commands in backticks."""
        return self.fix.startswith("agentsync ")

    @property
    def place(self) -> str:
        """The path, with line and column where there are any."""
        parts = (self.path, f"line {self.line}" * bool(self.line), f"column {self.column}" * bool(self.column))
        return ", ".join(part for part in parts if part)


class Told(NamedTuple):
    """Something about a pack's items that an AI tool does not get as the source has it.

    Args:
        target: the tool.
        pack: the pack, as the lock calls it.
        item: the item as `KIND:NAME`, "" for all of a kind.
        code: what became of it, such as `refused` for not installed.
        about: what of it: a header's key, a kind of items.
        why: the reason, in words.
        number: how many items it is about.
    """

    target: str
    pack: str
    item: str
    code: str
    about: str
    why: str
    number: int = 1


def finding_of(error: AgentsyncError) -> Finding:
    """Return the finding that says what a failure says, where it costs nothing but what it concerns."""
    what = error.what.removeprefix(f"{error.pack}: ") if error.pack else error.what
    what = f"{what} ({error.why})" if error.why else what
    return Finding(error.pack, "", what, rule=Rule(error.rule), fix=error.hint, registry=error.registry)


def stays_as_locked(error: AgentsyncError) -> Finding:
    """Return the finding for a locked pack, or a registry of some, that cannot be followed now."""
    found = finding_of(error)
    if found.rule is not Rule.PACK_GONE:
        return found
    return found._replace(fix=f"it stays as it is locked; `agentsync remove {found.pack}` takes it away")


def finding_from_json(fields: Mapping[str, Any]) -> Finding:
    """Return the finding that was written down as its fields by name.

    Raises:
        ValueError, TypeError: where they are no finding's.
    """
    severity = fields.get("severity")
    known = {"rule": Rule(fields["rule"]), "severity": Level(severity) if severity is not None else None}
    return Finding(**{**fields, **known})
