"""The version of a release follows from what it changes."""

from __future__ import annotations

from typing import Final

import pytest
from packaging.version import Version

from agentsync.model.names import ItemKey
from agentsync.publishing.deciding import Bump, Offered, OfferedItem, decided, grants_between, reasons, series_of

Items = dict[str, tuple[str, tuple[str, ...]]]
READER: Final[Items] = {"agent:reader": ("r", ("read",))}


def offered(items: Items, **requires: str) -> Offered:
    """What a pack offers: the digest and the grants of each item, and what it requires."""
    return Offered({ItemKey(key): OfferedItem(digest, grants) for key, (digest, grants) in items.items()}, requires)


@pytest.mark.parametrize(
    ("before", "after", "version", "says"),
    [
        (offered(READER), offered({"agent:reader": ("x", ("read",))}), "1.2.4", "patch"),
        (offered(READER), offered({"agent:reader": ("x", ())}), "1.2.4", "patch"),
        (offered(READER), offered(READER | {"skill:pdf": ("p", ("*",))}), "1.3.0", "minor: skill:pdf came"),
        (offered(READER), offered({"agent:reader": ("r", ("exec", "read"))}), "2.0.0", "may newly do exec"),
        (offered(READER), offered({}), "2.0.0", "major: agent:reader is gone"),
        (offered(READER), offered({"agent:critic": ("r", ("read",))}), "2.0.0", "agent:reader is agent:critic now"),
        (offered(READER), offered({"skill:reader": ("r", ("read",))}), "2.0.0", "major: agent:reader is gone"),
        (offered(READER, base="^1"), offered(READER, base="^1 || ^2"), "1.2.4", "patch"),
        (offered(READER, base="^1"), offered(READER), "1.2.4", "patch"),
        (offered(READER, base=">=1"), offered(READER, base="^1"), "2.0.0", "requires base `^1`, before `>=1`"),
        (offered(READER), offered(READER, base="*"), "2.0.0", "newly requires base"),
    ],
)
def test_what_changed_decides(before: Offered, after: Offered, version: str, says: str) -> None:
    """Gone, renamed, more power and narrower needs are major, what came is minor, all else a patch."""
    found = decided([Version("1.0.0"), Version("1.2.3")], reasons(before, after))
    assert str(found.version) == version
    assert says in found.reason


@pytest.mark.parametrize(
    ("there", "bump", "version"),
    [
        ((), None, "0.1.0"),
        ((), Bump.MAJOR, "0.1.0"),
        (("0.1.0",), Bump.MAJOR, "1.0.0"),
        (("1.4",), Bump.MINOR, "1.5.0"),
        (("1!2.0",), Bump.PATCH, "1!2.0.1"),
        (("1.2.0", "1.3.0rc1"), Bump.PATCH, "1.3.0"),
        (("1.2.0", "1.3.0rc1"), Bump.MAJOR, "2.0.0"),
        (("2.0.0rc1",), Bump.PATCH, "2.0.0"),
    ],
)
def test_a_number_is_raised(there: tuple[str, ...], bump: Bump | None, version: str) -> None:
    """Pre-releases are finished first, and the first version of all is the same whatever is asked for."""
    assert str(decided([Version(text) for text in there], [], bump).version) == version


def test_the_series_of_a_backport() -> None:
    """Those with its first two numbers count, without one those with the first."""
    there = [Version(text) for text in ("1.3.4", "1.4.0", "2.0.0", "2.1.0")]
    assert series_of(Version("1.3.5"), there) == [Version("1.3.4")]
    assert series_of(Version("1.2.0"), there) == [Version("1.3.4"), Version("1.4.0")]
    assert series_of(Version("3.0"), there) == []


def test_grants_of_a_release() -> None:
    """What an item may newly do counts although another one could, and what came counts where none could."""
    before = offered({"agent:a": ("a", ("exec", "net")), "agent:b": ("b", ("read",))})
    after = offered({"agent:a": ("a", ("exec",)), "agent:b": ("b", ("exec", "read")), "agent:c": ("c", ("write",))})
    assert grants_between(before, after) == (("exec", "write"), ("net",))
    assert grants_between(None, before) == (("exec", "net", "read"), ())
