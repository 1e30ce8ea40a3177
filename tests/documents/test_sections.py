"""Sections between markers: what stands around them is the user's, and stays byte for byte."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsync.documents import sections as editor
from agentsync.documents.document import BrokenMarkers, Edited, Unsafe, Unwritable

NAME: Final = "acme/pack rule:style"
BEGIN: Final = f"<!-- agentsync:begin {NAME} -->\n"
END: Final = f"<!-- agentsync:end {NAME} -->\n"
OTHER: Final = "<!-- agentsync:begin b/c rule:style -->\nOther.\n<!-- agentsync:end b/c rule:style -->\n"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n",
        "# Mine\n",
        "# Mine\n\n\n",
        "\ufeff# Mine\n",
        OTHER,
        f"a\n\n{OTHER}\nb\n",
        "```\nopen\n",
        "a\u2028b\x0c\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_section_comes_and_goes(before: str, end: str) -> None:
    """It stands at the end, behind a blank line, in the line ends of the document."""
    data = before.replace("\n", end).encode()
    edited = editor.insert(data, NAME, b"Be brief.\n")
    own = BEGIN + "Be brief.\n" + END
    expected = ("\n" + own if before else own).replace("\n", end if "\n" in before else "\n")
    assert edited == Edited(data + expected.encode())
    changed = editor.replace(edited.data, NAME, b"Two\nlines.\n")
    assert changed.taken == expected.splitlines(keepends=True)[-2]
    assert editor.replace(changed.data, NAME, b"Be brief.").data == edited.data
    assert editor.remove(edited.data, NAME).data == data


def test_a_missing_line_end_is_added_and_stays() -> None:
    """The blank line comes behind it."""
    edited = editor.insert(b"# Mine\r\n\r\nwords", NAME, b"x\n")
    assert edited.data and edited.data.startswith(b"# Mine\r\n\r\nwords\r\n\r\n<!-- agentsync:begin")
    assert editor.remove(edited.data, NAME).data == b"# Mine\r\n\r\nwords\r\n"


def test_sections_of_a_document_that_was_made_go_in_any_order() -> None:
    """The first one takes the blank line behind it."""
    one = editor.insert(None, NAME, b"x\n")
    both = editor.insert(one.data, "b/c rule:style", b"Other.\n", one.made)
    assert both.made == ("",) and both.data and both.data.endswith(b"\n\n" + OTHER.encode())
    assert editor.remove(both.data, "b/c rule:style", both.made).data == one.data
    left = editor.remove(both.data, NAME, both.made)
    assert left.data == OTHER.encode()
    assert editor.remove(left.data, "b/c rule:style", left.made).data is None
    assert editor.remove(left.data, "b/c rule:style").data == b""


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("x\n", "x\n"),
        ("x\r\n\r\ny\r\n", "x\n\ny\n"),
        ("x\n\n\n", "x\n"),
        ("", "\n"),
        ("\n\n", "\n"),
        ("\n x", "\n x\n"),
    ],
)
def test_content_is_the_text_with_one_line_end(body: str, content: str) -> None:
    """Line ends are LF."""
    found = editor.read((BEGIN + body + ("" if body.endswith("\n") or not body else "\n") + END).encode()).find(NAME)
    assert found and found.content == content.encode() and found.text.startswith(BEGIN)


@pytest.mark.parametrize(
    "text",
    [
        f"  {BEGIN}x\n{END.rstrip()} \t",
        f"```\n{BEGIN}x\n{END}```\n",
        f"<!-- agentsync:begin z -->\n{BEGIN}x\n{END}",
        f"<!-- agentsync:end z -->\n{BEGIN}x\n{END}<!-- agentsync:begin z -->\n",
        f"See `{BEGIN.rstrip()}` here\n{BEGIN}x\n{END}",
    ],
)
def test_markers_count_where_they_stand_on_a_line_of_their_own(text: str) -> None:
    """Blanks around them do no harm, nor what is wrong with others."""
    found = editor.read(text.encode()).find(NAME)
    assert found and found.content == b"x\n"
    left = editor.remove(text.encode(), NAME).data
    assert left is not None and NAME not in left.decode().replace(f"See `{BEGIN.rstrip()}`", "")


@pytest.mark.parametrize(
    "text",
    [
        BEGIN,
        END,
        END + BEGIN,
        BEGIN + BEGIN + END,
        BEGIN + END + END,
        BEGIN + END + BEGIN + END,
        BEGIN + BEGIN,
        BEGIN + OTHER + END,
        BEGIN + "<!-- agentsync:begin z -->\n" + END,
        "<!-- agentsync:begin z -->\n" + BEGIN + END + "<!-- agentsync:end z -->\n",
        BEGIN + "x\n" + END.replace("end", "End"),
    ],
)
def test_broken_markers_stop_every_edit(text: str) -> None:
    """Missing, doubled, nested: nothing is guessed."""
    with pytest.raises(BrokenMarkers):
        editor.read(text.encode()).find(NAME)
    with pytest.raises(BrokenMarkers):
        editor.insert(text.encode(), NAME, b"x\n")
    with pytest.raises(BrokenMarkers):
        editor.replace(text.encode(), NAME, b"x\n")
    with pytest.raises(BrokenMarkers):
        editor.remove(text.encode(), NAME)


def test_what_would_be_a_marker_is_refused() -> None:
    """In the content and in the name."""
    with pytest.raises(Unwritable):
        editor.insert(None, NAME, OTHER.encode())
    for name in ("a\nb", "a -->\n"):
        with pytest.raises(Unsafe):
            editor.insert(None, name, b"x\n")


LINES: Final = st.sampled_from(
    ["# h", "", " ", "words", "```", "<!-- c -->", "<!-- agentsync:x -->", OTHER.rstrip(), "\ttext", "é\u2028", "> q"]
)


def check(lines: list[str], end: str, one: str, other: str, *, closed: bool) -> None:
    """Hold every promise on one document."""
    lines = [line for number, line in enumerate(lines) if "\n" not in line or lines.index(line) == number]
    data = (end.join(lines).replace("\n", end) + (end if closed and lines else "")).encode()
    edited = editor.insert(data, NAME, one.encode())
    assert edited.data and edited.data.startswith(data)
    assert editor.insert(edited.data, NAME, one.encode()).data == edited.data
    changed = editor.replace(edited.data, NAME, other.encode()).data
    found = editor.read(changed).find(NAME)
    assert found and found.content == editor.content_of(other)
    assert editor.replace(changed, NAME, one.encode()).data == edited.data
    left = editor.remove(changed, NAME).data
    last = edited.data[: len(data) + 2].removeprefix(data)
    added = "" if not data or data.endswith((b"\n", b"\r")) else ("\r\n" if last == b"\r\n" else last[:1].decode())
    assert left == data + added.encode()


TEXTS: Final = st.text(st.sampled_from("ab \n\r#`é"), max_size=8)


@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), TEXTS, TEXTS, st.booleans())
@settings(max_examples=30)
def test_any_document(lines: list[str], end: str, one: str, other: str, closed: bool) -> None:
    """Edits are inverse, and nothing else moves."""
    check(lines, end, one, other, closed=closed)


@pytest.mark.long
@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), TEXTS, TEXTS, st.booleans())
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
def test_very_many_documents(lines: list[str], end: str, one: str, other: str, closed: bool) -> None:
    """The same, many times."""
    check(lines, end, one, other, closed=closed)
