"""Edits of installed files as upstream's own files should have them: in the source that a file is made of."""

import posixpath
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from agentsync.errors import RefusedError
from agentsync.merging.merge import merge_file
from agentsync.merging.patches import with_line_ends_of
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Drift
from agentsync.model.git_file import Side
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.plan import Change
from agentsync.model.slot import SlotPath
from agentsync.planning.placing import Placed, placed_files, places, render, tools_for
from agentsync.planning.unrendering import source_of
from agentsync.project.workspace import Workspace


class NotTaken(NamedTuple):
    """An edit that no file of upstream's can have."""

    path: SlotPath
    why: str


class CarriedBack(NamedTuple):
    """Edited files of a pack by their path in its repository, those that differ, and the edits that stay here."""

    files: dict[str, Side]
    left: list[NotTaken]


def carried_back(workspace: Workspace, lock: Lock, pack: LockedPack, changes: Sequence[Change]) -> CarriedBack:
    """Return the edits of a pack in the words of its sources; the same edit in several AI tools is one.

    Raises:
        RefusedError: where one source was edited in two ways, or an edit changes what the manifest sets.
    """
    if pack.git is None:
        raise RefusedError(f"{pack.name} is a folder on disk", why=pack.folder, hint="edit it there")
    back = _Back(workspace, lock, pack)
    back.read(changes)
    for change in changes:
        back.take(change)
    back.leave_the_others()
    return CarriedBack({path: side for path, side in back.found.items() if side != back.upstream.get(path)}, back.left)


class _Back:
    """The files that go back to the repository of one pack."""

    def __init__(self, workspace: Workspace, lock: Lock, pack: LockedPack) -> None:
        self._workspace, self._lock, self._pack = workspace, lock, pack
        self._contents = workspace.project.locked.contents([pack])[pack.name]
        self._targets = tools_for(pack, workspace.project.tools(lock))
        self._placed: dict[SlotPath, Placed] = {}
        self._blobs: dict[str, bytes] = {}
        self._edited_as: dict[str, SlotPath] = {}
        self._without_way: list[tuple[Placed, str, bytes]] = []
        self.found: dict[str, Side] = {}
        self.upstream: dict[str, Side] = {}
        self.left: list[NotTaken] = []

    def read(self, changes: Sequence[Change]) -> None:
        """Read the sources of what was edited."""
        plain = frozenset(path for path, entry in self._contents.entries.items() if entry.is_plain)
        self._placed = {file.path: file for file in placed_files(self._pack, self._targets, plain)}
        sources = {self._placed[change.path].source for change in changes if change.path in self._placed}
        self._blobs = dict(self._contents.read(sources))

    def take(self, change: Change) -> None:
        """Take one edit, or say why it stays."""
        if change.path != change.file:
            self.left.append(NotTaken(change.path, "it is an entry of a document, made of what its pack says"))
            return
        assert isinstance(change.local, FileDigest), "only plain files are sent"
        local = self._workspace.read(change)
        file = self._placed.get(change.path)
        if file is None:
            self._add(
                change, _in_repository(self._pack, self._new_source(change)), Side(local, change.local.executable)
            )
            return
        blob, entry = self._blobs[file.source], self._contents.entries[file.source]
        path = self._contents.links.origins.get(file.source) or _in_repository(self._pack, file.source)
        data = self._as_installed(file, change, local, blob)
        source = self._without_own_changes(file, change, data, blob)
        if source is None:
            self._without_way.append((file, path, data))
            return
        self.upstream[path] = Side(blob, entry.executable)
        self._add(change, path, Side(source, change.local.executable))

    def leave_the_others(self) -> None:
        """Say which edits stay: those without a way back, unless another file has the same one."""
        for file, path, data in self._without_way:
            if path in self.found and render(file, self.found[path].data).data == data:
                continue
            why = f"it is made of {file.source}, to which only an edit of a Markdown body goes back"
            self.left.append(NotTaken(file.path, why))

    def _add(self, change: Change, path: str, side: Side) -> None:
        if self.found.setdefault(path, side) != side:
            first = self._edited_as[path]
            raise RefusedError(
                f"{path} of {self._pack.name} was edited in two ways",
                why=f"{first} and {change.path} are both made of it, and have different edits",
                hint=f"name the one that is meant: `{shlex.join(['agentsync', 'contribute', first])}`",
            )
        self._edited_as.setdefault(path, change.path)

    def _new_source(self, change: Change) -> str:
        """Return where a file that the project adds to an item belongs in its pack."""
        for place in places(self._pack, self._targets, folders_only=True):
            if place.holds(change.path):
                return posixpath.join(posixpath.dirname(place.item.path), change.path[len(place.path) + 1 :])
        why = f"{self._pack.name} has no such file upstream"
        raise RefusedError(f"{change.path} cannot be contributed", why=why)

    def _as_installed(self, file: Placed, change: Change, local: bytes, blob: bytes) -> bytes:
        """Return an edited file with the line ends of what is installed, as an edit of the locked release."""
        installed = render(file, blob).data
        assert installed is not None, "it is installed"
        data = with_line_ends_of(installed, local)
        is_older = change.drift is Drift.DIVERGED and change.base is not None
        return self._onto_the_lock(change, data, installed) if is_older else data

    def _without_own_changes(self, file: Placed, change: Change, data: bytes, blob: bytes) -> bytes | None:
        """Return an edit without the changes of `rename` and `overrides`; None for one of another tool's words."""
        installed = render(file, blob).data
        assert installed is not None, "it is installed"
        if installed == blob:
            return data
        if file.is_rendered:
            return source_of(file, blob, data)
        merged = merge_file(installed, data, blob)
        if merged.conflicted:
            raise RefusedError(
                f"{change.path} cannot be contributed",
                why=f"the edit changes what agentsync.yaml sets itself: {', '.join(file.edits)}",
                hint="change that in `rename` or `overrides` of agentsync.yaml, and put the line of the file back",
            )
        return merged.data

    def _onto_the_lock(self, change: Change, data: bytes, installed: bytes) -> bytes:
        """Return an edit of an older release, merged with the locked one."""
        assert change.base is not None, "a file that diverged was written by us"
        base = self._workspace.project.locked.base_bytes(self._lock, [change.base]).get(change.base)
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
