"""Three-way merge of one file: the header key by key, everything else line by line.

A side that alone changed a file, a header or a body is taken as it stands. Where line ends were changed all through on
one side, or that of the last line, that change is taken too. A file that is no text, or whose header would come out
worse than both sides have it, is a conflict. In a header two changes meet only where they change the same key; lists
of words are merged word by word, all else line by line within the entry. Comments and blank lines between entries
belong to the entry below them.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentsync.formats.yaml_tree import Plain
from agentsync.git.files import merge_lines
from agentsync.merging.word_lists import insert_missing, merge_words, with_words, words_of
from agentsync.model.git_file import Merged
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import Document, HeaderEntry, read_document

_READ_WHOLE = (HeaderStatus.STRICT, HeaderStatus.REPAIRED)


def merge_file(base: bytes, local: bytes, upstream: bytes) -> Merged:
    """Merge the changes of both sides.

    A file with conflicts has them between markers; one that is no text, or whose header would come out worse, is
    conflicted and has none.
    """
    if (picked := _picked_side(base, local, upstream)) is not None:
        return Merged(picked)
    if b"\0" in base or b"\0" in local or b"\0" in upstream:
        return Merged(local, conflicted=True)
    sides = _with_one_last_end(*_with_one_line_end(base, local, upstream))
    if (picked := _picked_side(*sides)) is not None:
        return Merged(picked)
    before, mine, new = (read_document(data) for data in sides)
    merged = _merge_parts(before, mine, new)
    if merged is None:
        merged = merge_lines(*sides)
        if not merged.conflicted and _is_worse(read_document(merged.data), mine, new):
            return Merged(merged.data, conflicted=True)
    if merged.conflicted and all(_line_end(side) == b"\r\n" for side in sides):
        return Merged(merged.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), conflicted=True)
    return merged


def _merge_parts(base: Document, local: Document, upstream: Document) -> Merged | None:
    """Merge header and body each by itself; None where the result has another header or body."""
    head = _merge_headers(base, local, upstream)
    if head is None:
        return None
    picked = _picked_side(base.body, local.body, upstream.body)
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


def _with_one_last_end(base: bytes, local: bytes, upstream: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the three with a line end at the end of the file, or without one, as one side changed to."""
    has = [data.endswith(b"\n") for data in (base, local, upstream)]
    if len(set(has)) == 1 or not (base and local and upstream):
        return base, local, upstream
    wanted = has[1] if has[1] != has[0] else has[2]
    end = b"\r\n" if b"\r\n" in base + local + upstream else b"\n"
    return _ended(base, end, wanted), _ended(local, end, wanted), _ended(upstream, end, wanted)


def _ended(data: bytes, end: bytes, wanted: bool) -> bytes:
    if wanted:
        return data if data.endswith(b"\n") else data + end
    return data.removesuffix(b"\r\n" if data.endswith(b"\r\n") else b"\n")


def _line_end(data: bytes) -> bytes | None:
    """Return the line end of all lines, None where they differ or end in another way."""
    both = data.count(b"\r\n")
    if data.count(b"\r") != both:
        return None
    if both == 0:
        return b"\n"
    return b"\r\n" if both == data.count(b"\n") else None


def _merge_headers(base: Document, local: Document, upstream: Document) -> Merged | None:
    """Merge the headers of three files; None where they have to be merged as text.

    That is where one has no entries on lines of their own, or the result would not read as its parts do.
    """
    picked = _picked_side(base.head, local.head, upstream.head)
    if picked is not None:
        return Merged(picked)
    if not all(_is_list_of_entries(document) for document in (base, local, upstream)):
        return None
    merging = _Merging(_Header(base), _Header(local), _Header(upstream))
    head = merging.merge()
    if not merging.conflicted and not _reads_as(head, merging.expected, local, upstream):
        return None
    return Merged(head, merging.conflicted)


def _picked_side(base: bytes, local: bytes, upstream: bytes) -> bytes | None:
    """Return the side that alone changed something, or both where they agree; None where both changed it."""
    if local == upstream or upstream == base:
        return local
    return upstream if local == base else None


def _is_worse(document: Document, local: Document, upstream: Document) -> bool:
    """Return whether a merged header is unreadable, not loaded or has a key twice, although both sides do not."""
    sides = (local, upstream)
    if not document.status.is_read and all(side.status.is_read for side in sides):
        return True
    if document.claude_code is ClaudeCode.DROPPED and ClaudeCode.DROPPED not in [side.claude_code for side in sides]:
        return True
    return _has_twins(document) and not any(_has_twins(side) for side in sides)


def _has_twins(document: Document) -> bool:
    return len({entry.key for entry in document.entries}) < len(document.entries)


def _is_list_of_entries(document: Document) -> bool:
    is_read = document.status in _READ_WHOLE and bool(document.entries)
    return is_read and not _has_twins(document)


def _reads_as(head: bytes, expected: Mapping[str, Plain | None], local: Document, upstream: Document) -> bool:
    """Return whether a header has these fields, None for any value, and loads where both sides do."""
    document = read_document(head)
    if document.head != head or document.status not in _READ_WHOLE:
        return False
    if document.fields.keys() != expected.keys() or _is_worse(document, local, upstream):
        return False
    return all(value is None or document.fields[key] == value for key, value in expected.items())


class _Header:
    """One header in pieces: an opening, entries with the lines above each, a tail and a closing line."""

    def __init__(self, document: Document) -> None:
        head, entries = document.head, document.entries
        self.head = head
        self.fields = document.fields
        self.entries: dict[str, HeaderEntry] = {entry.key: entry for entry in entries}
        ends = [document.start, *(entry.end for entry in entries)]
        self._leads = {entry.key: head[end : entry.start] for entry, end in zip(entries, ends[:-1], strict=True)}
        self.opening = head[: document.start]
        self.tail = head[ends[-1] : document.end]
        self.closing = head[document.end :]

    def bytes_of(self, key: str) -> bytes | None:
        """Return the lines of an entry, None where there is none."""
        entry = self.entries.get(key)
        return None if entry is None else self.head[entry.start : entry.end]

    def lead(self, key: str) -> bytes:
        """Return the lines above an entry that belong to no other."""
        return self._leads.get(key, b"")


class _Merging:
    """The merge of three headers, piece by piece; `expected` has the values that it has to read as, None for any."""

    def __init__(self, base: _Header, local: _Header, upstream: _Header) -> None:
        self.base = base
        self.local = local
        self.upstream = upstream
        self.conflicted = False
        self.expected: dict[str, Plain | None] = {}

    def merge(self) -> bytes:
        base, local, upstream = self.base, self.local, self.upstream
        parts = [_picked_or_local(base.opening, local.opening, upstream.opening)]
        for key in self._order():
            entry = self._entry(key)
            if entry is None:
                # Lines that were added above a removed entry stay.
                lead = (local if key in local.entries else upstream).lead(key)
                parts.append(b"" if lead == base.lead(key) else lead)
            else:
                parts += [self._lines(base.lead(key), local.lead(key), upstream.lead(key)), entry]
        parts.append(self._lines(base.tail, local.tail, upstream.tail))
        parts.append(_picked_or_local(base.closing, local.closing, upstream.closing))
        return b"".join(parts)

    def _order(self) -> list[str]:
        """Return the keys of both sides in the order of the side that changed it, with the other's inserted."""
        was, mine, new = (list(side.entries) for side in (self.base, self.local, self.upstream))
        mine_moved = [key for key in mine if key in was] != [key for key in was if key in mine]
        order, others = (mine, new) if mine_moved else (new, mine)
        order = list(order)
        insert_missing(order, others)
        return order

    def _entry(self, key: str) -> bytes | None:
        """Return the merged lines of one entry, None where it is gone."""
        was, mine, new = (side.bytes_of(key) for side in (self.base, self.local, self.upstream))
        if mine == was and new != was:
            return self._taken(key, self.upstream, new)
        if mine == new or new == was or self._is_equal(key, self.upstream, (self.base, self.local)):
            return self._taken(key, self.local, mine)
        words = self._words(key)
        if words is not None:
            return words
        self.expected[key] = None
        return self._lines(was or b"", mine or b"", new or b"")

    def _taken(self, key: str, side: _Header, lines: bytes | None) -> bytes | None:
        if lines is not None:
            self.expected[key] = side.fields.get(key)
        return lines

    @staticmethod
    def _is_equal(key: str, side: _Header, others: tuple[_Header, ...]) -> bool:
        """Return whether one side only wrote the value of another one differently."""
        return key in side.fields and any(other.fields.get(key) == side.fields[key] for other in others)

    def _words(self, key: str) -> bytes | None:
        """Merge an entry of words that both sides changed; None where it is none, or cannot be written."""
        was, mine, new = (words_of(key, side.fields.get(key)) for side in (self.base, self.local, self.upstream))
        if was is None or mine is None or new is None:
            return None
        words = merge_words(was, mine, new)
        lines = with_words(self.local.head, self.local.entries[key], words, known=self.base.bytes_of(key) or b"")
        if lines is not None:
            self.expected[key] = words if isinstance(self.local.fields[key], list) else None
        return lines

    def _lines(self, was: bytes, mine: bytes, new: bytes) -> bytes:
        picked = _picked_side(was, mine, new)
        if picked is not None:
            return picked
        merged = merge_lines(was, mine, new)
        self.conflicted |= merged.conflicted
        return merged.data


def _picked_or_local(base: bytes, local: bytes, upstream: bytes) -> bytes:
    picked = _picked_side(base, local, upstream)
    return local if picked is None else picked
