"""The receipt: what was last written, remembered; never believed where it is not what we write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import UnsafeError
from agentsync.formats.receipt import dump_receipt, parse_receipt, stamped, without_stamp
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, Receipt
from tests.strategies import DIGESTS, ENTRIES, PATHS

FILES = st.dictionaries(PATHS, DIGESTS, max_size=5)
HINTS = st.lists(PATHS, max_size=2).map(frozenset)
RECEIPTS = st.builds(
    Receipt, st.dictionaries(PATHS | ENTRIES, DIGESTS, max_size=5), HINTS, st.frozensets(ENTRIES, max_size=2)
)
DIGEST = str(digest_of(b"x"))


def test_the_text_of_a_receipt() -> None:
    """Sorted, one line for each file, names as they are."""
    receipt = Receipt({RelPath("é/b"): digest_of(b"b", executable=True), RelPath("a"): digest_of(b"a")})
    assert dump_receipt(receipt) == (
        '{\n "receipt": 1,\n "files": {\n'
        '  "a": "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",\n'
        '  "é/b": "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d +x"\n'
        " }\n}\n"
    )


@given(RECEIPTS)
def test_any_receipt_comes_back(receipt: Receipt) -> None:
    """Whatever the order it was made in."""
    assert parse_receipt(dump_receipt(receipt)) == receipt
    turned = receipt._replace(files=dict(reversed(list(receipt.files.items()))))
    assert dump_receipt(turned) == dump_receipt(receipt)


@given(RECEIPTS)
def test_a_stamp_comes_back(receipt: Receipt) -> None:
    """It is taken off as it was put on, and the text is read with it too."""
    text, stamp = dump_receipt(receipt), "0f" * 32
    assert without_stamp(stamped(text, stamp)) == (text, stamp) and without_stamp(text) == (text, "")
    assert parse_receipt(stamped(text, stamp)) == receipt and stamped(text, "") == text


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "receipt",
        {},
        {"receipt": 1},
        {"files": {}},
        {"receipt": 2, "files": {}},
        {"receipt": "1", "files": {}},
        {"receipt": 1, "files": []},
        {"receipt": 1, "files": {"a": "x"}},
        {"receipt": 1, "files": {"a": None}},
        {"receipt": 1, "files": {"a": {"sha256": "x"}}},
        {"receipt": 1, "files": {"a": DIGEST.upper()}},
    ],
)
def test_what_is_no_receipt(data: Any) -> None:
    """Another version, or another thing altogether."""
    with pytest.raises(ValueError, match=r"not a (receipt|digest)"):
        parse_receipt(json.dumps(data))


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "", "a//b", "a/.git/config", "a\n", "C:/x", "\ud800"])
def test_paths_that_leave_their_root(path: str) -> None:
    """A receipt may come from a checkout."""
    with pytest.raises(UnsafeError):
        parse_receipt(json.dumps({"receipt": 1, "files": {path: DIGEST}}))


@given(st.one_of(st.text(), st.integers(0, 60).map(lambda depth: "[" * depth * 1000)))
def test_no_text_is_a_bug(text: str) -> None:
    """It is read or refused."""
    try:
        parse_receipt(text)
    except (ValueError, UnsafeError):
        return


def test_entries() -> None:
    """They stand in a table of their own, and are hints or made by agentsync like any; older receipts have none."""
    entry, section = EntryPath(".mcp.json#/mcpServers/db"), EntryPath("AGENTS.md#acme/p rule:style")
    digest = FileDigest("a" * 64)
    made = frozenset((EntryPath(".mcp.json#/mcpServers"), EntryPath(".mcp.json#")))
    receipt = Receipt(
        {RelPath(".claude/agents/c#.md"): digest, entry: digest, section: digest}, frozenset((entry,)), made
    )
    text = dump_receipt(receipt)
    assert parse_receipt(text) == receipt
    assert {type(slot) for slot in parse_receipt(text).files} == {str, EntryPath}
    assert "entries" not in dump_receipt(Receipt({RelPath("a"): digest}))


@pytest.mark.parametrize("path", ["../x.json#/a/b", ".mcp.json#", ".mcp.json", "/etc/x.json#/a", "A.md#/a", "a#b\nc"])
def test_an_entry_that_is_none(path: str) -> None:
    """A receipt that names one is damaged."""
    with pytest.raises(UnsafeError):
        parse_receipt(json.dumps({"receipt": 1, "files": {}, "entries": {path: DIGEST}}))
