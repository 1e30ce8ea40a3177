"""A lock of 5,000 files and as many items, beside JSON with the same content."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import yaml

from agentsync.formats.canonical import read_canonical
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import digest_of
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.rel_path import RelPath
from bench.installation import Installation
from bench.report import Answer, milliseconds

_ROUNDS = 11
_READ = "regular expressions find each block and take its lines apart; `json.loads` is C throughout"
_WRITTEN = "each text is looked at for what YAML would make of it without quotes"
_OBJECTS = "10,000 tuples are made, 5,000 paths checked to be safe on every platform, and 5,000 digests to be some"


def lock_of(packs: int, files: int) -> Lock:
    """Return a lock of so many packs with so many agents each."""
    found = {}
    for pack in range(packs):
        name = f"acme/pack-{pack:03}"
        agents = [f"team-{pack:03}/agent-number-{number:03}" for number in range(files)]
        found[name] = LockedPack(
            name=PackName(name),
            version="1.2.3",
            git="https://git.acme.example/ai/agents.git",
            ref="refs/tags/v1.2.3",
            commit=f"{pack:040x}",
            tree=f"{pack + 1:040x}",
            path=f"packs/{pack}",
            requested="^1",
            items=tuple(
                LockedItem(
                    ItemKey(f"agent:{agent.replace('/', '-')}"),
                    f"agents/{agent}.md",
                    HeaderStatus.STRICT,
                    ClaudeCode.OK,
                )
                for agent in agents
            ),
            files={RelPath(f".claude/agents/{agent}.md"): digest_of(agent.encode()) for agent in agents},
        )
    return Lock(found)


def answers(machine: Installation) -> list[Answer]:
    """Measure reading and writing."""
    lock = lock_of(200, 25)
    text = dump_lock(lock)
    document = json.dumps(yaml.load(text, yaml.CBaseLoader))
    works: dict[str, Callable[[], object]] = {
        "json": lambda: json.loads(document),
        "lines": lambda: read_canonical(text),
        "read": lambda: parse_lock(text),
        "write": lambda: dump_lock(lock),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_ROUNDS):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    base = statistics.median(times["json"])

    def answer(name: str, what: str, goal: float, why: str = "") -> Answer:
        ours = statistics.median(times[name])
        ratio = statistics.median(one / other for one, other in zip(times[name], times["json"], strict=True))
        return Answer(what, "json.loads", milliseconds(ours), milliseconds(base), ratio, goal, why=why)

    return [
        answer("lines", "lock of 5,000 files, text to texts", 2, _READ),
        answer("read", "lock of 5,000 files, text to checked objects", 2, _OBJECTS),
        answer("write", "lock of 5,000 files, written", 4, _WRITTEN),
    ]
