"""Send local edits back to the registry they came from, as a branch with one commit, or as a patch."""

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentsync.commands.selection import selector
from agentsync.errors import RefusedError
from agentsync.merging.merge import merge_file
from agentsync.merging.patches import with_line_ends_of
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.git_file import Side
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING, Change
from agentsync.model.slot import SlotPath
from agentsync.planning.placing import Placed, placed_files, places, render, tools_for
from agentsync.project.workspace import Workspace
from agentsync.registries.contributing import Contributing
from agentsync.targets.tool import Tool


class ContributeOptions(NamedTuple):
    """Options of `contribute`.

    Args:
        message: the commit message, "" for one that names the files.
        fork: the repository to push to instead of the registry.
        as_patch: write mailbox patches to standard output and push nothing.
    """

    message: str = ""
    fork: str = ""
    as_patch: bool = False
    dry_run: bool = False


class Sent(NamedTuple):
    """One pack that was sent, with the names that its parts have in JSON; None for what there is none of."""

    pack: str
    branch: str
    files: list[str]
    commit: str | None = None
    link: str | None = None
    patch: str | None = None


def contribute(workspace: Workspace, words: Sequence[str], options: ContributeOptions) -> Outcome:
    """Contribute edits, all where none is named: one branch with one commit for each pack."""
    lock = workspace.project.require_lock()
    plan = workspace.plan(lock, READING)
    chosen = selector(workspace, plan, words)
    if named := next((one.path for one in plan.changes if words and chosen(one) and one.path != one.file), None):
        raise RefusedError(
            f"{named} cannot be contributed",
            why="it is an entry of a document, made of what its pack says",
            hint="`agentsync keep` makes the edit the project's own",
        )
    drifts = (Drift.EDITED, Drift.KEPT, Drift.DIVERGED)
    edited = [one for one in plan.changes if chosen(one) and one.drift in drifts and _is_sent(one)]
    if not edited:
        raise RefusedError("there is no edit to contribute", hint="`agentsync status` shows how every file stands")
    rows, lines = [], []
    for name in sorted({change.pack for change in edited}):
        mine = [change for change in edited if change.pack == name]
        files = _carried_back(workspace, lock, lock.packs[name], mine)
        if files:
            row, told = _contribute_pack(workspace, lock.packs[name], files, options)
            rows.append(row)
            lines += told
    if not rows:
        raise RefusedError(
            "there is no edit to contribute",
            why="what differs from upstream's files is what agentsync.yaml sets, or line ends alone",
            hint="`agentsync status` shows how every file stands",
        )
    data = [{name: value for name, value in row._asdict().items() if (name, value) != ("patch", None)} for row in rows]
    return Outcome({"contributions": data}, lines, is_patch=options.as_patch)


def _contribute_pack(
    workspace: Workspace, pack: LockedPack, files: Mapping[str, Side], options: ContributeOptions
) -> tuple[Sent, list[str]]:
    assert pack.git is not None, "a folder on disk is edited there"
    message = options.message or f"{pack.name.last}: edit {', '.join(sorted(files))}"
    digest = hashlib.sha256(repr(sorted((path, side.data) for path, side in files.items())).encode()).hexdigest()
    branch = f"agentsync/{pack.name.last}-{digest[:10]}"
    fork = workspace.project.url(options.fork) if options.fork else None
    way = Contributing(workspace.project.cache, workspace.project.url(pack.git), fork)
    sent = Sent(pack.name, branch, sorted(files))
    if not options.as_patch and way.has_branch(branch):
        return sent, [f"there      {branch} is in {way.remote.text} already"]
    commit = way.commit(pack, files, f"{message}\n")
    if options.dry_run:
        named = f"{', '.join(sent.files)} of {pack.name}"
        return sent, [f"would write a patch of {named}" if options.as_patch else f"would send {named} as {branch}"]
    sent = sent._replace(commit=commit)
    if options.as_patch:
        patch = way.patch(commit)
        return sent._replace(patch=patch), patch.removesuffix("\n").split("\n")
    link = way.push(commit, branch)
    lines = [f"pushed    {branch} to {way.remote.text} ({commit[:12]})", *([f"open      {link}"] if link else [])]
    return sent._replace(link=link), lines


def _is_sent(change: Change) -> bool:
    return isinstance(change.local, FileDigest) and change.path == change.file


def _carried_back(workspace: Workspace, lock: Lock, pack: LockedPack, changes: Sequence[Change]) -> dict[str, Side]:
    """Return the edited files as upstream should have them, by path in the repository; those that differ."""
    if pack.git is None:
        raise RefusedError(f"{pack.name} is a folder on disk", why=pack.folder, hint="edit it there")
    contents = workspace.project.locked.contents([pack])[pack.name]
    plain = frozenset(path for path, entry in contents.entries.items() if entry.is_plain)
    targets = tools_for(pack, workspace.project.tools(lock))
    placed: dict[SlotPath, Placed] = {file.path: file for file in placed_files(pack, targets, plain)}
    sources = {change.path: placed[change.path].source for change in changes if change.path in placed}
    blobs = contents.read(set(sources.values()))
    found: dict[str, Side] = {}
    for change in changes:
        assert isinstance(change.local, FileDigest), "only plain files are sent"
        local = workspace.read(change)
        file = placed.get(change.path)
        if file is None:
            source = _new_source(pack, targets, change)
            found[_in_repository(pack, source)] = Side(local, change.local.executable)
            continue
        blob, entry = blobs[file.source], contents.entries[file.source]
        side = Side(_without_own_changes(workspace, lock, file, change, local, blob), change.local.executable)
        if side != Side(blob, entry.executable):
            found[contents.links.origins.get(file.source) or _in_repository(pack, file.source)] = side
    return found


def _new_source(pack: LockedPack, targets: Sequence[Tool], change: Change) -> str:
    """Return where a file that the project adds to an item belongs in its pack."""
    for place in places(pack, targets, folders_only=True):
        if place.holds(change.path):
            return posixpath.join(posixpath.dirname(place.item.path), change.path[len(place.path) + 1 :])
    raise RefusedError(f"{change.path} cannot be contributed", why=f"{pack.name} has no such file upstream")


def _without_own_changes(
    workspace: Workspace, lock: Lock, file: Placed, change: Change, local: bytes, blob: bytes
) -> bytes:
    """Return an edited file with upstream's line ends, and without the changes of `rename` and `overrides`."""
    installed = render(file, blob).data
    assert installed is not None, "it is installed"
    data = with_line_ends_of(installed, local)
    if change.drift is Drift.DIVERGED and change.base is not None:
        data = _onto_the_lock(workspace, lock, change, data, installed)
    if installed == blob:
        return data
    merged = merge_file(installed, data, blob)
    if merged.conflicted:
        raise RefusedError(
            f"{change.path} cannot be contributed",
            why=f"the edit changes what agentsync.yaml sets itself: {', '.join(file.edits)}",
            hint="change that in `rename` or `overrides` of agentsync.yaml, and put the line of the file back",
        )
    return merged.data


def _onto_the_lock(workspace: Workspace, lock: Lock, change: Change, data: bytes, installed: bytes) -> bytes:
    """Return an edit of an older release, merged with the locked one."""
    assert change.base is not None, "a file that diverged was written by us"
    base = workspace.project.locked.base_bytes(lock, [change.base]).get(change.base)
    merged = merge_file(base, data, installed) if base is not None else None
    if merged is None or merged.conflicted:
        raise RefusedError(
            f"{change.path} cannot be contributed",
            why="upstream changed the same lines in the locked version",
            hint="run `agentsync install --merge`, and contribute what you settle on",
        )
    return merged.data


def _in_repository(pack: LockedPack, source: str) -> str:
    return f"{pack.path}/{source}" if pack.path else source
