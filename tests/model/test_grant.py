"""Grants: what counts as more power, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.grant import CLASSES, always_asked, class_of, gained, lost

WORDS = [
    *CLASSES,
    "*",
    "without:Bash",
    "without:Edit",
    "tool:Frobnicate",
    "only:Bash(git log:*)",
    "only:Bash(rm:*)",
    "permission:plan",
    "permission:bypassPermissions",
    "hook:Stop:1",
    "mcp-server:x:1",
    "executable",
]
SETS = st.sets(st.sampled_from(WORDS))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["read"], ["exec", "read"], ["exec"]),
        (["read"], ["*"], ["*"]),
        (["*"], ["exec", "write"], []),
        (["*"], ["tool:Frobnicate"], []),
        (["*", "without:Bash"], ["*"], ["tool:Bash"]),
        (["*", "without:Bash"], ["exec", "read"], ["exec"]),
        (["*", "without:Bash"], ["read"], []),
        (["*"], ["*", "without:Bash"], []),
        (["exec", "only:Bash(git log:*)"], ["exec"], ["tool:Bash"]),
        (["exec", "only:Bash(git log:*)"], ["exec", "only:Bash(rm:*)"], ["only:Bash(rm:*)"]),
        (["exec", "only:Bash(git log:*)"], ["read"], ["read"]),
        (["exec"], ["exec", "only:Bash(rm:*)"], []),
        ([], ["exec", "only:Bash(rm:*)"], ["exec", "only:Bash(rm:*)"]),
        (["permission:plan"], [], ["permission:default"]),
        (["permission:acceptEdits"], ["permission:plan"], []),
        (["permission:acceptEdits"], ["permission:bypassPermissions"], ["permission:bypassPermissions"]),
        (["hook:Stop:1"], ["hook:Stop:2"], ["hook:Stop:2"]),
        (["mcp-server:x:1"], [], []),
    ],
)
def test_gained(before: list[str], after: list[str], expected: list[str]) -> None:
    """A gain is a grant that the earlier set does not cover."""
    assert list(gained(before, after)) == expected


@given(SETS)
def test_nothing_is_gained_by_staying(grants: set[str]) -> None:
    """The same grants are no gain and no loss."""
    assert gained(grants, grants) == lost(grants, grants) == ()


@given(SETS, st.sampled_from([word for word in WORDS if not word.startswith(("without:", "only:", "permission:plan"))]))
def test_to_give_power_away_is_no_gain(grants: set[str], gone: str) -> None:
    """Less of what gives power is never more."""
    assert gained(grants | {gone}, grants) == () or gone in ("*", "exec", "permission:bypassPermissions")


@given(SETS)
def test_everything_is_a_gain_over_nothing(grants: set[str]) -> None:
    """But for what takes power away."""
    takes = {"without:Bash", "without:Edit", "permission:plan"}
    assert set(gained([], grants)) == grants - takes


def test_what_always_needs_a_yes() -> None:
    """Hooks and servers, which run without being called."""
    assert always_asked(["exec", "hook:Stop:1", "mcp-server:x", "*"]) == ("hook:Stop:1", "mcp-server:x")


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("Read", "read"),
        ("NotebookEdit", "write"),
        ("BASH", "exec"),
        ("WebFetch", "net"),
        ("Task", "spawn"),
        ("mcp__github__create_issue", "mcp"),
        ("search/codebase", "read"),
        ("playwright/*", "mcp"),
        ("TodoWrite", ""),
        ("Frobnicate", None),
    ],
)
def test_classes(tool: str, expected: str | None) -> None:
    """The class of a tool, in any spelling."""
    assert class_of(tool) == expected
