"""Version ranges against hand-made answers and a brute-force oracle."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from agentsync.versions.version import caret, parse_range

NUMBERS = st.integers(0, 3)
PARTS = st.lists(NUMBERS, min_size=1, max_size=3).map(tuple)
GRID = [Version(".".join(map(str, parts))) for parts in itertools.product(range(5), repeat=3)]
TAILS = ["", "a1", "rc1", ".dev0", ".post1"]
VERSIONS = st.builds(
    lambda parts, tail: Version(".".join(map(str, parts)) + tail), PARTS, st.sampled_from(TAILS)
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=1.2,<2", "1.2 1.2.0 1.99 1.2.post1", "1.1.9 2 2.0rc1 1.3rc1"),
        (">=1.0 <2", "1.0 1.9", "0.9 2.0"),
        (">= 1.0 , < 2", "1.0 1.9", "0.9 2.0"),
        ("~=1.4", "1.4 1.9", "1.3 2.0"),
        ("!=1.3.0", "1.2 1.3.1", "1.3"),
        ("!=1.0rc1", "1.0", "1.0rc2"),
        ("==1.*", "1.0 1.9.9", "2.0 0.9 1.0rc1"),
        ("^1.2.3", "1.2.3 1.9", "1.2.2 2.0 2.0.0rc1"),
        ("^1.2", "1.2 1.9.9", "1.1 2"),
        ("^1", "1 1.9.9", "0.9 2"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("^0.0", "0.0.1 0.0.9", "0.1"),
        ("^0", "0.0.1 0.9", "1.0"),
        ("^0.0.0", "0.0.0", "0.0.1"),
        ("^v1.2", "1.2", "2.0"),
        ("^1!2.3", "1!2.3 1!2.9", "2.3 1!3"),
        ("^2.0.0rc1", "2.0.0rc1 2.0.0rc2 2.0.0 2.1.0b1", "2.0.0b1 3.0.0rc1 3.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3 1.2.2"),
        ("~1.2", "1.2 1.2.9", "1.3"),
        ("~1", "1 1.9", "2"),
        ("1.x", "1.0 1.9", "2.0 0.9 1.1rc1"),
        ("1.2.x", "1.2 1.2.9", "1.3"),
        ("1.2.X", "1.2 1.2.9", "1.3"),
        ("1.*", "1.0 1.9", "2.0"),
        ("1.x.x", "1.0 1.9", "2.0"),
        ("*", "0 1.0 99 2024.1.2 1.0.post1", "1.0rc1 1.0.dev0"),
        ("x", "0 99", "1.0rc1"),
        ("", "0 1.0 99", "1.0rc1"),
        ("1.4", "1.4 1.4.0 1.4.0.0", "1.4.1 1.4.post1"),
        ("==1.4.2", "1.4.2", "1.4.3"),
        ("v1.4.2", "1.4.2", "1.4.3"),
        ("2.0rc1", "2.0rc1", "2.0 2.0rc2"),
        ("1.0-1", "1.0.post1", "1.0"),
        ("1.2 - 1.4", "1.2 1.3.9 1.4.0", "1.1 1.4.1"),
        ("^1 || ^3", "1.5 3.5", "2.0 4.0"),
        ("^1||3.x||==5", "1.5 3.5 5", "2.0 4.0 5.1"),
        ("^1 || ^3.0rc1", "1.5 3.0rc1 3.1", "1.5rc1 4.0rc1"),
        ("^1.2,!=1.3", "1.2 1.3.1", "1.3 2.0"),
        ("*, !=1.3", "1.2 9", "1.3"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    """Each form of a range, with versions on both sides of its borders."""
    found = parse_range(text)
    assert found.text == str(found) == text
    assert [each for each in inside.split() if not found.allows(Version(each))] == []
    assert [each for each in outside.split() if found.allows(Version(each))] == []


@pytest.mark.parametrize(
    "text",
    ["latest", "main", "1.0 2.0", ">=1 2.0", ">=1,", ",", "||", "^1 ||", "===1.0", "=1.0", "^1.x", ">=1.*",
     "~=1", "1.0+local", "^1.0+x", ">=1<2", "^", "^ ", ">", "1.2-1.4", "1.x - 2", "1..2", "1.x.2", "x.1",
     "!=*", "1.0\n2", ">=1\x1b[31m", "1" * 5000, "^^1", "1.0;python_version>'3'", "nightly-2024",
     "1.2.3.4.x.y"],
)  # fmt: skip
def test_what_is_not_a_range(text: str) -> None:
    """Refused with a short sentence that can be shown."""
    with pytest.raises(ValueError, match="is not a version range: ") as caught:
        parse_range(text)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("text", "named"),
    [("^1", False), ("^1.0rc1", True), ("1 || 2.0.dev1", True), ("!=1.0a1", False), ("", False)],
)
def test_prereleases(text: str, named: bool) -> None:
    """A range says whether it names a pre-release."""
    assert parse_range(text).prereleases is named


def test_newest() -> None:
    """The highest of the versions allowed."""
    assert parse_range("^1.2").newest(GRID) == Version("1.4.4")
    assert parse_range("<1").newest([Version("1"), Version("1.0rc1")]) is None
    assert parse_range("*").newest([]) is None


def test_ranges_are_remembered_and_compared_by_text() -> None:
    """One text is parsed once; two spellings are two ranges."""
    assert parse_range("^1.2") is parse_range("^1.2")
    assert len({parse_range("^1"), parse_range("^1"), parse_range("^1.0")}) == 2


def next_breaking(parts: tuple[int, ...]) -> tuple[int, ...]:
    """Cargo's table: the left-most number that is not 0 may not change."""
    for index, number in enumerate(parts):
        if number or index == len(parts) - 1:
            return (*parts[:index], number + 1)
    raise AssertionError


@given(PARTS)
def test_caret_and_tilde_agree_with_the_tables(parts: tuple[int, ...]) -> None:
    """Brute force over all small versions."""
    text = ".".join(map(str, parts))
    tilde_end = (parts[0], parts[1] + 1) if len(parts) > 1 else (parts[0] + 1,)
    for operator, end in (("^", next_breaking(parts)), ("~", tilde_end)):
        lower, upper = (tuple((*each, 0, 0, 0)[:3]) for each in (parts, end))
        expected = [version for version in GRID if lower <= version.release < upper]
        assert [version for version in GRID if parse_range(operator + text).allows(version)] == expected


@given(VERSIONS, VERSIONS)
def test_caret_of_a_release_allows_it_and_nothing_older(release: Version, other: Version) -> None:
    """The range that `add` writes allows the version that it found."""
    found = parse_range(caret(release))
    assert found.allows(release)
    assert not (other < release and found.allows(other))
    assert found.prereleases == release.is_prerelease


def test_caret_text() -> None:
    """The text that `add` writes."""
    texts = ["6.2.0", "2.0.0rc1", "0.3", "1!2.0", "1.0+local"]
    assert [caret(Version(text)) for text in texts] == ["^6.2.0", "^2.0.0rc1", "^0.3", "^1!2.0", "^1.0"]


@given(
    st.lists(st.tuples(st.sampled_from(["==", "!=", ">=", "<=", ">", "<"]), VERSIONS), min_size=1, max_size=3),
    st.sampled_from([",", " ", " , "]),
    VERSIONS,
)
def test_pep_440_means_what_packaging_says(clauses: list[tuple[str, Version]], between: str, version: Version) -> None:
    """Specifier sets are packaging's, with commas or blanks."""
    text = [f"{operator}{bound}" for operator, bound in clauses]
    named = any(bound.is_prerelease for operator, bound in clauses if operator != "!=")
    expected = SpecifierSet(",".join(text)).contains(version, prereleases=named)
    assert parse_range(between.join(text)).allows(version) == expected


@given(
    st.sampled_from(["^1", "~0.2", "1.x", "<2.0rc1", "!=1"]),
    st.sampled_from(["2.0.dev0", "*", "^3"]),
    VERSIONS,
)
def test_an_alternative_adds_what_it_allows(one: str, other: str, version: Version) -> None:
    """`||` is a union, pre-releases included."""
    both = parse_range(f"{one} || {other}").allows(version)
    assert both == (parse_range(one).allows(version) or parse_range(other).allows(version))


@given(
    st.lists(
        st.sampled_from(
            ["^", "~", "~=", "==", "!=", ">=", "<", "=", "1", "0.2", "1!2.0", "3.x", "*", "1.0rc1", "2.post1"]
        )
        | st.sampled_from([".dev3", "v1.2", "+local", " ", ",", " - ", "||", ".*", "a", "."]),
        max_size=5,
    ).map("".join),
    VERSIONS,
)
def test_every_range_that_is_taken_can_be_asked(text: str, version: Version) -> None:
    """Its form in PEP 440 is parsed where it is needed, and is never wrong then."""
    try:
        found = parse_range(text)
    except ValueError:
        return
    assert found.allows(version) in (True, False)


@pytest.mark.parametrize(
    ("text", "version", "wanted"),
    [
        ("^1.2", "2.0.0", "^1.2 || ^2.0.0"),
        (">=1.2,<2", "2.1", ">=1.2,<2 || ^2.1"),
        ("1.4.2", "1.5.0", "1.5.0"),
        ("==1.*", "2.0rc1", "==1.* || ^2.0rc1"),
    ],
)
def test_widened(text: str, version: str, wanted: str) -> None:
    """The version is allowed then, and all that was before, but for a range of one version."""
    assert parse_range(text).widened(Version(version)) == wanted
    assert parse_range(wanted).allows(Version(version))
