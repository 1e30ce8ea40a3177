"""Apply a recorded edit to the bytes that it was made for, by git itself."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from agentsync.git.git import GitFailure, run_git
from agentsync.model.git_file import Side
from agentsync.model.rel_path import RelPath
from agentsync.platform.links import is_link
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 256 * 1024 * 1024
# The user's settings for their own working trees must not change line ends here.
_AS_THEY_ARE: Final = ("-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", f"core.attributesFile={os.devnull}")
_MODE: Final = re.compile(rb"^new (?:file )?mode 100(644|755)\r?$", re.MULTILINE)


def apply_patch(patch: bytes, path: RelPath, old: Side | None) -> Side | None:
    """Return the file that a patch makes of another one, None where the patch does not apply.

    Args:
        patch: what `diff_sides` returned for this one path.
        old: the file that it was made for, None for a patch that creates it.
    """
    with tempfile.TemporaryDirectory(prefix="agentsync-patch-") as name:
        folder = Path(name)
        where = folder / "files" / path
        where.parent.mkdir(parents=True)
        if old is not None:
            where.write_bytes(old.data)
            where.chmod(0o755 if old.executable else 0o644)
        (folder / "patch").write_bytes(patch)
        try:
            run_git((*_AS_THEY_ARE, "apply", "--whitespace=nowarn", "-p1", "--", "../patch"), cwd=folder / "files")
        except GitFailure:
            return None
        if is_link(where) or not where.is_file():
            return None
        return Side(read_plain_file(where, _LARGEST), _is_executable(patch, old))


def _is_executable(patch: bytes, old: Side | None) -> bool:
    """Return the mode that a patch gives, on any file system."""
    head = patch.partition(b"\n@@ ")[0]
    if mode := _MODE.search(head):
        return mode[1] == b"755"
    return old is not None and old.executable
