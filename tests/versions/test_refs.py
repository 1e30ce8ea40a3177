"""Reading the output of `git ls-remote`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from agentsync.versions.refs import Refs

A, B, C = "a" * 40, "b" * 40, "c" * 40


def listing(*lines: str) -> str:
    """Lines as git ends them."""
    return "".join(f"{line}\n" for line in lines)


def read(text: str) -> tuple[str | None, Mapping[str, str], Mapping[str, str]]:
    """The default branch, the branches and the tags."""
    refs = Refs(text)
    return refs.default_branch, refs.branches, refs.tags


def test_branches_tags_and_head() -> None:
    """Notes, pull requests and what is no ref are passed over."""
    text = listing(
        "ref: refs/heads/trunk\tHEAD",
        f"{A}\tHEAD",
        f"{A}\trefs/heads/trunk",
        f"{B}\trefs/heads/feature/x",
        f"{B}\trefs/pull/1/head",
        f"{C}\trefs/tags/v1.0.0",
        f"{C}\trefs/notes/commits",
        "warning: something else",
        "",
    )
    assert read(text) == ("trunk", {"trunk": A, "feature/x": B}, {"v1.0.0": C})


def test_annotated_tags_are_peeled() -> None:
    """The commit, not the tag object, wherever the peeled line stands among others."""
    text = listing(f"{A}\trefs/tags/v1", f"{B}\trefs/tags/v1^{{}}", f"{C}\trefs/tags/v2")
    assert Refs(text).tags == {"v1": B, "v2": C}


def test_long_ids() -> None:
    """Repositories with SHA-256."""
    text = listing("ref: refs/heads/main\tHEAD", f"{'d' * 64}\tHEAD", f"{'d' * 64}\trefs/heads/main")
    assert read(text) == ("main", {"main": "d" * 64}, {})


def test_an_empty_repository() -> None:
    """Nothing, not even a branch."""
    assert read("") == (None, {}, {})


def test_head_without_a_name() -> None:
    """A server or bundle that tells only HEAD's commit means a branch at that commit, `main` first."""
    heads = [f"{A}\trefs/heads/develop", f"{A}\trefs/heads/main", f"{B}\trefs/heads/master"]
    assert Refs(listing(f"{A}\tHEAD", *heads)).default_branch == "main"
    assert Refs(listing(f"{B}\tHEAD", *heads)).default_branch == "master"
    assert Refs(listing(f"{A}\tHEAD", f"{A}\trefs/heads/y", f"{A}\trefs/heads/x")).default_branch == "x"
    assert Refs(listing(f"{C}\tHEAD", *heads)).default_branch is None


def test_head_that_stands_for_nothing() -> None:
    """A HEAD that names a branch that is not there: the usual names, or the only branch."""
    assert Refs(listing(f"{A}\trefs/heads/main", f"{B}\trefs/heads/a")).default_branch == "main"
    assert Refs(listing(f"{A}\trefs/heads/trunk")).default_branch == "trunk"
    assert Refs(listing(f"{A}\trefs/heads/x", f"{B}\trefs/heads/y")).default_branch is None
    assert Refs(listing("ref: refs/heads/gone\tHEAD", f"{A}\trefs/heads/x")).default_branch == "x"


def test_odd_characters_in_names() -> None:
    """A character that Unicode takes for the end of a line must not make two refs of one."""
    for odd in ("\x85", "\u2028", "\u2029"):
        text = listing(f"{A}\trefs/tags/v1.0.0{odd}rest", f"{B}\trefs/heads/x{odd}{C}\trefs/tags/v2.0.0")
        assert Refs(text).tags == {f"v1.0.0{odd}rest": A}


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=" ~^:?*[\\"), min_size=1, max_size=5)
OIDS = st.sampled_from([A, B, C])


@given(st.dictionaries(NAMES, OIDS), st.dictionaries(NAMES, st.tuples(OIDS, st.none() | OIDS)), st.data())
def test_whatever_is_listed_is_found(
    branches: dict[str, str], tags: dict[str, tuple[str, str | None]], data: st.DataObject
) -> None:
    """Every name that git allows, and the branch that HEAD names."""
    lines = [f"{oid}\trefs/heads/{name}" for name, oid in branches.items()]
    for name, (oid, peeled) in tags.items():
        lines.append(f"{oid}\trefs/tags/{name}")
        lines += [f"{peeled}\trefs/tags/{name}^{{}}"] if peeled else []
    head = data.draw(st.sampled_from(sorted(branches))) if branches else None
    if head is not None:
        lines[:0] = [f"ref: refs/heads/{head}\tHEAD", f"{branches[head]}\tHEAD"]
    expected = {name: peeled or oid for name, (oid, peeled) in tags.items()}
    assert read(listing(*lines)) == (head, branches, expected)


LINES = st.one_of(
    st.builds("{}\trefs/{}/{}".format, OIDS, st.sampled_from(["tags", "tags", "tags", "heads", "pull"]), NAMES),
    st.builds("{}\trefs/tags/{}^{{}}".format, OIDS, NAMES),
    st.sampled_from(
        [f"{A}\tHEAD", "", f"{A.upper()}\trefs/tags/x", f"{A[:-1]} \trefs/tags/y", f"{A[1:]}\trefs/tags/z"]
    ),
    st.sampled_from([f"{'d' * 64}\trefs/tags/long", f"{A}\trefs/tags/", "\trefs/tags/none", f"{A}\t\trefs/tags/two"]),
)


@given(st.lists(LINES, max_size=12), st.booleans())
def test_tags_in_one_go_are_the_tags_line_by_line(lines: list[str], ends: bool) -> None:
    """However the lines are mixed, and whatever is no line of git's."""
    expected: dict[str, str] = {}
    for line in lines:
        oid, _, name = line.partition("\t")
        if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", oid) and name.startswith("refs/tags/"):
            expected[name.removeprefix("refs/tags/").removesuffix("^{}")] = oid
    text = listing(*lines)
    found = Refs(text if ends else text.removesuffix("\n")).tags
    assert list(found.items()) == list(expected.items())
