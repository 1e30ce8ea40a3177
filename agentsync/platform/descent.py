"""The way down to a folder, one component at a time from a trusted folder; no link is followed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from agentsync.platform.open_folder import AS_FOLDER, Entry, NotAFolder, OpenFolder
from agentsync.platform.retrying import make_folders, open_file

HAS_HANDLES: Final = os.supports_dir_fd.issuperset(
    (os.open, os.stat, os.mkdir, os.rename, os.link, os.unlink, os.rmdir, os.readlink, os.symlink)
)


class Descent:
    """A way down from a trusted folder; its folders stay open for the next path."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._way: list[OpenFolder] = []

    def __enter__(self) -> Descent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._back_to(0)

    def enter(self, base: str, names: Sequence[str], *, make: bool = False) -> OpenFolder:
        """Open the folder that names lead to; the next call may close it.

        Args:
            base: the folder where the way begins; links may lead to it.
            names: the components below it.
            make: make the folders that are missing.

        Raises:
            NotAFolder: where one of them is something else.
            OSError: where one cannot be opened.
        """
        if self._way and len(names) == len(self._names) and list(names) == self._names and self._way[0].path == base:
            return self._way[-1]
        if not self._way or self._way[0].path != base:
            self._back_to(0)
            if make:
                make_folders(base)
            self._way.append(OpenFolder(base, open_file(base, AS_FOLDER) if HAS_HANDLES else None))
        same = 0
        while same < min(len(names), len(self._names)) and names[same] == self._names[same]:
            same += 1
        self._back_to(same + 1)
        for depth, name in enumerate(names[same:], start=same + 1):
            try:
                folder = self._way[-1].enter(name, make=make)
            except NotAFolder as error:
                raise NotAFolder(depth, error.is_link) from error
            self._way.append(folder)
            self._names.append(name)
        return self._way[-1]

    def leave(self) -> None:
        """Close all of its folders: they may be gone, or be others, when they are needed next."""
        self._back_to(0)

    def _back_to(self, length: int) -> None:
        while len(self._way) > length:
            self._way.pop().close()
        del self._names[max(0, length - 1) :]


@contextmanager
def entered(base: str, names: Sequence[str], *, make: bool = False) -> Iterator[OpenFolder]:
    """Open the folder that names lead to for a block; as `Descent.enter`."""
    with Descent() as descent:
        yield descent.enter(base, names, make=make)


def remove_empty(base: str, names: Sequence[str], given: int = 0) -> None:
    """Remove the folders that names lead to and that are empty, but none of the first `given`.

    Raises:
        OSError: where the disk fails; a folder that is not empty, or is a mount, is no failure.
    """
    for count in range(len(names), given, -1):
        try:
            with entered(base, names[: count - 1]) as folder:
                Entry(folder, names[count - 1]).remove_folder()
        except FileNotFoundError:
            continue  # an interrupted run removed it
        except OSError as error:
            if error.errno == errno.EIO:
                raise
            return
