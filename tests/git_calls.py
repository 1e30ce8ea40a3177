"""The calls of git that a test recorded, as questions to repositories."""

from __future__ import annotations

from collections.abc import Iterable

_WAYS = "^(core"  # how remotes are reached, asked of the user's settings once for each command


def as_asked(calls: Iterable[list[str]]) -> list[list[str]]:
    """Return calls with each question for refs under one name, `ls-remote`, and without the one for settings."""
    found = [call for call in calls if not any(word.startswith(_WAYS) for word in call)]
    return [["ls-remote" if word == "upload-pack" else word for word in call] for call in found]
