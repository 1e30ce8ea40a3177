"""Run every benchmark, print what was measured, and write it into the documentation."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import clean, cold, lockfile, start
from bench.installation import install
from bench.report import Answer, table

QUESTIONS = {"start": start, "clean": clean, "lockfile": lockfile, "cold": cold}


def main() -> None:
    """Ask the questions that are named, or all of them."""
    asked = sys.argv[1:] or list(QUESTIONS)
    found: list[Answer] = []
    for name in asked:
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            answers = QUESTIONS[name].answers(install(Path(folder)))
        found += answers
        print("\n".join(table(answers)), flush=True)


main()
