"""Output in colour for a terminal: the words that lines begin with, and patches with what changed within a line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Final

from agentsync.reporting.failure import shown

_RESET: Final = "\x1b[0m"
_BOLD, _RED, _GREEN, _YELLOW, _CYAN, _INVERSE, _UPRIGHT = (f"\x1b[{code}m" for code in (1, 31, 32, 33, 36, 7, 27))
# The words that lines of reports and messages begin with.
_BY_WORD: Final = {
    **dict.fromkeys("wrote merged adopted resolved unlocked locked imported exact".split(), _GREEN),
    **dict.fromkeys("edited behind kept replaced extra ambiguous released note: yanked pinned".split(), _YELLOW),
    **dict.fromkeys("diverged missing stale foreign deleted removed dropped conflict lost".split(), _RED),
    **dict.fromkeys("unmatched unknown stopped error: gone".split(), _RED),
    **dict.fromkeys("registry pack grants context renamed would hint:".split(), _CYAN),
    **dict.fromkeys(("moved", "set aside"), _YELLOW),
}
_FIRST: Final = re.compile(r"( *)(set aside|[a-z]+:?)(?=\s|$)")
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST: Final = 2000


def paint(lines: Sequence[str]) -> list[str]:
    """Return the lines of a unified diff in colour; control characters of the files come out escaped."""
    painted: list[str] = []
    for removed, added in _blocks(lines):
        if removed and len(removed) == len(added):
            pairs = [_pair(old[1:], new[1:]) for old, new in zip(removed, added, strict=True)]
            painted += [f"{_RED}-{old}{_RESET}" for old, _ in pairs] + [f"{_GREEN}+{new}{_RESET}" for _, new in pairs]
        else:
            painted += [_line(line) for line in (*removed, *added)]
    return painted


def paint_line(line: str) -> str:
    """Return a line of a report or a message, its first word in colour where that says how something stands."""
    found = _FIRST.match(line)
    colour = _BY_WORD.get(found[2], "") if found is not None else ""
    if found is None or not colour:
        return line
    return f"{found[1]}{colour}{found[2]}{_RESET}{line[found.end() :]}"


def _blocks(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield runs of removed lines with the added ones that follow; every other line stands alone."""
    removed: list[str] = []
    added: list[str] = []
    for line in lines:
        if line.startswith("-") and not line.startswith("---") and not added:
            removed.append(line)
            continue
        if line.startswith("+") and not line.startswith("+++"):
            added.append(line)
            continue
        yield removed, added
        removed, added = [], []
        if line.startswith("-") and not line.startswith("---"):
            removed.append(line)
        else:
            yield [line], []
    yield removed, added


def _line(line: str) -> str:
    colour = {"-": _RED, "+": _GREEN, "@": _CYAN}.get(line[:1], "")
    if line.startswith(("diff ", "--- ", "+++ ", "index ", "new file", "deleted file", "old mode", "new mode")):
        colour = _BOLD
    return f"{colour}{shown(line)}{_RESET}" if colour else shown(line)


def _pair(old: str, new: str) -> tuple[str, str]:
    """Return two versions of a line, the words that differ inverted."""
    if len(old) > _LONGEST or len(new) > _LONGEST:
        return shown(old), shown(new)
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    left, right = "", ""
    for word, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = shown("".join(before[i:j])), shown("".join(after[k:m]))
        left += gone if word == "equal" or not gone else f"{_INVERSE}{gone}{_UPRIGHT}"
        right += come if word == "equal" or not come else f"{_INVERSE}{come}{_UPRIGHT}"
    return left, right
