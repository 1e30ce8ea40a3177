"""Comparing without line ends: what git does to them, and nothing else, is left out."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.merging.patches import nearest_line_ends, to_crlf, with_line_ends_of
from agentsync.model.digest import digest_of
from agentsync.model.working_tree import is_script, is_text, to_lf

LINES = st.lists(st.sampled_from([b"a", b"", b"\rb", b"#!", b"\xff", b" "]), max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n"])
FILES = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\0", b"#!"]), max_size=12).map(b"".join)


def same_text(one: bytes, other: bytes) -> bool:
    """Return whether the digests say that only line ends differ."""
    return digest_of(one).same_text(digest_of(other))


@given(FILES.filter(lambda data: b"\r\r\n" not in data))
def test_to_one_kind(data: bytes) -> None:
    """Both are idempotent, and each undoes the other."""
    assert to_lf(to_crlf(data)) == to_lf(data)
    assert to_crlf(to_crlf(data)) == to_crlf(data)
    assert same_text(data, to_lf(data)) and same_text(data, to_crlf(data))
    if b"\0" in data:
        assert to_lf(data) == to_crlf(data) == data


@given(FILES, FILES)
def test_same_text_compares_lines(one: bytes, other: bytes) -> None:
    """Equal but for line ends: the same lines, where each may end in LF or CRLF."""

    def lines(data: bytes) -> list[bytes]:
        *ended, last = data.split(b"\n")
        return [*(line.removesuffix(b"\r") for line in ended), last]

    both_text = is_text(one) and is_text(other)
    assert same_text(one, other) == (one == other or (both_text and lines(one) == lines(other)))


@given(LINES, LINES, ENDS)
def test_the_line_ends_of_another(lines: list[bytes], model: list[bytes], end: bytes) -> None:
    """The bytes get the line ends of the file they are written for, and stay the same text."""
    data = b"".join(line + b"\n" for line in lines)
    found = with_line_ends_of(b"".join(line + end for line in [b"x", *model]), data)
    assert same_text(found, data)
    assert found.count(b"\r\n") == (found.count(b"\n") if end == b"\r\n" else 0)


def test_scripts() -> None:
    """A script names its program in its first two bytes, and nowhere else."""
    assert is_script(b"#!/bin/sh\n") and not is_script(b" #!/bin/sh\n") and not is_script(b"")


@given(FILES, FILES)
@example(b"\n\r\n\r\r\n", b"\n\n\r\n")
def test_the_nearest_line_ends(data: bytes, other: bytes) -> None:
    """The same text, and the other file itself where only line ends differ in one way."""
    found = nearest_line_ends(data, other)
    assert same_text(found, data)
    if same_text(other, data) and other in (data, to_lf(data), to_crlf(data)):
        assert found == other
