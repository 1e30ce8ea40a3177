"""Which files of a pack are refused, and why.

A refused file is one finding; the rest of its pack is taken. Nothing here reads a file that is
too large: sizes are looked at after the blobs have come, names and modes before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentsync.errors import UnsafeError
from agentsync.model.pack import LARGEST_FILE, LARGEST_PACK, MOST_FILES, Contents, Finding
from agentsync.model.rel_path import RelPath, twins, why_unsafe

_NOT_FILES: Final = {"120000": "a symlink", "160000": "a submodule"}
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"


def inspect(pack: str, paths: Sequence[str], contents: Contents) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Look at every file that is to be installed.

    Args:
        pack: the pack's name.
        paths: the files, as paths in the pack.
        contents: the pack's files.

    Returns:
        The reason for each refused path, and the same as findings.

    Raises:
        UnsafeError: where the pack as a whole is too large.
    """
    if len(paths) > MOST_FILES:
        raise _too_large(pack, f"{len(paths):,} files, more than {MOST_FILES:,}")
    refused = _by_name_and_mode(paths, contents)
    data = contents.read(path for path in paths if path not in refused)
    if (size := sum(map(len, data.values()))) > LARGEST_PACK:
        raise _too_large(pack, f"{size:,} bytes, more than {LARGEST_PACK:,}")
    for path, text in data.items():
        if len(text) > LARGEST_FILE:
            refused[path] = f"larger than {LARGEST_FILE >> 20} MiB"
        elif text.startswith(_LFS_POINTER):
            refused[path] = "a Git LFS pointer: the file itself is not in the repository"
    return refused, tuple(Finding(pack, path, refused[path]) for path in sorted(refused))


def _by_name_and_mode(paths: Sequence[str], contents: Contents) -> dict[str, str]:
    refused: dict[str, str] = {}
    for path in paths:
        mode = contents.entries[path].mode
        if (reason := why_unsafe(path)) is not None:
            refused[path] = reason
        elif mode in _NOT_FILES:
            refused[path] = _NOT_FILES[mode]
    for group in twins(RelPath(path) for path in paths if path not in refused):
        # The usual spelling stays: a skill's own file, else the one in small letters.
        *others, stays = sorted(group, key=lambda path: (path.endswith("SKILL.md"), path))
        for path in others:
            refused[path] = f"on some systems it is the same file as {stays}"
    return refused


def _too_large(pack: str, why: str) -> UnsafeError:
    return UnsafeError(f"{pack} is too large to install", why=why, hint="choose items with `only:`")
