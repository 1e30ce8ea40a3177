"""Names: of packs, items and scopes, of the files of a project, and hints for a name that is not known.

A pack's name and an item's key are made where text enters. Everything else asks them for their parts.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

MANIFEST_NAME: Final = "agentsync.yaml"
# A common misspelling: it is reported, and not read.
OTHER_NAME: Final = "agentsync.yml"
LOCK_NAME: Final = "agentsync.lock"
STATE_FOLDER: Final = ".agentsync"
# Folders that hold no project of this one, and very many files.
PASSED_OVER: Final = frozenset((".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", STATE_FOLDER))
_MOST_TOLD: Final = 30


class PackName(str):
    """The name of a pack in manifest and lock: `alias/pack`, or a name of the manifest's own without a slash.

    It is a `str`, so that it is written to JSON and YAML, sorted, and looked up in mappings as its text is.
    """

    __slots__ = ()

    @classmethod
    def of(cls, alias: str, pack: str) -> PackName:
        return cls(f"{alias}/{pack}")

    @property
    def has_registry(self) -> bool:
        return "/" in self

    @property
    def alias(self) -> str:
        """The alias of the registry; the whole name where there is none."""
        return self.partition("/")[0]

    @property
    def pack(self) -> str:
        """The name that the registry gives the pack, "" where there is no registry."""
        return self.partition("/")[2]

    @property
    def last(self) -> str:
        return self.rpartition("/")[2]

    def is_named_by(self, word: str) -> bool:
        """Return whether a word is this name, or the alias of its registry."""
        return word in (self, self.alias)


class ItemKey(str):
    """The key of an item in the lock: `kind:name`. Like a `PackName`, it is its text."""

    __slots__ = ()

    @classmethod
    def of(cls, kind: str, name: str) -> ItemKey:
        return cls(f"{kind}:{name}")

    @property
    def kind(self) -> str:
        return self.partition(":")[0]

    @property
    def name(self) -> str:
        """The part after the colon, "" where there is no colon."""
        return self.partition(":")[2]


class ScopeName(StrEnum):
    """Name of a scope."""

    PROJECT = "project"
    USER = "user"


def close_to(word: str, known: Collection[str]) -> str | None:
    """Return the known word that one was probably mistyped for, None where none is near.

    Items of one kind are compared by their names: `agent:` alone makes no two of them alike.
    """
    import difflib  # only errors need it

    kind = word[: word.find(":") + 1]
    names = {one[len(kind) :]: one for one in known if one.startswith(kind)}
    if not kind or not names:
        return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)
    near = difflib.get_close_matches(word[len(kind) :], names, n=1, cutoff=0.5)
    of_another_kind = (one for one in known if one.endswith(word[len(kind) - 1 :]))
    return names[near[0]] if near else next(of_another_kind, None)


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint with the nearest known word, or with all known words."""
    if close := close_to(word, known):
        return f"did you mean `{close}`?"
    rest = len(known) - _MOST_TOLD
    return f"known: {', '.join(sorted(known)[:_MOST_TOLD])}{f' and {rest} more' if rest > 0 else ''}" if known else ""
