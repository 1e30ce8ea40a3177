"""Files merged, compared and patched by git itself, in a folder made for one call."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from agentsync.git.git import GitFailure, run_git
from agentsync.model.git_file import Merged, Side
from agentsync.platform.files import scratch_folder
from agentsync.platform.links import is_link
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.retrying import make_folders

Name = TypeVar("Name", bound=str)

_MOST_CONFLICTS: Final = 127
_LARGEST: Final = 256 * 1024 * 1024
_DIFF: Final = (
    "diff-tree",
    "--patch",
    "-r",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--binary",
    "--full-index",
    "refs/heads/old",
    "refs/heads/new",
)
# The user's settings for their own working trees must not change line ends here.
_AS_THEY_ARE: Final = ("-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", f"core.attributesFile={os.devnull}")
_MODE: Final = re.compile(rb"^new (?:file )?mode 100(644|755)\r?$", re.MULTILINE)


def merge_lines(base: bytes, local: bytes, upstream: bytes) -> Merged:
    """Merge as `git merge-file --diff3` does; conflicts stand between markers.

    Raises:
        GitFailure: where git cannot merge at all.
    """
    with scratch_folder() as folder:
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


def diff_sides(old: Mapping[Name, Side], new: Mapping[Name, Side]) -> str:
    """Return the patch from the old files to the new ones, as `git apply` takes it; "" where they are the same.

    Git compares two trees of a repository made for this one patch. Comparing folders on disk would convert line ends
    and order files as the user's settings for their own repositories say. Bytes that are not UTF-8 come as surrogates,
    to be written back as they were.
    """
    with scratch_folder() as folder:
        run_git(("init", "--quiet", "--bare", "--template=", "--object-format=sha1", str(folder)))
        stream = b"".join([*_commit("old", old), *_commit("new", new), b"done\n"])
        run_git(("fast-import", "--quiet", "--done"), git_dir=folder, stdin=stream)
        return run_git(_DIFF, git_dir=folder).decode("utf-8", "surrogateescape")


def _commit(branch: str, files: Mapping[Name, Side]) -> Iterator[bytes]:
    """Yield one side as git-fast-import(1) reads it."""
    yield f"commit refs/heads/{branch}\ncommitter <> 0 +0000\ndata 0\n".encode()
    for path, file in files.items():
        mode = "120000" if file.is_link else "100755" if file.executable else "100644"
        quoted = "".join(f"\\{byte:03o}" for byte in path.encode("utf-8", "surrogateescape"))
        yield f'M {mode} inline "{quoted}"\ndata {len(file.data)}\n'.encode() + file.data + b"\n"


def apply_patch(patch: bytes, path: str, old: Side | None) -> Side | None:
    """Return the file that a patch makes of another one, None where the patch does not apply.

    Args:
        patch: what `diff_sides` returned for this one path.
        old: the file that it was made for, None for a patch that creates it.
    """
    with scratch_folder() as folder:
        where = folder / "files" / path
        make_folders(where.parent)
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
        # The mode that the patch gives, on any file system.
        mode = _MODE.search(patch.partition(b"\n@@ ")[0])
        is_executable = mode[1] == b"755" if mode else old is not None and old.executable
        return Side(read_plain_file(where, _LARGEST), is_executable)
