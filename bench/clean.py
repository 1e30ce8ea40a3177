"""A large project in which nothing has changed: beside git, beside hashing everything, and in memory."""

from __future__ import annotations

import shutil
import subprocess
import time

from bench.installation import Installation
from bench.projects import agents, git, project, publish, run, skills
from bench.report import Answer, compared
from bench.timing import Candidate, compare, peak_memory

_PACKS = ("big1", "big2", "big3", "big4")


def answers(machine: Installation) -> list[Answer]:
    """Measure `drift` over 10,000 files, as single files and in folders that are owned whole."""
    found = []
    for name, content, goal, where in (
        ("agents", [agents(pack, 2500) for pack in _PACKS], 2.5, ""),
        ("skills", [skills(pack, 125) for pack in _PACKS], 3.5, " in 500 folders that are searched for other files"),
    ):
        bare = publish(machine, f"big-{name}", [{path: text for pack in content for path, text in pack.items()}])
        folder = project(machine, f"big-{name}-project", {"acme": str(bare)}, [f"acme/{pack}" for pack in _PACKS])
        run(machine, folder, "install")
        git(machine, "-C", str(folder), "init", "-q")
        git(machine, "-C", str(folder), "add", "-A")
        git(machine, "-C", str(folder), "commit", "-qm", "All of it")
        time.sleep(2.1)
        run(machine, folder, "drift")
        subprocess.run(["git", "status"], cwd=folder, env=machine.env, capture_output=True, check=True)
        ours = Candidate([machine.agentsync, "drift"], folder, machine.env)
        status = Candidate(["git", "status", "--porcelain"], folder, machine.env)
        times = compare({"ours": ours, "git": status})
        found.append(
            compared(
                f"`drift`, nothing changed, 10,000 files{where}",
                "git status --porcelain",
                times["ours"],
                times["git"],
                goal,
                "git looks at files on both cores; Python takes half of its time to start",
            )
        )
        if name == "agents":
            found += _hashing(machine, ours)
    return found


def _hashing(machine: Installation, drift: Candidate) -> list[Answer]:
    """Measure the same without a record, so that every file is hashed."""

    def forget() -> None:
        shutil.rmtree(machine.cache / "unchanged-1", ignore_errors=True)

    full = Candidate(drift.command, drift.cwd, drift.env, forget)
    sums = Candidate("find .claude -type f -print0 | xargs -0 -P2 -n500 sha256sum", drift.cwd, drift.env)
    times = compare({"ours": full, "sums": sums})
    checking = Candidate([machine.agentsync, "verify", "--offline"], drift.cwd, drift.env)
    verified = compare({"ours": checking, "sums": sums})
    peak = peak_memory(full)
    run(machine, drift.cwd, "drift")
    peak_clean = peak_memory(drift)
    why = (
        "two processes of sha256sum on two cores, beside one Python that reads the lock and plans as well; a second"
        " process for half of the files gains an eighth on an idle machine, and loses more on a busy one"
    )
    memory = "the whole lock as objects, and a plan with an entry for each file"
    return [
        compared(
            "`drift`, all of 10,000 files hashed", "find, xargs -P2 sha256sum", times["ours"], times["sums"], 1.1, why
        ),
        compared(
            "`verify --offline`, 10,000 files, on disk and again out of the cache",
            "find, xargs -P2 sha256sum",
            verified["ours"],
            verified["sums"],
            2.5,
            "every file is hashed three times, on disk, as a blob, and as it is to be installed; git alone takes longer"
            " to unpack the blobs than both processes of sha256sum for all",
        ),
        _memory("all hashed", peak, memory),
        _memory("nothing changed", peak_clean, memory),
    ]


def _memory(how: str, peak: int, why: str) -> Answer:
    size = peak / 1_000_000
    return Answer(
        f"most memory, `drift`, 10,000 files, {how}", "", f"{size:.0f} MB", "", None, 80, size, unit=" MB", why=why
    )
