"""Read the header of an agent, skill, command or rule: the YAML between two `---` lines.

Bytes in, nothing rewritten: `head + body` is the file, always. What is valid YAML is read as that,
with every scalar as the text that is written; what is not is repaired entry by entry, for reading
only. Nothing is guessed from text that is no header at all: control characters, git's conflict
markers, YAML tags, other text before the first entry, more than 64 KiB or, where it is not valid
YAML, more than 2,000 lines make it unreadable.

The block is UTF-8, else it is read as Latin-1 so that something can be shown.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from agentsync.formats.yaml_tree import Node, Plain, Table, Text, YamlError, plain, read_yaml
from agentsync.late import late
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.claude_loader import claude_code_reads
from agentsync.packs.header_block import (
    DISPUTED_LINE_ENDS,
    Block,
    entry_spans,
    find_block,
    line_number,
    line_starts,
)
from agentsync.packs.header_repair import repair

LARGEST_HEADER: Final = 64 * 1024
MOST_BROKEN_LINES: Final = 2000
_CONTROL: Final = late(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONFLICT: Final = late(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
_TAG: Final = "the tag "
_AT_MARGIN: Final = late(r"\n[^ \t\n]")


class HeaderEntry(NamedTuple):
    """A top-level entry of a header, as byte offsets in the file, line end included."""

    key: str
    start: int
    end: int


class Document(NamedTuple):
    """A file taken apart.

    Args:
        head: the file up to the end of the closing `---` line; empty without a header.
        entries: where its entries stand; a key that occurs twice has two. Empty where the header is written in braces.
        encoding: of the header: UTF-8, else Latin-1.
        has_dashes: whether three dashes stand in a header that is valid YAML, where some programs end it.
        error: why the header is not valid YAML, "" where it is.
        start: the offset of the first byte after the opening line, 0 without a header.
        end: the offset of the first byte of the closing line, 0 without a header.
        line, column: where the error is, from 1; 0 where it is about the header as a whole.
    """

    head: bytes
    body: bytes
    status: HeaderStatus
    claude_code: ClaudeCode
    fields: Mapping[str, Plain] = {}
    entries: tuple[HeaderEntry, ...] = ()
    encoding: str = "utf-8"
    has_dashes: bool = False
    error: str = ""
    start: int = 0
    end: int = 0
    line: int = 0
    column: int = 0


def read_document(raw: bytes) -> Document:
    """Take a file apart and read its header. What cannot be read has the status UNREADABLE and an error."""
    block = find_block(raw)
    if block is None:
        return Document(b"", raw, HeaderStatus.NONE, ClaudeCode.NONE)
    head, body = raw[: block.body], raw[block.body :]
    if (size := block.end - block.start) > LARGEST_HEADER:
        error = f"a header of {size:,} bytes, more than {LARGEST_HEADER:,}"
        return _unread(head, block)._replace(body=body, error=error)
    return _read_head(head, block)._replace(body=body)


# A header is read for grants, for hidden text, and once for each tool.
@lru_cache(maxsize=512)
def _read_head(head: bytes, block: Block) -> Document:
    return _read_header(head, block, _unread(head, block))


def _unread(head: bytes, block: Block) -> Document:
    return Document(
        head=head,
        body=b"",
        status=HeaderStatus.UNREADABLE,
        claude_code=ClaudeCode.DROPPED,
        start=block.start,
        end=block.end,
    )


def _read_header(raw: bytes, block: Block, document: Document) -> Document:
    try:
        text = raw[block.start : block.end].decode()
    except UnicodeDecodeError:
        text = raw[block.start : block.end].decode("latin-1")
        document = document._replace(encoding="latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    root, problem = _parse(text)
    document = document._replace(claude_code=claude_code_reads(document.head, text, strict=problem is None))
    first_line = line_number(raw, block.start)
    if refused := _CONTROL.search(text) or _CONFLICT.search(text):
        line = first_line + text.count("\n", 0, refused.start())
        what = "git conflict markers" if refused[0][0] in "<=>" else "a control character"
        column = refused.start() - text.rfind("\n", 0, refused.start())
        return document._replace(error=f"line {line}: {what}", line=line, column=column)
    if problem is None:
        document = _strict(document, text, root)
        spans = entry_spans(text.split("\n"), root) if root else []
    else:
        line = first_line + problem.line - 1
        told = f"line {line}, column {problem.column}: {problem.problem}"
        document = document._replace(error=told, line=line, column=problem.column)
        if text.count("\n") > MOST_BROKEN_LINES:
            return document._replace(error=f"{document.error}, in a header of more than {MOST_BROKEN_LINES:,} lines")
        repaired = None if _TAG in problem.problem else repair(text.split("\n"))
        if repaired is None:
            return document
        status = HeaderStatus.PARTIAL if repaired.has_lost else HeaderStatus.REPAIRED
        document = document._replace(status=status, fields=repaired.fields)
        spans = repaired.spans
    # The last start is the closing line's, for every header line has an end.
    starts = line_starts(raw, block)
    return document._replace(entries=tuple(HeaderEntry(key, starts[first], starts[stop]) for key, first, stop in spans))


def _parse(text: str) -> tuple[Table | None, YamlError | None]:
    """Return the mapping that a text is, None where it is empty; else the reason why it is neither."""
    if disputed := DISPUTED_LINE_ENDS.search(text):
        before = text[: disputed.start()]
        problem = f"U+{ord(disputed[0]):04X} ends a line for some programs only"
        return None, YamlError(problem, before.count("\n") + 1, len(before) - before.rfind("\n"))
    try:
        root = read_yaml(text)
    except YamlError as error:
        return None, error
    if isinstance(root, Table):
        return root, None
    if root is None or (isinstance(root, Text) and not root.value):
        return None, None
    return None, YamlError("not a mapping", root.start.line, root.start.column)


def _strict(document: Document, text: str, root: Table | None) -> Document:
    entries = root.value if root else ()
    # libyaml takes a quoted text at the margin; the parsers that JavaScript programs use do not.
    is_dropped = any(_has_text_at_margin(text, value) for _, value in entries)
    return document._replace(
        status=HeaderStatus.STRICT,
        claude_code=ClaudeCode.DROPPED if is_dropped else document.claude_code,
        fields={key.value: plain(value) for key, value in entries},
        has_dashes=any("---" in line.lstrip()[1:] for line in text.split("\n")),
    )


def _has_text_at_margin(text: str, value: Node) -> bool:
    if not isinstance(value, Text) or value.plain or text[value.start.offset] not in "\"'":
        return False
    return bool(_AT_MARGIN.search(text, value.start.offset, value.end.offset))
