"""The resolver: sound, complete, and the same whatever the order; old decisions are kept where they fit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from agentsync.errors import ResolutionError
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.resolver import Preferred, Solution, resolve
from agentsync.versions.version import parse_range
from tests.memory_catalog import MemoryCatalog, Table, requirement

NAMES = ["a", "b", "c", "d"]
VERSIONS = ["1.0", "1.5", "2.0"]
RANGES = ["*", ">=1", "<2", "^1", "2.0", ">=1.5", "!=1.5", "<1"]


def wanted(asked: Mapping[str, str]) -> list[Requirement]:
    """The requirements of a manifest."""
    return [requirement(name, pin) for name, pin in asked.items()]


def resolved(
    asked: Mapping[str, str], memory: MemoryCatalog, locked: Mapping[str, Preferred] | None = None
) -> Solution:
    """The answer to what a manifest asks for."""
    return resolve(wanted(asked), memory, locked)


def versions(solution: Solution) -> dict[str, str]:
    """The chosen versions as text."""
    return {name: str(candidate.version) for name, candidate in solution.chosen.items()}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Four packs with up to three releases, which ask for each other."""
    table: dict[str, dict[str, dict[str, str]]] = {}
    for name in NAMES:
        others = st.dictionaries(
            st.sampled_from([other for other in NAMES if other != name]), st.sampled_from(RANGES), max_size=2
        )
        releases = draw(st.lists(st.sampled_from(VERSIONS), min_size=1, unique=True))
        table[name] = {release: draw(others) for release in releases}
    return table


ASKED = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(RANGES), min_size=1, max_size=3)


def fits(table: Table, asked: Mapping[str, str], chosen: Mapping[str, str]) -> bool:
    """Return whether a choice serves all, and holds nothing that is not required."""
    needs = list(asked.items())
    for name, version in chosen.items():
        needs += table[name][version].items()
    if any(name not in chosen or not parse_range(pin).allows(Version(chosen[name])) for name, pin in needs):
        return False
    reached, ahead = set(asked), list(asked)
    while ahead:
        name = ahead.pop()
        new = table[name][chosen[name]].keys() - reached
        reached |= new
        ahead += new
    return reached == chosen.keys()


def every_solution(table: Table, asked: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """All choices that serve everybody, by trying."""
    for choice in itertools.product(*([None, *table[name]] for name in NAMES)):
        chosen = {name: version for name, version in zip(NAMES, choice, strict=True) if version is not None}
        if fits(table, asked, chosen):
            yield chosen


LEFT_STANDING: Table = {
    "a": {"2.0": {}, "1.0": {"b": "*", "c": "!=1.5"}},
    "b": {"1.0": {"a": "2.0"}},
    "c": {"2.0": {}, "1.5": {"a": "<2"}, "1.0": {}},
    "d": {"1.0": {}},
}
GIVEN_UP: Table = {
    "a": {"1.0": {}, "1.5": {}, "2.0": {}},
    "b": {"1.0": {"c": "^1"}, "2.0": {"a": ">=1", "c": "<2"}},
    "c": {"1.5": {"d": "2.0"}},
    "d": {"1.5": {"b": "*"}, "1.0": {"a": "2.0"}},
}


def check_against_trying(table: Table, asked: Mapping[str, str]) -> None:
    """A solution is found exactly where trying everything finds one, and it is one."""
    try:
        found = versions(resolved(asked, MemoryCatalog(table)))
    except ResolutionError:
        assert list(every_solution(table, asked)) == []
        return
    assert fits(table, asked, found)


@example(LEFT_STANDING, {"c": "<2"})
@example(GIVEN_UP, {"d": "<2", "a": ">=1"})
@given(tables(), ASKED)
def test_a_solution_is_found_exactly_where_there_is_one(table: Table, asked: dict[str, str]) -> None:
    """And it is one."""
    check_against_trying(table, asked)


@given(tables(), ASKED)
def test_order_does_not_matter(table: Table, asked: dict[str, str]) -> None:
    """Neither of the manifest, nor of the releases, nor of what they require."""

    def answer(one: Table, some: Mapping[str, str]) -> object:
        try:
            return resolved(some, MemoryCatalog(one))
        except ResolutionError as error:
            return error.what, error.why, error.hint

    turned = {
        name: {version: dict(reversed(list(needs.items()))) for version, needs in reversed(list(releases.items()))}
        for name, releases in reversed(list(table.items()))
    }
    assert answer(turned, dict(reversed(list(asked.items())))) == answer(table, asked)


@given(tables(), ASKED)
def test_an_old_decision_that_fits_stays(table: Table, asked: dict[str, str]) -> None:
    """Whatever it was: with all of a solution locked, nothing moves, and nothing is asked."""
    for old in itertools.islice(every_solution(table, asked), 3):
        memory = MemoryCatalog(table)
        locked = {
            name: Preferred(memory.release(name, version), tuple(wanted(table[name][version])))
            for name, version in old.items()
        }
        assert versions(resolved(asked, memory, locked)) == old
        assert memory.asked == []


@given(tables(), ASKED, st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VERSIONS)))
def test_an_old_decision_never_stands_in_the_way(table: Table, asked: dict[str, str], old: dict[str, str]) -> None:
    """A solution is found where there is one, whatever was locked before."""
    memory = MemoryCatalog(table)
    locked = {
        name: Preferred(memory.release(name, version), tuple(wanted(table[name][version])))
        for name, version in old.items()
        if version in table[name]
    }
    try:
        found = versions(resolved(asked, memory, locked))
    except ResolutionError:
        assert list(every_solution(table, asked)) == []
        return
    assert fits(table, asked, found)


@given(
    st.lists(st.sampled_from(["0.9", "1.0", "1.5", "2.0", "2.1rc1", "10.0"]), min_size=1, unique=True),
    st.sampled_from(RANGES),
)
def test_the_highest_that_fits(releases: list[str], pin: str) -> None:
    """Of one pack, as versions count and not as texts; a pre-release only where it is asked for."""
    table: Table = {"a": {release: {} for release in releases}}
    fitting = [Version(text) for text in releases if parse_range(pin).allows(Version(text))]
    if fitting:
        assert versions(resolve(wanted({"a": pin}), MemoryCatalog(table))) == {"a": str(max(fitting))}
    else:
        with pytest.raises(ResolutionError):
            resolve(wanted({"a": pin}), MemoryCatalog(table))


def test_going_back() -> None:
    """The newest release asks for what is not there, so the one before it is taken."""
    table: Table = {"a": {"2.0": {"b": ">=2"}, "1.0": {"b": ">=1"}}, "b": {"1.0": {}}}
    found = resolve(wanted({"a": "*"}), MemoryCatalog(table))
    assert versions(found) == {"a": "1.0", "b": "1.0"}
    assert found.requires == {"a": (requirement("b", ">=1"),), "b": ()}


def test_a_circle() -> None:
    """Packs may need each other."""
    table: Table = {"a": {"1.0": {"b": "*"}}, "b": {"1.0": {"a": ">=1"}}}
    assert versions(resolve(wanted({"a": "*"}), MemoryCatalog(table))) == {"a": "1.0", "b": "1.0"}


def test_a_circle_that_is_left_over() -> None:
    """Packs that only a release asked for which was given up again, and that ask for each other."""
    table: Table = {
        "a": {"2.0": {"d": ">=1.5"}, "1.5": {}},
        "b": {"1.5": {"d": "*"}},
        "c": {"1.0": {"b": "<2", "a": ">=1.5"}},
        "d": {"1.5": {"a": "<2", "c": ">=1"}},
    }
    assert versions(resolve(wanted({"a": "*"}), MemoryCatalog(table))) == {"a": "1.5"}


def test_withdrawn_releases() -> None:
    """Passed over, unless they are locked already."""
    table: Table = {"a": {"1.0": {}, "1.1": {}}}
    memory = MemoryCatalog(table, yanked=["a 1.1"])
    assert versions(resolve(wanted({"a": "*"}), memory)) == {"a": "1.0"}
    locked = {"a": Preferred(memory.release("a", "1.1"))}
    assert versions(resolve(wanted({"a": "*"}), memory, locked)) == {"a": "1.1"}
    with pytest.raises(ResolutionError):
        resolve(wanted({"a": "1.1"}), memory)


def test_branches_tags_and_commits() -> None:
    """A pin of the manifest serves every range that others require."""
    table: Table = {"a": {"1.0": {"b": "^1"}}, "b": {"1.0": {}, "main": {}, "2.0": {}}}
    memory = MemoryCatalog(table)
    assert resolve(wanted({"a": "*", "b": "branch:main"}), memory).chosen["b"] == memory.branch("b")
    assert resolve(wanted({"a": "*", "b": "tag:v1.0"}), memory).chosen["b"] == memory.release("b", "1.0")
    with pytest.raises(ResolutionError, match="no version of b satisfies"):
        resolve(wanted({"a": "*", "b": "tag:v2.0"}), memory)
    commit = "a" * 40
    assert resolve(wanted({"b": f"commit:{commit}"}), MemoryCatalog({"b": {"1.0": {}, "main": {}}})).chosen == {
        "b": Candidate("b", None, "", commit)
    }


def test_a_pack_without_releases() -> None:
    """Its branch answers `*`, and no other range."""
    memory = MemoryCatalog({"a": {"main": {}}})
    assert resolve(wanted({"a": "*"}), memory).chosen == {"a": memory.branch("a")}
    with pytest.raises(ResolutionError, match="no version of a satisfies `>=1`"):
        resolve(wanted({"a": ">=1"}), memory)


def test_a_conflict_is_a_sentence() -> None:
    """The message names each requirement, its chain, and the versions that exist."""
    table: Table = {"a": {"1.0": {"b": "*"}}, "b": {"1.0": {"c": "^1"}}, "c": {"1.0": {}, "2.0": {}}, "d": {"1.0": {}}}
    with pytest.raises(ResolutionError) as caught:
        resolve(wanted({"a": "*", "c": "^2", "d": "*"}), MemoryCatalog(table))
    assert caught.value.what == "no version of c satisfies `^1` and `^2`"
    assert caught.value.why == (
        "agentsync.yaml asks for c `^2`; agentsync.yaml -> a 1.0 -> b 1.0 asks for c `^1`; "
        "versions of c that exist: 2.0, 1.0"
    )
    assert caught.value.hint == 'ask for c "^1.0" in agentsync.yaml'


def test_nothing_fits() -> None:
    """One pack, one range, and the versions that exist."""
    with pytest.raises(ResolutionError) as caught:
        resolve(wanted({"a": ">=3"}), MemoryCatalog({"a": {"1.0": {}, "2.0": {}}}))
    assert caught.value.what == "no version of a satisfies `>=3`"
    assert "versions of a that exist: 2.0, 1.0" in caught.value.why


def test_a_pack_that_is_not_there() -> None:
    """The failure says which way led there."""
    with pytest.raises(ResolutionError, match="there is no pack nowhere") as caught:
        resolve(wanted({"a": "*"}), MemoryCatalog({"a": {"1.0": {"nowhere": "*"}}}))
    assert caught.value.why == "agentsync.yaml -> a 1.0 asks for it"


def test_a_pack_that_asks_for_itself() -> None:
    """A mistake of the pack, told as one."""
    with pytest.raises(ResolutionError, match=r"a 1\.0 requires itself"):
        resolve(wanted({"a": "*"}), MemoryCatalog({"a": {"1.0": {"a": "*"}}}))


def test_nothing_is_wanted() -> None:
    """Nothing is chosen."""
    assert resolve([], MemoryCatalog({})) == Solution()


def test_a_long_search_comes_to_an_end() -> None:
    """Twenty releases of twelve packs that fit nowhere but at the bottom."""
    table: Table = {
        f"p{number}": {
            f"{release}.0": ({f"p{number + 1}": f"=={release}.*"} if number < 11 else {}) for release in range(1, 21)
        }
        for number in range(12)
    }
    found = versions(resolve(wanted({"p0": "*"}), MemoryCatalog({**table, "p11": {"1.0": {}}})))
    assert found == {f"p{number}": "1.0" for number in range(12)}
