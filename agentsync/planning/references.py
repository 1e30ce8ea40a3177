"""References of installed documents to files beside their item, which are not installed with it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from agentsync.model.finding import Finding, Rule
from agentsync.planning.placing import Placed

# A path that leads out of its folder, and whether it is the goal of a Markdown link.
_LEADING_OUT: Final = re.compile(r"(\]\(<?)?(?<![\w./-])((?:\./)*\.\./[\w./@+-]*\w)")


def dangling(pack: str, placed: Sequence[Placed], texts: Mapping[str, bytes], known: Collection[str]) -> list[Finding]:
    """Return a finding for each reference out of an item's folder that leads to what is not there once it is installed.

    What exists nowhere is most often an example, and counts only where it is the goal of a link.

    Args:
        texts: their bytes, by their path in the pack.
        known: every path of the pack.
    """
    there = _with_folders(file.path for file in placed)
    beside = _with_folders(known)
    found: dict[tuple[str, str], Finding] = {}
    for file in placed:
        if not file.source.lower().endswith(".md"):
            continue
        for line, is_link, written in _references(texts[file.source]):
            goal = _joined(file.source, written)
            home = posixpath.dirname(file.main) if file.main.lower().endswith("/skill.md") else file.main
            if goal.startswith(f"{home}/") or not (is_link or goal in beside):
                continue
            if _joined(file.path, written) in there:
                continue
            what = f"it refers to {written}, which is not installed with it"
            about = Finding(pack, file.source, what, line, rule=Rule.REFERENCE_DANGLING, item=file.item)
            found.setdefault((file.source, goal), about)
    return list(found.values())


def _references(data: bytes) -> Iterator[tuple[int, bool, str]]:
    if b"../" not in data:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        for match in _LEADING_OUT.finditer(line) if "../" in line else ():
            yield number, match[1] is not None, match[2]


def _joined(path: str, written: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), written))


def _with_folders(paths: Collection[str] | Iterator[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = posixpath.dirname(path)
    return found
