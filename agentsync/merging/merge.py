"""Three-way merge of one file: the header key by key, everything else line by line.

A side that alone changed a file, a header or a body is taken as it stands. Where line ends were
changed all through on one side, that change is taken too, and does not stand in the way of others.
A file that is no text, or whose header would come out worse than both sides have it, is a conflict.
"""

from __future__ import annotations

from agentsync.git.line_merge import merge_lines
from agentsync.merging.header_merge import is_worse, merge_headers, picked_side
from agentsync.model.git_file import Merged
from agentsync.packs.frontmatter import Document, read_document


def merge_file(base: bytes, local: bytes, upstream: bytes) -> Merged:
    """Merge the changes of both sides.
    Returns:
        The merged file. One with conflicts has them between markers; one that is no text, or whose
        header would come out worse, is conflicted and has none.
    """
    if (picked := picked_side(base, local, upstream)) is not None:
        return Merged(picked)
    if b"\0" in base or b"\0" in local or b"\0" in upstream:
        return Merged(local, conflicted=True)
    sides = _with_one_line_end(base, local, upstream)
    if (picked := picked_side(*sides)) is not None:
        return Merged(picked)
    before, mine, new = (read_document(data) for data in sides)
    merged = _merge_parts(before, mine, new)
    if merged is None:
        merged = merge_lines(*sides)
        if not merged.conflicted and is_worse(read_document(merged.data), mine, new):
            return Merged(merged.data, conflicted=True)
    if merged.conflicted and all(_line_end(side) == b"\r\n" for side in sides):
        return Merged(merged.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), conflicted=True)
    return merged


def _merge_parts(base: Document, local: Document, upstream: Document) -> Merged | None:
    """Merge header and body each by itself; None where the result has another header or body."""
    head = merge_headers(base, local, upstream)
    if head is None:
        return None
    picked = picked_side(base.body, local.body, upstream.body)
    body = merge_lines(base.body, local.body, upstream.body) if picked is None else Merged(picked)
    if body.data and head.data and not head.data.endswith((b"\n", b"\r")):
        return None
    data = head.data + body.data
    conflicted = head.conflicted or body.conflicted
    if not conflicted and len(read_document(data).head) != len(head.data):
        return None
    return Merged(data, conflicted)


def _with_one_line_end(base: bytes, local: bytes, upstream: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the three with the line end that one side changed to; unchanged where line ends are mixed."""
    ends = [_line_end(data) for data in (base, local, upstream)]
    if None in ends or len(set(ends)) == 1:
        return base, local, upstream
    end = (ends[1] if ends[1] != ends[0] else ends[2]) or b""
    plain = [data.replace(b"\r\n", b"\n") for data in (base, local, upstream)]
    converted = [data.replace(b"\n", end) for data in plain]
    return converted[0], converted[1], converted[2]


def _line_end(data: bytes) -> bytes | None:
    """Return the line end of all lines, None where they differ or end in another way."""
    both = data.count(b"\r\n")
    if data.count(b"\r") != both:
        return None
    if both == 0:
        return b"\n"
    return b"\r\n" if both == data.count(b"\n") else None
