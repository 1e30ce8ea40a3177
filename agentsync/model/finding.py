"""Findings: faults and doubts about a pack, a registry or a scope, as facts from the reader to the report."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from agentsync.errors import AgentsyncError


class Level(StrEnum):
    """Weight of a finding."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Rule(StrEnum):
    """Kind of a finding: the identifier that users and machines read, and its weight where nothing else is said."""

    level: Level

    def __new__(cls, name: str, level: Level = Level.WARNING) -> "Rule":
        rule = str.__new__(cls, name)
        rule._value_, rule.level = name, level
        return rule

    REGISTRY_INVALID = "registry-invalid", Level.ERROR
    SOURCE_UNREACHABLE = "source-unreachable", Level.ERROR
    BRANCH_GONE = "branch-gone", Level.ERROR
    MARKETPLACE_INVALID = "marketplace-invalid", Level.ERROR
    PLUGIN_INVALID = "plugin-invalid"
    PACK_PATH_MISSING = "pack-path-missing", Level.ERROR
    PACK_TWICE = "pack-twice"
    PACK_UNREADABLE = "pack-unreadable", Level.ERROR
    PACK_NOT_READ = "pack-not-read", Level.NOTE
    PACK_GONE = "pack-gone", Level.ERROR
    PACK_RENAMED = "pack-renamed", Level.NOTE
    REQUIRES_UNKNOWN = "requires-unknown", Level.ERROR
    TAG_GONE = "tag-gone"
    TAG_MOVED = "tag-moved", Level.ERROR
    TAG_NOT_UNDERSTOOD = "tag-not-understood", Level.NOTE
    BRANCH_DIFFERS = "branch-differs", Level.NOTE
    YANKED = "yanked"
    DEPRECATED = "deprecated"
    REFUSED_FILE = "refused-file", Level.ERROR
    HIDDEN_TEXT = "hidden-text", Level.ERROR
    NAME_CLASH = "name-clash", Level.ERROR
    ITEM_TWICE = "item-twice"
    BOTH_SCOPES = "both-scopes"
    CHOICE_UNUSED = "choice-unused"
    LINK_NOT_FOLLOWED = "link-not-followed"
    SUBMODULE = "submodule"
    FILE_RENAMED = "file-renamed", Level.NOTE
    REFERENCE_DANGLING = "reference-dangling"
    ITEMS_OUTSIDE = "items-outside-packs", Level.NOTE
    PACK_PARTED = "pack-parted"
    HEADER_DROPPED = "header-dropped", Level.ERROR
    HEADER_REPAIRED = "header-repaired", Level.NOTE
    HEADER_MISSING = "header-missing"
    JSON_INVALID = "json-invalid", Level.ERROR
    HISTORY_UNREAD = "history-unread"


class Finding(NamedTuple):
    """One refused or doubtful thing. Written by keyword, but for the first three.

    Args:
        pack: the pack that it concerns, as the lock calls it; "" for a registry or a scope as a whole.
        path: the file, relative to the pack's root, for a registry to the repository's; "" for the whole.
        what: what is wrong, in words; nothing reads a fact out of it.
        line, column: from 1; 0 for the file as a whole.
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
        item: the item as `KIND:NAME`, "" for all of a kind.
        code: what became of it, such as `refused` for not installed.
        about: what of it: a header's key, a kind of items.
        number: how many items it is about.
        waits: whether it is so until a person says yes.
        runs: what it would run or reach then, for a person.
    """

    target: str
    pack: str
    item: str
    code: str
    about: str
    why: str
    number: int = 1
    waits: bool = False
    runs: str = ""


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
    """Return the finding that was written down by field; raise ValueError or TypeError for any other fields."""
    severity = fields.get("severity")
    known = {"rule": Rule(fields["rule"]), "severity": Level(severity) if severity is not None else None}
    return Finding(**{**fields, **known})
