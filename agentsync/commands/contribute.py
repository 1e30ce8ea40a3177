"""Send local edits back to the registry they came from, as a branch with one commit, or as a patch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from agentsync.commands.outcome import Outcome
from agentsync.commands.selection import selector
from agentsync.errors import RefusedError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.plan import READING, Change
from agentsync.model.rel_path import RelPath
from agentsync.planning.placing import Placed, placed_files, targets_of
from agentsync.store.contribution import mailbox_patch, make_commit, push_branch, review_link
from agentsync.store.fetching import Want
from agentsync.store.file_diff import Side
from agentsync.workspace import Workspace


class ContributeOptions(NamedTuple):
    """How to contribute.

    Args:
        message: the commit message, "" for one that names the files.
        fork: the repository to push to instead of the registry.
        as_patch: write mailbox patches to standard output and push nothing.
        dry_run: tell what would be sent.
    """

    message: str = ""
    fork: str = ""
    as_patch: bool = False
    dry_run: bool = False


def contribute(workspace: Workspace, words: Sequence[str], options: ContributeOptions) -> Outcome:
    """Contribute edits: one branch with one commit for each pack.

    Args:
        workspace: the scope.
        words: paths, packs or items; without any, every edit and every kept edit.
        options: how.

    Raises:
        RefusedError: where nothing is edited, an edit cannot be sent, or the registry refuses it.
    """
    lock = workspace.require_lock()
    plan = workspace.plan(lock, READING)
    chosen = selector(workspace, plan, words)
    edited = [change for change in plan.changes if chosen(change) and _is_edit(change)]
    if not edited:
        raise RefusedError("there is no edit to contribute", hint="`agentsync status` shows how every file stands")
    rows, lines = [], []
    for name in sorted({change.pack for change in edited}):
        mine = [change for change in edited if change.pack == name]
        row, told = _contribute_pack(workspace, lock, lock.packs[name], mine, options)
        rows.append(row)
        lines += told
    return Outcome({"contributions": rows}, lines, is_patch=options.as_patch)


def _is_edit(change: Change) -> bool:
    return change.drift in (Drift.EDITED, Drift.KEPT, Drift.DIVERGED) and isinstance(change.local, FileDigest)


def _contribute_pack(
    workspace: Workspace, lock: Lock, pack: LockedPack, changes: Sequence[Change], options: ContributeOptions
) -> tuple[dict[str, object], list[str]]:
    if pack.git is None:
        raise RefusedError(f"{pack.name} is a folder on disk", why=pack.folder, hint="edit it there")
    sources = _sources(workspace, lock, pack, changes)
    files = {_in_repository(pack, sources[change.path]): _side(workspace, change) for change in changes}
    message = options.message or f"{pack.name.rpartition('/')[2]}: edit {', '.join(sorted(files))}"
    digest = hashlib.sha256(repr(sorted((path, side.data) for path, side in files.items())).encode()).hexdigest()
    branch = f"agentsync/{pack.name.rpartition('/')[2]}-{digest[:10]}"
    row: dict[str, object] = {"pack": pack.name, "branch": branch, "files": sorted(files), "commit": None, "link": None}
    if options.dry_run:
        return row, [f"would send {', '.join(sorted(files))} of {pack.name} as {branch}"]
    registry = workspace.cache.repository(workspace.url(pack.git))
    remote = workspace.url(options.fork) if options.fork else registry.url
    if not options.as_patch and branch in workspace.cache.repository(remote).refs().branches:
        return row, [f"there      {branch} is in {remote.text} already"]
    made = make_commit(registry, Want(pack.commit, pack.ref), files, f"{message}\n")
    row["commit"] = made.commit
    if options.as_patch:
        workspace.locked.upstream_bytes(lock, [change.path for change in changes])  # the old lines, which a patch shows
        patch = mailbox_patch(registry, made)
        return row | {"patch": patch}, patch.removesuffix("\n").split("\n")
    push_branch(registry, made, branch, remote)
    row["link"] = link = review_link(remote, branch, registry.refs().default_branch or "main")
    lines = [f"pushed    {branch} to {remote.text} ({made.commit[:12]})", *([f"open      {link}"] if link else [])]
    return row, lines


def _sources(workspace: Workspace, lock: Lock, pack: LockedPack, changes: Sequence[Change]) -> dict[RelPath, Placed]:
    """Where each edited file is in its pack; only files that are installed as they are can be sent."""
    contents = workspace.locked.contents([pack])[pack.name]
    plain = frozenset(path for path, entry in contents.entries.items() if entry.is_plain)
    placed = {file.path: file for file in placed_files(pack, targets_of(pack, workspace.targets(lock)), plain)}
    found: dict[RelPath, Placed] = {}
    for change in changes:
        file = placed.get(change.path)
        if file is None:
            raise RefusedError(f"{change.path} cannot be contributed", why=f"{pack.name} has no such file upstream")
        if file.edits:
            raise RefusedError(
                f"{change.path} cannot be contributed",
                why=f"agentsync.yaml changes its {', '.join(file.edits)}: it is not the file that upstream has",
                hint="take `rename` and `overrides` of this item away first, or contribute the other files by name",
            )
        found[change.path] = file
    return found


def _in_repository(pack: LockedPack, file: Placed) -> str:
    return f"{pack.path}/{file.source}" if pack.path else file.source


def _side(workspace: Workspace, change: Change) -> Side:
    assert isinstance(change.local, FileDigest), "only plain files are sent"
    return Side(workspace.folder.read(change.path), change.local.executable)
