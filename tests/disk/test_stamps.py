"""The key of stamps: one for all that is made on a machine, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

from agentsync.disk.scope import Scope
from agentsync.disk.stamps import Stamps
from agentsync.model.names import ScopeName


def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    """The next key takes away what another process began; its stamps hold for others."""
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / ".agentsync").mkdir()
    (own / "key.1234-5678.new").write_bytes(b"torn")
    scope = Scope(ScopeName.PROJECT, tmp_path, tmp_path, own=lambda: own)
    stamp = Stamps(scope).make("receipt.json", [b"text"])
    assert [path.name for path in own.iterdir()] == ["key"]
    assert stamp and Stamps(scope).holds(stamp, "receipt.json", [b"te", b"xt"])
    assert not Stamps(scope).holds(stamp, "told.json", [b"text"])
