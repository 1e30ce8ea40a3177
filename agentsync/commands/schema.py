"""Print a JSON Schema of one of agentsync's files."""

from __future__ import annotations

import json
from importlib.resources import files

from agentsync.errors import UsageError
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.schemas import SCHEMAS, SCHEMAS_VERSION, schema_url


def schema(name: str | None = None) -> Outcome:
    """Return a schema as it is shipped; without a name, which there are."""
    if not name:
        width = max(map(len, SCHEMAS))
        return Outcome(
            {"schemas": [{"name": one, "of": of, "url": schema_url(one)} for one, of in SCHEMAS.items()]},
            [f"{one:<{width}}  {of}" for one, of in SCHEMAS.items()],
        )
    if name not in SCHEMAS:
        raise UsageError(f"there is no schema {name!r}", hint=nearest(name, SCHEMAS))
    text = schema_text(name)
    return Outcome({"name": name, "url": schema_url(name), "schema": json.loads(text)}, text.splitlines())


def schema_text(name: str) -> str:
    """Return the text of a schema."""
    return (files("agentsync") / f"schemas/{SCHEMAS_VERSION}/{name}.json").read_text(encoding="utf-8")
