"""The look at repositories: each standing, what is asked for, and what hostile ones come to."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.look import look
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import FleetStanding, FoundRepository, Member, Unchanged
from bench.git_server import Rule, serving
from tests.fleet.copies import copies
from tests.fleet.templates import Templates

# Registries are asked by other code, so that these two are clean here.
BY_FILES = {FleetStanding.MOVED_TAG: FleetStanding.CLEAN, FleetStanding.OUTDATED: FleetStanding.CLEAN}


def asked(url: str, **facts: object) -> Question:
    return Question(Member(parse_git_url(url)), **facts)  # type: ignore[arg-type]


def test_standings_and_requests(
    fleet_templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:http")
    made = copies(tmp_path / "fleet", fleet_templates.all, len(fleet_templates.all))
    by_file = Batch(tuple(asked(str(one.path)) for one in made), policy=fleet_templates.policy)
    rows = look(pickle.loads(pickle.dumps(by_file)))
    for one, row in zip(made, rows, strict=True):
        template = fleet_templates.named(one.template)
        assert isinstance(row, FoundRepository)
        assert row.standing == BY_FILES.get(template.standing, template.standing), (one.template, row)
        assert row.commit == (one.commit if row.standing is not FleetStanding.EMPTY else "")
    with serving(tmp_path / "fleet") as server:
        by_http = by_file._replace(questions=tuple(asked(f"{server.url}/{one.path.name}") for one in made))
        again = look(by_http)
        for one, other in zip(rows, again, strict=True):
            print(one.standing, other.standing, other.requests, other.received, server.requests_of[other.repository.rpartition("/")[2]], server.sent_of[other.repository.rpartition("/")[2]], other.error, other.files)
            assert other._replace(repository="", looked_at=0, requests=0, received=0) == one._replace(repository="", looked_at=0, requests=0, received=0)
