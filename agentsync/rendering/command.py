"""Write a command as another tool reads it: the same text with that tool's words for what is typed and what runs.

What runs as Claude Code loads a command runs as another tool loads it, or the command is not installed there. A text
that the other tool alone would run or replace is refused. Sources: https://code.claude.com/docs/en/slash-commands,
and of each tool the page that its file names.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.rendering.header import Value, with_header
from agentsync.rendering.rendered import Loss, Rendered, Source, refused
from agentsync.rendering.toml_text import toml_document

if TYPE_CHECKING:
    from agentsync.packs.frontmatter import Document

_TYPED: Final = "$ARGUMENTS"
# `$1` and `$ARGUMENTS[0]` are single words of what is typed, the first of them in two counts.
_WORD: Final = re.compile(r"\$ARGUMENTS\[\d+\]|\$\d+")
_INDEXED: Final = re.compile(r"\$ARGUMENTS\[\d+\]")
_RUN: Final = re.compile(r"!`([^`]+)`")
_BOM: Final = b"\xef\xbb\xbf"


class CommandForm(NamedTuple):
    """The commands of one tool.

    Args:
        typed: its words for all that is typed behind the command; "" where it has none, and adds what is typed.
        words: whether it has `$1` and those that follow.
        runs: what stands before and behind a command that runs as the file is loaded; None where nothing runs.
        expands: texts that it would run or replace by itself, and that mean nothing in the source.
        fields: what its header says of every command, behind the description.
        prompt: the key that holds the text, where the file is TOML; "" where it is Markdown.
        plain: whether the file has no header.
    """

    typed: str = ""
    words: bool = False
    runs: tuple[str, str] | None = None
    expands: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    prompt: str = ""
    plain: bool = False

    def render(self, source: Source) -> Rendered:
        """Return the command in this form; refuse one that would not do there what it does in Claude Code."""
        from agentsync.packs.frontmatter import read_document

        document = read_document(source.data)
        if document.head and not document.status.is_read:
            return refused(f"its header cannot be read ({document.error})")
        try:
            text = document.body.removeprefix(_BOM).decode()
        except UnicodeDecodeError:
            return refused("it is not written in UTF-8")
        description = document.fields.get("description")
        description = description.strip() if isinstance(description, str) else ""
        if why := self._why_not(text, description):
            return refused(why)
        lost = (*_dropped(document), *self._changed(text))
        fields = {**({"description": description} if description else {}), **self.fields}
        return Rendered(self._file({} if self.plain else fields, self._translated(text)), lost)

    def _why_not(self, text: str, description: str) -> str:
        """Return why the tool would do something else with a text, "" where it does the same."""
        for word in self.expands:
            if word in text or word in description:
                return f"`{word}` means nothing in the source, and the tool would act on it"
        if why := self._why_not_run(text):
            return why
        found = (_INDEXED if self.words else _WORD).search(text)
        if found and self.typed:
            return f"the tool has no word for {found[0]}"
        return ""

    def _why_not_run(self, text: str) -> str:
        """Return why what runs at load cannot run there, or runs there alone; "" for neither."""
        from agentsync.packs.granting import commands_at_load

        at_load = list(commands_at_load(text))
        if at_load and self.runs is None:
            return "!`command` would stand there as text"
        here = [run[1] for run in _RUN.finditer(text)]
        if self.runs is None:
            return ""
        if len(at_load) > len(here):
            return "a fence that runs at load would stand there as text"
        if sorted(at_load) != sorted(here):
            return "!`command` is text where it stands, and the tool would run it"
        if self.runs[1] == "}" and not all(map(_is_balanced, here)):
            return "a command that runs at load has braces that the tool would count"
        return ""

    def _changed(self, text: str) -> Iterator[Loss]:
        if self.typed:
            return
        words = sorted({found[0] for found in _WORD.finditer(text)})
        if _TYPED in _INDEXED.sub("", text):
            words.insert(0, _TYPED)
        for word in words:
            yield Loss("changed", word, "it stands there as text; what is typed after the command follows it")

    def _translated(self, text: str) -> str:
        if self.runs is not None and self.runs != ("!`", "`"):
            before, behind = self.runs
            text = _RUN.sub(lambda run: f"{before}{run[1]}{behind}", text)
        return text.replace(_TYPED, self.typed) if self.typed else text

    def _file(self, fields: Mapping[str, str], text: str) -> bytes:
        from agentsync.packs.header_block import find_block

        if self.prompt:
            return toml_document(fields, self.prompt, text)
        body = text.encode()
        written: Mapping[str, Value] = fields
        return with_header(written, body) if fields or (not self.plain and find_block(body)) else body


def _is_balanced(command: str) -> bool:
    depth = 0
    for letter in command:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return not depth


def _dropped(document: "Document") -> Iterator[Loss]:
    description = document.fields.get("description")
    for key in document.fields:
        if key != "description" or (description and not isinstance(description, str)):
            yield Loss("dropped", key, "the tool has no such key")
