"""Programs for a shell, which tests write: where the file system in use has no programs, they are put elsewhere."""

from __future__ import annotations

import stat
import tempfile
from functools import cache
from pathlib import Path


def write_program(where: Path, script: str) -> Path:
    """Write a program; return where it is, which is on the machine's own file system if no other runs it.

    Args:
        where: the file that it is to be.
        script: what the shell does, without the first line.
    """
    for place in (where, _elsewhere(where.parent) / where.name):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        place.chmod(0o755)
        if place.stat().st_mode & stat.S_IXUSR:
            break
    return place


@cache
def _all() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="programs-", ignore_cleanup_errors=True)


@cache
def _elsewhere(folder: Path) -> Path:
    """Return the one folder that stands for a folder of programs."""
    return Path(tempfile.mkdtemp(dir=_all().name))
