"""Pins: a version range, tag, branch or commit that chooses the commit of a pack.

The text form of a pin stands in the lock (`^1.2`, `tag:v1.2.0`, `branch:main`, `commit:3f2a...`). Short commit ids are
refused, because they may come to mean another commit. Names that git would not take for a branch or a tag are
refused too.

Source of the rules for names: git-check-ref-format(1).
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple, Self

from agentsync.late import late
from agentsync.versions.version import VersionRange, parse_range

ANY: Final = ("", "*")  # how a version range is written that any version is in

_ALIAS: Final = late(r"[A-Za-z0-9][A-Za-z0-9._-]*")
RANGE_MARKS: Final = "^~<>=!*,|"
# Printable, and never part of a name.
_ENDS_A_NAME: Final = frozenset(f" /@{RANGE_MARKS}")
COMMIT_ID: Final = late(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PINNED: Final = late(r"(tag|branch|commit):(.*)")
_NOT_IN_REFS: Final = late(r"[ ~^:?*\[\\]|\.\.|@\{|//")


class PinKind(StrEnum):
    """The thing that a pin names; spelled like the keys of the manifest."""

    VERSION = "version"
    TAG = "tag"
    BRANCH = "branch"
    COMMIT = "commit"


class _Pin(NamedTuple):
    kind: PinKind
    text: str


class Pin(_Pin):
    """A pin: what chooses the commit of a pack. `str(pin)` is its text in the lock.

    Args:
        text: a version range as it was written, the name of a tag or branch, or a whole commit id; ValueError has a
            sentence where it is not that.
    """

    __slots__ = ()

    def __new__(cls, kind: PinKind, text: str) -> Self:
        if kind is PinKind.VERSION:
            parse_range(text)
        elif kind is PinKind.COMMIT:
            _check_commit(text)
        elif reason := why_bad_ref_name(text):
            raise ValueError(f"{text!r} cannot be the name of a {kind}: {reason}")
        elif kind is PinKind.BRANCH and text == "HEAD":
            raise ValueError("'HEAD' cannot be the name of a branch: git keeps it for itself")
        return super().__new__(cls, kind, text)

    @property
    def range(self) -> VersionRange | None:
        """The version range, None for any other pin."""
        return parse_range(self.text) if self.kind is PinKind.VERSION else None

    def __str__(self) -> str:
        return self.text if self.kind is PinKind.VERSION else f"{self.kind}:{self.text}"


def parse_pin(text: str) -> Pin:
    """Read what `str(pin)` wrote; raise ValueError with a sentence. A text without `KIND:` is a version range."""
    if pinned := _PINNED.fullmatch(text):
        return Pin(PinKind(pinned[1]), pinned[2])
    return Pin(PinKind.VERSION, text)


def is_alias(text: str) -> bool:
    """Return whether a text is an alias: letters, digits, `.`, `_`, `-`, the first a letter or digit."""
    return _ALIAS.fullmatch(text) is not None


def check_alias(text: str) -> str:
    """Return an alias; raise ValueError with a sentence if it is none."""
    if is_alias(text):
        return text
    raise ValueError(f"{text!r} cannot be an alias: use letters, digits, '.', '_' and '-', first a letter or digit")


def is_pack_name(text: str) -> bool:
    """Return whether a pack can be asked for by this name: it is printable, and nothing in it ends a name."""
    return (
        text.isprintable()
        and not text.startswith("-")
        and text not in {"", ".", ".."}
        and _ENDS_A_NAME.isdisjoint(text)
    )


def why_bad_ref_name(name: str) -> str | None:
    """Return why a name can be neither branch nor tag; None for one that can.

    Stricter than git in three things: no leading `-`, nothing that does not show, and no `@` alone.
    """
    if name in {"", "@"}:
        return "git reads '@' as HEAD" if name else "it is empty"
    if not name.isprintable():
        return "it holds a character that does not show"
    if found := _NOT_IN_REFS.search(name):
        return f"it holds {found.group()!r}"
    if name.startswith(("-", "/")) or name.endswith(("/", ".")):
        return "it starts with '-' or '/', or ends with '/' or '.'"
    if any(part.startswith(".") or part.endswith(".lock") for part in name.split("/")):
        return "a part of it starts with '.' or ends with '.lock'"
    return None


def _check_commit(text: str) -> None:
    if COMMIT_ID.fullmatch(text):
        return
    if re.fullmatch(r"[0-9A-Fa-f]{4,64}", text):
        raise ValueError(f"{text!r} is not a whole commit id: write all 40 (or 64) digits, in lower case")
    raise ValueError(f"{text[:80]!r} is not a commit id: it has 40 (or 64) hexadecimal digits")
