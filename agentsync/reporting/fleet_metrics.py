"""`metrics.prom`: the numbers of a fleet in the text format of Prometheus.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from agentsync.model.fleet import FleetStanding
from agentsync.reporting.failure import shown
from agentsync.reporting.fleet_facts import FleetFacts

MOST: Final = 10_000
"""The most series of one metric; what is beyond is one more, whose labels are `OTHERS`."""
OTHERS: Final = "(others)"
_Sample = tuple[tuple[str, ...], float]


def metrics(facts: FleetFacts) -> str:
    """Return the whole text."""
    families = (
        _family(
            "repositories",
            "Repositories of the fleet by standing.",
            ("standing",),
            [((str(standing),), facts.standings.get(standing, 0)) for standing in FleetStanding],
        ),
        _family(
            "drifted_files",
            "Files that are not as the lock has them, by pack.",
            ("pack",),
            [((one.pack,), one.files) for one in facts.drift],
        ),
        _family(
            "drifted_repositories",
            "Repositories with such files, by pack.",
            ("pack",),
            [((one.pack,), one.repositories) for one in facts.drift],
        ),
        _family(
            "packs",
            "Repositories whose lock has a version of a pack.",
            ("pack", "version"),
            [((one.pack, one.version), one.repositories) for one in facts.uses],
        ),
        _family("run_timestamp_seconds", "When the last run ended.", (), [((), facts.moment)]),
        _family("run_requests", "Requests of the last run.", (), [((), facts.run.requests)]),
        _family("run_received_bytes", "Bytes that came in the last run.", (), [((), facts.run.received)]),
    )
    return "".join(line for family in families for line in family)


def _family(name: str, about: str, labels: tuple[str, ...], samples: Iterable[_Sample]) -> Iterator[str]:
    lines: dict[str, float] = {}
    for number, (values, value) in enumerate(samples):
        line = _line(name, labels, values if number < MOST else (OTHERS,) * len(labels))
        lines[line] = lines.get(line, 0) + value
    yield f"# HELP agentsync_fleet_{name} {about}\n# TYPE agentsync_fleet_{name} gauge\n"
    yield from (f"{line} {_number(value)}\n" for line, value in lines.items())


def _line(name: str, labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    told = ",".join(f'{label}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True))
    return f"agentsync_fleet_{name}{{{told}}}" if told else f"agentsync_fleet_{name}"


def _escaped(text: str) -> str:
    """Return the value of a label; what breaks a line or hides is an escape."""
    return shown(text).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
