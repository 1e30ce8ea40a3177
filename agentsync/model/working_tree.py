"""Git in the working tree of a project: what it ignores, and which line ends it writes."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class IgnoreRule(NamedTuple):
    """A line that hides a file from git.

    Args:
        source: the file that it is in, as git tells it: relative to the top of the repository, or absolute.
    """

    source: str
    line: int
    pattern: str


class LineEnds(Enum):
    """What git writes into a working tree for a text."""

    OPEN = "open"  # what the settings of each clone say
    LF = "lf"
    VERBATIM = "verbatim"  # what was committed, which is what was added
