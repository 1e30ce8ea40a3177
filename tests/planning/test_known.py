"""What is known of the files before the disk is looked at."""

from __future__ import annotations

from typing import Final

from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.receipt import Receipt
from agentsync.model.rel_path import RelPath
from agentsync.planning.planner import Known
from agentsync.targets.all_targets import TARGETS

A, B = RelPath(".claude/agents/a.md"), RelPath(".claude/agents/b.md")
CRLF: Final = digest_of(b"a\r\n")


def test_a_receipt_without_second_digests() -> None:
    """It takes them from the lock where both name the same bytes, and nowhere else."""
    pack = LockedPack("acme/p", "1", "u", "r", "c", "t", "", "*", files={A: CRLF, B: CRLF})
    lock = Lock({"acme/p": pack})
    older = Receipt({A: FileDigest(CRLF.sha256), B: digest_of(b"b\n")})
    base = Known(lock, lock, older, tuple(TARGETS.values())).base()
    assert {path: digest.lf for path, digest in base.items()} == {A: CRLF.lf, B: ""}
    assert base == older.files
