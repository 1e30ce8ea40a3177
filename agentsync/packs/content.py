"""What is refused or told of the bytes of one file, whatever it is a part of."""

from typing import Final

from agentsync.model.finding import Finding, Level, Rule
from agentsync.model.policy import Limits, in_words
from agentsync.packs.hidden_text import find_hidden
from agentsync.packs.yaml_powers import weigh_header

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"


def content_finding(pack: str, path: str, data: bytes, limits: Limits) -> Finding | None:
    """Return what is refused or told of a file for its size and its bytes, None for nothing."""
    if len(data) > limits.file:
        return larger(pack, path, limits.file)
    if data.startswith(_LFS_POINTER):
        return Finding(pack, path, "a Git LFS pointer: the file itself is not in the repository")
    if path.lower().endswith(".md") and (heavy := weigh_header(data, limits)):
        return Finding(pack, path, heavy.reason, heavy.line, heavy.column)
    if (hidden := find_hidden(path, data)) and not limits.allows_hidden(pack):
        level = Level.ERROR if hidden.refused else Level.WARNING
        return Finding(pack, path, str(hidden), hidden.line, hidden.column, Rule.HIDDEN_TEXT, severity=level)
    return None


def larger(pack: str, path: str, most: int) -> Finding:
    """Return the finding for a file that is larger than this."""
    return Finding(pack, path, f"larger than {in_words(most)}")
