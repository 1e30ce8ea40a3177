"""Write texts and small values as YAML on one line that every reader of YAML understands alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from agentsync.late import late

_BARE: Final = late(r"[A-Za-z0-9_./][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*")
_NUMBER: Final = late(
    r"([0-9_]+(\.[0-9_]*)?|\.[0-9_]+)(e[+-]?[0-9]+)?|0[xob][0-9a-f_]+|\.(inf|nan)|[0-9_]+(:[0-9_.]+)+"
    r"|[0-9]{4}-[0-9]{1,2}-.*",
    re.IGNORECASE,
)
_UNPRINTABLE: Final = late("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# `...` ends a document where it stands alone on a line.
_WORDS: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n", "..."))
# A path or `KIND:NAME`: no number, date or truth value starts so and holds `/` or `:`.
_START: Final = r"[A-Za-z.][A-Za-z0-9_.@+-]*(?:/[A-Za-z0-9_./@+-]*|:[A-Za-z0-9_.@+-]+)"
_OBVIOUS: Final = late(_START)
_ALL_OBVIOUS: Final = late(rf"{_START}(?:\n{_START})*")


@lru_cache(256)
def scalar(text: str) -> str:
    """Return a text bare where no reader takes it for a number, date or truth value, else in double quotes."""
    if _OBVIOUS.fullmatch(text):
        return text
    if _BARE.fullmatch(text) and not _NUMBER.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def scalars(texts: Sequence[str]) -> Sequence[str]:
    """Return many texts as `scalar` does, checked together where all are paths, or all `KIND:NAME`."""
    lines = "\n".join(texts)
    if lines.count("\n") == len(texts) - 1 and _ALL_OBVIOUS.fullmatch(lines):
        return texts
    return [scalar(text) for text in texts]


def flow(value: object, *, sort: bool = True) -> str:
    """Return a text, list or mapping on one line, `[a, b]` or `{a: b}`; unless `sort` is off, with sorted keys."""
    if isinstance(value, str):
        return scalar(value)
    # The plain types first: to ask for the abstract ones takes longer than all the rest.
    if isinstance(value, dict) or (not isinstance(value, list | tuple) and isinstance(value, Mapping)):
        keys = sorted(value) if sort else list(value)
        return "{" + ", ".join([f"{scalar(key)}: {flow(value[key], sort=sort)}" for key in keys]) + "}"
    assert isinstance(value, Iterable)
    return "[" + ", ".join([flow(entry, sort=sort) for entry in value]) + "]"
