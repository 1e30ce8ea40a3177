"""A cache, and a git that writes down what it is asked."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from agentsync.git.cache import Cache
from tests.git.kit import GitCalls


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitCalls:
    """A git on PATH that writes down its arguments and becomes the real one."""
    log, folder = tmp_path / "git-calls", tmp_path / "recording"
    log.mkdir()
    folder.mkdir()
    real = shutil.which("git")
    assert real
    program = folder / "git"
    # Git's own helpers run git as well, but find it in its own folder first.
    program.write_text(f'#!/bin/sh\nprintf \'%s\\0\' "$@" > {shlex.quote(str(log))}/$$\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return GitCalls(log)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")
