"""Files of the user's that are no edits: upstream's own, at another commit than the locked one.

A file that was copied by hand from a registry has upstream's bytes. Its registry's history tells it from an edit.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift
from agentsync.model.finding import Finding, Rule
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.origin import Origin, Searched
from agentsync.model.plan import Action, Change, DriftRules, Plan, cautious
from agentsync.model.rel_path import RelPath
from agentsync.project.workspace import Workspace
from agentsync.registries.history import blob_ids, search_history


class OlderCopies(NamedTuple):
    """A plan in which upstream's own files are told from edits.

    Args:
        plan: what to do; a file of upstream's gives way to the lock's.
        origins: where each of those comes from.
        findings: the packs whose history could not be searched.
    """

    plan: Plan
    origins: dict[RelPath, Origin]
    findings: tuple[Finding, ...] = ()

    def carried_out(self, done: Plan) -> OlderCopies:
        """The same without files that were left as they are after all."""
        left = {change.path for change in done.stopped}
        return self._replace(origins={path: origin for path, origin in self.origins.items() if path not in left})

    def notes(self, *, dry_run: bool) -> list[str]:
        """What a person should know of them."""
        becomes = "would be" if dry_run else "is"
        packs = {change.path: change.pack for change in self.plan.changes}
        return [
            f"{path} was upstream's at {origin.commit[:12]} of {packs[path]}, without an edit: "
            f"it {becomes} replaced by what the lock has"
            for path, origin in self.origins.items()
        ]

    @property
    def data(self) -> list[dict[str, str]]:
        """The same for machines."""
        packs = {change.path: change.pack for change in self.plan.changes}
        return [
            {"path": path, "pack": packs[path], "commit": origin.commit, "source": origin.path}
            for path, origin in self.origins.items()
        ]


def adopted(change: Change) -> bool:
    """Return whether a change makes a file ours that holds other bytes than the lock's."""
    local, wanted = change.local, change.wanted
    is_adopted = change.action is Action.ADOPT and change.drift is Drift.FOREIGN
    return is_adopted and isinstance(local, FileDigest) and wanted is not None and not local.same_text(wanted)


def told_apart(workspace: Workspace, lock: Lock, plan: Plan, policy: DriftRules) -> OlderCopies:
    """Look up in the history of their registries which adopted files are upstream's own.

    What cannot be looked up stays an edit, and is a finding.

    Args:
        workspace: the scope.
        lock: what is installed.
        plan: what to do.
        policy: the table that decides.
    """
    groups: dict[str, dict[RelPath, tuple[Change, LockedPack]]] = {}
    for change in filter(adopted, plan.changes):
        for pack in (lock.packs[name] for name in change.owners if name in lock.packs):
            if pack.git is not None:
                groups.setdefault(pack.git, {}).setdefault(change.path, (change, pack))
    origins: dict[RelPath, Origin] = {}
    unread: list[tuple[dict[RelPath, LockedPack], str]] = []
    for git, files in sorted(groups.items()):
        blobs: dict[str, tuple[str, ...]] = {
            path: ids for path, (change, pack) in files.items() if (ids := _ids(workspace, change, pack))
        }
        found = search_history(workspace.cache, workspace.url(git), git, blobs) if blobs else Searched({})
        origins |= {path: found.found[path] for path in files if path in found.found}
        if found.why:
            unread.append(({path: pack for path, (_, pack) in files.items() if path in blobs}, found.why))
    flags = ("--user",) if workspace.options.user else ()
    findings = [
        _unread(pack, paths, why, flags)
        for packs, why in unread
        for pack in sorted({pack.name for pack in packs.values()})
        if (paths := [path for path, owner in packs.items() if owner.name == pack and path not in origins])
    ]
    changes = (_behind(change, policy) if change.path in origins else change for change in plan.changes)
    return OlderCopies(Plan(tuple(changes)), dict(sorted(origins.items())), tuple(findings))


def _ids(workspace: Workspace, change: Change, pack: LockedPack) -> tuple[str, ...]:
    """The ids that a file has in git, as it is and with LF; none for one that says nothing of where it comes from."""
    try:
        data = workspace.folder.read(change.path)
    except AgentsyncError:
        return ()
    if not data or not isinstance(change.local, FileDigest) or digest_of(data).sha256 != change.local.sha256:
        return ()
    return blob_ids(data, pack.commit)


def _unread(pack: str, paths: list[RelPath], why: str, flags: tuple[str, ...]) -> Finding:
    is_one = len(paths) == 1
    return Finding(
        pack,
        "",
        f"whether {', '.join(paths)} {'is' if is_one else 'are'} upstream's at an older commit "
        f"could not be looked up ({why}); {'it counts' if is_one else 'they count'} as edited",
        rule=Rule.HISTORY_UNREAD,
        fix=f"`agentsync restore {shlex.join((*flags, *paths))}` takes the lock's where there is no edit of yours",
    )


def _behind(change: Change, policy: DriftRules) -> Change:
    """The change of a file that upstream wrote; no run of ours wrote it here, so that it is set aside."""
    assert isinstance(change.local, FileDigest)
    behind = change._replace(base=change.local, drift=Drift.BEHIND, action=policy[Drift.BEHIND], hint=True)
    return cautious(behind)
