"""Hidden characters: those that are found, their places, and those with a known use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.packs.hidden_text import find_hidden

ALONE = "\u00ad\u034f\u115f\u17b4\u180e\u200b\u200c\u2060\u2064\u206a\u3164\ufeff\uffa0\U0001bca0\U0001d173"
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
        ('a: "x\\xadb\\u200B"', (0xAD, 2, 6)),
        ('b: 1\na: {b: ["c", "\\u2060"]}', (0x2060, 3, 15)),
        ('"\\u200b": x', (0x200B, 2, 2)),
        ('a: "\\udb40\\udc41"', (0xE0041, 2, 5)),
        ('a: b: "\\u202e', (0x202E, 2, 8)),
        ('a: "\\\\u202e"', None),
        ("a: '\\u202e'", None),
        ("a: \\u202e", None),
        ("a: |\n  \\u202e", None),
        ('a: "\\u00e9\\u2014"', None),
        ('a: "\\U0001F5FA\\uFE0F"', None),
        ('a: "\\ud83d\\uddfa\\ufe0f"', None),
        ('a: "\\udb40"', (0xDB40, 2, 5)),
        ('a: "\\uFE0F"', (0xFE0F, 2, 5)),
    ],
)
def test_escapes_in_a_header(header: str, place: tuple[int, int, int] | None) -> None:
    """Escapes count where a YAML reader makes a hidden character of them."""
    assert found(f"---\n{header}\n---\nBody\n") == place
    assert found(f"# No header\n{header}\n") is None
    assert found(f"---\n{header}\n---\n", "a.txt") is None


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("# Title\u200b\n", False),
        ("\u2764\ufe0f\ufe0f", False),
        ("soft\u00adhyphen", False),
        ("a\u2060b\u3164c", False),
        ("a\u200bb" * 8, False),
        ("a\u200bb" * 9, True),
        ("a\u200b\u200bb", True),
        ("a\u200b\u2060b", True),
        ("\u2764\ufe0f\ufe0f\ufe0f", True),
        ("a\u17b4\u17b5b", True),
        ("a\u180b\u180cb", True),
        ("a\U0001bca0\U0001bca3b", True),
        ("a\u202eb", True),
        ("a\U000e0041b", True),
        ("a\ue000b", True),
        ("a\U000f0041b", True),
        ("\u845b\U000e0100" * 8, None),
        ("\u845b\U000e0100" * 9, True),
        ('---\na: "b\\u200b"\n---\n', False),
        ('---\na: "b\\u200b\\u200b"\n---\n', True),
        ('---\na: "b\\u200b"\n---\n' + "a\u200bb" * 8, True),
    ],
)
def test_refused_is_what_could_hide_a_message(text: str, refused: bool | None) -> None:
    """A few characters that stand alone are told."""
    hidden = find_hidden("agents/a.md", text.encode())
    assert (hidden.refused if hidden else None) is refused


def test_binary_files_are_not_looked_into() -> None:
    """Any bytes may stand in a picture; what calls itself text is text, and so is what is UTF-8."""
    picture = b"\x89PNG\0" + "\u202e".encode()
    assert find_hidden("logo.png", picture) is None
    assert find_hidden("run.PY", picture) is not None
    assert found("\0\u202e", "logo.png") == (0x202E, 1, 2)
    assert found("\u202e", "logo.png") == (0x202E, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_names_the_encoding(encoding: str) -> None:
    """UTF-16 and UTF-32 are read as such."""
    text = ("" if encoding in ("utf-16", "utf-32") else "\ufeff") + "one\ntwo\u202e"
    hidden = find_hidden("notes.txt", text.encode(encoding))
    assert hidden is not None and (hidden.code, hidden.line, hidden.column) == (0x202E, 2, 4)
    assert find_hidden("notes.txt", text.replace("\u202e", "").encode(encoding)) is None


def test_the_words() -> None:
    """The kind of a hidden character, in words."""
    said = [str(find_hidden("a.md", text.encode())) for text in ("\u202e", "\U000e0041", "\u200b", "\u3164", "a\ufe0f")]
    assert said == [
        "hidden character U+202E (a bidi control)",
        "hidden character U+E0041 (a tag character)",
        "hidden character U+200B (a zero-width character)",
        "hidden character U+3164 (an invisible letter)",
        "hidden character U+FE0F (a variation selector)",
    ]


@given(st.text(), st.sampled_from("\u202a\u202e\u2066\u2069\U000e0001\U000e0020\ue001"), st.text())
def test_no_text_around_it_hides_it(before: str, character: str, after: str) -> None:
    """Wherever it stands, the file is refused, for a character no later than this one."""
    hidden = find_hidden("agents/a.md", (before + character + after).encode("utf-8", "surrogateescape"))
    assert hidden is not None and hidden.refused
    lines = (before + character).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert (hidden.line, hidden.column) <= (len(lines), len(lines[-1]))


@given(st.sampled_from(ALONE), st.sampled_from(ALONE), st.text("ab 1\n"), st.text("ab 1\n"))
def test_two_in_a_row_are_refused(first: str, second: str, before: str, after: str) -> None:
    """One is told, two without a character between them are refused."""
    alone, both = (find_hidden("a.md", (before + text + after).encode()) for text in ("x" + first, first + second))
    assert alone is not None and not alone.refused
    assert both is not None and (both.refused or (before == "" and first == "\ufeff"))


@given(st.binary())
def test_any_bytes_will_do(data: bytes) -> None:
    """Nothing is raised."""
    find_hidden("a.md", data)
    find_hidden("a.md", b"---\n" + data + b"\n---\n")
