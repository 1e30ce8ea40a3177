"""What is refused of a pack, with which limits, and that nothing too large is read for it."""

from __future__ import annotations

import pytest

from agentsync.errors import UnsafeError
from agentsync.model.limits import DEFAULT_LIMITS, Limits, in_words
from agentsync.reading.inspection import inspect, readable
from tests.git_registry import Files
from tests.memory_contents import MemoryContents

FILES: Files = {"a.md": "one\n", "b.md": "t\u202ewo\n", "c.bin": b"\0" * 100}


def test_a_finding_has_its_place() -> None:
    """Line and column for a character, none for the file as a whole."""
    found = inspect("acme/p", list(FILES), MemoryContents(FILES), Limits(file=50))
    assert [(one.path, one.place) for one in found.values()] == [
        ("b.md", "b.md, line 1, column 2"),
        ("c.bin", "c.bin"),
    ]
    assert found["c.bin"].what == "larger than 50 bytes"


@pytest.mark.parametrize(("globs", "allowed"), [(("acme/p",), True), (("acme/*",), True), (("acme/q", "p"), False)])
def test_hidden_text_may_be_allowed(globs: tuple[str, ...], allowed: bool) -> None:
    """For some packs, by name."""
    found = inspect("acme/p", list(FILES), MemoryContents(FILES), Limits(allow_hidden=globs))
    assert ("b.md" not in found) is allowed


def test_what_is_too_large_is_not_read() -> None:
    """Names and sizes come first."""
    contents = MemoryContents(FILES)
    inspect("acme/p", list(FILES), contents, Limits(file=50))
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
        inspect("acme/p", list(FILES), contents, limits)
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
