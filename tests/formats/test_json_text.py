"""JSON from strangers: what is too large, too deep or ambiguous is refused with a sentence."""

from __future__ import annotations

import pytest

from agentsync.formats.json_text import DEEPEST, LARGEST, read_json


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, "\\u00e9", null]}', {"a": [1, "é", None]}),
        (b'\xef\xbb\xbf{"bom": true}', {"bom": True}),
        (b'"[[[[ \\" {{{"', '[[[[ " {{{'),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
    ],
)
def test_what_is_read(data: bytes, value: object) -> None:
    """A byte order mark is passed over; brackets in a text are no depth."""
    found = read_json(data)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper than 64 levels"),
        (b"[" * 1_000_000, "nested deeper than 64 levels"),
        (b'"' + b"x" * LARGEST + b'"', "larger than 4 MiB"),
        (b'{"a": 1, "b": 2, "a": 3}', "duplicate key 'a'"),
        (b'[{"b": {"a": 1, "a": 1}}]', "duplicate key 'a'"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"", "line 1, column 1"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'["\xff"]', "not UTF-8"),
        (b'{"a": ["\\uD800"]}', "half of a surrogate pair"),
        (b"[" + b"9" * 5000 + b"]", "integer"),
    ],
)
def test_what_is_refused(data: bytes, told: str) -> None:
    """With a sentence, and never with another exception."""
    with pytest.raises(ValueError, match=told):
        read_json(data)
