"""Conflicts of typical edits with real changes of upstream: our merge beside plain `git merge-file`.

    AGENTSYNC_TEST_CORPUS=FOLDER python -m bench.merge

FOLDER/registries/*.bundle are registries with their history. Each change of an item along the first
parents of the default branch is one step; where there are many, a fixed sample of them is taken. An
edit is made on the older file as people make it, and the newer file is merged in. A step counts for
an edit where the edit can be made. Where our merge is clean, the edit has to stand in the result.
"""

from __future__ import annotations

import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from agentsync.git.files import merge_lines
from agentsync.git.git import run_git
from agentsync.merging.merge import merge_file
from agentsync.merging.word_lists import words_of
from agentsync.packs.frontmatter import read_document

SECONDS: Final = 100
MOST_STEPS: Final = 1000
_MARK: Final = b"as we do it here"
_MODEL: Final = re.compile(rb"^model:[^\r\n]*", re.MULTILINE)
_LAST_TOOL: Final = re.compile(
    rb"^((?:allowed-)?tools:[^\r\n#]*[^\s,])\s*,\s*[\w-]+(?=[\]\"']?[ \t]*\r?$)", re.MULTILINE
)

Step = tuple[bytes, bytes]


@dataclass(slots=True)
class Count:
    """Results of the merges of one edit, in one registry.

    Args:
        steps: how many there were.
        ours: in how many our merge conflicted.
        plain: in how many `git merge-file` did.
    """

    steps: int = 0
    ours: int = 0
    plain: int = 0

    def take(self, base: bytes, local: bytes, upstream: bytes) -> bytes | None:
        """Merge in both ways; returns our result where it is clean."""
        merged = merge_file(base, local, upstream)
        self.steps += 1
        self.ours += merged.conflicted
        self.plain += merge_lines(base, local, upstream).conflicted
        return None if merged.conflicted else merged.data


def change_line(data: bytes) -> bytes | None:
    """Change one line of the body."""
    document = read_document(data)
    lines = document.body.splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if line.strip()]
    if not places:
        return None
    place = random.Random(len(data)).choice(places)
    text = lines[place].rstrip(b"\r\n")
    lines[place] = text + b" " + _MARK + lines[place][len(text) :]
    return document.head + b"".join(lines)


def change_model(data: bytes) -> bytes | None:
    """Change the model."""
    document = read_document(data)
    head, count = _MODEL.subn(b"model: " + _MARK, document.head, count=1)
    return head + document.body if count else None


def take_tool(data: bytes) -> bytes | None:
    """Remove the last tool."""
    document = read_document(data)
    head, count = _LAST_TOOL.subn(rb"\1", document.head, count=1)
    return head + document.body if count else None


def append_section(data: bytes) -> bytes | None:
    """Append a section."""
    end = b"\r\n" if data.endswith(b"\r\n") else b"\n"
    return data.rstrip() + end.join((b"", b"", b"## House rules", b"", _MARK, b""))


EDITS: Final[dict[str, Callable[[bytes], bytes | None]]] = {
    "body line": change_line,
    "model": change_model,
    "tool removed": take_tool,
    "section appended": append_section,
}


def main() -> None:
    """Print one line for each registry and edit."""
    named = os.environ.get("AGENTSYNC_TEST_CORPUS", "")
    bundles = sorted(Path(named).glob("registries/*.bundle")) if named else []
    if not bundles:
        print("merge: AGENTSYNC_TEST_CORPUS names no folder with registries/*.bundle, so there is nothing to merge")
        return
    print(f"{'conflicts of a local edit with an update':<43} {'steps':>6} {'ours':>7} {'merge-file':>11}")
    totals = {name: Count() for name in EDITS}
    for bundle in bundles:
        for name, count in measure(bundle, SECONDS / len(bundles)).items():
            if count.steps:
                print(_row(bundle.stem, name, count))
            for field in ("steps", "ours", "plain"):
                setattr(totals[name], field, getattr(totals[name], field) + getattr(count, field))
    for name, count in totals.items():
        print(_row("all", name, count))


def measure(bundle: Path, seconds: float) -> dict[str, Count]:
    """Try every edit on the steps of one registry, for as long as there is time."""
    with tempfile.TemporaryDirectory(prefix="agentsync-bench-") as folder:
        repository = Path(folder, "mirror.git")
        run_git(("clone", "--quiet", "--mirror", str(bundle), str(repository)))
        found = list(steps(repository))
    random.Random(1).shuffle(found)
    counts = {name: Count() for name in EDITS}
    end = time.monotonic() + seconds
    for base, upstream in found[:MOST_STEPS]:
        if time.monotonic() > end:
            break
        for name, edit in EDITS.items():
            local = edit(base)
            if local is not None and local != base:
                merged = counts[name].take(base, local, upstream)
                if merged is not None and not _stands(base, local, merged):
                    raise AssertionError(
                        f"{bundle.stem}: the edit {name!r} is lost in\n{merged.decode(errors='replace')}"
                    )
    return counts


def steps(repository: Path) -> Iterator[Step]:
    """Yield every pair of an item's file and its next version."""
    what = ("--first-parent", "--format=", "--raw", "-z", "--no-abbrev", "-M", "--diff-filter=MR")
    rows = run_git(("log", *what, "HEAD"), git_dir=repository).split(b"\0")
    pairs = []
    for row, path in pairwise(rows):
        facts = row.strip().split()
        if row.lstrip().startswith(b":") and path.endswith(b".md") and facts[2] != facts[3]:
            pairs.append((facts[2].decode(), facts[3].decode()))
    blobs = _blobs(repository, {oid for pair in pairs for oid in pair})
    for old, new in dict.fromkeys(pairs):
        if {"name", "description"} & read_document(blobs[old]).fields.keys():
            yield blobs[old], blobs[new]


def _blobs(repository: Path, oids: set[str]) -> dict[str, bytes]:
    wanted = sorted(oids)
    stream = run_git(("cat-file", "--batch"), git_dir=repository, stdin="".join(f"{oid}\n" for oid in wanted).encode())
    found, place = {}, 0
    for oid in wanted:
        start = stream.index(b"\n", place) + 1
        size = int(stream[place:start].split()[2])
        found[oid] = stream[start : start + size]
        place = start + size + 1
    return found


def _stands(base: bytes, local: bytes, merged: bytes) -> bool:
    """Return whether an edit is in a merged file: its mark, or a tool that is gone."""
    if _MARK in local:
        return _MARK in merged
    return not _tools(merged) & (_tools(base) - _tools(local))


def _tools(data: bytes) -> set[str]:
    fields = read_document(data).fields
    return {word for key in ("tools", "allowed-tools") for word in words_of(key, fields.get(key)) or ()}


def _row(registry: str, edit: str, count: Count) -> str:
    ours, plain = (f"{part / max(count.steps, 1):.1%}" for part in (count.ours, count.plain))
    return f"{registry:<24} {edit:<18} {count.steps:>6} {ours:>7} {plain:>11}"


if __name__ == "__main__":
    main()
