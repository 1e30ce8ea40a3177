"""Times of commands with little or nothing to do, beside an empty Python."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from bench.installation import Installation
from bench.projects import agents, project, publish, run
from bench.report import Answer, compared
from bench.timing import Candidate, compare

_LOADING = "what it needs takes long to load"
_OTHERS = ("list", "tree", "status", "drift --json", "--help")


def installed(machine: Installation, packs: int, files: int) -> Path:
    """Make a project of so many packs with so many files each, from folders on disk, in sync and recorded."""
    name = f"clean{packs * files}"
    content: dict[str, str] = {}
    for pack in range(packs):
        content |= agents(f"pack{pack}", files)
    bare = publish(machine, name, [content])
    folder = project(machine, f"{name}-project", {"acme": str(bare)}, [f"acme/pack{pack}" for pack in range(packs)])
    run(machine, folder, "install")
    time.sleep(2.1)  # what was written just now is not vouched for
    for command in ("drift", "install"):
        run(machine, folder, command)
    return folder


def _forget(machine: Installation) -> None:
    shutil.rmtree(machine.cache / "unchanged-1", ignore_errors=True)


def answers(machine: Installation) -> list[Answer]:
    """Measure small commands, in projects of 120 and 1,000 files."""
    small, large = installed(machine, 5, 24), installed(machine, 10, 100)
    empty = Candidate([machine.python, "-c", "pass"], small, machine.env)
    goals = {"--version": 1.3, "drift": 1.6, "install": 1.6}
    found = []
    for folder, files, commands in ((small, 120, goals), (large, 1000, {"drift": 2.0, "install": 2.0})):
        candidates = {one: Candidate([machine.agentsync, one], folder, machine.env) for one in commands}
        times = compare({"empty": empty, **candidates}, rounds=21)
        for command, goal in commands.items():
            what = f"`{command}`" if command == "--version" else f"`{command}`, nothing changed, {files:,} files"
            found.append(compared(what, "python -c pass", times[command], times["empty"], goal))
    candidates = {f"`{one}`": Candidate([machine.agentsync, *one.split()], small, machine.env) for one in _OTHERS}
    candidates["`drift` in a fresh clone"] = Candidate(
        [machine.agentsync, "drift"], small, machine.env, lambda: _forget(machine)
    )
    times = compare({"empty": empty, **candidates})
    return found + [
        compared(f"{command}, 120 files", "python -c pass", times[command], times["empty"], 7.0, _LOADING)
        for command in candidates
    ]
