"""Two sets of files as one patch, made by git itself, so that `git apply` takes it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentsync.model.rel_path import RelPath
from agentsync.store.git import run_git

_DIFF = (
    "diff",
    "--no-index",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--binary",
    "--full-index",
    "--src-prefix=",
    "--dst-prefix=",
    "--",
    "a",
    "b",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One file on one side of a patch: its bytes, or where it points to if it is a link."""

    data: bytes
    executable: bool = False
    is_link: bool = False


def diff_sides(old: Mapping[RelPath, Side], new: Mapping[RelPath, Side]) -> str:
    """The patch that turns the old files into the new ones; "" where they are the same.

    Bytes that are not UTF-8 come as surrogates, to be written back as they were.
    """
    with tempfile.TemporaryDirectory(prefix="agentsync-diff-") as name:
        folder = Path(name)
        for side, files in (("a", old), ("b", new)):
            (folder / side).mkdir()
            for path, file in files.items():
                _put(folder / side / path, file)
        return run_git(_DIFF, cwd=folder, fine=(0, 1)).decode("utf-8", "surrogateescape")


def _put(where: Path, file: Side) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    if file.is_link:
        where.symlink_to(file.data.decode("utf-8", "surrogateescape"))
        return
    where.write_bytes(file.data)
    where.chmod(0o755 if file.executable else 0o644)
