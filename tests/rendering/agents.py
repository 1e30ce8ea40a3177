"""Agents as the tools read them, for tests."""

from __future__ import annotations

import json
import tomllib
from typing import Any, Final

import yaml

from agentsync.model.item import Kind
from agentsync.model.names import ItemKey
from agentsync.rendering.rendered import Rendered, Source
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FilePlace

RENDERING: Final = tuple(
    name
    for name, tool in TOOLS.items()
    for place in tool.places.get(Kind.AGENT, ())
    if isinstance(place, FilePlace) and place.render(Source(ItemKey.of("agent", "x"), "x.md", b"-")).data != b"-"
)
"""The tools that read agents in a form of their own."""
BODY: Final = "\nReview the code, and report what you find.\n"


def rendered(
    target: str, text: str | bytes, path: str = "agents/auditor.md", **edits: str | tuple[str, ...]
) -> Rendered:
    """Return an agent as a tool reads it."""
    (place,) = TOOLS[target].places[Kind.AGENT]
    data = text.encode() if isinstance(text, str) else text
    return place.render(Source(ItemKey.of("agent", "auditor"), path, data, "acme/pack", edits))


def agent(header: str, body: str = BODY) -> str:
    """Return the text of an agent with a name, a description and more lines in its header."""
    return f"---\nname: auditor\ndescription: Reviews code.\n{header}{header and chr(10)}---\n{body}"


def header_of(found: Rendered) -> dict[str, Any]:
    """Return the header of a file, read by a strict reader; of TOML and JSON all of it."""
    assert found.data is not None, found.lost
    if found.data.startswith(b"{"):
        return dict(json.loads(found.data))
    if not found.data.startswith(b"---\n"):
        return tomllib.loads(found.data.decode())
    header = yaml.load(found.data.split(b"\n---\n", 1)[0].removeprefix(b"---\n").decode(), yaml.CSafeLoader)
    assert isinstance(header, dict)
    return header


def limits(target: str, header: str) -> dict[str, Any]:
    """Return what an agent's header has there beside name, description, body and mode."""
    plain = {"name", "description", "developer_instructions", "prompt", "mode"}
    return {key: value for key, value in header_of(rendered(target, agent(header))).items() if key not in plain}


def told(target: str, header: str) -> list[tuple[str, str]]:
    """Return what is told of an agent with a header, and its residue."""
    found = rendered(target, agent(header))
    residue = [("residue", ", ".join(found.residue))] if found.residue else []
    return [*((loss.code, loss.about) for loss in found.lost), *residue]
