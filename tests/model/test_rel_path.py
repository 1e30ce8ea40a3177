"""Paths that may be written, and paths that may not lie beside each other."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.errors import UnsafeError
from agentsync.model import rel_path as paths
from agentsync.model.rel_path import RelPath, rel_path, rel_paths, twins, why_unsafe

COMPONENTS = st.sampled_from(["a", "A", "b", "é", "e\u0301", "ß", "SS", "x.md"])
PATHS = st.lists(COMPONENTS, min_size=1, max_size=3).map(lambda parts: RelPath("/".join(parts)))
NASTY = st.lists(
    st.sampled_from(
        ["..", ".", "/", "\\", "a", ".git", "CON", ":", " ", "\n", "~", "-x", "é", "\u200b", "\udc80", "%2e"]
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    "text",
    ["a", "agents/fastapi expert.md", "skills/pdf/scripts/fill.py", ".claude/agents/x.md", "mañana/日本語.md",
     " leading.md", "-x", "~/x", "...a", "a~1", "com0", "console", "con-x", "null.md", "git~2",
     ".gitignore", "🧑\u200d💻.md", "x" * 255, "a/" * 511 + "ab"],
)  # fmt: skip
def test_accepted(text: str) -> None:
    """Odd names that every platform can hold pass."""
    assert rel_path(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("/a", "absolute"),
        ("//a", "absolute"),
        ("a/../b", "component '..'"),
        ("..", "component '..'"),
        ("./a", "component '.'"),
        ("a//b", "empty component"),
        ("a/", "empty component"),
        ("a\\b", "backslash"),
        ("C:/x", "colon"),
        ("svelte:a11y.md", "colon"),
        ("what?.md", "Windows"),
        ('x" && id "/t.txt', "Windows"),
        ("a\nb", "control"),
        ("a\x7f", "control"),
        ("a\x85b", "control"),
        ("a\u2028b", "control"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("a\U000e0041", "U+E0041"),
        ("a\udcff", "UTF-8"),
        ("a./b", "dot or a blank"),
        ("a ", "dot or a blank"),
        ("\u00a0", "dot or a blank"),
        (".git", "belongs to git"),
        ("a/.GiT/hooks/x", "belongs to git"),
        (".g\u200cit/config", "invisible character U+200C"),
        ("GIT~1/config", "belongs to git"),
        ("CON", "device"),
        ("aux.md", "device"),
        ("nul .tar.gz", "device"),
        ("a/Com1.txt", "device"),
        ("lpt²", "device"),
        ("conin$", "device"),
        ("x" * 256, "255"),
        ("é" * 128, "255"),
        ("a/" * 512 + "b", "1024"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """Each refusal has its reason, and its message can be shown."""
    assert reason in (why_unsafe(text) or "")
    with pytest.raises(UnsafeError) as caught:
        rel_path(text)
    assert caught.value.what.isprintable() and len(caught.value.what) < 250
    assert caught.value.why and caught.value.hint


@given(st.text(max_size=12) | NASTY)
def test_an_accepted_path_stays_below_its_root(text: str) -> None:
    """No accepted path changes when it is normalised."""
    if why_unsafe(text) is None:
        assert posixpath.normpath(text) == text
        assert posixpath.normpath(posixpath.join("/root", text)) == f"/root/{text}"
        assert not {"", ".", ".."} & set(text.split("/"))
        assert text.encode().decode() == text


NEARLY_PLAIN: Final = st.lists(
    st.sampled_from(
        ("a", "B1", "_@+-", ".", "..", "/", "\n", " ", "git", ".git", "con", "AUX", "com1", "lpt", "é", "")
    ),
    max_size=6,
).map("".join)


@given(st.lists(NEARLY_PLAIN | NASTY | PATHS, max_size=4))
@example([])
@example([""])
@example(["a", ""])
@example(["a\nb"])
@example(["a", "b/con.txt"])
@example(["a", f"b/{'x' * 255}"])
@example(["a", ".git/config"])
def test_many_are_each_looked_at(texts: list[str]) -> None:
    """Paths that are looked at together are those that pass alone; of the others the first is told."""

    def outcome(look: Callable[[], list[RelPath]]) -> object:
        try:
            return look()
        except UnsafeError as error:
            return str(error)

    assert outcome(lambda: rel_paths(texts)) == outcome(lambda: [rel_path(text) for text in texts])


def test_walking() -> None:
    """Names, folders and joins."""
    path = rel_path("a/b/c.md")
    assert (paths.name(path), paths.parent(path)) == ("c.md", "a/b")
    assert paths.parents(path) == ("a/b", "a")
    assert paths.parent(rel_path("a")) is None
    assert paths.parents(rel_path("a")) == ()
    assert paths.join("", "a", "b/c") == "a/b/c"
    with pytest.raises(UnsafeError):
        paths.join("a", "../b")


@pytest.mark.parametrize(
    ("given_paths", "groups"),
    [
        (["a.md", "b.md", "a/b"], []),
        (["A.md", "a.md", "b.md"], [("A.md", "a.md")]),
        (
            ["mañana", unicodedata.normalize("NFD", "mañana")],
            [(unicodedata.normalize("NFD", "mañana"), "mañana")],
        ),
        (["stra\u00dfe", "STRASSE"], [("STRASSE", "stra\u00dfe")]),
        ([".Kiro/a", ".kiro/b"], [(".Kiro/a", ".kiro/b")]),
        (["x", "x/y"], [("x", "x/y")]),
        (["X", "x/y/z"], [("X", "x/y/z")]),
        (["d/A/1", "d/a/1", "d/b", "d/a/2"], [("d/A/1", "d/a/1", "d/a/2")]),
        (["a", "a"], []),
    ],
)
def test_twins(given_paths: list[str], groups: list[tuple[str, ...]]) -> None:
    """Groups of paths that one folder cannot hold together."""
    assert list(twins(map(RelPath, given_paths))) == groups


def folded(path: str) -> list[str]:
    """The components of a path as a file system without case sees them."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    return text.split("/")


def clash(one: str, other: str) -> bool:
    """Return whether two paths are one on a file system that folds case."""
    for count, (left, right) in enumerate(zip(folded(one), folded(other), strict=False), start=1):
        if left != right:
            return False
        if one.split("/")[:count] != other.split("/")[:count]:
            return True
    return one != other


@given(st.lists(PATHS, max_size=8))
def test_twins_are_exactly_the_paths_that_clash(many: list[RelPath]) -> None:
    """The groups agree with a comparison of all pairs, in any order."""
    groups = twins(many)
    members = [path for group in groups for path in group]
    assert len(members) == len(set(members))
    assert set(members) == {one for one in many if any(clash(one, other) for other in many)}
    assert groups == twins(reversed(many))
