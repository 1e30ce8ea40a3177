"""The merge of entries: key by key at the top of the value, and what people see of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.merging.patches import kept_bytes, patch_of, patched
from agentsync.merging.slot_merge import content_of, merge_content, shown
from agentsync.model.git_file import Side
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, content_digest, stored_path, stored_slot
from tests.strategies import ENTRIES, PATHS

SERVER = EntryPath(".mcp.json#/mcpServers/db")
STYLE = EntryPath("AGENTS.md#acme/p rule:style")
VALUES = st.none() | st.booleans() | st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=1)
TABLES = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def content(value: object) -> bytes:
    """The content of an entry."""
    return json.dumps(value).encode()


def merged(base: Any, local: Any, upstream: Any) -> Any:
    """The value that comes of it, `conflict` for none."""
    found = merge_content(SERVER, content(base), content(local), content(upstream))
    return "conflict" if found.conflicted else json.loads(found.data)


@pytest.mark.parametrize(
    ("base", "local", "upstream", "expected"),
    [
        ({"a": 1}, {"a": 1, "env": {}}, {"a": 2}, {"a": 2, "env": {}}),
        ({"a": 1, "b": 1}, {"a": 1}, {"a": 2, "b": 1}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 3}, "conflict"),
        ({"a": 1}, {}, {"a": 3}, "conflict"),
        ({"a": 1}, {"a": 2}, {"a": 2, "b": True}, {"a": 2, "b": True}),
        ({"a": 1}, {"a": True}, {"a": 1, "b": 1}, {"a": True, "b": 1}),
        ({"a": None}, {}, {"a": None, "b": 1}, {"b": 1}),
        ([1], [2], [1], [2]),
        ([1], [2], [3], "conflict"),
    ],
)
def test_cases(base: object, local: object, upstream: object, expected: object) -> None:
    """Each key is merged by itself."""
    assert merged(base, local, upstream) == expected


@given(TABLES, TABLES, TABLES)
def test_sides_do_not_matter(base: Any, one: Any, other: Any) -> None:
    """Nor does a side without a change; a conflict leaves the user's."""
    assert merged(base, one, other) == merged(base, other, one)
    assert merged(base, base, other) == other and merged(base, one, base) == one and merged(base, one, one) == one
    found = merge_content(SERVER, content(base), content(one), content(other))
    assert not found.conflicted or found.data == content(one)


def test_sections_are_text() -> None:
    """Line by line."""
    found = merge_content(STYLE, b"a\nb\nc\n", b"A\nb\nc\n", b"a\nb\nC\n")
    assert (found.conflicted, found.data) == (False, b"A\nb\nC\n")


@given(TABLES, TABLES)
def test_a_patch_comes_back(old: Any, new: Any) -> None:
    """Whatever order the keys have: it is of the entry as people read it."""
    made_for, result = (content_digest(SERVER, content(value)) for value in (old, new))
    patch = patch_of(SERVER, Side(content(old)), Side(content(new)))
    if made_for != result:
        found = kept_bytes([patch], SERVER, content(dict(reversed(old.items()))), made_for, result)
        assert found is not None and json.loads(found) == new
    assert (
        content_of(SERVER, shown(SERVER, content(new)))
        == json.dumps(dict(sorted(new.items())), separators=(",", ":")).encode()
    )


def test_a_patch_that_makes_no_value() -> None:
    """It does not apply."""
    patch = patch_of(RelPath(stored_path(SERVER)), Side(b'{\n  "a": 1\n}\n'), Side(b"no value\n"))
    assert patched(patch, SERVER, b'{"a":1}', content_digest(SERVER, b'{"a":1}')) is None


@given(ENTRIES | PATHS)
def test_names_of_files_of_ours(slot: Any) -> None:
    """They tell the slot that they are about."""
    found = stored_slot(stored_path(slot))
    assert (found, type(found)) == (slot, type(slot))
