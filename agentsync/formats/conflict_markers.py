"""Read texts in which a merge left conflict markers."""

from __future__ import annotations

import re


def is_conflicted(text: str) -> bool:
    """Return whether a text holds the markers of an unfinished merge."""
    # The search of one character is much faster than that of seven.
    marked = ("<" in text and "<<<<<<<" in text) or (">" in text and ">>>>>>>" in text)
    return marked and re.search(r"^(<{7}|>{7})( |$)", text, re.MULTILINE) is not None


def sides_of(text: str) -> tuple[str, str]:
    """Return the two texts between conflict markers, without their common base."""
    ours: list[str] = []
    theirs: list[str] = []
    writing: tuple[list[str], ...] = (ours, theirs)
    for line in text.splitlines(keepends=True):
        marker = line[:7] if line[7:8] in ("", " ", "\n", "\r") else ""
        if marker == "<<<<<<<":
            writing = (ours,)
        elif marker == "|||||||":
            writing = ()
        elif marker == "=======":
            writing = (theirs,)
        elif marker == ">>>>>>>":
            writing = (ours, theirs)
        else:
            for side in writing:
                side.append(line)
    return "".join(ours), "".join(theirs)
