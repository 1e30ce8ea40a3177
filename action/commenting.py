"""Keep one comment on a pull request for each folder: written, edited, and removed where all is well."""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import quote

from action.api import ApiError, call, every
from action.runner import event, is_of_a_fork, kept, tell

_LONGEST: Final = 65_000  # characters; the host takes 65,536
_FORBIDDEN: Final = (401, 403, 404)


def comment() -> None:
    """Bring the comments of the pull request in line with the results; it is no failure where that is not allowed."""
    number = (event().get("pull_request") or {}).get("number")
    if number is None:
        tell("notice", "there is no pull request to comment on")
        return
    if is_of_a_fork() and os.environ.get("GITHUB_EVENT_NAME") == "pull_request":
        tell("notice", "the pull request comes from a fork, which may not be commented on: see the summary")
        return
    issue = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        # Each user may write a comment with the same first line: only those of a program are its own.
        mine = [one for one in every(f"{issue}/{int(number)}/comments") if (one.get("user") or {}).get("type") == "Bot"]
        for result in kept("results"):
            _bring(issue, int(number), mine, result)
    except ApiError as error:
        if error.status not in _FORBIDDEN:
            raise SystemExit(f"::error title=agentsync::{error}") from error
        tell("warning", f"{error}: the comment needs `permissions: pull-requests: write`; see the summary")


def _bring(issue: str, number: int, mine: list[dict[str, Any]], result: dict[str, Any]) -> None:
    marker = f"<!-- agentsync:{quote(result['folder'], safe='/. ')} -->"
    known = [one for one in mine if str(one.get("body", "")).startswith(marker)]
    body = f"{marker}\n{result['report']}"[:_LONGEST]
    gone = known if result["clean"] else known[1:]
    for one in gone:
        call("DELETE", f"{issue}/comments/{one['id']}")
    if result["clean"]:
        return
    if not known:
        call("POST", f"{issue}/{number}/comments", {"body": body})
    elif known[0]["body"] != body:
        call("PATCH", f"{issue}/comments/{known[0]['id']}", {"body": body})
