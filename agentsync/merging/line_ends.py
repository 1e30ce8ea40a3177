"""Write a text with the line ends of another one."""

from __future__ import annotations

from collections import Counter

from agentsync.model.working_tree import is_text, to_lf


def to_crlf(data: bytes) -> bytes:
    """Return the bytes with CRLF at the end of each line; those of a file that is no text as they are."""
    return to_lf(data).replace(b"\n", b"\r\n") if is_text(data) else data


def nearest_line_ends(data: bytes, other: bytes) -> bytes:
    """Return the bytes as they are, in LF or in CRLF: whichever shares the most lines with another file."""
    lines = Counter(other.splitlines(keepends=True))
    return max((data, to_lf(data), to_crlf(data)), key=lambda form: (Counter(form.splitlines(True)) & lines).total())


def with_line_ends_of(model: bytes, data: bytes) -> bytes:
    """Return the bytes with the line ends of a model: its only ones, or where it has both, those of each line."""
    if not is_text(model) or not is_text(data) or b"\r\n" not in model + data:
        return data
    pairs, ends = model.count(b"\r\n"), model.count(b"\n")
    if pairs in (0, ends):
        return to_crlf(data) if pairs else to_lf(data)
    return _line_by_line(model, data, most=b"\r\n" if 2 * pairs > ends else b"\n")


def _line_by_line(model: bytes, data: bytes, most: bytes) -> bytes:
    """Return the bytes with the line ends of the same lines of a model, and of most of its lines elsewhere."""
    import difflib  # files with both line ends are rare

    lines = model.split(b"\n")
    mine = to_lf(data).split(b"\n")
    ends = [most.removesuffix(b"\n")] * len(mine)
    ends[-1] = b""
    theirs = [line.removesuffix(b"\r") for line in lines]
    for block in difflib.SequenceMatcher(None, theirs, mine, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if block.b + offset < len(mine) - 1:
                ends[block.b + offset] = b"\r" if lines[block.a + offset].endswith(b"\r") else b""
    return b"\n".join(line + end for line, end in zip(mine, ends, strict=True))
