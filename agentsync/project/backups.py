"""Backups: files that were set aside, put back on their paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_error
from agentsync.model.digest import digest_of
from agentsync.model.drift import Drift
from agentsync.model.lock import Lock
from agentsync.model.plan import READING, Action, Applied, Change, Plan
from agentsync.model.slot import SlotPath
from agentsync.platform.file_system import keeps_modes
from agentsync.platform.modes import is_program
from agentsync.platform.plain_files import read_plain_file
from agentsync.project.decision import Decision, ExtraWrites
from agentsync.project.workspace import Workspace

_LARGEST: Final = 256 * 1024 * 1024  # bytes of a file that was set aside


def put_back(workspace: Workspace, backup: Path, paths: Sequence[SlotPath]) -> Applied:
    """Copy files of a backup to their paths; whatever stands there is set aside."""
    lock = workspace.project.lock or Lock()
    plan = workspace.plan(lock, READING)
    known = {change.path: change for change in plan.changes}
    contents: dict[SlotPath, bytes] = {}
    for path in paths:
        source = backup.joinpath(*path.split("/"))
        try:
            data = read_plain_file(source, _LARGEST)
        except OSError as error:
            raise disk_error(f"cannot read {source}", error) from error
        status, planned = source.stat(), known.get(path)
        digest = digest_of(data, executable=is_program(status))
        if not keeps_modes(status.st_dev):
            locked = planned.wanted if planned else None
            digest = digest._replace(executable=bool(locked and locked.executable), has_mode=False)
        local = workspace.slots.local(path)
        if local != digest:
            contents[path] = data
            change = planned or Change(path, (), None, local, None, Drift.FOREIGN, Action.CARRY)
            known[path] = change._replace(wanted=digest, action=Action.CARRY)
    together = Plan(tuple(known[path] for path in sorted(known)))
    return workspace.carry_out(together, Decision(lock, lock), ExtraWrites(contents=contents))
