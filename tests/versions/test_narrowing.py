"""A range refuses more than another one where it refuses a version that the other allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from agentsync.versions.narrowing import refuses_more
from agentsync.versions.version import parse_range

NUMBER = st.integers(0, 3)
VERSION = st.builds(lambda *parts: ".".join(map(str, parts)), NUMBER, NUMBER, NUMBER)
CLAUSE = st.builds(str.__add__, st.sampled_from(["^", "~", ">=", "<", "<=", ">", "!=", "=="]), VERSION)
RANGE = st.one_of(
    st.just("*"),
    st.builds("{}.x".format, NUMBER),
    CLAUSE,
    st.builds("{},{}".format, CLAUSE, CLAUSE),
    st.builds("{} || {}".format, CLAUSE, CLAUSE),
)


@given(RANGE, RANGE, st.builds(lambda text, more: Version(text + more), VERSION, st.sampled_from(["", ".0.1", ".7"])))
def test_no_version_is_lost_unseen(before: str, after: str, version: Version) -> None:
    """Where nothing is said to be refused, each version that was allowed still is."""
    if parse_range(before).allows(version) and not parse_range(after).allows(version):
        assert refuses_more(before, after)


@given(RANGE, RANGE)
def test_a_range_and_more(one: str, other: str) -> None:
    """A range refuses nothing of itself, nor does it with an alternative beside it."""
    assert not refuses_more(one, one)
    assert not refuses_more(one, f"{one} || {other}" if one != "*" else "*")
