"""The fixtures of `tests.git`: registries are read through the same cache."""

from __future__ import annotations

from tests.git.conftest import cache, git_calls

__all__ = ["cache", "git_calls"]
