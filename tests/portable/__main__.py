"""The tests as on another system: its file system under all that they write, its Python in each command they run.

    python -m tests.portable windows tests/cli/test_update.py
    python -m tests.portable all

Whatever follows the name of the system goes to pytest, all tests but the longest by default. The first system is
`without`: the machine's own file system, and a Python without what that of Windows lacks, which prints cp1252.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.portable import fuse
from tests.portable.systems import AS_SYSTEM, IMITATED, WINDOWS, mounted

WITHOUT: Final = "without"
# The tests of the program; those of `tests/portable` imitate systems themselves.
_ALL: Final = ("-rs", "-m", "not faults and not long", "--ignore=tests/portable")


def main(name: str = "all", *arguments: str) -> int:
    """Run pytest on a system, or on each of them, and return the largest of its exit codes."""
    if name == "all":
        return max(main(one, *arguments) for one in (WITHOUT, *(system.name for system in IMITATED)))
    options = [*_ALL, *arguments]
    if name == WITHOUT:
        return _test(WINDOWS.name, options)
    system = {system.name: system for system in IMITATED}[name]
    if why := fuse.why_not():
        sys.stderr.write(f"error: {why}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="p") as folder, mounted(system.manners, Path(folder)) as where:
        return _test(name, [f"--basetemp={where / 't'}", *options])


def _test(name: str, options: list[str]) -> int:
    sys.stdout.write(f"{name}: pytest {' '.join(options)}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, env={**os.environ, AS_SYSTEM: name}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
