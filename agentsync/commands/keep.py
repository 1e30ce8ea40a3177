"""Make an edit the project's own: a patch that is committed, applied everywhere and rebased by updates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from agentsync.commands.committing import hidden_notes
from agentsync.commands.outcomes import change_outcome
from agentsync.commands.selection import selector
from agentsync.errors import AgentsyncError, FetchError, IntegrityError, RefusedError, UsageError
from agentsync.merging.kept_edits import Rebased
from agentsync.merging.patches import patch_of, with_line_ends_of
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.git_file import Side
from agentsync.model.grant import gained
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.model.plan import CAREFUL, READING, Action, Change, Plan
from agentsync.model.rel_path import parents
from agentsync.model.slot import SlotPath, content_digest, patch_path
from agentsync.planning.gains import with_edit
from agentsync.planning.placing import tools_for
from agentsync.planning.planner import narrowed
from agentsync.project.decision import Decision
from agentsync.project.workspace import Workspace
from agentsync.reporting.change_report import ChangeReport
from agentsync.reporting.words import done_line, shown_grants
from agentsync.targets.tool import Tool


def keep(
    workspace: Workspace, words: Sequence[str], *, dry_run: bool = False, push: bool = False, message: str = ""
) -> Outcome:
    """Record edits as patches in `.agentsync/patches/`, and their result in the lock; all where none is named.

    Args:
        push: send manifest, lock and patches to the origin of the user scope then, with this message.
    """
    if message and not push:
        raise UsageError("--message is for the commit of --push", hint="add --push, or leave it away")
    if push and workspace.scope.name is not ScopeName.USER:
        raise UsageError(
            "--push is for the user scope", why="patches of a project are committed with it", hint="--user"
        )
    if not push:
        return _keep(workspace, words, dry_run=dry_run, is_last=True)
    from agentsync.project.origin_push import push as push_to_origin  # asks a remote, which a plain `keep` never does

    kept = _keep(workspace, words, dry_run=dry_run, is_last=False)
    try:
        return kept._replace(lines=[*kept.lines, *push_to_origin(workspace, message)])
    except UsageError:
        raise
    except AgentsyncError as error:  # what is kept is kept
        return kept._replace(errors=[*kept.errors, error], exit=error.exit)


def _keep(workspace: Workspace, words: Sequence[str], *, dry_run: bool, is_last: bool) -> Outcome:
    lock = workspace.project.require_lock()
    plan = workspace.plan(lock, READING)
    chosen = selector(workspace, plan, words)
    slots = lock.slots()
    changes = [change for change in plan.drifted if chosen(change) and (words or _can_be_kept(change, slots))]
    for change in changes:
        if not _can_be_kept(change, slots):
            raise RefusedError(
                f"{change.path} cannot be kept: it is {change.drift}",
                why="only an edit of a plain file, or a new file in a skill, can be a patch",
                hint="`agentsync status` shows how every file stands",
            )
    upstream = workspace.project.locked.upstream_bytes(
        lock, [change.path for change in changes if change.wanted is not None]
    )
    patches: dict[tuple[str, SlotPath], bytes | None] = {}
    packs, tools = dict(lock.packs), workspace.project.tools(lock)
    for change in changes:
        # Several packs have it where it is the same in all of them.
        for name in [name for name, pack in lock.packs.items() if change.path in pack.slots] or [change.pack]:
            own = tools_for(packs[name], tools)
            packs[name], patches[name, change.path] = _kept(workspace, packs[name], change, upstream, own)
    paths = {change.path for change in changes}
    after = lock._replace(packs=packs)
    _save(workspace, after, paths, patches, dry_run=dry_run)
    notes = [
        f"{pack} {item} asks for {', '.join(shown_grants(more))} with the edit"
        for pack, item, more in _gains(lock, after)
    ]
    if paths and not dry_run:
        notes += [*hidden_notes(workspace, after), *(_unpublished(workspace) if is_last else ())]
    lines = [_line(pack, path, patch, dry_run=dry_run) for (pack, path), patch in patches.items()]
    report = ChangeReport(Plan(()), lock, lock, dry_run, kept=sorted(paths))
    return change_outcome(report, lines=lines or ["nothing to keep: no file is edited"], notes=notes)


def _unpublished(workspace: Workspace) -> list[str]:
    from agentsync.project.origin import unpublished  # few scopes have an origin

    return unpublished(workspace) if workspace.scope.name is ScopeName.USER else []


def _kept(
    workspace: Workspace, pack: LockedPack, change: Change, upstream: Mapping[SlotPath, bytes], tools: Sequence[Tool]
) -> tuple[LockedPack, bytes | None]:
    """Return an entry with an edit kept, and its patch; without it, and None, where the file is upstream's again."""
    local, path = change.local, change.path
    assert isinstance(local, FileDigest), "only plain files are kept"
    made_for = pack.kept.get(path, change.wanted)
    old = Side(upstream[path], made_for.executable) if made_for is not None else None
    text = workspace.read(change)
    new = Side(with_line_ends_of(old.data, text) if old is not None else text, local.executable)
    result = content_digest(path, new.data, executable=local.executable)
    entry = _without_edit(pack, path)
    if result == made_for:
        return entry.with_slots({**pack.slots, path: result}), None
    entry = entry.with_slots({**pack.slots, path: result})._replace(kept={**entry.kept, path: made_for})
    lock = Lock({pack.name: entry}, {tool.name: tool.form for tool in tools})
    workspace.project.gate(lock).check(lock, {path: new.data}, (path,))
    return with_edit(entry, path, new.data, local.executable, tools), patch_of(path, old, new)


def _without_edit(pack: LockedPack, path: SlotPath) -> LockedPack:
    slots = {other: digest for other, digest in pack.slots.items() if other != path}
    if (made_for := pack.kept.get(path)) is not None:
        slots[path] = made_for
    return pack.with_slots(slots)._replace(kept={other: digest for other, digest in pack.kept.items() if other != path})


def _gains(before: Lock, after: Lock) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what items of the new lock may do and might not before, by pack and item."""
    for name, pack in after.packs.items():
        old = {item.key: item.grants for item in before.packs[name].items}
        for item in pack.items:
            if more := gained(old[item.key], item.grants):
                yield name, item.key, more


def _line(pack: str, path: SlotPath, patch: bytes | None, *, dry_run: bool) -> str:
    if patch is None:
        return f"nothing to keep of {path}: it is upstream's, but for line ends perhaps"
    return done_line("keep", f"{path} in .agentsync/patches/{patch_path(pack, path)}", dry_run=dry_run)


def drop(workspace: Workspace, words: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """End kept edits: the files stay as they are, as plain local edits."""
    lock = workspace.project.require_lock()
    kept = [(name, path) for name, pack in lock.packs.items() for path in pack.kept]
    plan = workspace.plan(lock, READING)
    waiting = Plan(tuple(change for change in plan.changes if change.path in {path for _, path in kept}))
    if not waiting.changes:
        raise UsageError("no edit is kept", hint="`agentsync keep PATH` keeps one")
    chosen = selector(workspace, waiting, words)
    paths = {change.path for change in waiting.changes if chosen(change)}
    let_go(workspace, paths, dry_run=dry_run)
    report = ChangeReport(Plan(()), lock, lock, dry_run, dropped=sorted(paths))
    edits = f"a local edit from {'then' if dry_run else 'now'} on"
    return change_outcome(
        report, lines=[done_line("drop", f"{path}: {edits}", dry_run=dry_run) for path in sorted(paths)]
    )


def let_go(workspace: Workspace, paths: Collection[SlotPath], *, dry_run: bool = False) -> None:
    """Make plain edits of those kept edits that are of these files."""
    lock = workspace.project.lock or Lock()
    packs = dict(lock.packs)
    ended = [(name, path) for name, pack in lock.packs.items() for path in pack.kept if path in paths]
    for name, path in ended:
        packs[name] = _without_edit(packs[name], path)
    after = lock._replace(packs=packs)
    for name in {name for name, _ in ended}:
        packs[name] = _with_own_grants(workspace, after, after.packs[name])
    own = {path for _, path in ended}
    _save(workspace, lock._replace(packs=packs), own, dict.fromkeys(ended), dry_run=dry_run)


def put_on(workspace: Workspace, paths: Collection[SlotPath]) -> None:
    """Take what is in these files for edits of what is locked."""
    _save(workspace, workspace.project.require_lock(), set(paths), {}, dry_run=False)


def _with_own_grants(workspace: Workspace, lock: Lock, pack: LockedPack) -> LockedPack:
    """Return an entry without the grants of an edit that is kept no more; as it is where its source cannot be read."""
    from agentsync.planning.locking import examine

    targets = tools_for(pack, workspace.project.tools(lock))
    try:
        contents = workspace.project.locked.contents([pack])[pack.name]
        edited = workspace.project.locked.bytes_of(lock, list(pack.kept))
    except (FetchError, IntegrityError):
        return pack
    items = examine(pack._replace(kept={}), contents, targets, workspace.project.policy.limits, pack).pack.items
    grants = {item.key: item.grants for item in items}
    entry = pack._replace(items=tuple(item._replace(grants=grants.get(item.key, item.grants)) for item in pack.items))
    for path, data in edited.items():
        entry = with_edit(entry, path, data, pack.slots[path].executable, targets)
    return entry


def list_kept(workspace: Workspace) -> Outcome:
    """List every kept edit, from the lock alone, and note the patches that no kept edit needs."""
    lock = workspace.project.lock or Lock()
    kept = [(path, name) for name, pack in sorted(lock.packs.items()) for path in sorted(pack.kept)]
    widest = max((len(path) for path, _ in kept), default=0)
    notes = [
        f".agentsync/patches/{patch_path(pack, path)} is there, and no file that is kept needs it"
        for pack, path in workspace.project.orphans(lock)
    ]
    return Outcome(
        data={"kept": [{"path": path, "pack": pack} for path, pack in kept]},
        lines=[f"{path:<{widest}}  {pack}" for path, pack in kept] or ["no edit is kept"],
        notes=notes,
    )


def _can_be_kept(change: Change, slots: Collection[SlotPath]) -> bool:
    """Return whether a change is an edit of a plain file, or a new file that is in no locked file's way."""
    is_edit = change.drift in (Drift.EDITED, Drift.EXTRA) and isinstance(change.local, FileDigest)
    return is_edit and bool(change.pack) and not any(parent in slots for parent in parents(change.file))


def _save(
    workspace: Workspace,
    lock: Lock,
    paths: set[SlotPath],
    patches: dict[tuple[str, SlotPath], bytes | None],
    *,
    dry_run: bool,
) -> None:
    """Write patches, lock and receipt; no installed file is touched."""
    if dry_run or not paths:
        return
    plan = narrowed(workspace.plan(lock, CAREFUL), lambda change: change.path in paths)
    owned = Plan(
        tuple(change._replace(action=Action.ADOPT) if change.path in paths else change for change in plan.changes)
    )
    workspace.carry_out(owned, Decision(lock, workspace.project.lock, rebased=Rebased(lock, patches)))
