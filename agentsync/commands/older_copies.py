"""Files of the user's that are no edits: upstream's own, at another commit than the locked one.

A file that was copied by hand from a registry has upstream's bytes. Its registry's history tells it from an edit.
"""

from __future__ import annotations

import shlex

from agentsync.commands.outcomes import Planned
from agentsync.errors import AgentsyncError
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift
from agentsync.model.finding import Finding, Rule
from agentsync.model.git_file import Origin, Searched
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.plan import Action, Change, DriftRules, Plan, cautious
from agentsync.model.rel_path import RelPath
from agentsync.project.workspace import Workspace
from agentsync.registries.history import blob_ids, search_history


def adopted(change: Change) -> bool:
    """Return whether a change makes a file ours that holds other bytes than the lock's."""
    local, wanted = change.local, change.wanted
    is_adopted = change.action is Action.ADOPT and change.drift is Drift.FOREIGN
    return is_adopted and isinstance(local, FileDigest) and wanted is not None and not local.same_text(wanted)


def told_apart(workspace: Workspace, lock: Lock, planned: Planned, rules: DriftRules) -> Planned:
    """Look up in the history of their registries which adopted files are upstream's own.

    What cannot be looked up stays an edit, and is a finding.

    Args:
        planned: what to do; a file of upstream's own gives way to the lock's.
        rules: the table that decides.
    """
    groups: dict[str, dict[RelPath, tuple[Change, LockedPack]]] = {}
    for change in filter(adopted, planned.plan.changes):
        for pack in (lock.packs[name] for name in change.packs if name in lock.packs):
            if pack.git is not None:
                groups.setdefault(pack.git, {}).setdefault(change.path, (change, pack))
    origins: dict[RelPath, Origin] = {}
    unread: list[tuple[dict[RelPath, LockedPack], str]] = []
    for git, files in sorted(groups.items()):
        blobs: dict[str, tuple[str, ...]] = {
            path: ids for path, (change, pack) in files.items() if (ids := _ids(workspace, change, pack))
        }
        found = (
            search_history(workspace.project.cache, workspace.project.url(git), git, blobs) if blobs else Searched({})
        )
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
    changes = (_behind(change, rules) if change.path in origins else change for change in planned.plan.changes)
    return planned._replace(plan=Plan(tuple(changes)), origins=dict(sorted(origins.items())), findings=tuple(findings))


def _ids(workspace: Workspace, change: Change, pack: LockedPack) -> tuple[str, ...]:
    """Return the ids that a file has in git, as it is and with LF; none for a file that tells nothing of its origin."""
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


def _behind(change: Change, rules: DriftRules) -> Change:
    """Return the change of a file that upstream wrote; it is set aside, as no run wrote it here."""
    assert isinstance(change.local, FileDigest)
    behind = change._replace(base=change.local, drift=Drift.BEHIND, action=rules[Drift.BEHIND], hint=True)
    return cautious(behind)
