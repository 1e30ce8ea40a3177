"""The tests as on another system: its file system under all that they write, its Python in each command they run.

    python -m tests.portable windows tests/cli/test_update.py
    python -m tests.portable all

Whatever follows the name of the system goes to pytest, all tests but the longest by default. The first system is
`without`: the machine's own file system, and a Python without what that of Windows lacks, which prints cp1252.

`all` runs what a system can make a difference for (`tests/portable/parts.py`), to the end whatever fails: the stories
of `tests/portable`, the quick tests on every system, and then the slow ones. A line tells of each run, at its end and
once more at the very end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.portable import fuse
from tests.portable.parts import Count, counted, paths_of
from tests.portable.systems import AS_SYSTEM, IMITATED, WINDOWS, mounted

WITHOUT: Final = "without"
# The tests of the program; those of `tests/portable` imitate systems themselves.
_ALL: Final = ("-rs", "-m", "not faults and not long", "--ignore=tests/portable")
_ROUNDS: Final = {"quick": "not slow and not faults and not long", "slow": "slow and not faults and not long"}


def main(name: str = "all", *arguments: str) -> int:
    """Run pytest on a system, or on each of them, and return 0 where no test failed."""
    if name not in ("all", WITHOUT, *(system.name for system in IMITATED)):
        sys.stderr.write(f"error: {name!r} is no system that is imitated\n")
        return 2
    if why := name != WITHOUT and fuse.why_not():
        sys.stderr.write(f"error: {why}\n")
        return 2
    if name == "all":
        return _run_all(arguments)
    with _system(name) as options:
        return _test(name, [*options, *_ALL, *arguments])


def _run_all(arguments: Sequence[str]) -> int:
    stories = ["-m", "not faults and not long", "tests/portable", *arguments]
    counts = {"stories on every system": _counted("", stories)}
    _tell(f"stories on every system: {counts['stories on every system'].line()}")
    for kind, marks in _ROUNDS.items():
        for name in (WITHOUT, *(system.name for system in IMITATED)):
            with _system(name) as options:
                more = ["-m", marks, *paths_of(has_own_files=name != WITHOUT), *arguments]
                what = f"{name}, {kind} tests"
                counts[what] = _counted(name, [*options, *more])
                _tell(f"{what}: {counts[what].line()}")
    _tell("\n".join(["", *(f"{what}: {count.line()}" for what, count in counts.items())]))
    return int(any(count.failed for count in counts.values()))


def _counted(name: str, options: list[str]) -> Count:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        return counted(report, _test(name, [*options, "--tb=short", f"--junitxml={report}"]))


@contextmanager
def _system(name: str) -> Iterator[list[str]]:
    """Yield the options with which pytest writes to the file system of this name, as long as it is there."""
    if name == WITHOUT:
        yield []
        return
    manners = {system.name: system for system in IMITATED}[name].manners
    with tempfile.TemporaryDirectory(prefix="p") as folder, mounted(manners, Path(folder)) as where:
        yield [f"--basetemp={where / 't'}"]


def _test(name: str, options: list[str]) -> int:
    _tell(f"{name or 'here'}: pytest {' '.join(options)}")
    command = [sys.executable, "-m", "pytest", *options]
    system = WINDOWS.name if name == WITHOUT else name
    return subprocess.run(command, env={**os.environ, AS_SYSTEM: system}, check=False).returncode


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
