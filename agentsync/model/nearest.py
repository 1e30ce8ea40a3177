"""Hints for a word that is not known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_MOST_TOLD: Final = 30


def close_to(word: str, known: Collection[str]) -> str | None:
    """Return the known word that one was probably mistyped for, None where none is near."""
    import difflib  # only errors need it

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.5)), None)


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint with the nearest known word, or with all known words."""
    if close := close_to(word, known):
        return f"did you mean `{close}`?"
    rest = len(known) - _MOST_TOLD
    return f"known: {', '.join(sorted(known)[:_MOST_TOLD])}{f' and {rest} more' if rest > 0 else ''}" if known else ""
