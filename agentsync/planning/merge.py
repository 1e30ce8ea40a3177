"""Three-way merge of one file: headers key by key, everything else line by line.

Upstream edits headers in bulk (models, tools, descriptions), and so do users: by lines nearly all
of these meet in one place and conflict. By key, two changes meet only where they change the same
key; lists of tools are merged word by word. Bytes of an entry that only one side changed are that
side's bytes, with their comments and quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agentsync.model.item import HeaderStatus
from agentsync.model.merged import LineMerge, Merged
from agentsync.model.yaml_tree import Plain
from agentsync.planning.header_edits import set_field
from agentsync.reading.frontmatter import Document, read_document

_READABLE: Final = (HeaderStatus.STRICT, HeaderStatus.REPAIRED, HeaderStatus.PARTIAL)


def merge_file(base: bytes, local: bytes, upstream: bytes, merge_lines: LineMerge) -> Merged:
    """Bring the changes of both sides together.

    Args:
        base: the file that both started from.
        local: the user's.
        upstream: the new release's.
        merge_lines: merges three texts line by line, as `diff3` does.
    """
    if local == upstream or upstream == base:
        return Merged(local)
    if local == base:
        return Merged(upstream)
    if b"\0" in base or b"\0" in local or b"\0" in upstream:
        return Merged(local, conflicted=True)
    documents = [read_document(data) for data in (base, local, upstream)]
    head = _merge_heads(*documents)
    if head is None:
        return merge_lines(base, local, upstream)
    body = merge_lines(*(document.body for document in documents))
    return Merged(head + body.data, body.conflicted)


def _merge_heads(base: Document, local: Document, upstream: Document) -> bytes | None:
    """The merged header, None where it has to be merged by lines."""
    if local.head == upstream.head or upstream.head == base.head:
        return local.head
    if local.head == base.head:
        return upstream.head
    if any(one.status not in _READABLE or not _is_plain(one) for one in (base, local, upstream)):
        return None
    merger = _HeadMerge(base, local, upstream)
    return merger.merge()


def _is_plain(document: Document) -> bool:
    """Whether every key stands once, on lines of its own, and nothing stands between."""
    keys = [entry.key for entry in document.entries]
    return bool(keys) and len(set(keys)) == len(keys) and not document.lost


class _HeadMerge:
    """Merges three headers that are lists of entries."""

    def __init__(self, base: Document, local: Document, upstream: Document) -> None:
        self._base = base
        self._local = local
        self._upstream = upstream
        self._bytes = [_entries(document) for document in (base, local, upstream)]

    def merge(self) -> bytes | None:
        """The local header with upstream's changes put in; None where a key conflicts."""
        base, local, upstream = self._bytes
        head = self._local.head
        for key in dict.fromkeys([*(entry.key for entry in self._local.entries), *upstream]):
            was, mine, new = base.get(key), local.get(key), upstream.get(key)
            if mine == new or new == was:
                continue
            if mine == was:
                head = self._put(head, key, new)
            elif (words := self._merged_words(key)) is not None:
                head = set_field(head, key, words)
            else:
                return None
        return head

    def _put(self, head: bytes, key: str, new: bytes | None) -> bytes:
        """The header with one entry as upstream has it: replaced, taken out, or added where upstream has it."""
        document = read_document(head)
        entry = next((entry for entry in document.entries if entry.key == key), None)
        if entry is not None:
            return head[: entry.start] + (new or b"") + head[entry.end :]
        place = self._place_of(key, document)
        return head[:place] + (new or b"") + head[place:]

    def _place_of(self, key: str, document: Document) -> int:
        """Behind the nearest entry that stands before the new one upstream and is here too."""
        above = []
        for entry in self._upstream.entries:
            if entry.key == key:
                break
            above.append(entry.key)
        ends = {entry.key: entry.end for entry in document.entries}
        return next((ends[name] for name in reversed(above) if name in ends), document.start)

    def _merged_words(self, key: str) -> str | list[str] | None:
        """A list that both sides changed: upstream's words, without those the user took out, with theirs."""
        values = [document.fields.get(key) for document in (self._base, self._local, self._upstream)]
        words = [_words(value) for value in values]
        was, mine, new = words
        if was is None or mine is None or new is None:
            return None
        merged = [word for word in new if word in mine or word not in was]
        merged += [word for word in mine if word not in was and word not in merged]
        if not merged:
            return None
        return merged if isinstance(values[1], list) else ", ".join(merged)


def _entries(document: Document) -> Mapping[str, bytes]:
    raw = document.head
    return {entry.key: raw[entry.start : entry.end] for entry in document.entries}


def _words(value: Plain | None) -> list[str] | None:
    """A value as a list of words, None where it is no list: a sentence is not."""
    if isinstance(value, list):
        return [word for word in value if isinstance(word, str)] if all(isinstance(w, str) for w in value) else None
    if isinstance(value, str) and "\n" not in value:
        words = [word.strip() for word in value.split(",")]
        return words if all(word and " " not in word for word in words) and len(words) > 1 else None
    return None
