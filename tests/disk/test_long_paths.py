"""A path that the system does not take is refused, and the attempt leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsync.disk.long_paths import refuse_long_paths
from agentsync.disk.scope import Scope
from agentsync.errors import UnsafeError
from agentsync.formats.intent import Intent
from agentsync.model.names import ScopeName
from agentsync.model.plan import Plan
from agentsync.model.rel_path import RelPath
from tests.cli.project import files_below
from tests.needs import needs


def writing(path: str) -> Intent:
    """Return the intent to write two files."""
    return Intent(Plan(()), contents={RelPath("short.md"): b"", RelPath(path): b""})


@needs("long paths")
def test_only_what_is_too_long_is_refused(tmp_path: Path) -> None:
    """Linux takes 4,095 characters of a path, and 255 of a name."""
    scope = Scope(ScopeName.PROJECT, tmp_path, tmp_path)
    scope.state.mkdir()
    folders = ["d" * 200] * 25
    refuse_long_paths(scope, writing("/".join([*folders[:15], "a.md"])))
    for path in (RelPath("/".join(folders)), RelPath(f"agents/{'n' * 300}.md")):
        with pytest.raises(UnsafeError) as caught:
            refuse_long_paths(scope, writing(path))
        assert f"{len(str(tmp_path / path))} characters" in caught.value.why
    assert files_below(tmp_path) == {} and list(scope.state.iterdir()) == []
