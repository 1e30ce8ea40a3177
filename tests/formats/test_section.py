"""Typed reading of a mapping: what is there, what may be left out, where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import LockError, ManifestError
from agentsync.formats.section import Section, read_section
from agentsync.model.names import nearest

TEXT = """\
name: x
empty:
quoted: ""
list: [a, 'b']
flag: true
below:
  inner: {deep: y}
"""


@pytest.fixture
def top() -> Section:
    """A document with something of each kind."""
    return read_section(TEXT, "file.yaml", ManifestError, hint="read the manual")


def test_what_is_there(top: Section) -> None:
    """Each kind as it is."""
    assert top.text("name") == "x"
    assert top.text("quoted") == ""
    assert top.texts("list") == ("a", "b")
    assert top.flag("flag") is True
    assert top.section("below").section("inner").text("deep") == "y"
    assert [key.value for key, _ in top.entries()] == ["name", "empty", "quoted", "list", "flag", "below"]


def test_what_is_left_out(top: Section) -> None:
    """An absent key, or one without value where that can be meant."""
    assert top.text("absent") is None
    assert top.texts("absent") == top.texts("empty") == ()
    assert top.flag("absent") is False
    for key in ("absent", "empty"):
        assert list(top.section(key).entries()) == []


@pytest.mark.parametrize("text", ["a: ~", "a: null", "a:", "a: {}"])
def test_an_empty_mapping(text: str) -> None:
    """All ways to write it."""
    assert list(read_section(text, "f", ManifestError).section("a").entries()) == []


@pytest.mark.parametrize(
    ("method", "key", "told"),
    [
        ("text", "list", "line 4, column 7: list must be a text"),
        ("text", "below", "line 7, column 3: below must be a text"),
        ("text", "empty", "line 2, column 7: empty has no value"),
        ("texts", "name", "line 1, column 7: name must be a list, e.g. [a, b]"),
        ("texts", "below", "line 7, column 3: below must be a list"),
        ("flag", "name", "line 1, column 7: name must be true or false"),
        ("section", "name", "line 1, column 7: name must be a mapping, e.g. { key: value }"),
        ("section", "list", "line 4, column 7: list must be a mapping"),
    ],
)
def test_the_wrong_kind(top: Section, method: str, key: str, told: str) -> None:
    """File, line, column, what was expected, and the hint of the file."""
    with pytest.raises(ManifestError) as caught:
        getattr(top, method)(key)
    assert caught.value.what.startswith(f"file.yaml, {told}")
    assert caught.value.hint == "read the manual"


def test_the_path_of_a_key(top: Section) -> None:
    """Names every mapping on the way."""
    with pytest.raises(ManifestError, match=r"line 7, column 17: below\.inner\.deep must be a list"):
        top.section("below").section("inner").texts("deep")


def test_unknown_keys(top: Section) -> None:
    """The nearest known one is named, else all of them."""
    top.only_keys(["name", "empty", "quoted", "list", "flag", "below"])
    with pytest.raises(ManifestError, match="line 1, column 1: unknown key 'name'") as caught:
        top.only_keys(["nome", "other"])
    assert caught.value.hint == "did you mean `nome`?"
    with pytest.raises(ManifestError, match="unknown key 'inner' in below") as caught:
        top.section("below").only_keys(["b", "a"])
    assert caught.value.hint == "known: a, b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "line 2, column 1: "),
        ("a: 1\na: 2", "line 2, column 1: duplicate key 'a'"),
        ("# c\n- a\n", "line 2, column 1: expected `key: value` lines"),
        ("words", "line 1, column 1: expected `key: value` lines"),
        ("''", "line 1, column 1: expected `key: value` lines"),
    ],
)
def test_no_mapping_at_all(text: str, told: str) -> None:
    """The error is that of the file."""
    with pytest.raises(LockError) as caught:
        read_section(text, "x.lock", LockError, hint="restore it")
    assert caught.value.what.startswith(f"x.lock, {told}")
    assert caught.value.hint == "restore it"


@pytest.mark.parametrize("text", ["", "\n", "# c\n", "---\n", "~", "null\n", "{}"])
def test_an_empty_document(text: str) -> None:
    """It is an empty mapping, and its places are those of its beginning."""
    top = read_section(text, "f", ManifestError)
    assert list(top.entries()) == []
    assert str(top.problem(None, "needs x")) == "f, line 1, column 1: needs x"


def test_the_nearest_word() -> None:
    """Close enough to be meant; else what there is, in order; else nothing."""
    assert nearest("verison", ["version", "branch"]) == "did you mean `version`?"
    assert nearest("x", ["version", "branch"]) == "known: branch, version"
    assert nearest("x", []) == ""


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=10), max_size=5))
def test_the_nearest_word_is_a_known_one(word: str, known: list[str]) -> None:
    """Whatever is asked for."""
    hint = nearest(word, known)
    assert hint.startswith("known: ") or any(hint == f"did you mean `{name}`?" for name in known) or not known
