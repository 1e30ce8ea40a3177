"""`schemas/1/output.json` has a definition for each command, and knows every word that one says."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from agentsync.cli.all_commands import COMMANDS
from agentsync.errors import UsageError
from agentsync.model.drift import Drift, Replaced
from agentsync.model.finding import Level
from agentsync.model.upstream import Standing
from agentsync.reporting.failure import json_document
from tests.output import check, schema

WHOLE: Final = Draft7Validator(schema())


def document(command: str, data: dict[str, Any], *errors: UsageError) -> dict[str, Any]:
    """What a command prints."""
    read: dict[str, Any] = json.loads(json_document(command, 2 if errors else 0, data, errors))
    return read


def test_every_command_has_a_definition() -> None:
    """And the frame chooses it."""
    chosen = [part["if"]["properties"]["command"] for part in schema()["allOf"]]
    assert [one["const"] for one in chosen[:-1]] == chosen[-1]["not"]["enum"]
    assert sorted(chosen[-1]["not"]["enum"]) == sorted(COMMANDS)
    for name in COMMANDS:
        assert WHOLE.is_valid(document(name, {})) and not WHOLE.is_valid(document(name, {"nonsense": 1})), name
        assert set(schema()["definitions"][name]["properties"]) >= {"notes", "findings"}


def test_words() -> None:
    """Words of our own are all that the schema allows."""
    rows = schema()["definitions"]
    assert rows["standing"]["enum"] == [str(one) for one in Drift]
    assert rows["fileRow"]["properties"]["replaced_by"]["enum"] == [*map(str, Replaced), None]
    assert rows["packRow"]["properties"]["upstream"]["enum"] == [*map(str, Standing), None]
    assert rows["finding"]["properties"]["level"]["enum"] == [str(one) for one in Level]


def test_documents() -> None:
    """A failure says nothing but its error; what a command always says may not be left out."""
    failed = document("lst", {}, UsageError("there is no command 'lst'", hint="agentsync list"))
    good = document("cache clean", {"repositories": 2, "notes": [], "findings": []})
    for one in (failed, good):
        check(one)
        assert WHOLE.is_valid(one)
    for bad in (
        {**failed, "data": {"notes": []}},
        {**good, "exit": 256},
        {**good, "data": {"notes": []}},
        {**good, "data": {"repositories": "2"}},
        {**good, "more": 1},
    ):
        assert not WHOLE.is_valid(bad)
        with pytest.raises(AssertionError, match=r"output\.json does not say"):
            check(bad)
