"""A registry of 10,000 packs with 100,000 tags: `search` and `info`, without an index and with one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.installation import Installation
from bench.report import Answer

PACKS = 10_000
RELEASES = 10
_WORDS = "review test deploy audit write plan draw measure trace mend".split()
_THINGS = "pages tables queries models servers pipelines reports lockfiles accounts schemas".split()


class _Cost(NamedTuple):
    seconds: float  # of processors, git's too
    megabytes: float  # of the largest process


def answers(machine: Installation) -> list[Answer]:
    """Measure each command with an empty cache, but for what the row says."""
    registry, project = machine.root / "large.git", machine.root / "project"
    make_registry(registry)
    project.mkdir()
    (project / "agentsync.yaml").write_text(f"registries:\n  big: {registry.as_uri()}\n")
    before = _costs(machine, project)
    indexing = _cost(machine, project, "registry", "index", str(registry))
    after = _costs(machine, project)
    found = [
        answer
        for what, goals in _GOALS.items()
        for answer in (
            _row(f"{what}, without an index", before[what], None, goals),
            _row(f"{what}, with an index", after[what], before[what], goals),
        )
    ]
    return [*found, _row("`registry index`", indexing, None, (None, None))]


_GOALS: dict[str, tuple[float | None, float | None]] = {
    "`search --refresh`": (15, 150),
    "`search` again": (0.2, None),
    "`info ALIAS`": (3, None),
}


_SLOW = "the list of packs and all tags are read, in Python"
_LARGE = "its memory is not: the refs, tags and rows of all packs are in it"


def _costs(machine: Installation, project: Path) -> dict[str, _Cost]:
    shutil.rmtree(machine.cache, ignore_errors=True)
    found = [_cost(machine, project, *words) for words in (("search", "--refresh", "audit"), ("search", "audit"))]
    shutil.rmtree(machine.cache, ignore_errors=True)
    return dict(zip(_GOALS, (*found, _cost(machine, project, "info", "big")), strict=True))


def _cost(machine: Installation, project: Path, *words: str) -> _Cost:
    with subprocess.Popen(
        [machine.agentsync, *words], cwd=project, env=machine.env, stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"agentsync {' '.join(words)}: exit {process.returncode}")
    return _Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def _row(what: str, cost: _Cost, other: _Cost | None, goals: tuple[float | None, float | None]) -> Answer:
    seconds, megabytes = goals
    is_met = megabytes is None or cost.megabytes <= megabytes
    return Answer(
        f"{what}, {PACKS:,} packs, {PACKS * RELEASES:,} tags ({cost.megabytes:.0f} MB at most)",
        "the same without an index" if other else "",
        f"{cost.seconds:.2f} s of CPU",
        f"{other.seconds:.2f} s" if other else "",
        cost.seconds / other.seconds if other else None,
        seconds,
        measured=cost.seconds if is_met else (seconds or 0) + 1,
        unit=" s",
        why=_SLOW if is_met else _LARGE,
    )


def make_registry(folder: Path, packs: int = PACKS, releases: int = RELEASES) -> None:
    """Make a bare repository with packs of two items, each released as often."""
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(folder)], check=True)
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", f"--git-dir={folder}", "config", setting, "true"], check=True)
    fast_import = ["git", f"--git-dir={folder}", "fast-import", "--quiet"]
    with subprocess.Popen(fast_import, stdin=subprocess.PIPE) as process:
        assert process.stdin
        # In pieces: a process that starts later begins with as much memory as this one has.
        for text in _history(packs, releases):
            process.stdin.write(text.encode())
    if process.returncode:
        raise SystemExit("git fast-import does not take the history")
    subprocess.run(["git", f"--git-dir={folder}", "pack-refs", "--all"], check=True)


def _history(packs: int, releases: int) -> Iterator[str]:
    listed = "".join(
        f"  {_name(number)}:\n    path: packs/{_name(number)}\n    description: {_sentence(number)}\n"
        f"    keywords: [{_THINGS[number % 10]}, {_WORDS[number // 10 % 10]}]\n"
        for number in range(packs)
    )
    for release in range(releases):
        yield f"commit refs/heads/main\ncommitter b <b@b> {1_735_725_600 + release} +0000\ndata 1\nx"
        if not release:
            yield from _file("registry.yaml", f"registry: 1\nname: large\npacks:\n{listed}")
        for number in range(packs):
            name = _name(number)
            head = f"---\nname: {{}}-{number}\ndescription: {_sentence(number + 7)}\ntools: Read, Grep\n---\n"
            yield from _file(f"packs/{name}/agents/agent-{number}.md", f"{head.format('agent')}Release {release}.\n")
            if not release:
                yield from _file(f"packs/{name}/skills/skill-{number}/SKILL.md", f"{head.format('skill')}Do it.\n")
        for number in range(packs):
            yield f"reset refs/tags/{_name(number)}/v1.{release}.0\nfrom refs/heads/main\n\n"


def _name(number: int) -> str:
    return f"{_WORDS[number % 10]}-{_THINGS[number // 10 % 10]}-{number}"


def _sentence(number: int) -> str:
    verb, thing = _WORDS[number // 3 % 10], _THINGS[number // 7 % 10]
    return f"{verb.capitalize()} {thing} of team {number % 97} and say what to do about them"


def _file(path: str, text: str) -> Iterator[str]:
    yield f"M 644 inline {path}\ndata {len(text)}\n{text}\n"
