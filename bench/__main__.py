"""Run every benchmark, print what was measured, and write it into the documentation.

python -m bench                  all of them, and the page
python -m bench start cold       these alone, without the page
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import clean, cold, disk, growth, lockfile, merge, page, peers, registries, resolve, start, tools
from bench.installation import Installation, install
from bench.report import Answer, table

QUESTIONS = {
    "start": start,
    "clean": clean,
    "tools": tools,
    "cold": cold,
    "disk": disk,
    "registries": registries,
    "lockfile": lockfile,
    "peers": peers,
    "resolve": resolve,
}


def main() -> None:
    """Ask the questions that are named, or all of them."""
    asked = sys.argv[1:]
    if "--help" in asked:
        print(__doc__)
        return
    on = page.machine()
    answers: list[Answer] = []
    for name in [one for one in asked if one in QUESTIONS] or (QUESTIONS if not asked else ()):
        with tempfile.TemporaryDirectory(dir=_memory()) as folder:
            found = QUESTIONS[name].answers(install(Path(folder)))
        print("\n".join(table(found)), flush=True)
        answers += found
    if not asked or "merge" in asked:
        print(f"\n## Merging\n\n{merge.__doc__}\n")
        merge.main()
    if not asked:
        with tempfile.TemporaryDirectory(dir=_memory()) as folder:
            machine: Installation = install(Path(folder))
            grown = {
                "files in the project": growth.files(machine),
                "tags in the registry": growth.tags(machine),
                "registries": growth.registries(machine),
            }
        print(f"written: {page.write(answers, grown, _peers(), on)}")


def _peers() -> list[str]:
    """Return the lines that name the peers that were measured, and those that were not."""
    here = peers.found()
    told = [f"{name} {here[name]}" for name in peers.PEERS if name in here]
    absent = [f"{name} ({where})" for name, where in peers.PEERS.items() if name not in here]
    lines = ["", f"Peers that were measured: {', '.join(told) or 'none'}."]
    return [*lines, *([f"Not here, or not able to run here: {', '.join(absent)}."] if absent else [])]


def _memory() -> str | None:
    """Return a file system in memory, where there is one: on a disk, the disk would be measured."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


main()
