"""A project in the tree of a commit: its drift is found as on disk, without a checkout. No receipt is read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from agentsync.disk.scope import Scope
from agentsync.disk.slots import Slots
from agentsync.disk.state_folder import FOLDERS
from agentsync.errors import LockError, ManifestError, UnsafeError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.manifest import parse_manifest
from agentsync.model.lock import Lock, LockFault
from agentsync.model.manifest import Manifest
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, STATE_FOLDER, ScopeName
from agentsync.model.plan import Change, DriftRules, Plan
from agentsync.model.slot import entries_in, files_in
from agentsync.planning.lock_check import entry_faults
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.project.commit_files import LINK, CommitFiles, CommitTree
from agentsync.targets.all_tools import TOOLS, tools_of
from agentsync.targets.tool import Tool

# A checkout may be anywhere: paths in a manifest start from here.
_ANYWHERE: Final = Path("/agentsync/checkout")


class CommitProject:
    """Manifest and lock of a project in a commit, each read once.

    Args:
        folder: its folder in the repository, "" for the root.
        hosts: the hosts that plain http may go to besides this machine.
    """

    def __init__(self, tree: CommitTree, folder: str, hosts: frozenset[str] = frozenset()) -> None:
        self.files = CommitFiles(tree, folder, linkable_folders())
        self.folder = folder
        self._hosts = hosts
        for part in ("", *(f"/{name}" for name in FOLDERS)):
            found = self.files.entry(STATE_FOLDER + part)
            if found is not None and found.mode == LINK:
                raise UnsafeError(f"{self._shown(STATE_FOLDER + part)} is a symlink", hint="put a folder in its place")

    def _shown(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest; raises ManifestError, with file, line and column, where it is not valid."""
        text = self.files.text(MANIFEST_NAME, ManifestError)
        name = self._shown(MANIFEST_NAME)
        if text is None:
            raise ManifestError(f"no manifest at {name}", hint="start one with `agentsync init`")
        base = (_ANYWHERE / self.folder).as_posix()
        return parse_manifest(text, name=name, base=base, targets=tuple(TOOLS), allow_http=self._hosts)

    @cached_property
    def lock(self) -> Lock | None:
        """The lock, None where there is none; raises LockError where it is not valid."""
        text = self.files.text(LOCK_NAME, LockError)
        return parse_lock(text, name=self._shown(LOCK_NAME)) if text is not None else None

    def tools(self, lock: Lock) -> tuple[Tool, ...]:
        """Return the AI tools that a lock is for, with their places in a project."""
        return tools_of(lock, ScopeName.PROJECT)

    def faults_of(self, lock: Lock | None) -> tuple[LockFault, ...]:
        """Return the faults of a lock's entries, each of which must follow from its own facts."""
        return entry_faults(lock, self.tools(lock)) if lock is not None else ()


class CommitWorkspace:
    """A project in a commit, compared with its lock."""

    def __init__(self, project: CommitProject) -> None:
        root = _ANYWHERE / project.folder
        self.project = project
        self.scope = Scope(ScopeName.PROJECT, root, root)
        self._slots = Slots(project.files)

    def plan(self, lock: Lock, rules: DriftRules) -> Plan:
        """Compare every file with a lock."""
        files, known = self.project.files, self._known(lock)
        present = {path for folder in known.owned_folders() for path in files.walk(folder)}
        # What is in a commit is tracked, and git ignores no file that it tracks.
        disk = Disk(files.local_files, lambda _: (), files.shared, entries=self._slots.entries, led=files.led)
        return make_plan(known, disk, present, rules)

    def read(self, change: Change) -> bytes:
        """Return the content of a slot as it stands in the commit."""
        return self._slots.read(change)

    def blobs(self) -> Iterator[tuple[str, str, str]]:
        """Yield path and blob of every file that the comparison looks at, with the SHA-256 that spares its bytes.

        That is "" where none does: its bytes are needed.
        """
        files, lock = self.project.files, self.project.lock or Lock()
        wanted = lock.slots()
        named = {path: digest.sha256 for path, digest in files_in(wanted).items()}
        named |= {slot.document: "" for slot in entries_in(wanted)}
        for folder in self._known(lock).owned_folders():
            for path in files.walk(folder):
                named.setdefault(path, "")
        for path, sha256 in named.items():
            if (found := files.located(path)) is not None:
                yield *found, sha256

    def _known(self, lock: Lock) -> Known:
        return Known(wanted=lock, before=self.project.lock, receipt=None, tools=self.project.tools(lock), every=_every)


def _every() -> tuple[Tool, ...]:
    return tuple(tool.within(ScopeName.PROJECT) for tool in TOOLS.values())


@cache
def linkable_folders() -> frozenset[str]:
    """Return the folders of all AI tools in a project, which may be links."""
    return frozenset(folder for tool in _every() for folder in tool.folders)


@cache
def documents() -> tuple[str, ...]:
    """Return the documents of all AI tools in a project, in which entries may be."""
    return tuple(dict.fromkeys(document for tool in _every() for document in tool.documents))
