"""Questions to a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from agentsync.cli.streams import to_stderr
from agentsync.errors import UsageError


def confirm(lines: Sequence[str], question: str) -> bool:
    """Show lines, and let a person say yes or no; no where only Enter is pressed."""
    for line in lines:
        to_stderr(line)
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def choose(names: Sequence[str]) -> Sequence[str]:
    """Let a person choose some of the names, by number or by name.

    Raises:
        UsageError: for another name, and where none is chosen.
    """
    for number, name in enumerate(names, start=1):
        to_stderr(f"{number:>4}  {name}")
    words = _answer("which (numbers or names, with blanks between): ").split()
    chosen = [names[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(names) else word for word in words]
    unknown = [word for word in chosen if word not in names]
    if unknown or not chosen:
        raise UsageError(f"no such pack: {', '.join(unknown)}" if unknown else "nothing chosen")
    return chosen


def _answer(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
