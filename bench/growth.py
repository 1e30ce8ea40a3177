"""Growth of costs: with the files in a project, the tags in a registry, and the registries."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bench.installation import Installation
from bench.projects import agents, git, project, publish, run
from bench.report import milliseconds
from bench.timing import Candidate, compare

_FILES = (10, 100, 1_000, 10_000)
_TAGS = (10, 100, 1_000, 10_000, 100_000)
_REGISTRIES = (1, 10, 100)
_MOST = 2_500  # files in one pack
_ROUNDS = 7

Line = list[tuple[float, float]]


def files(machine: Installation) -> dict[str, Line]:
    """Return medians in milliseconds by the number of files, for each way to look at them."""
    lines: dict[str, Line] = {}
    for count in _FILES:
        folder = _project(machine, count)

        def forget() -> None:
            shutil.rmtree(machine.cache / "unchanged-1", ignore_errors=True)

        def empty(folder: Path = folder) -> None:
            shutil.rmtree(folder / ".claude")
            shutil.rmtree(folder / ".agentsync")

        words = [machine.agentsync, "drift"]
        times = compare(
            {
                "drift, nothing changed": Candidate(words, folder, machine.env),
                "git status": Candidate(["git", "status", "--porcelain"], folder, machine.env),
                "python -c pass": Candidate([machine.python, "-c", "pass"], folder, machine.env),
            },
            rounds=_ROUNDS,
        )
        times |= compare({"drift, all hashed": Candidate(words, folder, machine.env, forget)}, rounds=_ROUNDS)
        frozen = Candidate([machine.agentsync, "install", "--frozen"], folder, machine.env, empty)
        times |= compare({"install, all cached": frozen}, rounds=3)
        for name, taken in times.items():
            lines.setdefault(name, []).append((count, taken.median * 1000))
    return lines


def _project(machine: Installation, count: int) -> Path:
    packs = [f"p{number}" for number in range(max(1, count // _MOST))]
    content: dict[str, str] = {}
    for pack in packs:
        content |= agents(pack, count // len(packs))
    bare = publish(machine, f"grow{count}", [content])
    folder = project(machine, f"grow{count}-project", {"acme": str(bare)}, [f"acme/{pack}" for pack in packs])
    run(machine, folder, "install")
    git(machine, "-C", str(folder), "init", "-q")
    git(machine, "-C", str(folder), "add", "-A")
    git(machine, "-C", str(folder), "commit", "-qm", "All of it")
    time.sleep(2.1)
    run(machine, folder, "drift")
    return folder


def tags(machine: Installation) -> dict[str, Line]:
    """Return medians in milliseconds by the number of tags: `outdated`, and git's own listing."""
    bare = publish(machine, "tagged", [agents("one", 3)])
    folder = project(machine, "tagged-project", {"acme": str(bare)}, ["acme/one"])
    lines: dict[str, Line] = {}
    commit = git(machine, "-C", str(bare), "rev-parse", "v1.0.0").strip()
    for count in _TAGS:
        names = (f"{number // 100}.{number // 10 % 10}.{number % 10}" for number in range(count))
        packed = sorted(f"{commit} refs/tags/v{name}-rc.{number}" for number, name in enumerate(names))
        heads = git(machine, "-C", str(bare), "symbolic-ref", "HEAD").strip()
        rows = sorted([*packed, f"{commit} refs/tags/v1.0.0", f"{commit} {heads}"], key=lambda row: row.split()[1])
        (bare / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "\n".join(rows) + "\n")
        run(machine, folder, "install")
        times = compare(
            {
                "outdated": Candidate([machine.agentsync, "outdated"], folder, machine.env, fine=(0, 1)),
                "git ls-remote": Candidate(["git", "ls-remote", "-q", str(bare)], folder, machine.env),
            },
            rounds=5,
        )
        for name, taken in times.items():
            lines.setdefault(name, []).append((count, taken.median * 1000))
    return lines


def registries(machine: Installation) -> dict[str, Line]:
    """Return medians in milliseconds by the number of registries: `outdated`, and git's own listing, 16 at a time."""
    lines: dict[str, Line] = {}
    for count in _REGISTRIES:
        urls = {
            f"r{number}": publish(machine, f"many{count}-{number}", [agents(f"r{number}", 1)])
            for number in range(count)
        }
        packs = [f"{alias}/{alias}" for alias in urls]
        folder = project(machine, f"many-project{count}", {alias: str(url) for alias, url in urls.items()}, packs)
        run(machine, folder, "install")
        listed = machine.cache.parent / f"urls{count}"
        listed.write_text("".join(f"{url}\n" for url in urls.values()))
        asking = f"xargs -P16 -n1 git ls-remote -q < {listed}"
        times = compare(
            {
                "outdated": Candidate([machine.agentsync, "outdated"], folder, machine.env, fine=(0, 1)),
                "xargs -P16 git ls-remote": Candidate(asking, folder, machine.env),
            },
            rounds=5,
        )
        for name, taken in times.items():
            lines.setdefault(name, []).append((count, taken.median * 1000))
    return lines


def growth_table(lines: dict[str, Line], what: str) -> list[str]:
    """Return the lines of a plot as a table in Markdown."""
    first: Sequence[tuple[float, float]] = next(iter(lines.values()))
    head = f"| {what} | " + " | ".join(f"{count:,.0f}" for count, _ in first) + " |"
    rows = [
        f"| {name} | " + " | ".join(milliseconds(value / 1000) for _, value in line) + " |"
        for name, line in lines.items()
    ]
    return [head, "|---" * (len(first) + 1) + "|", *rows]
