"""The versions of a file in a person's working tree that git has: the sides of a merge, and earlier commits.

They are read as blobs, without filters, and nothing is fetched for them. Where git does not answer, there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError
from agentsync.git.git import GitFailure, run_git
from agentsync.git.working_tree import is_in_repository

# gitrevisions(7): the sides of a merge that is not finished, and those of one that is.
SIDES: Final = (":2:", ":3:")
COMMITS: Final = ("HEAD:", "MERGE_HEAD:", "CHERRY_PICK_HEAD:", "REBASE_HEAD:", "HEAD^1:", "HEAD^2:")
_LARGEST: Final = 8 * 1024 * 1024
# A clone may lack objects: git must not run what the repository's settings name to get them.
_NO_REMOTE: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}


def committed(folder: Path, name: str, revisions: Sequence[str]) -> list[bytes]:
    """Return the versions of a file at these revisions, in order, as far as git has them.

    Args:
        revisions: prefixes of gitrevisions(7), each ending in a colon.
    """
    if not is_in_repository(folder):
        return []
    asked = "".join(f"{revision}./{name}\n" for revision in revisions).encode()
    try:
        output = _cat(folder, "--batch-check", asked).splitlines()
        blobs = [row.split() for row in output if row.split()[1:2] == [b"blob"]]
        small = [oid for oid, _, size in blobs if int(size) <= _LARGEST]
        return list(_contents(_cat(folder, "--batch", b"".join(oid + b"\n" for oid in dict.fromkeys(small)))))
    except (GitFailure, FetchError):
        return []


def _cat(folder: Path, how: str, asked: bytes) -> bytes:
    return run_git(("-C", str(folder), "cat-file", how), stdin=asked, extra=_NO_REMOTE)


def _contents(output: bytes) -> Iterator[bytes]:
    """Yield the contents in the output of `cat-file --batch`: a line with id, kind and size, the bytes, a line end."""
    while output:
        head, _, output = output.partition(b"\n")
        size = int(head.rsplit(b" ", 1)[1])
        yield output[:size]
        output = output[size + 1 :]
