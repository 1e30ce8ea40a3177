"""The page of the documentation with the measurements: each benchmark renews its own part, and no other.

A part stands between two comments, `<!-- measured: NAME -->` and `<!-- end: NAME -->`. What is written by hand stands
outside of them, and stays.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agentsync import __version__
from bench.growth import Line, growth_table
from bench.plot import plot
from bench.report import Answer, table

_DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGE = _DOCS / "benchmarks.md"
_GOALS = re.compile(r"^\d+ of \d+ goals are met\.$", re.MULTILINE)


def machine() -> str:
    """Return the machine and the versions that are measured with, now."""
    model = "an unknown processor"
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    python = f"Python {platform.python_version()}"
    system = f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"
    few = f", at most {most} rounds" if (most := os.environ.get("BENCH_ROUNDS")) else ""
    return f"{datetime.now(UTC):%Y-%m-%d}: {system}, {git}, {python}, agentsync {__version__}, {load}{few}."


def write(name: str, answers: Sequence[Answer], on: str, rest: Sequence[str] = ()) -> None:
    """Write the rows of one benchmark into its part of the page.

    Args:
        on: what was measured on.
        rest: further lines of the part.
    """
    _replace(name, [on, "", *table(answers), *rest])


def write_growth(grown: Mapping[str, Mapping[str, Line]], on: str) -> None:
    """Write the tables and plots of how costs grow, by what they grow with."""
    lines = [on, ""]
    for what, found in grown.items():
        name = f"growth-{what.split()[0]}.svg"
        (_DOCS / name).write_text(plot(found, what, "milliseconds"))
        lines += [*growth_table(dict(found), what), "", f"![times by {what}]({name})", ""]
    _replace("growth", lines)


def _replace(name: str, lines: Sequence[str]) -> None:
    text = PAGE.read_text()
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    if begin not in text:
        raise SystemExit(f"{PAGE} has no part for {name}: write {begin} and {end} where it belongs")
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    body = "\n".join(lines).rstrip()
    text = f"{before}{begin}\n\n{body}\n\n{end}{after}"
    met, not_met = text.count(" | yes |"), len(re.findall(r" \| no(?:: [^|]*)? \|$", text, re.MULTILINE))
    PAGE.write_text(_GOALS.sub(f"{met} of {met + not_met} goals are met.", text))
