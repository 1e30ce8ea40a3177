"""Characters that nobody sees: which are found, where, and which people write with good reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.reading.hidden_text import find_hidden

FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


def found(text: str, path: str = "agents/a.md") -> tuple[int, int, int] | None:
    """Number, line and column of what is found."""
    hidden = find_hidden(path, text.encode("utf-8", "surrogateescape"))
    return None if hidden is None else (hidden.code, hidden.line, hidden.column)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain\n",
        "\ufeff# Marked\n",
        "na\u00efve \u2014 \u201cquoted\u201d \u2026 \u00a0 \u202f \u3000",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f469\U0001f3fd\u200d\U0001f4bb \U0001f9d1\u200d\u2695\ufe0f",
        "\u2764\ufe0f\u200d\U0001f525 \U0001f3f3\ufe0f\u200d\U0001f308 \u26a0\ufe0f \u2139\ufe0f \u203c\ufe0f",
        "\u00a9\ufe0e",
        "1\ufe0f\u20e3 #\ufe0f\u20e3",
        f"{FLAG} and {FLAG}{FLAG}",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u845b\U000e0100",
        "soft\u00adhyphen",
    ],
)
def test_what_people_write(text: str) -> None:
    """Nothing is found."""
    assert found(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("one\ntwo \u202e\n", (0x202E, 2, 5)),
        ("one\r\ntwo\rthree\u2066", (0x2066, 3, 6)),
        ("\u200e", (0x200E, 1, 1)),
        ("a\u200bb", (0x200B, 1, 2)),
        ("\ufeff\ufeff", (0xFEFF, 1, 2)),
        ("a\u200db", (0x200D, 1, 2)),
        ("\U0001f468\u200d", (0x200D, 1, 2)),
        ("\u0645\u200ca", (0x200C, 1, 2)),
        ("a\ufe0f", (0xFE0F, 1, 2)),
        ("\u2764\ufe0f\ufe0f", (0xFE0F, 1, 3)),
        ("\u2764\U000e0100", (0xE0100, 1, 2)),
        (FLAG[:-1], (0xE0067, 1, 2)),
        (f"{FLAG}\U000e0041", (0xE0041, 1, 8)),
        (FLAG[1:], (0xE0067, 1, 1)),
        ("\u3164", (0x3164, 1, 1)),
        ("\u2063", (0x2063, 1, 1)),
        ("\udcff\n\u202e", (0x202E, 2, 1)),
        ("\0\n\u202e", (0x202E, 2, 1)),
    ],
)
def test_what_hides(text: str, place: tuple[int, int, int]) -> None:
    """The first such character, by line and column."""
    assert found(text) == place


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ('a: "x\\u202ey"', (0x202E, 2, 6)),
        ('a: "x\\U000E0041"', (0xE0041, 2, 6)),
        ('a: "x\\xadb\\u200B"', (0x200B, 2, 11)),
        ('b: 1\na: {b: ["c", "\\u2060"]}', (0x2060, 3, 15)),
        ('"\\u200b": x', (0x200B, 2, 2)),
        ('a: "\\udb40\\udc41"', (0xDB40, 2, 5)),
        ('a: b: "\\u202e', (0x202E, 2, 8)),
        ('a: "\\\\u202e"', None),
        ("a: '\\u202e'", None),
        ("a: \\u202e", None),
        ("a: |\n  \\u202e", None),
        ('a: "\\u00e9\\u2014"', None),
    ],
)
def test_escapes_in_a_header(header: str, place: tuple[int, int, int] | None) -> None:
    """Where a YAML reader would make a hidden character of it."""
    assert found(f"---\n{header}\n---\nBody\n") == place
    assert found(f"# No header\n{header}\n") is None
    assert found(f"---\n{header}\n---\n", "a.txt") is None


def test_binary_files_are_not_looked_into() -> None:
    """Any bytes may stand in a picture; what calls itself text is text."""
    assert found("\0\u202e", "logo.png") is None
    assert found("\0\u202e", "run.PY") == (0x202E, 1, 2)
    assert found("\u202e", "logo.png") == (0x202E, 1, 1)


def test_the_words() -> None:
    """What it is, in words."""
    said = [str(find_hidden("a.md", text.encode())) for text in ("\u202e", "\U000e0041", "\u200b", "\u3164", "a\ufe0f")]
    assert said == [
        "hidden character U+202E (a bidi control)",
        "hidden character U+E0041 (a tag character)",
        "hidden character U+200B (a zero-width character)",
        "hidden character U+3164 (an invisible letter)",
        "hidden character U+FE0F (a variation selector)",
    ]


@given(st.text(), st.sampled_from("\u202a\u202e\u2066\u2069\u200b\u2060\U000e0001\U000e0020\u115f"), st.text())
def test_no_text_around_it_hides_it(before: str, character: str, after: str) -> None:
    """Wherever it stands, something is found no later than there."""
    place = found(before + character + after)
    assert place is not None
    lines = (before + character).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert (place[1], place[2]) <= (len(lines), len(lines[-1]))


@given(st.binary())
def test_any_bytes_will_do(data: bytes) -> None:
    """Nothing is raised."""
    find_hidden("a.md", data)
    find_hidden("a.md", b"---\n" + data + b"\n---\n")
