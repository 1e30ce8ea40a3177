"""A cache, and a git that writes down what it is asked."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from agentsync.git.cache import Cache
from tests.git.kit import GitCalls
from tests.programs import write_program


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitCalls:
    """A git on PATH that writes down its arguments and becomes the real one."""
    log = tmp_path / "git-calls"
    log.mkdir()
    real = shutil.which("git")
    assert real
    # Git's own helpers run git as well, but find it in its own folder first.
    script = f'printf \'%s\\0\' "$@" > {shlex.quote(str(log))}/$$\nexec {real} "$@"'
    program = write_program(tmp_path / "recording" / "git", script)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return GitCalls(log)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")
