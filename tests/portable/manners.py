"""The manners of file systems, as far as a program notices them through Python.

Sources: Naming Files, Paths, and Namespaces (Microsoft); CreateFileW and MoveFileExW on sharing and
read-only files; TN1150 (HFS Plus) on decomposed names; mount(8) for vfat, exfat and ntfs3; wsl.conf(5)
for drvfs.
"""

from __future__ import annotations

import stat
import unicodedata
from enum import Enum
from typing import Final, NamedTuple

TWO_SECONDS: Final = 2_000_000_000  # nanoseconds
_RUNS_ON_WINDOWS: Final = (".exe", ".bat", ".cmd", ".com")
_WRITABLE: Final = 0o200


class Modes(Enum):
    """The part of a file's mode that is kept."""

    ALL = "all"
    READ_ONLY = "read only"  # Windows: writable or not, and a program by its ending
    NONE = "none"  # everything may be read, written and executed by everybody


class Manners(NamedTuple):
    """Differences of a file system from those of Linux.

    Args:
        name: what it is called in tests.
        folds: upper and lower case are the same; a name stays as it was written.
        decomposes: names are kept in normal form D, and found in any.
        modes: what is kept of a mode.
        symlinks, hard_links: whether it has any.
        guards_open: an open file is neither renamed nor replaced nor deleted.
        guards_read_only: nor is a file without the right to write.
        longest: characters of the longest path, 0 for no limit.
        tick: the steps of its times, in nanoseconds.
        steady_inodes: whether a file has the same number at each look.
        forbidden: characters that no name may have.
        exchanges: whether two files can change places in one step.
    """

    name: str
    folds: bool = True
    decomposes: bool = False
    modes: Modes = Modes.ALL
    symlinks: bool = True
    hard_links: bool = True
    guards_open: bool = False
    guards_read_only: bool = False
    longest: int = 0
    tick: int = 1
    steady_inodes: bool = True
    forbidden: str = ""
    exchanges: bool = False

    def same(self, name: str) -> str:
        """Return what two names that are one file have in common."""
        if self.decomposes:
            name = unicodedata.normalize("NFD", name)
        return name.casefold() if self.folds else name

    def kept_name(self, name: str) -> str:
        """Return a name as the folder lists it."""
        return unicodedata.normalize("NFD", name) if self.decomposes else name

    def shown_mode(self, name: str, mode: int) -> int:
        """Return the mode that is told of what has this mode underneath."""
        kind = stat.S_IFMT(mode)
        if self.modes is Modes.ALL or kind not in (stat.S_IFREG, stat.S_IFDIR):
            return mode
        if self.modes is Modes.NONE or kind == stat.S_IFDIR:
            return kind | 0o777
        runs = 0o111 if name.lower().endswith(_RUNS_ON_WINDOWS) else 0
        return kind | (0o666 if mode & _WRITABLE else 0o444) | runs

    def new_mode(self, old: int, asked: int) -> int:
        """Return the mode that a file gets where it has one and another is asked for."""
        if self.modes is Modes.ALL:
            return asked
        if self.modes is Modes.NONE or stat.S_ISDIR(old):
            return old
        return old | _WRITABLE if asked & _WRITABLE else old & ~0o222


_WINDOWS_FORBIDS: Final = '<>:"|?*\\'
WINDOWS: Final = Manners(
    "windows",
    modes=Modes.READ_ONLY,
    symlinks=False,
    guards_open=True,
    guards_read_only=True,
    longest=259,
    tick=100,
    forbidden=_WINDOWS_FORBIDS,
)
MACOS: Final = Manners("macos", decomposes=True, exchanges=True)
EXFAT: Final = Manners(
    "exfat",
    modes=Modes.NONE,
    symlinks=False,
    hard_links=False,
    tick=TWO_SECONDS,
    steady_inodes=False,
    forbidden=_WINDOWS_FORBIDS,
)
DRVFS: Final = Manners("drvfs", modes=Modes.NONE, tick=100, forbidden=_WINDOWS_FORBIDS)
ALL: Final = {manners.name: manners for manners in (WINDOWS, MACOS, EXFAT, DRVFS)}
