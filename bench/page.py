"""The page of the documentation with the measurements, the machine, and the goals that are not met."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentsync import __version__
from bench.growth import Line, growth_table
from bench.plot import plot
from bench.report import Answer, table

_DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
_HEAD = """# Benchmarks

Written by `make bench`. Every row was measured in one run, both sides in turn, on a file system in memory,
where it does not say `on disk`: whatever has a goal in 11 rounds or more, the rest in 3 to 5, and one before that
does not count.
Times are medians; ratios are medians of the ratios round by round, so that what slows the machine
down slows both sides. Absolute times depend on the machine and on what else runs on it; ratios do
less, and ratios of CPU time least of all. Nothing here is asserted by a test.

{machine}

agentsync runs as users have it, from an environment of its own. An editable installation, and the
start script of pip before 24, take several milliseconds more at each start.

## Beside what it could be

"""
_LIMITS = """
## What a Python process cannot beat

- It takes as long as seven `git --version` to exist. A clean `drift` of a small project is that; it
  even takes a little less than `python -c pass`, because it leaves without tidying up.
- typer takes about four times as long to load as Python itself. Help, mistakes and command lines with
  values in them pay for it; flags alone are read without it.
- What plans and writes an install takes about four times as long to load as Python, whatever is
  installed: 190 modules of its own and 110 of Python's. `filelock`, `platformdirs`, `dataclasses` and `tempfile` are
  not among them: each would take as long as half a start of Python or more.
- One `lstat` takes Python about 2 microseconds; git, in C and with two threads, needs less for all
  that `git status` does with a file.
- Git takes about 45 microseconds to unpack one file, and two requests for one fetch; refs and objects in one
  [conversation](../decisions/0016-one-conversation-with-a-server.md) take four for a first install, and
  three for an update.

## How costs grow

"""


def machine() -> str:
    """Return the machine and the versions that were measured with."""
    model = "an unknown processor"
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    python = f"Python {platform.python_version()}"
    system = f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"
    return f"{system}, {git}, {python}, agentsync {__version__}, {load}."


def write(answers: Sequence[Answer], grown: Mapping[str, dict[str, Line]], rest: Sequence[str], on: str) -> Path:
    """Write the page and its plots.

    Args:
        answers: the rows of the first table.
        grown: the lines of each plot, by what they grow with.
        rest: further lines of the page.
        on: what was measured on.

    Returns:
        Where the page is.
    """
    met = sum(one.is_met for one in answers if one.goal is not None)
    goals = sum(one.goal is not None for one in answers)
    lines = [_HEAD.format(machine=on)]
    lines += [*table(answers), "", f"{met} of {goals} goals are met.", ""]
    lines += [*rest, _LIMITS]
    for what, found in grown.items():
        name = f"growth-{what.split()[0]}.svg"
        (_DOCS / name).write_text(plot(found, what, "milliseconds"))
        lines += [*growth_table(found, what), "", f"![times by {what}]({name})", ""]
    where = _DOCS / "benchmarks.md"
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    where.write_text(text.rstrip() + "\n")
    return where
