"""Actions of each drift rule, and the receipt afterwards."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Blocked, Drift, Local, Replaced, Unreadable, classify
from agentsync.model.plan import (
    ADOPTING,
    CAREFUL,
    READING,
    RESTORING,
    THEIRS,
    UPDATING,
    WRITING,
    Action,
    Change,
    DriftRules,
    Owner,
    Plan,
    action_for,
)
from agentsync.model.rel_path import RelPath

A, B, C = digest_of(b"a"), digest_of(b"b"), digest_of(b"c")
X = digest_of(b"a", executable=True)
LINK_ABOVE = Blocked(Replaced.SYMLINK, RelPath("agents"))
POLICIES: Final[dict[str, DriftRules]] = {
    "careful": CAREFUL,
    "theirs": THEIRS,
    "adopting": ADOPTING,
    "updating": UPDATING,
    "restoring": RESTORING,
    "reading": READING,
}
OPTIONAL = st.none() | st.sampled_from([A, B, C, X])
LOCALS: st.SearchStrategy[Local] = st.one_of(
    OPTIONAL, st.sampled_from(Replaced), st.just(Unreadable("no")), st.just(LINK_ABOVE)
)


def change(
    base: FileDigest | None,
    local: Local,
    wanted: FileDigest | None,
    policy: DriftRules = CAREFUL,
    *,
    path: str = "a",
) -> Change:
    """A change as the planner makes it."""
    drift = classify(base, local, wanted)
    assert drift is not None
    action = action_for(drift, local, wanted, policy)
    return Change(RelPath(path), (Owner("acme/p", "agent:a", "t"),), base, local, wanted, drift, action)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_knows_every_drift(name: str) -> None:
    """No file is left without a decision."""
    assert POLICIES[name].keys() == set(Drift)


@pytest.mark.parametrize(
    ("drift", "careful", "theirs"),
    [
        (Drift.IN_SYNC, Action.ADOPT, Action.ADOPT),
        (Drift.MISSING, Action.TAKE, Action.TAKE),
        (Drift.BEHIND, Action.TAKE, Action.TAKE),
        (Drift.STALE, Action.TAKE, Action.TAKE),
        (Drift.EDITED, Action.LEAVE, Action.SET_ASIDE),
        (Drift.DIVERGED, Action.STOP, Action.SET_ASIDE),
        (Drift.FOREIGN, Action.STOP, Action.SET_ASIDE),
        (Drift.EXTRA, Action.LEAVE, Action.LEAVE),
    ],
)
def test_the_table(drift: Drift, careful: Action, theirs: Action) -> None:
    """Of `install`, without and with `--theirs`."""
    assert action_for(drift, B, A, CAREFUL) is careful
    assert action_for(drift, B, A, THEIRS) is theirs


def test_the_other_policies() -> None:
    """Each differs in one thing."""
    assert action_for(Drift.FOREIGN, B, A, ADOPTING) is Action.ADOPT
    assert action_for(Drift.DIVERGED, B, A, UPDATING) is Action.MERGE
    assert action_for(Drift.EXTRA, B, None, RESTORING) is Action.SET_ASIDE
    assert {action_for(drift, B, A, READING) for drift in Drift} == {Action.LEAVE}


@pytest.mark.parametrize("local", [Replaced.SYMLINK, Replaced.FOLDER, LINK_ABOVE, Unreadable("no"), Replaced.OTHER])
def test_what_is_no_file(local: Local) -> None:
    """A link or a folder of the user's is never replaced by upstream's file, and nothing but a file becomes ours."""
    is_theirs = isinstance(local, Unreadable) or local is Replaced.OTHER
    for drift in (Drift.FOREIGN, Drift.EDITED, Drift.DIVERGED):
        assert action_for(drift, local, A, THEIRS) is (Action.SET_ASIDE if is_theirs else Action.STOP)
        assert action_for(drift, local, A, RESTORING) is Action.SET_ASIDE
    assert action_for(Drift.FOREIGN, local, A, ADOPTING) is Action.STOP


@pytest.mark.parametrize("name", POLICIES)
def test_an_edited_file_without_a_pack_becomes_the_users(name: str) -> None:
    """It is never deleted; only who asks for it to be set aside gets it out of the way."""
    expected = {
        "theirs": Action.SET_ASIDE,
        "restoring": Action.SET_ASIDE,
        "reading": Action.LEAVE,
    }.get(name, Action.RELEASE)
    assert action_for(Drift.DIVERGED, B, None, POLICIES[name]) is expected


@given(OPTIONAL, LOCALS, OPTIONAL, st.sampled_from(sorted(POLICIES)))
def test_no_policy_writes_over_what_is_not_ours(
    base: FileDigest | None, local: Local, wanted: FileDigest | None, name: str
) -> None:
    """TAKE is for what we wrote or for nothing; what is a person's is set aside or left."""
    drift = classify(base, local, wanted)
    if drift is None:
        return
    if action_for(drift, local, wanted, POLICIES[name]) is Action.TAKE:
        assert local is None or local == base


def test_what_is_remembered() -> None:
    """The receipt has what was written or is in sync, else what it had before."""
    changes = {
        "adopted": change(None, A, A, path="adopted"),
        "written": change(None, None, A, path="written"),
        "updated": change(A, A, B, path="updated"),
        "deleted": change(A, A, None, path="deleted"),
        "edited": change(A, B, A, path="edited"),
        "stopped": change(A, B, C, path="stopped"),
        "foreign": change(None, B, C, path="foreign"),
        "released": change(A, B, None, path="released"),
        "aside": change(A, B, C, THEIRS, path="aside"),
        "thrown out": change(A, B, None, THEIRS, path="thrown out"),
    }
    assert Plan(tuple(changes.values())).remembered() == {
        "adopted": A,
        "written": A,
        "updated": B,
        "edited": A,
        "stopped": A,
        "aside": C,
    }


def test_the_parts_of_a_plan() -> None:
    """The parts of a plan: drifted, written, waiting and released files."""
    clean = change(A, A, A, path="clean")
    behind, edited = change(A, A, B, path="behind"), change(A, B, A, path="edited")
    stopped, released = change(A, B, C, path="stopped"), change(A, B, None, path="released")
    plan = Plan((clean, behind, edited, stopped, released))
    assert not plan.is_clean and Plan((clean,)).is_clean and Plan(()).is_clean
    assert plan.drifted == (behind, edited, stopped, released)
    assert plan.writing == (behind,)
    assert plan.stopped == (stopped,)
    assert released.action is Action.RELEASE
    assert all(one.action in WRITING for one in plan.writing)


def test_what_a_change_tells() -> None:
    """A lost bit, and what stands in place of a file."""
    assert change(A, X, A).mode_changed and change(A, X, A).replaced_by is None
    assert change(A, Replaced.FOLDER, A).replaced_by is Replaced.FOLDER
    assert not change(A, B, A).mode_changed
