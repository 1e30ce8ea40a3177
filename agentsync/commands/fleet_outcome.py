"""What `agentsync update` comes to in a repository of a fleet, run on the files that it may read or write alone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.update import update
from agentsync.errors import RefusedError, UnsafeError
from agentsync.fleet.branches import PartialCopy, Remote
from agentsync.fleet.projects import MOST_FOLDERS, folders_in
from agentsync.model.finding import Rule
from agentsync.model.fleet_branch import MovedPack
from agentsync.model.lock import Lock
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, STATE_FOLDER
from agentsync.model.slot import file_of
from agentsync.project.opening import open_folder
from agentsync.project.session import Options, Session
from agentsync.project.workspace import Workspace
from agentsync.registries.contributing import compare_link
from agentsync.reporting.change_report import version_moves
from agentsync.targets.all_tools import TOOLS

_RULES: Final = (".gitattributes", ".gitignore")
_MOST_LINKS: Final = 40
_MOST_TRIES: Final = 4
_ITS_OWN: Final = ("backup", "stage")  # of the state folder, and of one machine


class UpdateOutcome(NamedTuple):
    """What an update comes to.

    Args:
        tree: the tree that it leaves; that of the commit where it changes nothing.
        changes: mode and blob of each file that differs, "" for one that goes.
        unasked: which registry did not answer, so that its packs stay as they are; "" for none.
    """

    tree: str
    changes: Mapping[str, str]
    moves: tuple[MovedPack, ...] = ()
    notes: tuple[str, ...] = ()
    unasked: str = ""


class Asking(NamedTuple):
    """How updates are made: in one session, of all packs or of those that a glob names.

    Args:
        registries: the keys of the URLs that the fleet's own list names, which may be on this machine.
    """

    session: Session
    pack: str = ""
    registries: frozenset[str] = frozenset()


def update_outcome(
    copies: Iterator[PartialCopy], remote: Remote, folders: Sequence[str], asking: Asking
) -> tuple[PartialCopy, UpdateOutcome]:
    """Run an update in copies of a commit, each new one with more of its files, until none is missing.

    Args:
        copies: makes a new copy each time it is asked.
        folders: the folders of the projects, each `agentsync.yaml` of the tree where none is named.

    Raises:
        AgentsyncError: where something stands against it: a conflict, a grant, a policy, a pack that cannot be had.
    """
    more: set[str] = set()
    for _ in range(_MOST_TRIES):
        copy = next(copies)
        outcome = _attempt(copy, remote, folders or folders_in(copy.files)[:MOST_FOLDERS], asking, more)
        covered = copy.covered()
        if not covered:
            return copy, outcome
        more |= covered
    raise RefusedError("an update here changes too many files that no pack has", why=", ".join(sorted(more)[:3]))


def _attempt(
    copy: PartialCopy, remote: Remote, folders: Sequence[str], asking: Asking, more: Iterable[str]
) -> UpdateOutcome:
    moves, notes, leave, unasked = list[MovedPack](), list[str](), set[str](), list[str]()
    for folder in folders:
        _take(copy, (f"{_prefix(folder)}{name}" for name in (MANIFEST_NAME, LOCK_NAME)))
    _take(copy, more)
    for folder in folders:
        prefix = _prefix(folder)
        workspace = _open(copy, folder, asking)
        before = workspace.project.lock or Lock()
        _refuse_outside(copy, workspace, folder)
        _take(copy, _files(copy, workspace, prefix, before), _places(prefix))
        words = [name for name in before.packs if fnmatchcase(name, asking.pack)] if asking.pack else []
        if asking.pack and not words:
            continue
        is_lock_only = _is_lock_only(copy, prefix, before)
        done = update(workspace, words)
        if done.errors:
            raise done.errors[0]
        if conflicts := done.data.get("conflicts"):
            raise RefusedError(
                "an edit here and the new version changed the same lines",
                why=", ".join(sorted({str(one) for one in conflicts})[:5]),
                hint="update it in a checkout",
            )
        after = _open(copy, folder, asking).project.lock or Lock()
        _refuse_local(workspace, remote, asking, after)
        moves += _moves(folder, before, after)
        notes += [*(one.what for one in done.findings), *done.notes]
        unasked += [one.what for one in done.findings if one.rule is Rule.SOURCE_UNREACHABLE]
        if is_lock_only:
            leave |= {f"{prefix}{file_of(slot)}" for slot in after.slots()}
    tree = copy.tree(leave)
    changes = copy.changes(tree)
    if coded := copy.coded(path for path, blob in changes.items() if blob):
        raise RefusedError(
            "git stores files of this update in another form here",
            why=f"by a filter that .gitattributes names: {', '.join(coded[:3])}",
            hint="update it in a checkout",
        )
    return UpdateOutcome(tree, changes, tuple(moves), tuple(dict.fromkeys(notes)), "".join(unasked[:1]))


def _prefix(folder: str) -> str:
    return "" if folder == "." else f"{folder}/"


def _open(copy: PartialCopy, folder: str, asking: Asking) -> Workspace:
    return open_folder(copy.top if folder == "." else copy.top / folder, Options(passing=True), asking.session)


def _files(copy: PartialCopy, workspace: Workspace, prefix: str, lock: Lock) -> Iterator[str]:
    """Yield what an update needs: state, what is locked, files of signers, own packs."""
    state = f"{prefix}{STATE_FOLDER}/"
    own = tuple(f"{state}{name}/" for name in _ITS_OWN)
    yield from (path for path in copy.files if path.startswith(state) and not path.startswith(own))
    yield from (f"{prefix}{file_of(slot)}" for slot in lock.slots())
    for registry in workspace.project.manifest.registries.values():
        if registry.signers and not Path(registry.signers).is_absolute():
            yield posixpath.normpath(f"{prefix}{registry.signers}")
    for entry in workspace.project.manifest.packs:
        if entry.folder is not None:
            yield f"{posixpath.normpath(f'{prefix}{entry.folder}')}/"


def _places(prefix: str) -> Iterator[str]:
    """Yield what an update may read beside: places and documents of AI tools."""
    for tool in TOOLS.values():
        yield from (f"{prefix}{document}" for document in tool.documents)
        yield from (f"{prefix}{home}/" for home in tool.homes)


def _take(copy: PartialCopy, wanted: Iterable[str], beside: Iterable[str] = ()) -> None:
    """Take files, and all below folders, which end with a slash; through links, with git's rules for them.

    Args:
        beside: what is left out where a link leads out of the repository; else that is a failure.
    """
    paths = set[str]()
    for path in wanted:
        paths |= _through_links(copy, path)
    for path in beside:
        with suppress(UnsafeError):
            paths |= _through_links(copy, path)
    folders = {path for path in paths if path.endswith("/")}
    below = {path for path in copy.files if any(path.startswith(folder) or folder == "./" for folder in folders)}
    paths = (paths | below) & copy.files.keys()
    above = {
        "",
        *(f"{'/'.join(path.split('/')[:count])}/" for path in paths for count in range(1, path.count("/") + 1)),
    }
    copy.take(sorted({*paths, *(f"{folder}{name}" for folder in above for name in _RULES)}))


def _through_links(copy: PartialCopy, path: str) -> set[str]:
    """Return a path, the links on the way to it, and the path that they lead to.

    Raises:
        UnsafeError: where a link leads out of the repository: that would be a place of this machine.
    """
    found = {path}
    for _ in range(_MOST_LINKS):
        parts = path.rstrip("/").split("/")
        steps = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        link = next((step for step in steps if step in copy.files and copy.files[step].mode == "120000"), None)
        if link is None:
            break
        found.add(link)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(link), copy.target_of(link)))
        path = target + path[len(link) :]
        if target.startswith("/") or target.split("/")[0] == "..":
            what = f"the link {link} leads out of the repository"
            raise UnsafeError(what, why="what is there is of this machine", hint="update it in a checkout")
        found |= {path, f"{path.rstrip('/')}/"}
    return found


def _is_lock_only(copy: PartialCopy, prefix: str, lock: Lock) -> bool:
    files = {f"{prefix}{file_of(slot)}" for slot in lock.slots()}
    return bool(files) and not any(_through_links(copy, path) & copy.files.keys() for path in files)


def _refuse_outside(copy: PartialCopy, workspace: Workspace, folder: str) -> None:
    """Refuse a pack that is a folder of this machine: its files would be pushed to the repository."""
    for entry in workspace.project.manifest.packs:
        if entry.folder is None:
            continue
        where = posixpath.normpath(posixpath.join(folder, entry.folder))
        if Path(entry.folder).is_absolute() or where.startswith(("..", "~")):
            raise RefusedError(
                f"{entry.key} is a folder outside of the repository",
                why=f"agentsync.yaml says `path: {entry.folder}`",
                hint="update it in a checkout",
            )


def _refuse_local(workspace: Workspace, remote: Remote, asking: Asking, lock: Lock) -> None:
    """Refuse packs from repositories of this machine, unless the fleet's list names them or the project is here."""
    for name, pack in lock.packs.items():
        if pack.git is None or remote.url.is_on_this_machine:
            continue
        url = workspace.project.url(pack.git)
        if url.is_local and url.key not in asking.registries:
            raise RefusedError(
                f"{name} comes from a repository of this machine",
                why=f"agentsync.yaml names {url.text}, and what is in it would be pushed",
                hint="name it under `registries` of fleet.yaml",
            )


def _moves(folder: str, before: Lock, after: Lock) -> Iterator[MovedPack]:
    for move in version_moves(before, after):
        was, now = before.packs.get(move.pack), after.packs.get(move.pack)
        git = now.git if now is not None and now.git is not None else ""
        link = compare_link(git, was.tag, now.tag) if was is not None and now is not None else None
        yield MovedPack(folder, move.pack, move.old, move.new, link or (git if git.startswith("https://") else ""))
