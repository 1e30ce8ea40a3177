"""YAML as a tree: texts stay as written, places are right, weapons are refused."""

from __future__ import annotations

import contextlib
import itertools

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.yaml_text import flow
from agentsync.formats.yaml_tree import MAX_DEPTH, Items, Node, Table, Text, YamlError, plain, read_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SOUP = st.lists(
    st.sampled_from(
        [
            *"[]{}:,-?&*!|>'\"%@`#~.ab \t\n\r",
            "\n  ",
            ": ",
            "- ",
            "---\n",
            "...\n",
            "<<: ",
            "\ufeff",
            "\x85",
            "\x00",
            "é",
        ]
    ),
    max_size=40,
).map("".join)


def test_every_scalar_stays_text() -> None:
    """No numbers, dates, booleans or nulls are made of what is written."""
    text = "a: 1.10\nb: 0435\nc: 2001-01-01\nd: true\ne: ~\nf:\ng: 1:20\nh: 0x1F\n"
    expected = {"a": "1.10", "b": "0435", "c": "2001-01-01", "d": "true", "e": "~", "f": "", "g": "1:20", "h": "0x1F"}
    assert plain(read_yaml(text)) == expected


def test_nothing_is_none() -> None:
    """An empty document has no root and reads as an empty text."""
    for text in ("", "# only a comment\n", "\n\n", "---\n...\n"):
        assert plain(read_yaml(text)) == ""
    assert read_yaml("") is None


def test_places_and_styles() -> None:
    """Offsets count characters, also behind those that take more than one byte."""
    text = "é😀: [a, 'b']\nm:\n  k: {x: \"y\"}\n"
    root = read_yaml(text)
    assert isinstance(root, Table) and not root.flow
    items, mapping = root.get("é😀"), root.get("m")
    assert isinstance(items, Items) and items.flow
    assert text[items.start.offset : items.end.offset] == "[a, 'b']"
    assert [node.plain for node in items.value if isinstance(node, Text)] == [True, False]
    assert isinstance(mapping, Table)
    inner = mapping.get("k")
    assert isinstance(inner, Table) and inner.flow
    assert (inner.start.line, inner.start.column) == (3, 6)
    assert root.get("absent") is None


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("a: &x 1\n", 1, 4, "anchors"),
        ("a: 1\nb: *x\n", 2, 4, "aliases"),
        ("a: !!binary x\n", 1, 4, "tag"),
        ("a: !python/object:os.system x\n", 1, 4, "tag"),
        ("a: 1\na: 2\n", 2, 1, "duplicate key 'a'"),
        ("a: 1\n'a': 2\n", 2, 1, "duplicate key 'a'"),
        ("x: {b: 1, b: 2}\n", 1, 11, "duplicate key 'b'"),
        ("a: 1\n---\nb: 1\n", 2, 1, "second document"),
        ("? [a]\n: 1\n", 1, 3, "key must be a plain text"),
        ("{{a: 1}: 2}\n", 1, 2, "key must be a plain text"),
        ("a: b: c\n", 1, 5, "mapping values"),
        ("a: [1\nb: 2\n", 2, 2, "expected ',' or ']'"),
        ("a: 'x\n", 2, 1, "end of stream"),
        ("\ta: 1\n", 1, 1, "cannot start any token"),
        ("a: 1\n b: 2\n", 2, 3, "mapping values"),
        ("a: \x07\n", 1, 1, "control characters"),
        ("%YAML 9.9\n---\na: 1\n", 1, 1, "incompatible"),
    ],
)
def test_refused(text: str, line: int, column: int, problem: str) -> None:
    """With the place, counted from one."""
    with pytest.raises(YamlError, match=problem) as caught:
        read_yaml(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? "])
def test_depth_is_bounded(opening: str) -> None:
    """Deep nesting is refused at once, and not by the stack; what people write is far from it."""
    with pytest.raises(YamlError, match=f"deeper than {MAX_DEPTH} levels"):
        read_yaml(opening * 100_000)
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


def test_a_long_list_is_no_burden() -> None:
    """Time grows with the size, and not faster."""
    text = "".join(f"k{number}: v\n" for number in range(20_000))
    assert len(plain(read_yaml(text))) == 20_000


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=10))
def test_what_is_written_is_read(value: object) -> None:
    """The tree says what the text says."""
    assert plain(read_yaml(flow(value))) == value


@given(SOUP)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another exception, and never another meaning than that of a reader of texts."""
    try:
        node = read_yaml(text)
    except YamlError as error:
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 2
        return
    expected = yaml.load(text, yaml.CBaseLoader)
    assert plain(node) == ("" if expected is None else expected)


@given(SOUP)
def test_places_are_within_the_text(text: str) -> None:
    """A node begins and ends where its line and column say."""
    with contextlib.suppress(YamlError):
        check_places(read_yaml(text), text.removeprefix("\ufeff"))


def check_places(node: Node | None, text: str) -> None:
    """The places of a node and of all below it."""
    if node is None:
        return
    assert 0 <= node.start.offset <= node.end.offset <= len(text)
    if not isinstance(node, Text):
        for part in node.value if isinstance(node, Items) else itertools.chain.from_iterable(node.value):
            check_places(part, text)


def test_halves_of_surrogates_are_refused() -> None:
    """As all else that is not YAML."""
    with pytest.raises(YamlError):
        read_yaml("a: \ud800\n")


def test_more_than_can_be_meant() -> None:
    """Sizes and numbers that would fill the memory."""
    with pytest.raises(YamlError, match="more than 250,000 values"):
        read_yaml("[" + "x," * 260_000 + "]")
    with pytest.raises(YamlError, match="more than 8 MiB"):
        read_yaml("#" * (8 * 1024 * 1024 + 1))
