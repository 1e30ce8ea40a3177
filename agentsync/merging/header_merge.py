"""Merge three headers key by key: an entry that one side changed has that side's bytes.

Upstream and users often change several entries of a header. Merged line by line, nearly all of these
changes conflict. Merged by key, two changes meet only where they change the same key; lists of words
are merged word by word, everything else line by line within the entry. Comments and blank lines
between entries belong to the entry below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agentsync.formats.yaml_tree import Plain
from agentsync.git.line_merge import merge_lines
from agentsync.merging.word_lists import insert_missing, merge_words, with_words, words_of
from agentsync.model.git_file import Merged
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import Document, HeaderEntry, read_document

READABLE: Final = (HeaderStatus.STRICT, HeaderStatus.REPAIRED, HeaderStatus.PARTIAL)


def merge_headers(base: Document, local: Document, upstream: Document) -> Merged | None:
    """Merge the headers of three files.
    Returns:
        The merged header, None where it has to be merged as text: where one has no entries on lines
        of their own, or the result would not read as its parts do.
    """
    picked = picked_side(base.head, local.head, upstream.head)
    if picked is not None:
        return Merged(picked)
    if not all(_is_list_of_entries(document) for document in (base, local, upstream)):
        return None
    merging = _Merging(_Header(base), _Header(local), _Header(upstream))
    head = merging.merge()
    if not merging.conflicted and not _reads_as(head, merging.expected, local, upstream):
        return None
    return Merged(head, merging.conflicted)


def picked_side(base: bytes, local: bytes, upstream: bytes) -> bytes | None:
    """Return the side that alone changed something, or both where they agree; None where both changed it."""
    if local == upstream or upstream == base:
        return local
    return upstream if local == base else None


def is_worse(document: Document, local: Document, upstream: Document) -> bool:
    """Return whether a merged header is unreadable, not loaded or has a key twice, although both sides do not."""
    sides = (local, upstream)
    if document.status not in READABLE and all(side.status in READABLE for side in sides):
        return True
    if document.claude_code is ClaudeCode.DROPPED and ClaudeCode.DROPPED not in [side.claude_code for side in sides]:
        return True
    return _has_twins(document) and not any(_has_twins(side) for side in sides)


def _has_twins(document: Document) -> bool:
    return len({entry.key for entry in document.entries}) < len(document.entries)


def _is_list_of_entries(document: Document) -> bool:
    is_read = document.status in READABLE and bool(document.entries) and not document.lost
    return is_read and not _has_twins(document)


def _reads_as(head: bytes, expected: Mapping[str, Plain | None], local: Document, upstream: Document) -> bool:
    """Return whether a header has these fields, None for any value, and loads where both sides do."""
    document = read_document(head)
    if document.head != head or document.status not in READABLE or document.lost:
        return False
    if document.fields.keys() != expected.keys() or is_worse(document, local, upstream):
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


@dataclass(slots=True)
class _Merging:
    """The merge of three headers, piece by piece.

    Args:
        conflicted: whether a piece so far holds a conflict.
        expected: the values that the merged header has to read as, None for any.
    """

    base: _Header
    local: _Header
    upstream: _Header
    conflicted: bool = False
    expected: dict[str, Plain | None] = field(default_factory=dict)

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
        picked = picked_side(was, mine, new)
        if picked is not None:
            return picked
        merged = merge_lines(was, mine, new)
        self.conflicted |= merged.conflicted
        return merged.data


def _picked_or_local(base: bytes, local: bytes, upstream: bytes) -> bytes:
    picked = picked_side(base, local, upstream)
    return local if picked is None else picked
