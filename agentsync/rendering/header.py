"""Write the header of a Markdown file as YAML that the strictest reader understands, the body behind it byte for byte.

A scalar is bare only where no reader of YAML 1.1 or 1.2 takes it for something else, and in double quotes elsewhere,
by the rules of JSON, which YAML 1.2 shares (section 7.3.1).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentsync.rendering.value import Bare, Value

_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS: Final = frozenset("true false yes no on off null y n none nan inf".split())
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def scalar(text: str) -> str:
    """Return a text as YAML on one line.

    >>> scalar("code-auditor"), scalar("Reviews code."), scalar("No")
    ('code-auditor', '"Reviews code."', '"No"')
    """
    return text if _BARE.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def quoted(text: str) -> str:
    """Return a text in double quotes, as JSON, YAML and TOML read it alike."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def with_header(fields: Mapping[str, Value], body: bytes) -> bytes:
    """Return a Markdown file: its fields between two lines of dashes, and its body."""
    lines = (line for key, value in fields.items() for line in _lines(key, value))
    return "".join(f"{line}\n" for line in ("---", *lines, "---")).encode() + body


def _lines(key: str, value: Value) -> Iterator[str]:
    key = scalar(key)
    if isinstance(value, Bare):
        yield f"{key}: {value}".rstrip()
    elif isinstance(value, str):
        yield f"{key}: {scalar(value)}"
    elif isinstance(value, bool):
        yield f"{key}: {str(value).lower()}"
    elif isinstance(value, int):
        yield f"{key}: {value}"
    elif not value:
        yield f"{key}: []" if isinstance(value, tuple) else f"{key}: {{}}"
    elif isinstance(value, tuple):
        yield f"{key}:"
        yield from (f"  - {scalar(one)}" for one in value)
    else:
        yield f"{key}:"
        yield from (f"  {scalar(name)}: {scalar(one)}" for name, one in value.items())
