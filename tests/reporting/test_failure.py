"""Hints in the user scope."""

from __future__ import annotations

import pytest

from agentsync.reporting.failure import in_user_scope


@pytest.mark.parametrize(
    ("hint", "scoped"),
    [
        ("run `agentsync lock`", "run `agentsync lock --user`"),
        ("agentsync remove a/b", "agentsync remove --user a/b"),
        ("agentsync registry add a URL", "agentsync registry add --user a URL"),
        ("`agentsync add --user x` or `agentsync cache clean`", "`agentsync add --user x` or `agentsync cache clean`"),
        ("agentsync --help", "agentsync --help"),
        ("put agentsync somewhere", "put agentsync somewhere"),
        ("", ""),
    ],
)
def test_commands_of_hints_name_the_scope(hint: str, scoped: str) -> None:
    """Each command that has a scope, and no other word."""
    assert in_user_scope(hint) == scoped
