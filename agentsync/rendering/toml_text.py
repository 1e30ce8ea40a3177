"""Write a TOML document of few keys, with a long text that keeps its lines.

Source: TOML 1.0, "String": which characters a basic string may hold, and how a multi-line one begins and ends.
"""

import re
from collections.abc import Mapping
from typing import Final

from agentsync.rendering.header import quoted

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def toml_document(fields: Mapping[str, str], key: str, text: str) -> bytes:
    """Return a document with a text for each key, and behind them a long one: a line of it is a line of the file."""
    short = "".join(f"{name} = {quoted(value)}\n" for name, value in fields.items())
    return f"{short}{key} = {multiline(text)}\n".encode()


def multiline(text: str) -> str:
    """Return a text as a multi-line basic string, which begins on a line of its own."""
    # A quotation mark before the closing ones would be one of them.
    rest, last = (text[:-1], '\\"') if text.endswith('"') else (text, "")
    rest = rest.replace("\\", "\\\\").replace('"""', '""\\"')
    return f'"""\n{_CONTROL.sub(_escape, rest)}{last}"""'


def _escape(match: re.Match[str]) -> str:
    return quoted(match[0])[1:-1]
