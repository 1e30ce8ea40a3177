"""`report.json`: all that is known of a fleet, for programs; each repository is made when it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from agentsync.model.fleet import Remembered
from agentsync.reporting.fleet_facts import FleetFacts, FolderFacts, folders_of, run_data

SCHEMA: Final = 1


def report_json(facts: FleetFacts) -> Iterator[str]:
    """Yield the document, piece by piece."""
    yield f'{{"schema": {SCHEMA},\n"run": {_text(run_data(facts.run))},\n'
    yield f'"summary": {_text(dict(facts.standings))},\n"repositories": ['
    for number, member in enumerate(facts.members(None)):
        yield f"{',' if number else ''}\n{_text(repository_data(member))}"
    yield "\n]}\n"


def repository_data(member: Remembered) -> dict[str, Any]:
    """Return a repository as data; `error` is None where there is none."""
    found = member.found
    return {
        "repository": found.repository,
        "commit": found.commit or None,
        "standing": str(found.standing),
        "folders": [_folder(one) for one in folders_of(member)],
        "error": found.error or None,
    }


def _folder(one: FolderFacts) -> dict[str, Any]:
    packs = [
        {"pack": pack.pack, "version": pack.version, "commit": pack.commit or None, "tree": pack.tree or None}
        for pack in one.packs
    ]
    files = [{"path": file.path, "pack": file.pack or None, "drift": file.drift} for file in one.files]
    return {"folder": one.folder, "packs": packs, "files": files}


def _text(data: Any) -> str:
    return json.dumps(data).replace("\x7f", "\\u007f")
