"""Run every benchmark, print what was measured, and write it into the documentation.

python -m bench                      all of them, and the page
python -m bench start cold           these alone, without the page
python -m bench --page tls           these alone, and their parts of the page
BENCH_ROUNDS=1 python -m bench tls   a try, with so many rounds at most
BENCH_REPOSITORIES=1000 python -m bench fleet   a smaller fleet
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import (
    clean,
    cold,
    disk,
    fleet,
    growth,
    lockfile,
    many_packs,
    merge,
    page,
    peers,
    registries,
    resolve,
    start,
    tls,
    tools,
)
from bench.installation import Installation, install
from bench.report import Answer, table

QUESTIONS = {
    "start": start,
    "clean": clean,
    "tools": tools,
    "cold": cold,
    "disk": disk,
    "registries": registries,
    "packs": many_packs,
    "lockfile": lockfile,
    "peers": peers,
    "tls": tls,
    "resolve": resolve,
    "fleet": fleet,
}


# Further lines of a part of the page.
_REMARKS: dict[str, Callable[[Sequence[Answer]], list[str]]] = {
    "peers": lambda _: peers.remarks(),
    "tls": lambda _: tls.remarks(),
    "fleet": fleet.on_paper,
}


def main() -> None:
    """Ask the questions that are named, or all of them."""
    asked = [word for word in sys.argv[1:] if word != "--page"]
    if "--help" in asked:
        print(__doc__)
        return
    if unknown := [word for word in asked if word not in (*QUESTIONS, "merge", "growth")]:
        raise SystemExit(f"no such benchmark: {', '.join(unknown)}")
    is_written = not asked or "--page" in sys.argv
    for name, question in QUESTIONS.items():
        if not asked or name in asked:
            on = page.machine()
            with tempfile.TemporaryDirectory(dir=_memory()) as folder:
                found = question.answers(install(Path(folder)))
            remarks = _REMARKS[name](found) if name in _REMARKS else []
            print("\n".join([*table(found), *remarks]), flush=True)
            if is_written:
                page.write(name, found, on, remarks)
    if not asked or "merge" in asked:
        print(f"\n## Merging\n\n{merge.__doc__}\n")
        merge.main()
    if not asked or "growth" in asked:
        _growth(is_written)
    if is_written:
        print(f"written: {page.PAGE}")


def _growth(is_written: bool) -> None:
    on = page.machine()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        machine: Installation = install(Path(folder))
        grown = {
            "files in the project": growth.files(machine),
            "tags in the registry": growth.tags(machine),
            "registries": growth.registries(machine),
        }
    for what, lines in grown.items():
        print("\n".join(growth.growth_table(lines, what)), flush=True)
    if is_written:
        page.write_growth(grown, on)


def _memory() -> str | None:
    """Return a file system in memory, where there is one: on a disk, the disk would be measured."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


main()
