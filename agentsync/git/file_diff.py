"""Two sets of files as one patch, made by git itself, so that `git apply` takes it.

Git compares two trees of a repository made for this one patch. Comparing folders on disk would
convert line ends and order files as the user's settings for their own repositories say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from agentsync.git.git import run_git
from agentsync.model.git_file import Side
from agentsync.model.rel_path import RelPath

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


def diff_sides(old: Mapping[RelPath, Side], new: Mapping[RelPath, Side]) -> str:
    """Return the patch from the old files to the new ones; "" where they are the same.

    Bytes that are not UTF-8 come as surrogates, to be written back as they were.
    """
    import tempfile  # few callers compare files

    with tempfile.TemporaryDirectory(prefix="agentsync-diff-") as name:
        folder = Path(name)
        run_git(("init", "--quiet", "--bare", "--template=", "--object-format=sha1", name))
        stream = b"".join([*_commit("old", old), *_commit("new", new), b"done\n"])
        run_git(("fast-import", "--quiet", "--done"), git_dir=folder, stdin=stream)
        return run_git(_DIFF, git_dir=folder).decode("utf-8", "surrogateescape")


def _commit(branch: str, files: Mapping[RelPath, Side]) -> Iterator[bytes]:
    """Yield one side as git-fast-import(1) reads it."""
    yield f"commit refs/heads/{branch}\ncommitter <> 0 +0000\ndata 0\n".encode()
    for path, file in files.items():
        mode = "120000" if file.is_link else "100755" if file.executable else "100644"
        quoted = "".join(f"\\{byte:03o}" for byte in path.encode("utf-8", "surrogateescape"))
        yield f'M {mode} inline "{quoted}"\ndata {len(file.data)}\n'.encode() + file.data + b"\n"
