"""Slots: the path and the digest of an entry in a document."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.digest import digest_of, parse_digest
from agentsync.model.drift import Drift, classify
from agentsync.model.rel_path import RelPath, why_unsafe
from agentsync.model.slot import (
    EntryPath,
    SlotPath,
    begins_slot,
    content_digest,
    entry_digest,
    file_of,
    patch_path,
    stored_pack,
    stored_slot,
)

DOCUMENT = RelPath(".mcp.json")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def test_a_path_is_its_text() -> None:
    """It is sorted and looked up among the paths of files."""
    path = EntryPath.of(DOCUMENT, "/mcpServers", "db")
    assert path == ".mcp.json#/mcpServers/db"
    assert (path.document, path.pointer) == (DOCUMENT, "/mcpServers/db")
    assert file_of(path) == file_of(DOCUMENT) == DOCUMENT
    assert sorted([path, RelPath("a"), DOCUMENT]) == [DOCUMENT, path, "a"]


def test_a_pointer_is_escaped() -> None:
    """As RFC 6901 says."""
    assert EntryPath.of(DOCUMENT, "/s", "a/b~c#d").pointer == "/s/a~1b~0c#d"


ODD_NAMES = st.sampled_from(
    ["aux", "CON", "com1.x", "nul.", "a b ", ".x", "C#", "a:b", "100%", "%41", "..", "db"]
) | st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8).filter(
    lambda name: "/" not in name and name.isprintable()
)


@given(st.lists(ODD_NAMES, min_size=1, max_size=2), ODD_NAMES)
def test_every_system_can_hold_the_patch(pack: list[str], name: str) -> None:
    """Pack and slot are read from its path, whatever they are called."""
    for slot in (RelPath(".claude/agents/a.md"), EntryPath.of(DOCUMENT, "/mcpServers", name)):
        path = patch_path("/".join(pack), slot)
        assert why_unsafe(path) is None
        parts = path.removesuffix(".patch").split("/")
        depth = next(place for place, part in enumerate(parts) if begins_slot(part))
        found: tuple[str, SlotPath] = stored_pack("/".join(parts[:depth])), stored_slot("/".join(parts[depth:]))
        assert found == ("/".join(pack), slot)


def test_a_digest_is_of_canonical_json() -> None:
    """Keys sorted, no blanks, UTF-8 as it is."""
    canonical = '{"a":"\u00e9","b":[1,null]}'.encode()
    assert entry_digest({"b": [1, None], "a": "\u00e9"}).sha256 == hashlib.sha256(canonical).hexdigest()


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_order_is_no_drift(value: dict[str, object]) -> None:
    """An entry with its keys in another order is in sync; the digest is written as that of a file is."""
    digest = entry_digest(value)
    again = entry_digest(dict(reversed(value.items())))
    assert classify(base=digest, local=again, wanted=digest) is Drift.IN_SYNC
    assert parse_digest(str(digest)) == digest


def test_the_order_of_content_is_not_counted() -> None:
    """An entry is written with its keys as its source has them; of a section every byte counts, as of a file."""
    entry, section = EntryPath.of(DOCUMENT, "/s", "a"), EntryPath.of_section(RelPath("AGENTS.md"), "a/b rule:c")
    assert content_digest(entry, b'{"b":1,"a":2}') == entry_digest({"a": 2, "b": 1})
    assert content_digest(section, b"Be brief.\n") == digest_of(b"Be brief.\n")
    assert content_digest(RelPath("a.sh"), b"", executable=True) == digest_of(b"", executable=True)
    assert (section, section.pointer) == ("AGENTS.md#a/b rule:c", "a/b rule:c")
    assert (section.is_section, entry.is_section) == (True, False)


def test_values_that_differ() -> None:
    """The table that decides about files decides about entries."""
    one, other, third = (entry_digest({"command": name}) for name in "abc")
    assert classify(base=one, local=one, wanted=other) is Drift.BEHIND
    assert classify(base=one, local=other, wanted=one) is Drift.EDITED
    assert classify(base=one, local=other, wanted=third) is Drift.DIVERGED
    assert classify(base=None, local=other, wanted=one) is Drift.FOREIGN
    assert classify(base=one, local=None, wanted=one) is Drift.MISSING
    assert classify(base=one, local=one, wanted=None) is Drift.STALE
    assert entry_digest(1) != entry_digest("1") != entry_digest(True)


@pytest.mark.parametrize("value", [datetime.date(2026, 1, 1), float("nan"), b"x", "\ud800"])
def test_what_json_cannot_hold(value: object) -> None:
    """It has no digest."""
    with pytest.raises(ValueError, match=r"\w"):
        entry_digest({"a": value})
