"""Storing what a server sends: the objects of a pack, which git checks, and the commits whose parents it leaves out.

Source: git-index-pack(1).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.git.git import GitFailure, begin_git, end_git, error_text
from agentsync.platform.files import replace, scratch_file
from agentsync.platform.plain_files import read_plain_file

_LARGEST_SHALLOW: Final = 64 * 1024 * 1024  # bytes


class PackStore:
    """A git that writes the objects of one pack into a repository; it gets ready while the server answers.

    Args:
        folder: the repository, which nothing else writes to meanwhile.
        check: whether git refuses what no checkout may have. It cannot where a `.gitattributes` is left out.
        is_thin: whether objects may be differences to those that are here already.
    """

    def __init__(self, folder: Path, *, check: bool, is_thin: bool) -> None:
        checks = ("--fsck-objects",) if check else ()
        self._arguments = ("index-pack", "--stdin", "--promisor", *checks, *(("--fix-thin",) if is_thin else ()))
        self._errors = scratch_file()
        try:
            self._process = begin_git(self._arguments, folder, self._errors)
        except BaseException:
            self._errors.close()
            raise

    def __enter__(self) -> PackStore:
        return self

    def __exit__(self, *_: object) -> None:
        end_git(self._process)
        self._errors.close()

    def write(self, data: memoryview) -> None:
        """Hand over a part of the pack."""
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it says why when it has ended
            self._process.stdin.write(data)

    def finish(self) -> None:
        """Wait until all is written; raise GitFailure where git refuses it."""
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.read()
        if self._process.wait():
            self._errors.seek(0)
            raise GitFailure(self._arguments, self._process.returncode, error_text(self._errors.read()))


def add_shallow(folder: Path, commits: Sequence[str]) -> None:
    """Write down that the parents of commits are not there, as `git fetch` does."""
    path, scratch = folder / "shallow", folder / "shallow.lock"
    known = read_plain_file(path, _LARGEST_SHALLOW).decode("ascii").split() if path.exists() else []
    scratch.write_text("".join(f"{oid}\n" for oid in sorted({*known, *commits})), "ascii")
    replace(scratch, path)
