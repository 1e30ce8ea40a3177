"""Facts about the files before the disk is read."""

from __future__ import annotations

from typing import Final

from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.plan import CAREFUL
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.targets.all_tools import TOOLS

A, B = RelPath(".claude/agents/a.md"), RelPath(".claude/agents/b.md")
CRLF: Final = digest_of(b"a\r\n")


def test_a_receipt_without_second_digests() -> None:
    """It takes them from the lock where both name the same bytes, and nowhere else."""
    pack = LockedPack(PackName("acme/p"), "1", "u", "r", "c", "t", "", "*", files={A: CRLF, B: CRLF})
    lock = Lock({"acme/p": pack})
    older = Receipt({A: FileDigest(CRLF.sha256), B: digest_of(b"b\n")})
    base = Known(lock, lock, older, tuple(TOOLS.values())).base()
    assert {path: digest.lf for path, digest in base.items()} == {A: CRLF.lf, B: ""}
    assert base == older.files


def test_a_file_system_that_takes_no_modes() -> None:
    """It is asked only where a mode differs; then no mode counts, and what was written is known as ours."""
    run, plain = digest_of(b"#!x\n", executable=True), digest_of(b"b\n")
    on_disk: dict[SlotPath, FileDigest] = {A: run._replace(executable=False), B: plain._replace(executable=True)}
    asked: list[bool] = []

    def plan(*, keeps: bool, wanted: dict[RelPath, FileDigest]) -> dict[SlotPath, Drift]:
        def keeps_modes() -> bool:
            asked.append(keeps)
            return keeps

        pack = LockedPack(PackName("acme/p"), "1", "u", "r", "c", "t", "", "*", files=wanted)
        known = Known(Lock({"acme/p": pack}), None, Receipt({A: run, B: plain}), tuple(TOOLS.values()))
        disk = Disk(lambda paths: {path: on_disk.get(path) for path in paths}, lambda _: (), lambda _: {}, keeps_modes)
        return {change.path: change.drift for change in make_plan(known, disk, (), CAREFUL).changes}

    assert plan(keeps=True, wanted={A: run, B: plain}) == {A: Drift.EDITED, B: Drift.EDITED}
    assert plan(keeps=False, wanted={A: run, B: plain}) == {A: Drift.IN_SYNC, B: Drift.IN_SYNC}
    assert plan(keeps=False, wanted={}) == {A: Drift.STALE, B: Drift.STALE}
    assert asked
    asked.clear()
    on_disk.update({A: run, B: plain})
    assert plan(keeps=True, wanted={A: run, B: plain}) == {A: Drift.IN_SYNC, B: Drift.IN_SYNC} and not asked
