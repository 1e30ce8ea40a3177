"""Other places for the files that this program keeps for a user, for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_folders_of(root: Path) -> Iterator[None]:
    """Let cache, configuration and state of this process and of those it starts lie below a folder for a block."""
    named = {"AGENTSYNC_CACHE_DIR": root / "cache", "AGENTSYNC_CONFIG_DIR": root / "config"}
    before = {name: os.environ.get(name) for name in named}
    os.environ.update({name: str(where) for name, where in named.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
