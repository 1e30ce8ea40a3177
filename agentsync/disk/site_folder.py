"""The folder of a static site: what stands in it, and its files written and deleted one by one.

Each file is at any moment the old one or the new one. Nothing is flushed to disk: a site can be made again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_error, disk_errors
from agentsync.disk.site_record import MadeFile
from agentsync.platform.files import remove, remove_folder, write_beside, write_pieces_beside
from agentsync.platform.links import walk
from agentsync.platform.names import composed_path
from agentsync.platform.plain_files import read_plain_file

LINK: Final = -1
_LARGEST: Final = 256 * 1024 * 1024


class SiteFolder:
    """The files below a folder, by POSIX paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def is_possible(self) -> bool:
        """True where it is a folder, or nothing has its name."""
        return self.root.is_dir() or not os.path.lexists(self.root)

    def sizes(self) -> dict[str, int]:
        """Return the size of every file; LINK for what is neither a plain file nor a folder."""
        found: dict[str, int] = {}
        with disk_errors(f"cannot look into {self.root}"):
            for base, _, names in walk(self.root):
                for name in names:
                    where = Path(base, name)
                    status = where.lstat()
                    is_plain = stat.S_ISREG(status.st_mode)
                    found[composed_path(self.root, where)] = status.st_size if is_plain else LINK
        return found

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, none where it cannot be read."""
        with suppress(OSError):
            return read_plain_file(self._place(path), _LARGEST)
        return b""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all; folders on the way are made."""
        try:
            write_beside(self._place(path), data)
        except OSError as error:
            raise disk_error(f"cannot write {self.root / path}", error) from error

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> MadeFile:
        """Write a file piece by piece, whole or not at all; return how it was made, by the digest of its bytes."""
        digest, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece

        try:
            write_pieces_beside(self._place(path), counted())
        except OSError as error:
            raise disk_error(f"cannot write {self.root / path}", error) from error
        return MadeFile(digest.hexdigest(), size)

    def delete(self, path: str) -> None:
        """Delete a file, and the folders that this leaves empty."""
        where = self._place(path)
        with disk_errors(f"cannot delete {where}"):
            remove(where)
        with suppress(OSError):
            for folder in where.parents:
                if folder == self.root:
                    break
                remove_folder(folder)

    def _place(self, path: str) -> Path:
        parts = path.split("/")
        assert not any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts), path
        return self.root.joinpath(*parts)
