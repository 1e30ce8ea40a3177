"""Releases read out of tags: by hand, and as one would read them all."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from agentsync.versions.release import Release
from agentsync.versions.release_index import ReleaseIndex, releases
from agentsync.versions.tag_template import SEPARATORS, WHOLE_PREFIXES
from agentsync.versions.version import parse_range


def found(pack: str, tags: str, template: str | None = None) -> dict[str, str]:
    """The tags by version."""
    return {str(each.version): each.tag for each in releases(pack, tags.split(), template)}


def test_per_pack_tags_hide_those_of_the_repository() -> None:
    """A pack's own tags count alone; another pack's never count."""
    tags = "v9.0.0 foo/v1.0.0 foo--v1.1.0 foo-v1.2.0 foo@1.3.0 foobar/v7 marketplace-v1.2.0 Foo-v8"
    assert found("foo", tags) == {
        "1.3.0": "foo@1.3.0",
        "1.2.0": "foo-v1.2.0",
        "1.1.0": "foo--v1.1.0",
        "1.0.0": "foo/v1.0.0",
    }
    assert found("bar", tags) == {"9.0.0": "v9.0.0"}


def test_a_version_by_two_templates_is_the_earlier_ones() -> None:
    """Then the tag that spells out more wins."""
    assert found("foo", "foo@1.0 foo-v1.0.0 foo/v1.0") == {"1.0": "foo/v1.0"}
    assert found("foo", "1.0.0 v1.0.0 2.0") == {"2.0": "2.0", "1.0.0": "v1.0.0"}
    assert found("foo", "v1 v1.0 v1.0.0") == {"1.0.0": "v1.0.0"}


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.0.0-beta.1", "1.0.0b1"),
        ("v1.0.0-rc.1", "1.0.0rc1"),
        ("v1.0.0rc1", "1.0.0rc1"),
        ("1.0.0.dev3", "1.0.0.dev3"),
        ("1.0-1", "1.0.post1"),
        ("2024.01.02", "2024.1.2"),
        ("v1", "1"),
        ("vv1.0", None),
        ("v.1", None),
        ("1.0+local", None),
        ("v1.0.0+build.5", None),
        ("v1.0.0-canary.1", None),
        ("0.1.0-experimental-3", None),
        ("2024-01-02", None),
        ("nightly-20240102", None),
        ("marketplace-v1.2.0", None),
        ("skill-validator-nightly", None),
        ("1.0po\u017ft1", None),
        ("v\u0661.0", None),
        ("v" + "1" * 5000, None),
        ("v1.0/x", None),
    ],
)
def test_one_tag(tag: str, version: str | None) -> None:
    """Real spellings of versions, and noise."""
    assert [str(each.version) for each in releases("foo", [tag])] == ([version] if version else [])


def test_tags_that_look_like_versions_but_are_none_are_counted() -> None:
    """Only tags that could be meant for the pack."""
    tags = [
        "v1.0.0",
        "v1.x",
        "1.0+local",
        "2024-01-02",
        "nightly-1",
        "vscode",
        "bar-v1.z",
        "foo-v1.z",
        "foo-vim-v1",
    ]
    index = ReleaseIndex(tags, ("foo", "bar"))
    assert index.unread("foo").left_out == 4
    assert index.unread("bar").left_out == 4
    assert ReleaseIndex(["foo-v1", *tags], ("foo", "bar")).unread("foo").left_out == 1
    assert not releases("foo", [])


def test_a_template_of_the_registry_is_the_only_one() -> None:
    """Affixes are literal, and other braces are refused."""
    tags = "foo/v1.0 v2.0 release-3.0 foo_4.0_final foo_5.0"
    assert found("foo", tags, "release-{version}") == {"3.0": "release-3.0"}
    assert found("foo", tags, "{pack}_{version}_final") == {"4.0": "foo_4.0_final"}
    assert found("foo", tags, "{pack}_v{version}") == {}
    assert found("{pack}", "{pack}-1.0", "{pack}-{version}") == {"1.0": "{pack}-1.0"}
    for template in ("v1", "{version}{version}", "{name}-{version}", "{pack}", "{version", "{{version}}"):
        with pytest.raises(ValueError, match="template"):
            releases("foo", [], template)


TAG_NAMES = st.sampled_from(
    [
        "v1",
        "v1.0",
        "1.0.0",
        "v1.0.0",
        "v01.0",
        "v2.0rc1",
        "v2.0-rc.1",
        "2.0",
        "foo-v1.0",
        "foo/v1.0",
        "foo@1.0.0",
        "foo--v3",
        "foo/v3.0",
        "nightly",
        "v2.0+x",
        "foo-v1-x",
    ]
)


@given(st.lists(TAG_NAMES, unique=True), st.randoms(use_true_random=False))
def test_the_order_of_tags_does_not_matter(tags: list[str], chance: random.Random) -> None:
    """Nor do repetitions."""
    shuffled = chance.sample(tags, len(tags))
    one, other = releases("foo", tags), releases("foo", shuffled + tags[:2])
    assert [(str(each.version), each.tag) for each in one] == [(str(each.version), each.tag) for each in other]
    versions = [each.version for each in one]
    assert versions == sorted(set(versions), reverse=True)


def test_a_hundred_thousand_tags_take_under_a_second() -> None:
    """Of fifty packs in one repository."""
    tags = [f"pack{number % 50}-v{number // 2500}.{number // 50 % 50}.0" for number in range(100_000)]
    assert next(iter(releases("pack7", tags))) == Release(Version("39.49.0"), "pack7-v39.49.0")


def everything(tags: list[str]) -> list[Release]:
    """The releases of a pack `foo`, read without leaving anything unread."""
    for befores in (tuple(f"foo{each}" for each in SEPARATORS), WHOLE_PREFIXES):
        found: list[tuple[bool, bool, tuple[int, int, int, str], Release]] = []
        for tag in tags:
            for index, prefix in enumerate(befores):
                text = tag.removeprefix(prefix)
                if not tag.startswith(prefix) or not text or text[0] not in "0123456789" or not text.isascii():
                    continue
                try:
                    version = Version(text)
                except (InvalidVersion, ValueError):
                    continue
                rank = (index, -len(version.release), len(tag), tag)
                is_bare = "." not in text and not (prefix.endswith("v") and not re.match("[0-9]{6}", text))
                if not version.local:
                    found.append((is_bare, "." in text, rank, Release(version, tag)))
        has_dots = any(is_dotted for _, is_dotted, _, _ in found)
        best: dict[Version, tuple[tuple[int, int, int, str], Release]] = {}
        for is_bare, _, rank, one in found:
            if not (is_bare and has_dots) and rank < best.get(one.version, ((99, 0, 0, ""), None))[0]:
                best[one.version] = rank, one
        if best:
            return sorted((one for _, one in best.values()), key=lambda one: one.version, reverse=True)
    return []


DIGITS = st.sampled_from(["0", "00", "1", "01", "2", "3", "10", "11", "100"])
ENDS = st.sampled_from(
    [
        "",
        "",
        "",
        "rc1",
        "-rc.1",
        "-beta.2",
        "a1",
        ".dev0",
        "-dev",
        ".post1",
        "-1",
        "-1.dev3",
        "+x",
        "-x",
        ".x",
        ".",
        ".0rc",
        "-pre",
        "_c3",
        ".preview",
        "rev2",
        "\u0661",
        "RC1",
        "po\u017ft1",
    ]
)
EPOCHS = st.sampled_from([""] * 12 + ["1!", "0!"])
STARTS = st.sampled_from(["v", "v", "", "foo-v", "foo@", "x"])
TEXTS = st.builds(
    lambda epoch, numbers, end: epoch + ".".join(numbers) + end, EPOCHS, st.lists(DIGITS, min_size=1, max_size=5), ENDS
)
TAGS = st.lists(st.builds("".join, st.tuples(STARTS, TEXTS)), max_size=40)
EASY = st.lists(st.builds("v{}".format, TEXTS.filter(lambda text: "!" not in text)), max_size=40)
# So many of one number that they are sorted by the next, and the next.
DENSE = st.lists(
    st.builds(
        lambda first, more, end: ".".join([f"v1.{first}", *more]) + end,
        st.sampled_from(["0", "1"]),
        st.lists(st.sampled_from(["0", "1", "00", "01", "2"]), max_size=4),
        ENDS,
    ),
    min_size=20,
    max_size=60,
)
OPERANDS = st.builds(
    lambda numbers, end: ".".join(numbers) + end,
    st.lists(DIGITS, min_size=1, max_size=3),
    st.sampled_from(["", "", "rc1", "a1", ".post1", ".*"]),
)
OPERATORS = st.sampled_from(["^", "~", "==", "!=", ">=", "<=", ">", "<", "~="])
CLAUSES = st.builds("{}{}".format, OPERATORS, st.one_of(OPERANDS, st.builds("1!{}".format, OPERANDS)))
RANGES = st.lists(st.lists(CLAUSES, min_size=1, max_size=2).map(",".join), min_size=1, max_size=2).map("||".join)


@given(TAGS | EASY | DENSE)
def test_what_is_read_late_is_what_is_read_at_once(tags: list[str]) -> None:
    """All of it, its first, and what is no pre-release."""
    expected, found = everything(tags), releases("foo", tags)
    assert next(iter(found), None) == next(iter(expected), None)
    assert bool(found) == bool(expected)
    stable = [one for one in expected if not one.version.is_prerelease]
    assert [*found.within(stable=True)] == stable
    assert [*found] == expected


@given(TAGS | EASY | DENSE, RANGES)
def test_what_is_out_of_bounds_is_in_no_range(tags: list[str], text: str) -> None:
    """Whatever a range allows is within its bounds, in the same order."""
    try:
        asked = parse_range(text)
    except ValueError:
        return
    expected = [one for one in everything(tags) if asked.allows(one.version)]
    found = releases("foo", tags).within(asked.bounds, stable=not asked.prereleases)
    assert [one for one in found if asked.allows(one.version)] == expected


def test_a_tag_of_thousands_of_numbers() -> None:
    """It is read like any other."""
    long = ["v1" + ".0" * 3000 + ".1", "v1" + ".0" * 3000 + ".2", "v1.0.1"]
    assert [one.tag for one in releases("foo", long)] == ["v1.0.1", long[1], long[0]]
