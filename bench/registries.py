"""Times of asking 100 registries of 2,000 tags each, beside `xargs -P16 git ls-remote` over the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.git_server import serving
from bench.installation import Installation
from bench.report import Answer, compared
from bench.timing import Candidate, Times, compare

_REGISTRIES = 100
_TAGS = 2000
_ROUNDS = 5
_ASKED = "outdated"
_DELAY = 0.05
_PLAIN = "xargs -P16 git ls-remote"


def answers(machine: Installation) -> list[Answer]:
    """Measure `outdated` and `lock`, and count their requests to remotes."""
    env, root = machine.env, machine.root
    _registries(machine)
    with serving(root, delay=_DELAY) as slow:
        project = _project(machine, "far", slow.url)
        far = {
            _PLAIN: Candidate(f"xargs -P16 -n1 git ls-remote < {project}/urls > /dev/null", project, env),
            _ASKED: Candidate(f"{machine.agentsync} outdated", project, env),
        }
        found = [_answer(_ASKED, "over HTTP, 50 ms a request", compare(far), 1.2)]
    project = _project(machine, "near", root.as_uri())
    commands = {
        _PLAIN: f"xargs -P16 -n1 git ls-remote < {project}/urls > /dev/null",
        _ASKED: f"{machine.agentsync} outdated",
        "outdated, nothing remembered": f"rm -rf {machine.cache}/git-v1/*/agentsync-1; {machine.agentsync} outdated",
        "lock, with a cache": f"rm -f agentsync.lock && {machine.agentsync} lock",
        "lock, the first time": f"rm -rf agentsync.lock {machine.cache} && {machine.agentsync} lock",
    }
    asked = {what: _asked(command, root, project, env) for what, command in commands.items() if what != _PLAIN}
    # What asks comes after what only asks, as in most runs, and not after what made the cache anew.
    for ours in (_ASKED,), tuple(what for what in commands if what not in (_PLAIN, _ASKED)):
        times = compare({what: Candidate(commands[what], project, env) for what in (_PLAIN, *ours)}, rounds=_ROUNDS)
        found += [_answer(what, asked[what], times) for what in ours]
    return found


def _answer(what: str, told: str, times: Mapping[str, Times], goal: float | None = None) -> Answer:
    return compared(
        f"`{what}`, {_REGISTRIES} registries of {_TAGS:,} tags each ({told})",
        _PLAIN,
        times[what],
        times[_PLAIN],
        goal,
        "a start of Python with all that asks comes on top, as long as four requests",
    )


def _asked(command: str, root: Path, project: Path, env: Mapping[str, str]) -> str:
    """Count the processes of git that a command starts, and those of them that ask a remote."""
    folder, log = root / "counting", root / "calls"
    folder.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    program = folder / "git"
    program.write_text(f'#!/bin/sh\necho " $* " >> {log}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    counting = {**env, "PATH": f"{folder}{os.pathsep}{env['PATH']}"}
    subprocess.run(["sh", "-c", command], cwd=project, env=counting, check=True, capture_output=True)
    calls = log.read_text().splitlines()
    found = {word: sum(f" {word} " in call for call in calls) for word in ("ls-remote", "fetch")}
    return f"{found['ls-remote']} ls-remote, {found['fetch']} fetch, {len(calls)} processes of git"


def _registries(machine: Installation) -> None:
    """Publish repositories with the same packs under other versions."""
    env, root = machine.env, machine.root
    first = root / "registry0"
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(first)], check=True, env=env)
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", f"--git-dir={first}", "config", setting, "true"], check=True, env=env)
    fast_import = ["git", f"--git-dir={first}", "fast-import", "--quiet"]
    subprocess.run(fast_import, input=_history(), check=True, env=env)
    subprocess.run(["git", f"--git-dir={first}", "pack-refs", "--all"], check=True, env=env)
    for number in range(1, _REGISTRIES):
        copy = shutil.copytree(first, root / f"registry{number}")
        refs = (copy / "packed-refs").read_text()
        (copy / "packed-refs").write_text(refs.replace(".0\n", f".{number}\n"))


def _project(machine: Installation, name: str, server: str) -> Path:
    """Make a locked project that asks for a pack of each registry."""
    project = machine.root / name
    project.mkdir()
    urls = {f"registry{number}": f"{server}/registry{number}" for number in range(_REGISTRIES)}
    (project / "urls").write_text("".join(f"{url}\n" for url in urls.values()))
    aliases = "".join(f"  {alias}: {url}\n" for alias, url in urls.items())
    packs = "".join(f'  {alias}: {{version: ^1, rename: {{"agent:a": {alias}}}}}\n' for alias in urls)
    (project / "agentsync.yaml").write_text(f"registries:\n{aliases}packs:\n{packs}")
    subprocess.run([machine.agentsync, "lock", "-q"], cwd=project, check=True, env=machine.env, stdout=-3)
    return project


def _history() -> bytes:
    """Return a pack with as many releases as there are tags, for fast-import."""
    lines: list[str] = []
    for number in range(_TAGS):
        text = f"---\nname: a\ndescription: Helps.\n---\nRelease {number}.\n"
        date = f"b <b@b> {1_735_725_600 + number} +0000"
        lines += [f"commit refs/heads/main\ncommitter {date}\ndata 1\nx"]
        lines += [f"M 644 inline agents/a.md\ndata {len(text)}\n{text}"]
        lines += [f"reset refs/tags/v{number // 1000 + 1}.{number % 1000}.0\nfrom refs/heads/main\n"]
    return "\n".join(lines).encode()
