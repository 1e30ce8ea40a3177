"""Write a command as another tool reads it: the same text with that tool's words for what is typed and what runs.

What runs as Claude Code loads a command runs as another tool loads it, or the command is not installed there. A text
that the other tool alone would run or replace is refused. Sources: https://code.claude.com/docs/en/slash-commands,
and of each tool the page that its file names.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.header import with_header
from agentsync.rendering.rendered import Loss, Rendered, Source, refused
from agentsync.rendering.toml_text import toml_document
from agentsync.rendering.value import Value

if TYPE_CHECKING:
    from agentsync.packs.frontmatter import Document

_TYPED: Final = "$ARGUMENTS"
# `$1` and `$ARGUMENTS[0]` are single words of what is typed, the first of them in two counts.
_WORD: Final = re.compile(r"\$ARGUMENTS\[\d+\]|\$\d+")
_INDEXED: Final = re.compile(r"\$ARGUMENTS\[\d+\]")
_RUN: Final = re.compile(r"!`([^`]+)`")
_BOM: Final = b"\xef\xbb\xbf"


def render_command(form: CommandForm, source: Source) -> Rendered:
    """Return a command in a tool's form; refuse one that would not do there what it does in Claude Code."""
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
    if why := _why_not(form, text, description):
        return refused(why)
    lost = (*_dropped(document), *_changed(form, text))
    fields = {**({"description": description} if description else {}), **form.fields}
    return Rendered(_file(form, {} if form.plain else fields, _translated(form, text)), lost)


def _why_not(form: CommandForm, text: str, description: str) -> str:
    """Return why the tool would do something else with a text, "" where it does the same."""
    for word in form.expands:
        if word in text or word in description:
            return f"`{word}` means nothing in the source, and the tool would act on it"
    if why := _why_not_run(form, text):
        return why
    found = (_INDEXED if form.words else _WORD).search(text)
    if found and form.typed:
        return f"the tool has no word for {found[0]}"
    return ""


def _why_not_run(form: CommandForm, text: str) -> str:
    """Return why what runs at load cannot run there, or runs there alone; "" for neither."""
    from agentsync.packs.granting import commands_at_load

    at_load = list(commands_at_load(text))
    if at_load and form.runs is None:
        return "!`command` would stand there as text"
    here = [run[1] for run in _RUN.finditer(text)]
    if form.runs is None:
        return ""
    if len(at_load) > len(here):
        return "a fence that runs at load would stand there as text"
    if sorted(at_load) != sorted(here):
        return "!`command` is text where it stands, and the tool would run it"
    if form.runs[1] == "}" and not all(map(_is_balanced, here)):
        return "a command that runs at load has braces that the tool would count"
    return ""


def _changed(form: CommandForm, text: str) -> Iterator[Loss]:
    if form.typed:
        return
    words = sorted({found[0] for found in _WORD.finditer(text)})
    if _TYPED in _INDEXED.sub("", text):
        words.insert(0, _TYPED)
    for word in words:
        yield Loss("changed", word, "it stands there as text; what is typed after the command follows it")


def _translated(form: CommandForm, text: str) -> str:
    if form.runs is not None and form.runs != ("!`", "`"):
        before, behind = form.runs
        text = _RUN.sub(lambda run: f"{before}{run[1]}{behind}", text)
    return text.replace(_TYPED, form.typed) if form.typed else text


def _file(form: CommandForm, fields: Mapping[str, str], text: str) -> bytes:
    from agentsync.packs.header_block import find_block

    if form.prompt:
        return toml_document(fields, form.prompt, text)
    body = text.encode()
    written: Mapping[str, Value] = fields
    return with_header(written, body) if fields or (not form.plain and find_block(body)) else body


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
