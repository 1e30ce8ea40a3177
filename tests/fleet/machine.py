"""A machine that looks at a fleet: its list, its results, and what a run asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from agentsync.model.fleet import FleetStanding
from bench.git_server import Rule, Traffic
from tests.fleet.copies import copies
from tests.fleet.templates import Templates
from tests.sandbox import Run, Sandbox

NOWHERE = "http://127.0.0.1:1"  # nothing listens there


class FleetMachine:
    """A sandbox with a fleet.yaml.

    Args:
        templates: its registries and its policy are those of the fleet.
    """

    def __init__(self, sandbox: Sandbox, templates: Templates) -> None:
        self.sandbox, self.templates = sandbox, templates
        self.results = sandbox.root / "fleet.sqlite"
        self.members: dict[str, FleetStanding] = {}

    def write(self, members: dict[str, FleetStanding]) -> None:
        """Write the list of a fleet: URLs, and what each is expected to be."""
        self.members = members
        registries = "".join(f"  {name}: {registry.url}\n" for name, registry in self.templates.registries.items())
        text = f"fleet: 1\nlists: [repositories.txt]\npolicy: policy.yaml\nregistries:\n{registries}"
        for name, content in (("fleet.yaml", text), ("policy.yaml", self.templates.policy)):
            (self.sandbox.project / name).write_text(content, encoding="utf-8")
        (self.sandbox.project / "repositories.txt").write_text("".join(f"{url}\n" for url in members), encoding="utf-8")

    def check(self, *options: str, results: Path | None = None, **more: Any) -> Run:
        """Run `fleet check`."""
        return self.sandbox.run("fleet", "check", "--results", str(results or self.results), *options, **more)

    def standings(self) -> dict[str, str]:
        """Return the standing of each repository in the results, by URL."""
        return {url: standing for url, standing in self.rows("SELECT url, standing FROM repository")}

    def rows(self, query: str, results: Path | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield rows of the results."""
        with closing(sqlite3.connect(f"file:{results or self.results}?mode=ro", uri=True)) as data:
            yield from data.execute(query)

    def found(self, results: Path | None = None) -> list[list[tuple[Any, ...]]]:
        """Return all that was found, without when and with how many requests."""
        # Git tells in milliseconds how long it waited for a host that is not there.
        error = "CASE standing WHEN 'unreachable' THEN '' ELSE error END"
        repositories = f'SELECT url, "commit", standing, {error}, folders FROM repository ORDER BY url'
        packs = (
            'SELECT url, folder, pack, version, "commit", tree, registry, tag, wanted, upstream, newest FROM pack'
            " ORDER BY url, folder, pack"
        )
        files = "SELECT url, folder, path, pack, drift FROM file ORDER BY url, folder, path"
        blobs = "SELECT id, sha256 FROM blob ORDER BY id"
        return [list(self.rows(query, results)) for query in (repositories, packs, files, blobs)]


def moody(server: Traffic, folder: Path, templates: Templates, count: int) -> dict[str, FleetStanding]:
    """Make a fleet of every standing, a third of it with moods, and return its URLs with their standings.

    Of each twenty repositories that answer, one is busy once, one twice with 503, and two break off once. In a large
    fleet there is a host that does not listen, too: it is waited for half a minute.
    """
    special = {
        "gone": FleetStanding.GONE,
        "denied-401": FleetStanding.DENIED,
        "denied-403": FleetStanding.DENIED,
        "failing": FleetStanding.UNREACHABLE,
        **({"nowhere": FleetStanding.UNREACHABLE} if count >= 500 else {}),
    }
    made = copies(folder, templates.all, count - len(special))
    members = {f"{server.url}/{one.path.name}": one.standing for one in made}
    for number, one in enumerate(made):
        if one.commit and (rule := _mood(number)):
            server.rules[one.path.name] = rule
    for name, standing in special.items():
        members[f"{NOWHERE if name == 'nowhere' else server.url}/{name}.git"] = standing
    refusing = {"denied-401": Rule(login="kim:secret"), "denied-403": Rule(403), "failing": Rule(500)}
    server.rules |= {f"{name}.git": rule for name, rule in refusing.items()}
    return members


def _mood(number: int) -> Rule | None:
    if number % 20 == 3:
        return Rule(busy=1, retry_after="1")
    if number % 20 == 6:
        return Rule(busy=2, busy_status=503)
    return Rule(resets=1, reset_over=300) if number % 10 == 9 else None
