"""The same on a real disk as in memory, with the number of waits for it: beside git, which does not wait."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import peers
from bench.installation import Installation, install
from bench.projects import project, publish, run, skills
from bench.report import Answer, compared
from bench.timing import Candidate, compare

# Packs of skills: how many, with how many files each.
_PACKS: Final = {10: (2, 5), 100: (10, 10), 400: (20, 20), 1000: (50, 20)}
_TIMED: Final = (400, 1000)
_MOST_WAITS: Final = 8
_WHY: Final = (
    "Python and what plans an install take longer to load than git takes for all; each file is hashed as git's and as"
    " the lock's, and is in the journal before it is in its place"
)
_INDEX: Final = "git read-tree, checkout-index"


def answers(machine: Installation) -> list[Answer]:
    """Measure an install with all cached, in memory and on disk; on disk the peers, too."""
    found = _installs(machine, "in memory")
    with _on_disk() as disk:
        found += _installs(disk, "on disk")
        found += [replace(one, question=f"{one.question}, on disk") for one in peers.answers(disk)]
    return found


@contextmanager
def _on_disk() -> Iterator[Installation]:
    """Make an installation where files survive a restart (Filesystem Hierarchy Standard, /var/tmp)."""
    kept = Path("/var/tmp")
    with tempfile.TemporaryDirectory(dir=kept if kept.is_dir() else None) as folder:
        yield install(Path(folder))


def _installs(machine: Installation, where: str) -> list[Answer]:
    content = {f"of{size}": skills(f"of{size}", *shape) for size, shape in _PACKS.items()}
    bare = publish(machine, "sizes", [{path: text for files in content.values() for path, text in files.items()}])
    found, waits = list[Answer](), dict[int, str]()
    for size in _PACKS:
        folder = project(machine, f"of-{size}", {"acme": str(bare)}, [f"acme/of{size}"])
        run(machine, folder, "install")
        ours = Candidate([machine.agentsync, "install", "--frozen"], folder, machine.env, lambda at=folder: _forget(at))  # type: ignore[misc]
        waits[size] = _waits(ours)
        if size in _TIMED:
            found += _timed(machine, ours, size, where)
    told = "; ".join(f"{size:,} files: {count}" for size, count in waits.items() if count)
    most = max((sum(map(int, re.findall(r"\d+", count))) for count in waits.values()), default=0)
    if told:
        what = f"the same, waits for the disk ({where})"
        found.append(Answer(what, "", told, "", None, _MOST_WAITS, most, unit=""))
    return found


def _forget(folder: Path) -> None:
    for name in (".claude", ".agentsync"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _timed(machine: Installation, ours: Candidate, size: int, where: str) -> list[Answer]:
    """Measure beside git, which waits for no disk, and beside git with one wait for all at its end."""
    files, index = machine.root / "checked-out", machine.root / "index"
    cached = next((machine.cache / "git-v1").glob("*.git"))
    tree = next(line for line in (ours.cwd / "agentsync.lock").read_text().splitlines() if "  tree: " in line).split()[
        1
    ]
    git = f"git --git-dir={cached}"
    checkout = f"{git} read-tree {tree} && {git} --work-tree={files} checkout-index -a --prefix={files}/"
    env = {**machine.env, "GIT_INDEX_FILE": str(index)}

    def empty() -> None:
        shutil.rmtree(files, ignore_errors=True)
        index.unlink(missing_ok=True)
        files.mkdir()

    theirs = {_INDEX: checkout, f"{_INDEX}, sync -f": f"{checkout} && sync -f {files}"}
    candidates = {name: Candidate(command, machine.root, env, empty) for name, command in theirs.items()}
    times = compare({"ours": ours, **candidates})
    what = f"install from a lock, all cached, {size:,} files, {where}"
    goals = {_INDEX: 3.0 if size == max(_TIMED) else None}
    return [compared(what, name, times["ours"], times[name], goals.get(name), _WHY) for name in theirs]


def _waits(candidate: Candidate) -> str:
    """Count the calls of a command, and of all that it starts, that wait for a disk; "" where that cannot be told."""
    if shutil.which("strace") is None:
        return ""
    candidate.prepare()
    with tempfile.NamedTemporaryFile("r") as log:
        words = ["strace", "-f", "-o", log.name, "-e", "trace=fsync,fdatasync,syncfs,sync", *candidate.command]
        done = subprocess.run(words, cwd=candidate.cwd, env=dict(candidate.env), capture_output=True, check=False)
        names = re.findall(r"^\d+ +(\w+)\(", log.read(), re.MULTILINE)
    if done.returncode:
        return ""
    return " + ".join(f"{names.count(name)} {name}" for name in sorted(set(names))) or "0 fsync"
