"""Send local edits back to the registry they came from, as a branch with one commit, or as a patch."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.commands.carried_back import NotTaken, carried_back
from agentsync.commands.selection import selector
from agentsync.errors import RefusedError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.git_file import Side
from agentsync.model.lock import LockedPack
from agentsync.model.outcome import Outcome
from agentsync.model.plan import READING
from agentsync.project.workspace import Workspace
from agentsync.registries.contributing import Contributing

_EDITS: Final = (Drift.EDITED, Drift.KEPT, Drift.DIVERGED)


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
    edited = [one for one in plan.changes if chosen(one) and one.drift in _EDITS and isinstance(one.local, FileDigest)]
    if not edited:
        raise RefusedError("there is no edit to contribute", hint="`agentsync status` shows how every file stands")
    rows, lines, left = [], [], []
    for name in sorted({change.pack for change in edited}):
        mine = [change for change in edited if change.pack == name]
        back = carried_back(workspace, lock, lock.packs[name], mine)
        left += back.left
        if back.files:
            row, told = _contribute_pack(workspace, lock.packs[name], back.files, options)
            rows.append(row)
            lines += told
    if not rows:
        raise _nothing_taken(left)
    data = [{name: value for name, value in row._asdict().items() if (name, value) != ("patch", None)} for row in rows]
    not_taken = [one._asdict() for one in left]
    notes = [f"{one.path} is not contributed: {one.why}" for one in left]
    return Outcome({"contributions": data, "not_taken": not_taken}, lines, notes, is_patch=options.as_patch)


def _nothing_taken(left: Sequence[NotTaken]) -> RefusedError:
    if not left:
        return RefusedError(
            "there is no edit to contribute",
            why="what differs from upstream's files is what agentsync.yaml sets, or line ends alone",
            hint="`agentsync status` shows how every file stands",
        )
    first, *others = left
    why = "; ".join([first.why, *(f"{one.path}: {one.why}" for one in others)])
    hint = "`agentsync keep` makes the edit the project's own"
    return RefusedError(f"{first.path} cannot be contributed", why=why, hint=hint)


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
        return sent, [f"there     {branch} is in {way.remote.text} already"]
    commit = way.commit(pack.commit, dict(files), f"{message}\n", pack.ref)
    if options.dry_run:
        named = f"{', '.join(sent.files)} of {pack.name}"
        return sent, [f"would write a patch of {named}" if options.as_patch else f"would send {named} as {branch}"]
    sent = sent._replace(commit=commit)
    if options.as_patch:
        patch = way.patch(commit)
        return sent._replace(patch=patch), patch.removesuffix("\n").split("\n")
    link = way.propose(commit, branch)
    lines = [f"pushed    {branch} to {way.remote.text} ({commit[:12]})", *([f"open      {link}"] if link else [])]
    return sent._replace(link=link), lines
