"""The two scopes, into which the files of a manifest are installed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

STATE_FOLDER: Final = ".agentsync"


class ScopeName(StrEnum):
    """Name of a scope."""

    PROJECT = "project"
    USER = "user"
