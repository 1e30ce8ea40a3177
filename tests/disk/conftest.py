"""A project on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.model.names import ScopeName


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    """An empty project of a user who has a folder for their own state."""
    root = tmp_path / "project"
    root.mkdir()
    return Scope(ScopeName.PROJECT, root, root, own=lambda: tmp_path / "own")


@pytest.fixture
def folder(scope: Scope) -> Folder:
    """The files of that project."""
    return Folder(scope)
