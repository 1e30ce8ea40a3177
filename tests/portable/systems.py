"""The systems that agentsync runs on, as far as Linux can imitate them: a file system, a Python, an encoding.

with mounted(WINDOWS, tmp_path) as folder:
    ...
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.portable import manners
from tests.portable.manners import Manners

_ROOT: Final = Path(__file__).resolve().parents[2]
_SHIMS: Final = Path(__file__).resolve().parent / "shims"
_SECONDS: Final = 20
MISSING_ON_WINDOWS: Final = (
    "no_process_groups",
    "no_polling",
    "no_libc",
    "no_owners",
    "no_folder_handles",
    "no_unix_modules",
)
GUARDS_OF_WINDOWS: Final = ("scanner", "open_is_guarded", "read_only_is_guarded")


class System(NamedTuple):
    """A system.

    Args:
        name: what it is called in tests.
        manners: those of its file system.
        shims: what its Python lacks, see `tests/portable/shims`.
        encoding: that of its standard streams, "" for UTF-8.
    """

    name: str
    manners: Manners
    shims: tuple[str, ...] = ()
    encoding: str = ""

    @property
    def variables(self) -> Mapping[str, str]:
        """Return the variables of a process that runs on it."""
        return simulated(self.shims, self.encoding)


def simulated(shims: tuple[str, ...], encoding: str = "") -> dict[str, str]:
    """Return the variables for a Python with shims and an encoding."""
    variables = {"PYTHONPATH": str(_SHIMS), "PORTABLE_SHIMS": " ".join(shims)} if shims else {}
    return variables | ({"PYTHONIOENCODING": encoding} if encoding else {})


WINDOWS: Final = System("windows", manners.WINDOWS, (*MISSING_ON_WINDOWS, "scanner"), "cp1252")
MACOS: Final = System("macos", manners.MACOS)
EXFAT: Final = System("exfat", manners.EXFAT)
DRVFS: Final = System("drvfs", manners.DRVFS)
IMITATED: Final = (WINDOWS, MACOS, EXFAT, DRVFS)
# A folder on a real file system: where none is imitated, and for a build server that can make one.
GIVEN_FOLDER: Final = os.environ.get("PORTABLE_FOLDER", "" if sys.platform == "linux" else tempfile.gettempdir())
ALL: Final = (System("given", Manners("given", folds=False)),) if GIVEN_FOLDER else IMITATED
# The name of the system that every command in a sandbox runs on, for all tests of a run.
AS_SYSTEM: Final = "PORTABLE_SYSTEM"


def variables_of(name: str) -> Mapping[str, str]:
    """Return what a process sees that is to run on the system of this name, nothing for no name."""
    return {system.name: system for system in IMITATED}[name].variables if name else {}


def printed(text: str) -> str:
    """Return a text as a sandbox reads it from the commands of this run.

    Letters that their encoding lacks are escaped, and its bytes that are not UTF-8 are told.
    """
    encoding = variables_of(os.environ.get(AS_SYSTEM, "")).get("PYTHONIOENCODING", "utf-8")
    return text.encode(encoding, "backslashreplace").decode(errors="backslashreplace")


@contextmanager
def mounted(how: Manners, folder: Path) -> Iterator[Path]:
    """Mount an imitated file system for as long as it is needed.

    Args:
        how: its manners.
        folder: a folder for what lies underneath and for the mount.

    Yields:
        Where it is mounted.
    """
    under, where = folder / "under", folder / "m"
    for one in (under, where):
        one.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.portable.mounted", str(under), str(where), how.name]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stdin is not None
        assert server.stdout.readline() == "mounted\n", "the file system does not start"
        try:
            yield where
        finally:
            server.stdin.close()
            server.wait(_SECONDS)
