"""One pack for seven AI tools, and entries in documents of the user's: beside as many files of one tool, and Python."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bench.installation import Installation
from bench.projects import agents, project, publish, run, skills
from bench.report import Answer, compared
from bench.timing import Candidate, compare

TARGETS = ("claude-code", "copilot", "cursor", "codex", "opencode", "gemini", "qwen")
_WITH_SERVERS = ("claude-code", "cursor", "gemini", "codex")
_AGENTS, _SKILLS, _FILES = 250, 25, 10
_MORE = "places are worked out for each tool, where one tool has as many items"
_EDITORS = "what reads JSON and TOML documents is loaded, and each document is read"


def answers(machine: Installation) -> list[Answer]:
    """Measure checks and an install with nothing to do."""
    return [*_many(machine), *_entries(machine)]


def _many(machine: Installation) -> list[Answer]:
    """Measure some 2,000 files for seven tools beside as many for one: each file may cost what it costs there."""
    count = _AGENTS * len(TARGETS) + _SKILLS * _FILES
    content = {"seven": agents("seven", _AGENTS) | skills("seven", _SKILLS, _FILES)}
    content["one"] = agents("one", _AGENTS * len(TARGETS)) | skills("one", _SKILLS, _FILES)
    folders = {
        "seven": _installed(machine, "seven", content["seven"], TARGETS),
        "one": _installed(machine, "one", content["one"], TARGETS[:1]),
    }
    found = []
    for what, command, forgets in (
        ("`drift`, nothing changed", "drift", False),
        ("`install`, nothing changed", "install", False),
        ("`drift`, all hashed", "drift", True),
    ):
        times = compare({name: _candidate(machine, command, at, forgets=forgets) for name, at in folders.items()})
        question = f"{what}, {count:,} files for {len(TARGETS)} tools"
        found.append(compared(question, "as many files for one tool", times["seven"], times["one"], 1.1, _MORE))
    return found


def _entries(machine: Installation) -> list[Answer]:
    """Measure 20 entries in 4 documents, beside an empty Python: the goals are those of 120 files."""
    servers = {f"server{number}": {"command": "npx", "args": [f"server-{number}"]} for number in range(5)}
    content = {"tools/.mcp.json": json.dumps({"mcpServers": servers})}
    folder = _installed(machine, "tools", content, _WITH_SERVERS)
    found = []
    for what, command, forgets, goal in (
        ("`drift`, nothing changed", "drift", False, 1.6),
        ("`install`, nothing changed", "install", False, 1.6),
        ("`drift` in a fresh clone", "drift", True, 7.0),
    ):
        ours = _candidate(machine, command, folder, forgets=forgets)
        empty = Candidate([machine.python, "-c", "pass"], folder, machine.env)
        times = compare({"ours": ours, "empty": empty}, rounds=21)
        question = f"{what}, 20 entries in 4 documents"
        found.append(compared(question, "python -c pass", times["ours"], times["empty"], goal, _EDITORS))
    return found


def _installed(machine: Installation, pack: str, content: dict[str, str], targets: Sequence[str]) -> Path:
    """Return a project with one pack for some tools, in sync and recorded."""
    bare = publish(machine, f"of-{pack}", [content])
    folder = project(machine, f"of-{pack}-project", {"acme": str(bare)}, [f"acme/{pack}"])
    with (folder / "agentsync.yaml").open("a") as manifest:
        manifest.write(f"targets: [{', '.join(targets)}]\n")
    run(machine, folder, "install", "--accept-grants")
    time.sleep(2.1)  # what was written just now is not vouched for
    for command in ("drift", "install"):
        run(machine, folder, command)
    return folder


def _candidate(machine: Installation, command: str, folder: Path, *, forgets: bool) -> Candidate:
    def forget() -> None:
        if forgets:
            shutil.rmtree(machine.cache / "unchanged-1", ignore_errors=True)

    return Candidate([machine.agentsync, command], folder, machine.env, forget)
