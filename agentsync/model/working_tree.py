"""Git in the working tree of a project: ignored files, and the line ends that it writes."""

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
    """Line ends that git writes into a working tree for a text."""

    OPEN = "open"  # as the settings of each clone say
    LF = "lf"
    VERBATIM = "verbatim"  # as committed, and so as added
