"""Count what programs do to a file system below Python, and kill them before one of these steps: see `git_steps.c`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

_SOURCE: Final = Path(__file__).with_name("git_steps.c")


def counting(folder: Path) -> dict[str, str]:
    """Return the variables of programs that count; skip the test where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = folder / "git_steps.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "STEPS_LOG": str(folder / "steps")}


def forget(variables: dict[str, str]) -> None:
    """Count from one again."""
    Path(variables["STEPS_LOG"]).unlink(missing_ok=True)


def counted(variables: dict[str, str]) -> int:
    """Return how many steps there were."""
    log = Path(variables["STEPS_LOG"])
    return log.stat().st_size if log.exists() else 0
