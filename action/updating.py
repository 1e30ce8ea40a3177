"""Update the packs of a folder whose new versions need no yes; what gains power is told, and stays as it is."""

from __future__ import annotations

from typing import Any, Final

from action import report
from action.runner import keep, kept
from action.running import document_of

_DIFFERS: Final = 1


def updated(folder: str) -> tuple[dict[str, Any], str, int]:
    """Update, and return the document, the report and the code; for the step that proposes it, the paths are kept."""
    planned = document_of(folder, "update", "--dry-run")
    held = _held(planned)
    moving = {row["pack"] for row in planned["data"].get("versions", ()) if row["from"]}
    packs = sorted(moving - {row["pack"] for row in held})
    commits = planned["data"].get("commits", [])
    if held and not packs:  # nothing is done, and that is to be looked at
        document: dict[str, Any] = {**planned, "data": {}, "errors": [], "exit": _DIFFERS}
    elif planned["data"]:
        document = document_of(folder, "update", *(packs if held else ()))
    else:
        document = planned
    text = report.of_document("update", {**document, "data": {**document["data"], "commits": commits}}, held)
    _remember(folder, document, text, bool(held))
    return (planned if held and not packs else document), text, int(document["exit"])


def _held(planned: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items that would gain power; nothing where that needs no yes."""
    if not any(error["code"] == "refused" for error in planned["errors"]):
        return []
    return [row for row in planned["data"].get("grants", ()) if row["gained"]]


def _remember(folder: str, document: dict[str, Any], text: str, is_held: bool) -> None:
    paths = [row["path"] for row in document["data"].get("changed", ())]
    keep("updates", [*kept("updates"), {"folder": folder, "paths": paths, "report": text, "held": is_held}])
