"""Refused files of a pack, the limits, and that nothing too large is read."""

from __future__ import annotations

import pytest

from agentsync.errors import UnsafeError
from agentsync.model.item import ClaudeCode, HeaderStatus, Kind
from agentsync.model.policy import DEFAULT_LIMITS, Limits, in_words
from agentsync.packs.discovery import FoundItem
from agentsync.packs.inspection import Inspected, inspect, readable
from tests.git_registry import Files
from tests.memory_contents import MemoryContents

FILES: Files = {"a.md": "one\n", "b.md": "t\u202ewo\n", "c.bin": b"\0" * 100}


def _looked_at(contents: MemoryContents, limits: Limits = DEFAULT_LIMITS, name: str = "a") -> Inspected:
    """The files of a skill whose own one is `a.md`."""
    files = tuple(contents.entries)
    skill = FoundItem(Kind.SKILL, name, "a.md", "S1", HeaderStatus.STRICT, ClaudeCode.OK, files)
    return inspect("acme/p", [skill], contents, limits)


def test_a_finding_has_its_place() -> None:
    """Line and column for a character, none for the file as a whole."""
    found = _looked_at(MemoryContents(FILES), Limits(file=50)).refused
    assert [(one.path, one.place) for one in found.values()] == [
        ("b.md", "b.md, line 1, column 2"),
        ("c.bin", "c.bin"),
    ]
    assert found["c.bin"].what == "larger than 50 bytes"


@pytest.mark.parametrize(("globs", "allowed"), [(("acme/p",), True), (("acme/*",), True), (("acme/q", "p"), False)])
def test_hidden_text_may_be_allowed(globs: tuple[str, ...], allowed: bool) -> None:
    """For some packs, by name."""
    found = _looked_at(MemoryContents(FILES), Limits(allow_hidden=globs)).refused
    assert ("b.md" not in found) is allowed


def test_what_is_too_large_is_not_read() -> None:
    """Names and sizes come first."""
    contents = MemoryContents(FILES)
    _looked_at(contents, Limits(file=50))
    assert "c.bin" not in contents.read_paths
    taken, unread = readable("acme/p", list(FILES), MemoryContents(FILES), Limits(read=50))
    assert taken == ("a.md", "b.md") and [finding.path for finding in unread] == ["c.bin"]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(files=2), "3 files, more than 2"),
        (Limits(pack=100), "111 bytes, more than 100 bytes"),
    ],
)
def test_a_pack_that_is_too_large(limits: Limits, why: str) -> None:
    """As a whole it is refused as a whole, before anything of it is read."""
    contents = MemoryContents(FILES)
    with pytest.raises(UnsafeError, match="too large to install") as caught:
        _looked_at(contents, limits)
    assert caught.value.why == why and contents.read_paths == []
    if "bytes" in why:
        with pytest.raises(UnsafeError, match="too large"):
            readable("acme/p", list(FILES), contents, limits)


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ({"a": 50}, ""),
        ({"a": 50, "b": 51}, "b has 51 bytes, more than 50 bytes"),
        (dict.fromkeys("abcd", 50), "its files have 200 bytes, more than 150 bytes"),
    ],
)
def test_what_is_not_even_read(sizes: dict[str, int], why: str) -> None:
    """One file, or all of them."""
    assert Limits(file=10, read=50, pack=100).why_unread(sizes) == why


def test_sizes_in_words() -> None:
    """As people say them."""
    assert [in_words(size) for size in (DEFAULT_LIMITS.file, 65_536, 1000)] == ["1 MiB", "64 KiB", "1,000 bytes"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("two words: fine", ""),
        ("käse-🧑‍💻", ""),
        ("x\nm/evil 9.9.9", "control character"),
        ("x\rm/evil", "control character"),
        ("x\x1b[2K", "control character"),
        ("x\x85y", "control character"),
        ("x\u2028y", "control character"),
        ("x\u200by", "U+200B"),
        ("x\u3164", "U+3164"),
        ("x\u202ey", "U+202E"),
        ("x\ud800", "not UTF-8"),
    ],
)
def test_the_name_of_an_item(name: str, why: str) -> None:
    """One that could forge a line or hide is refused with its item; the policy for text lets no name through."""
    files: Files = {"a.md": "one\n"}
    refused = _looked_at(MemoryContents(files), Limits(allow_hidden=("acme/p",)), name).refused
    assert list(refused) == (["a.md"] if why else []) and (not why or why in refused["a.md"].what)


def test_an_item_is_utf_8() -> None:
    """Its own file is; what lies beside it may be anything."""
    files: Files = {"a.md": b"one\n\xc3\xa9 \xff\n", "b.txt": b"caf\xe9\n"}
    refused = _looked_at(MemoryContents(files)).refused
    assert {path: (one.what, one.line, one.column) for path, one in refused.items()} == {
        "a.md": ("it is not UTF-8", 2, 3)
    }
    assert list(_looked_at(MemoryContents({"a.md": "x".encode("utf-16")})).refused) == ["a.md"]
