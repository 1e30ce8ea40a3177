"""Upgrade of a lock to the present version of its format."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from agentsync.disk.folder import Folder
from agentsync.errors import FetchError, IntegrityError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Local
from agentsync.model.lock import LOCK_VERSION, Lock
from agentsync.model.slot import as_file
from agentsync.planning.placing import tools_for
from agentsync.project.decision import Decision
from agentsync.project.locked_files import LockedFiles, with_edits
from agentsync.project.project import Project


def in_present_format(decision: Decision, project: Project) -> Decision:
    """Return a decision with the lock in the present format; a note tells where it was read in an older one."""
    before = decision.before
    if before is None or before.number == LOCK_VERSION:
        return decision
    try:
        agreed = _with_grants_of_edits(project.locked, before, before)
        lock = _with_grants_of_edits(project.locked, decision.lock, before)
    except (FetchError, IntegrityError):
        if decision.changed:
            raise
        return decision  # it stays as it is until what it does not say can be read
    note = f"agentsync.lock is written in version {LOCK_VERSION} of its format now, in which each entry has a seal"
    old = {name for name, pack in decision.lock.packs.items() if before.packs.get(name) == pack}
    lock = _with_second_digests(project.locked, lock, old, project.folder)
    lock = lock._replace(number=LOCK_VERSION)
    return decision._replace(lock=lock, before=agreed, notes=(*decision.notes, note))


def _with_grants_of_edits(locked: LockedFiles, lock: Lock, before: Lock) -> Lock:
    """Return the same lock with the grants that edits ask for which `before`, a lock of version 1, kept."""
    packs = dict(lock.packs)
    for name, old in before.packs.items():
        staying = [path for path in old.kept if name in packs and path in packs[name].kept]
        if staying:
            targets = tools_for(packs[name], locked.tools(lock))
            packs[name] = with_edits(packs[name], locked.bytes_of(before, staying), targets)
    return lock._replace(packs=packs)


def _with_second_digests(locked: LockedFiles, lock: Lock, names: Collection[str], folder: Folder) -> Lock:
    """Return the same lock with the second digest of each text that holds CRLF, in packs whose lock has none.

    Where the files on disk are those of the lock, nothing is fetched.
    """
    digests = {path: digest for name in names for path, digest in lock.packs[name].files.items()}
    found = {
        path: form for path, local in folder.local_files(digests).items() if (form := _second(digests[path], local))
    }
    # What can be had no more keeps the one digest that it has.
    with suppress(FetchError, IntegrityError):
        for path, data in locked.bytes_of(lock, sorted(digests.keys() - found.keys())).items():
            file = as_file(path)
            found[file] = digest_of(data, executable=digests[file].executable)
    packs = {name: lock.packs[name] for name in names}
    filled = {
        name: pack._replace(files={path: found.get(path, digest) for path, digest in pack.files.items()})
        for name, pack in packs.items()
    }
    return lock._replace(packs={**lock.packs, **filled})


def _second(digest: FileDigest, local: Local) -> FileDigest | None:
    if not isinstance(local, FileDigest):
        return None
    if local.sha256 == digest.sha256:
        return digest._replace(lf=local.lf)
    # Git made CRLF of it, and it had none before.
    return digest if local.lf == digest.sha256 else None
