"""Whether disk, lock, cache and registries still say the same; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from agentsync.commands.drift import drift
from agentsync.commands.outcome import Outcome
from agentsync.errors import AgentsyncError, Exit, IntegrityError
from agentsync.model.lock import Lock, LockedPack, unkept_pack
from agentsync.planning.locking import examine
from agentsync.planning.placing import targets_of
from agentsync.planning.policing import check_lock
from agentsync.reporting.plan_report import count
from agentsync.store.at_once import at_once
from agentsync.store.git_catalog import GitCatalog
from agentsync.workspace import Workspace


def verify(workspace: Workspace, *, deep: bool = False) -> Outcome:
    """Check every file on disk, every locked byte in the cache, and every locked tag.

    Args:
        workspace: the scope.
        deep: derive the lock's items, grants and files again from the commits, and check signatures again.

    Raises:
        FetchError: where a registry cannot be reached, or a locked commit cannot be had any more.
    """
    lock = workspace.require_lock()
    errors: list[AgentsyncError] = []
    for check in (_policy, _signers, _bytes, _tags, *((_deep,) if deep else ())):
        errors += check(workspace, lock)
    on_disk = drift(workspace)
    packs = [_row(pack, errors) for _, pack in sorted(lock.packs.items())]
    files = len(lock.files())
    data = {"clean": not errors and on_disk.exit is Exit.OK, "deep": deep, "packs": packs, "drift": on_disk.data}
    verified = f"verified  {count(len(packs), 'pack')}, {count(files, 'file')}: disk, lock, cache and tags agree"
    lines = [verified] if data["clean"] else list(on_disk.lines)
    return Outcome(data, lines, on_disk.notes, Exit.FAILED if errors else on_disk.exit, errors)


def _row(pack: LockedPack, errors: list[AgentsyncError]) -> dict[str, Any]:
    return {
        "pack": pack.name,
        "version": pack.version,
        "commit": pack.commit or None,
        "signer": pack.signer or None,
        "errors": [error.what for error in errors if pack.name in error.what],
    }


def _policy(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    try:
        check_lock(workspace.policy, lock)
    except AgentsyncError as error:
        yield error


def _signers(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    """Whether each pack is signed by who the lock says, as far as that was not found out on this machine before."""
    for name, pack in sorted(lock.packs.items()):
        try:
            workspace.verify_signers(Lock({name: pack}, lock.targets))
        except IntegrityError as error:
            yield error.of(pack=name)


def _bytes(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    """Every locked file is made again from its blob, pack by pack, and compared with its digest."""

    def wrong(pack: LockedPack) -> IntegrityError | None:
        try:
            workspace.locked.bytes_of(Lock({pack.name: pack}, lock.targets), list(pack.files))
        except IntegrityError as error:
            return error
        return None

    # Two packs are in memory, so that git unpacks one while the other is hashed.
    checks = [partial(wrong, pack) for _, pack in sorted(lock.packs.items())]
    yield from filter(None, at_once(checks, most=2))


def _tags(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    """A locked tag that names another commit now."""
    if workspace.options.offline:
        return
    catalog = workspace.catalog()
    catalog.prepare([wish for wish in workspace.manifest.packs if wish.folder is None])
    for name, pack in sorted(lock.packs.items()):
        if pack.ref.startswith("refs/tags/") and catalog.knows(name):
            yield from _moved(catalog, pack)


def _moved(catalog: GitCatalog, pack: LockedPack) -> Iterator[AgentsyncError]:
    tag = pack.ref.removeprefix("refs/tags/")
    now = catalog.refs(catalog.offer(pack.name)).tags.get(tag)
    if now not in (None, pack.commit):
        yield IntegrityError(
            f"{pack.name}: the tag {tag} moved",
            why=f"it was locked as {pack.commit}, and names {now} now",
            hint="ask whoever keeps the registry; the lock still names the commit that was reviewed",
        )


def _deep(workspace: Workspace, lock: Lock) -> Iterator[AgentsyncError]:
    targets = workspace.targets(lock)
    contents = workspace.locked.contents(list(lock.packs.values()))
    for name, pack in sorted(lock.packs.items()):
        own = unkept_pack(pack)._replace(signer="")
        try:
            again = examine(own, contents[name], targets_of(pack, targets), workspace.policy.limits, own).pack
        except AgentsyncError as error:
            yield error
            continue
        for what in ("items", "files"):
            if getattr(again, what) != getattr(own, what):
                yield _other(name, f"its {what} at commit {pack.commit[:12]} are not those of the lock")


def _other(name: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{name} is not what the lock says",
        why=why,
        hint="the lock was changed by hand, or made by another version of agentsync",
    )
