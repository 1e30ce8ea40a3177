"""Git in the working tree of a project: ignored files, and line ends, the one change that it makes to a text by itself.

Git stores lines that end in LF, and writes CRLF into a working tree where `core.autocrlf` or a
`.gitattributes` says so (gitattributes(5), "text" and "eol"). As git does in its own comparisons, a
file counts as text where it holds no NUL byte. A CR that no LF follows is content.
"""

from enum import Enum
from typing import NamedTuple


class IgnoreRule(NamedTuple):
    """A line that hides a file from git; its `source` is relative to the top of the repository, or absolute."""

    source: str
    line: int
    pattern: str


class LineEnds(Enum):
    """Line ends that git writes into a working tree for a text."""

    OPEN = "open"  # as the settings of each clone say
    LF = "lf"
    VERBATIM = "verbatim"  # as committed, and so as added


class TrackedFile(NamedTuple):
    """A file as git's index has it.

    Args:
        mode: its mode there.
        oid: the id of its blob.
        converts: git stores LF where the working tree has CRLF.
    """

    mode: str
    oid: str
    converts: bool = False


def is_text(data: bytes) -> bool:
    """Return whether git could take these bytes for text, and rewrite their line ends."""
    return b"\0" not in data


def is_script(data: bytes) -> bool:
    """Return whether these bytes name the program that runs them, which a CR makes another name."""
    return data.startswith(b"#!")


def to_lf(data: bytes) -> bytes:
    """Return the bytes with LF in place of each CRLF; those of a file that is no text as they are."""
    return data.replace(b"\r\n", b"\n") if b"\r" in data and is_text(data) else data
