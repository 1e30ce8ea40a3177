"""`--profile`: run a command and tell on standard error where its time went."""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).parent.parent


def profiled(act: Callable[[], int]) -> int:
    """Run `act`, then print the parts of its time, the largest first; return its result.

    Each part is the time in which one file of agentsync, one library or Python itself was at work,
    without what it called. Waiting for git stands by itself.
    """
    profile = cProfile.Profile()
    started = time.perf_counter()
    exit_code = profile.runcall(act)
    total = time.perf_counter() - started
    rows: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = vars(pstats.Stats(profile))["stats"]
    parts: Counter[str] = Counter()
    for (file, _, function), (_, _, own, _, _) in rows.items():
        parts[_part(file, function)] += round(own * 1e6)
    print(f"profile: {total * 1000:7.1f} ms in all, and what Python took to start", file=sys.stderr)
    for name, own in parts.most_common(12):
        print(f"profile: {own / 1000:7.1f} ms {name}", file=sys.stderr)
    return exit_code


def _part(file: str, function: str) -> str:
    if "poll" in function or "waitpid" in function or "select" in function:
        return "waiting for git"
    if "marshal" in function or "importlib" in file or function in ("exec", "<built-in method builtins.exec>"):
        return "loading modules"
    path = Path(file)
    if path.is_relative_to(_PACKAGE):
        return f"agentsync/{path.relative_to(_PACKAGE).as_posix()}"
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    if path.suffix != ".py":
        return "built into Python"
    return f"Python: {path.parent.name if path.parent.name in sys.stdlib_module_names else path.stem}"
