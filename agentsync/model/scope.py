"""The two scopes: where the files of a manifest are installed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

STATE_FOLDER: Final = ".agentsync"


class ScopeName(StrEnum):
    """Which of the two."""

    PROJECT = "project"
    USER = "user"
