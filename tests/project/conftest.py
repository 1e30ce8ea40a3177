"""A git that records its calls, as in `tests.git`."""

from __future__ import annotations

from tests.git.conftest import git_calls

__all__ = ["git_calls"]
