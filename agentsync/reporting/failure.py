"""A failure in three lines, and the one JSON document of every command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from unicodedata import category

from agentsync.errors import AgentsyncError

SCHEMA: Final = 1


def failure_lines(error: AgentsyncError) -> list[str]:
    """Return an error as `error: WHAT`, `why: ...`, `hint: ...`; parts that are not known are left out."""
    from agentsync.model.redaction import redact  # takes long to load, and most commands do not fail

    told = (("  why", error.why), ("hint", error.hint))
    return [f"error: {redact(error.what)}", *(f"{name}: {redact(text)}" for name, text in told if text)]


_SCOPED: Final = r"(^|`)agentsync (?!cache |help|-)((?:registry |policy )?[a-z]+)(?![^`]* --user)"


def in_user_scope(hint: str) -> str:
    """Return a hint whose commands are about the user scope."""
    import re

    return re.sub(_SCOPED, r"\1agentsync \2 --user", hint)


def failure_data(error: AgentsyncError) -> dict[str, str]:
    """Return an error as data."""
    from agentsync.model.redaction import redact

    parts = {"what": error.what, "why": error.why, "hint": error.hint}
    return {"code": error.code, **{name: redact(text) for name, text in parts.items()}}


def json_document(command: str, code: int, data: Mapping[str, Any], errors: Sequence[AgentsyncError]) -> str:
    """Return the one document that `--json` prints.

    Control characters are escaped by JSON itself; all that is not ASCII is escaped too, so that
    text from a repository reaches no terminal as it is.
    """
    import json  # most commands are asked for lines

    document = {
        "schema": SCHEMA,
        "command": command,
        "exit": int(code),
        "data": data,
        "errors": [failure_data(error) for error in errors],
    }
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f")


def shown(text: str) -> str:
    """Return one line as it may be printed: what breaks a line, steers a terminal or hides is written as an escape.

    Tabs stay, and so does what does not show where people need it, as within an emoji.
    """
    if text.isascii():
        return text if text.isprintable() else "".join(map(_escaped, text))
    # Loaded only here: its patterns take long to compile.
    from agentsync.model.invisible import hidden_places

    hidden = frozenset(hidden_places(text))
    return "".join(_escaped(part, is_hidden=place in hidden) for place, part in enumerate(text))


def _escaped(character: str, *, is_hidden: bool = False) -> str:
    if not is_hidden and (character == "\t" or character.isprintable() or category(character) == "Cf"):
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
