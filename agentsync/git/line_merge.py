"""Three texts merged line by line, by git itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from agentsync.git.git import GitFailure, run_git
from agentsync.model.git_file import Merged

_MOST_CONFLICTS: Final = 127


def merge_lines(base: bytes, local: bytes, upstream: bytes) -> Merged:
    """Merge as `git merge-file --diff3` does; conflicts stand between markers.

    Raises:
        GitFailure: where git cannot merge at all.
    """
    with tempfile.TemporaryDirectory(prefix="agentsync-merge-") as name:
        folder = Path(name)
        for side, data in (("yours", local), ("base", base), ("upstream", upstream)):
            (folder / side).write_bytes(data)
        labels = ("-L", "yours", "-L", "base", "-L", "upstream")
        try:
            return Merged(run_git(("merge-file", "-p", "--diff3", *labels, "yours", "base", "upstream"), cwd=folder))
        except GitFailure as failure:
            # git-merge-file(1): a positive exit code counts the conflicts, larger ones are errors.
            if not 0 < failure.exit_code <= _MOST_CONFLICTS:
                raise
            return Merged(failure.output, conflicted=True)
