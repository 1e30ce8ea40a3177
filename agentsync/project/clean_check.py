"""Record a clean check, so that the next one can be spared.

This module names all that an answer depends on; `disk/clean_record.py` reads the record. Whatever else `drift` or
`install` come to look at has to be named here: another file that is read, another folder that is
listed. A file that changed shortly before the check began is not recorded as clean.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agentsync.disk import clean_record
from agentsync.disk.clean_record import fields, identity
from agentsync.model.lock import LOCK_VERSION, Lock
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.model.policy import POLICY_NAME
from agentsync.model.rel_path import RelPath, parents
from agentsync.model.slot import file_of
from agentsync.planning.satisfaction import misfits
from agentsync.platform.files import own_scratch, remove, replace
from agentsync.platform.links import is_link, walk
from agentsync.platform.names import listed_names
from agentsync.platform.places import config_folder, machine_folders
from agentsync.platform.retrying import make_folders
from agentsync.project.workspace import Workspace

# What says where the user's own policy is.
_VARIABLES: Final = ("AGENTSYNC_CONFIG_DIR", "XDG_CONFIG_HOME", "HOME")
_RACY: Final = 2_000_000_000  # nanoseconds: the coarsest file systems count in two seconds
_MOST_RECORDS: Final = 256


def record_clean_check(workspace: Workspace, verb: str, outcome: Outcome) -> None:
    """Record the answer of `drift` or `install` without options, where the project is clean and settled."""
    lock, root, scope = workspace.project.lock, workspace.scope.root, workspace.scope
    # A folder that a policy lets be a link is not looked at here.
    if lock is None or scope.name is not ScopeName.PROJECT or scope.moved:
        return
    if not _is_settled(workspace, lock, verb, outcome):
        return
    # Without a record the next check takes longer, and nothing else.
    with suppress(*clean_record.DOUBTS):
        evidence = _look(workspace, lock)
        if evidence is not None:
            old = clean_record.read(str(root))
            lines = old["lines"] if old is not None and old["evidence"] == evidence else {}
            _write(root, {"root": str(root), "evidence": evidence, "lines": {**lines, verb: outcome.lines[0]}})


def _is_settled(workspace: Workspace, lock: Lock, verb: str, outcome: Outcome) -> bool:
    """Return whether nothing was found, done, or to be told."""
    if not outcome.is_settled or len(outcome.lines) != 1:
        return False
    # What a run left unfinished shows in the list of the state folder, and only there.
    if workspace.state.journal.is_pending:
        return False
    # A lock that did not fit, or is of an older format, is to be rewritten: the next check is a full one.
    if lock.number != LOCK_VERSION or misfits(workspace.project.manifest, lock):
        return False
    # A path that was ours, and that the lock no longer names, is looked at too.
    if not workspace.known(lock).base().keys() <= lock.slots().keys():
        return False
    if verb == "drift":
        return True
    # A folder that a pack is taken from is read again by every install, and so is the yes that an item waits for.
    packs = lock.packs.values()
    if any(pack.folder for pack in packs) or any(item.waits for pack in packs for item in pack.items):
        return False
    return workspace.project.receipt is not None


def _look(workspace: Workspace, lock: Lock) -> clean_record.Evidence | None:
    """Return the state of all that the answer came from; None where a file changed too late."""
    root, state = str(workspace.scope.root), workspace.scope.state
    policies = [home / POLICY_NAME for home in (config_folder(), *machine_folders())]
    names, rules = _hiding(workspace)
    signers = [
        workspace.scope.home / one.signers for one in workspace.project.manifest.registries.values() if one.signers
    ]
    inputs = {str(path): identity(str(path)) for path in (*workspace.state.inputs(), *policies, *signers, *rules)}
    # A document is read for its entries; what else is in it counts as well.
    paths = sorted({file_of(slot) for slot in lock.slots()})
    owned = workspace.known(lock).owned_folders()
    listed = [where for top in owned for where, _, _ in walk(f"{root}/{top}")]
    # No link may be in the state folder, nor be the state folder.
    if os.path.lexists(state):
        listed += [str(state), *(str(path) for path in state.iterdir() if path.is_dir() and not is_link(path))]
    else:
        inputs[str(state)] = None
    links = {f"{root}/{folder}": real for folder, real in workspace.folder.followed.items()}
    above = [f"{root}/{folder}" for folder in _above(paths)]
    folders: clean_record.Folders = {root: None, **dict.fromkeys([folder for folder in above if folder not in links])}
    folders.update({where: sorted(listed_names(where)) for where in listed})
    # As they were right before they were read: one that was changed since is another one.
    statuses = workspace.folder.statuses
    rows = [fields(statuses[path]) for path in paths]
    dated = [*rows, *filter(None, inputs.values()), *(fields(os.lstat(where)) for where in listed)]
    if any(max(content, inode) >= workspace.project.since - _RACY for _, _, content, inode, _ in dated):
        return None
    variables = {name: os.environ.get(name) for name in (*_VARIABLES, *names)}
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    return variables, inputs, folders, links, list[str](paths), columns


def _hiding(workspace: Workspace) -> tuple[Sequence[str], Sequence[Path]]:
    """Return the variables and files that git's answer depends on, where it was asked for ignored files."""
    if not workspace.hidden:
        return (), ()
    from agentsync.git.working_tree import VARIABLES, rule_files

    return VARIABLES, rule_files(workspace.scope.root, workspace.hidden)


def _above(paths: Sequence[RelPath]) -> set[RelPath]:
    one_in_each = {path.rpartition("/")[0]: path for path in paths}
    return {folder for path in one_in_each.values() for folder in parents(path)}


def _write(root: Path, record: Any) -> None:
    place = clean_record.place(str(root))
    if place is None:
        return
    where = Path(place)
    make_folders(where.parent, 0o700)
    others = sorted(where.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for path in others[: 1 - _MOST_RECORDS]:
        remove(path)
    with own_scratch(where, clean_record.HEADER + marshal.dumps(record), lasting=False) as scratch:
        replace(scratch, where)
