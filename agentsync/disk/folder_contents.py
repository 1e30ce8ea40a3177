"""A folder on disk as a pack, for authors: its files and the tree id that git would give them.

A manifest may name any folder, a whole disk included: files are hashed piece by piece and not kept,
and more than `MOST` of them are refused.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.disk.disk_error import disk_errors
from agentsync.errors import DiskError, UnsafeError, UsageError
from agentsync.model.git_file import TreeEntry
from agentsync.model.links import LONGEST_LINK, Links, follow, links_in
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.model.rel_path import is_litter
from agentsync.model.working_tree import TrackedFile, to_lf
from agentsync.platform.links import is_link, is_link_status, read_link
from agentsync.platform.modes import is_program
from agentsync.platform.names import listed
from agentsync.platform.plain_files import open_plain, pieces, read_plain_file

MOST: Final = 50_000
_LARGEST_TEXT: Final = 16 * 1024 * 1024  # bytes of a file whose line ends are converted
_LINK: Final = "120000"
_LONGEST_FLAT: Final = 256  # bytes of a plain file that is looked at as if it were a link
_PASSED_OVER: Final = frozenset((".git", ".agentsync"))


class Known(NamedTuple):
    """Facts about files that their copies in a working tree do not have.

    Args:
        tracked: git's index, by path: its mode, and its line ends where git converts them, are those of the file.
        programs: the SHA-256 of each other file that may be executed.
        has_modes: the file system keeps modes, so that its own count.
    """

    tracked: Mapping[str, TrackedFile]
    programs: Collection[str] = ()
    has_modes: bool = False


class FolderContents:
    """The files of a folder; a link is followed inside the folder alone.

    Args:
        folder: the pack's root.
        shown: its name in messages.
        limits: the sizes that are read.
        known: what else is known of its files, None to take all from the file system.

    Raises:
        UsageError: where there is no such folder.
        UnsafeError: where it holds more than any pack.
        DiskError: where it cannot be read.
    """

    def __init__(self, folder: Path, shown: str, limits: Limits = DEFAULT_LIMITS, known: Known | None = None) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"there is no folder {shown}", why=f"looked at {folder}", hint="`path:` names a pack on disk"
            )
        self._folder = folder
        self._shown = shown
        self._limits = limits
        self._known = known
        self._sizes: dict[str, int] = {}
        # What git's index has to be asked for, as the file system alone does not tell.
        self.has_crlf = self.has_flat_links = False
        # Every file by its path in the folder, with those behind links that are followed.
        self.entries: dict[str, TreeEntry] = {}
        with disk_errors(f"cannot read {shown}"):
            self.tree = self._add(folder, "")
            self.links = self._followed()

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the number of bytes that each of these files had when the folder was listed."""
        return {path: self._sizes[path] for path in paths}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these files.

        Raises:
            UnsafeError: where one is larger than any file that is read.
            DiskError: where one cannot be read, or is no longer what it was.
        """
        wanted = list(dict.fromkeys(paths))
        if why := self._limits.why_unread(self.sizes(wanted)):
            raise UnsafeError(f"{self._shown} holds more than is read", why=why)
        return {path: self._read(path) for path in wanted}

    def _read(self, path: str) -> bytes:
        size, entry = self._sizes[path], self.entries[path]
        where = self._folder.joinpath(*self.links.origins.get(path, path).split("/"))
        with disk_errors(f"cannot read {path} of {self._shown}"):
            data = _read_link(where) if entry.mode == _LINK else b"".join(_pieces(where, size))
        if _object_id(b"blob", data) != entry.oid:
            if self._known and _object_id(b"blob", lf := to_lf(data)) == entry.oid:
                return lf
            raise DiskError(
                f"{path} of {self._shown} changed while it was read", hint="run the command again when it is at rest"
            )
        return data

    def _followed(self) -> Links:
        paths = [path for path in links_in(self.entries) if self._sizes[path] <= LONGEST_LINK]
        if not paths:
            return Links()
        texts = {path: os.fsdecode(_read_link(self._folder.joinpath(*path.split("/")))) for path in paths}
        found = follow(self.entries, texts)
        self._sizes |= {path: self._sizes[origin] for path, origin in found.origins.items()}
        self.entries |= found.files
        return found

    def _add(self, folder: Path, prefix: str) -> str:
        """Read a folder, and return its tree id (git's object format, gitformat-pack(5))."""
        rows: list[tuple[bytes, bytes]] = []
        for shown, entry in listed(folder):
            if entry.name in _PASSED_OVER or is_litter(entry.name):
                continue
            path, name = f"{prefix}{shown}", os.fsencode(shown)
            if entry.is_dir(follow_symlinks=False) and not is_link(entry):
                tree = self._add(Path(entry.path), f"{path}/")
                if tree != _EMPTY_TREE:
                    rows.append((name + b"/", b"40000 " + name + b"\0" + bytes.fromhex(tree)))
            elif (kind := _mode(entry)) is not None:
                mode, size = self._known_mode(path, Path(entry.path), kind[0]), kind[1]
                if len(self.entries) >= MOST:
                    raise UnsafeError(
                        f"{self._shown} holds more than {MOST:,} files",
                        why="a pack is a folder of documents",
                        hint="name the folder of the pack itself",
                    )
                oid = self._blob_id(path, Path(entry.path), mode, size)
                self._sizes[path], self.entries[path] = size, TreeEntry(mode, oid)
                rows.append((name, mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid)))
        return _object_id(b"tree", b"".join(row for _, row in sorted(rows)))

    def _known_mode(self, path: str, where: Path, mode: str) -> str:
        if self._known is None or mode == _LINK:
            return mode
        tracked = self._known.tracked.get(path)
        if self._known.has_modes:
            # Git wrote it as a plain file, as `core.symlinks` says, if it holds what the link does.
            is_flat = tracked and tracked.mode == _LINK and _object_id(b"blob", _short(where)) == tracked.oid
            return _LINK if is_flat else mode
        if path in self._known.tracked:
            return self._known.tracked[path].mode
        is_program = bool(self._known.programs) and _sha256(where) in self._known.programs
        return "100755" if is_program else "100644"

    def _blob_id(self, path: str, where: Path, mode: str, size: int) -> str:
        if mode == _LINK:
            return _object_id(b"blob", _read_link(where))
        digest, end = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), b""
        for piece in _pieces(where, size):
            digest.update(piece)
            self.has_crlf = self.has_crlf or b"\r\n" in end + piece
            end = piece[-1:]
        self.has_flat_links = self.has_flat_links or _may_be_link(where, size)
        found, known = digest.hexdigest(), self._known.tracked.get(path) if self._known else None
        if known and known.converts and known.oid != found and size <= _LARGEST_TEXT:
            lf = to_lf(b"".join(_pieces(where, size)))
            return known.oid if _object_id(b"blob", lf) == known.oid else found
        return found


def _may_be_link(where: Path, size: int) -> bool:
    """Return whether a plain file may be a link that git wrote as one: it names what is there, and nothing else."""
    if size > _LONGEST_FLAT:
        return False
    text = os.fsdecode(_short(where))
    return text.isprintable() and text != "" and os.path.lexists(where.parent / text)


def _short(where: Path) -> bytes:
    """Return the bytes of a file that is no longer than the target of a link, else nothing."""
    with suppress(OSError):
        return read_plain_file(where, LONGEST_LINK)
    return b""


def _mode(entry: os.DirEntry[str]) -> tuple[str, int] | None:
    """Return git's mode and the size of a file or link; None for anything else."""
    status = entry.stat(follow_symlinks=False)
    if is_link_status(status):
        return _LINK, len(_read_link(Path(entry.path)))
    if not stat.S_ISREG(status.st_mode):
        return None
    return "100755" if is_program(status) else "100644", status.st_size


def _read_link(where: Path) -> bytes:
    """Return the target of a link; of one that git checked out as a file, as on Windows, the content."""
    if not is_link(where):
        return read_plain_file(where, LONGEST_LINK)
    return os.fsencode(read_link(where))


def _sha256(where: Path) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(where, where.lstat().st_size):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(where: Path, size: int) -> Iterator[bytes]:
    """Yield the first `size` bytes of a plain file: some files never end."""
    handle = open_plain(where)
    try:
        yield from pieces(handle, size)
    finally:
        os.close(handle)


def _object_id(kind: bytes, data: bytes) -> str:
    return hashlib.sha1(kind + b" %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


_EMPTY_TREE: Final = _object_id(b"tree", b"")
