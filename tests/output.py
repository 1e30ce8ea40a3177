"""Holds what `--json` prints against `schemas/1/output.json`.

    check(document)

The validators are made once for a process, and each document meets that of its command alone: the choice of it,
which the schema makes by `if`, is tested where the schema is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

from agentsync.commands.schema import schema_text

_BEGINNING: Final = '{\n  "schema": 1,'


@cache
def schema() -> dict[str, Any]:
    """The schema."""
    read: dict[str, Any] = json.loads(schema_text("output"))
    return read


@cache
def _validator(command: str) -> Validator:
    """What a document of one command has to be; one of no command at all says nothing."""
    whole = schema()
    known = command in whole["definitions"]
    data = {"$ref": f"#/definitions/{command.replace(' ', '%20')}"} if known else {"maxProperties": 0}
    frame = {key: value for key, value in whole.items() if key != "allOf"}
    return Draft7Validator({**frame, "properties": {**whole["properties"], "data": data}})


def check_text(text: str) -> None:
    """Insist on the same of what a command printed; any other text is none of this."""
    if text.startswith(_BEGINNING):
        with suppress(ValueError):
            check(json.loads(text))


def check(document: Mapping[str, Any]) -> None:
    """Insist that a document is one that the schema describes."""
    told = [f"{one.json_path}: {one.message[:300]}" for one in _validator(document["command"]).iter_errors(document)]
    assert not told, f"`{document['command']} --json` prints what schemas/1/output.json does not say: {told}"
