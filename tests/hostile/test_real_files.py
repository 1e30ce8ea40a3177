"""Real files, in the folder that `AGENTSYNC_TEST_CORPUS` names: what hides nothing is not refused.

The folder holds `files/` and `registries/NAME.bundle`; of the bundles every file of every commit is
looked at. Without it this is skipped.
"""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.packs.hidden_text import find_hidden
from agentsync.packs.yaml_powers import weigh_header
from tests.git_registry import plain_git_environment

_NAMED = os.environ.get("AGENTSYNC_TEST_CORPUS", "")
CORPUS = Path(_NAMED)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (_NAMED and CORPUS.is_dir()), reason="AGENTSYNC_TEST_CORPUS names no folder"),
]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((CORPUS / "files").rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
    for bundle in sorted((CORPUS / "registries").glob("*.bundle")):
        where = folder / bundle.stem
        clone = ["git", "clone", "--quiet", "--mirror", str(bundle), str(where)]
        subprocess.run(clone, env=plain_git_environment(), check=True)
        listing = _git(where, "rev-list", "--objects", "--all").decode("utf-8", "surrogateescape")
        names = dict(line.split(" ", 1) for line in listing.splitlines() if " " in line)
        out = _git(where, "cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in names).encode())
        place = 0
        while place < len(out):
            end = out.index(b"\n", place)
            oid, kind, size = out[place:end].decode().split()
            place = end + 2 + int(size)
            if kind == "blob":
                yield names[oid], out[end + 1 : place - 1]


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", f"--git-dir={folder}", *arguments]
    return subprocess.run(command, env=plain_git_environment(), input=stdin, check=True, capture_output=True).stdout


def _naively(data: bytes) -> bool:
    """Whether a text holds a format character, or a selector behind no sign: slow, and without our rules."""
    if b"\0" in data:
        return False
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for place, character in enumerate(text):
        if unicodedata.category(character) == "Cf" and character != "\u00ad":
            return True
        if "VARIATION SELECTOR" in unicodedata.name(character, ""):
            before = text[place - 1 : place]
            if before.isalpha() or before.isspace() or not before:
                return before != "\u2139"
    return False


def test_only_what_hides_something_is_refused(tmp_path: Path) -> None:
    """Ours and a naive scan agree about every file, and no header of them is too heavy."""
    seen, refused, naive, heavy = 0, [], [], []
    for name, data in _files(tmp_path):
        seen += 1
        refused += [name] if find_hidden(name, data) else []
        naive += [name] if _naively(data) else []
        heavy += [name] if name.endswith(".md") and weigh_header(data, DEFAULT_LIMITS) else []
    print(f"{seen} files: {len(refused)} refused, {len(naive)} by a naive scan, {len(heavy)} with a heavy header")
    assert seen > 1000
    assert refused == naive
    assert heavy == []
