"""Upgrades: what is locked is the least that is chosen, whatever is left and whatever new releases need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from agentsync.errors import ResolutionError
from agentsync.versions.catalog import Candidate
from agentsync.versions.resolver import Preferred, resolve
from tests.memory_catalog import MemoryCatalog, requirement

NAMES = "abc"
NEEDS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["*", "<2", ">=1.1", "<1.1"]), max_size=2)
RELEASES = st.dictionaries(st.sampled_from(["1.0", "1.1", "1.2", "2.0", "2.1"]), NEEDS, max_size=5)


def floor(name: str, version: str) -> Preferred:
    """The locked version; its tag may be gone."""
    return Preferred(Candidate(name, Version(version), f"refs/tags/{name}/v{version}", "0" * 40), (), is_floor=True)


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, RELEASES)),
    st.fixed_dictionaries(dict.fromkeys(NAMES, st.sampled_from(["1.0", "1.1", "2.0"]))),
)
def test_no_upgrade_lowers_a_version(table: dict[str, dict[str, dict[str, str]]], old: dict[str, str]) -> None:
    """There is always a choice, as what is locked is one."""
    free = {
        name: {text: {other: pin for other, pin in needs.items() if other != name} for text, needs in releases.items()}
        for name, releases in table.items()
    }
    wanted = [requirement(name, "*") for name in NAMES]
    preferred = {name: floor(name, text) for name, text in old.items()}
    chosen = resolve(wanted, MemoryCatalog(free), preferred).chosen
    assert all(one.version is not None and one.version >= Version(old[name]) for name, one in chosen.items())


@pytest.mark.parametrize(
    ("pin", "releases", "yanked", "expected"),
    [
        ("*", ["1.0", "1.2"], [], "1.2"),
        ("*", ["1.0"], [], "1.1"),
        ("*", ["1.0", "1.2"], ["a 1.2"], "1.1"),
        ("*", [], [], "1.1"),
        ("*", ["main"], [], "1.1"),
        ("<1.1", ["1.0", "1.2"], [], "1.0"),
        (">=1.2", ["1.0", "1.2"], [], "1.2"),
        ("*", ["1.0", "1.2rc1"], [], "1.1"),
    ],
)
def test_a_floor(pin: str, releases: list[str], yanked: list[str], expected: str) -> None:
    """It counts where the manifest still allows it; a default branch takes no release's place."""
    catalog = MemoryCatalog({"a": {text: {} for text in releases}}, yanked)
    chosen = resolve([requirement("a", pin)], catalog, {"a": floor("a", "1.1")}).chosen
    assert str(chosen["a"].version) == expected


def test_a_floor_that_is_not_allowed_is_none() -> None:
    """Then the answer is the one without it."""
    with pytest.raises(ResolutionError):
        resolve([requirement("a", "<1")], MemoryCatalog({"a": {"1.0": {}}}), {"a": floor("a", "1.1")})
