"""The commit of a registry's index: it has no parent, and the same files from the same commit make the same one.

Source: git-fast-import(1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from agentsync.git.git import run_git
from agentsync.versions.refs import INDEX_REF

_PERSON: Final = "agentsync <agentsync>"


def index_there(git_dir: Path) -> str:
    """Return the commit of the index that a repository has, "" for none."""
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{INDEX_REF}^{{commit}}")
    return run_git(question, git_dir=git_dir, fine=(0, 1, 128)).decode().strip()


def write_index(git_dir: Path, files: Mapping[str, bytes], message: str, date: int) -> str:
    """Make the commit of an index the one that a repository has, and return it.

    Args:
        date: of the commit that the index is made from, in seconds since 1970.
    """
    stream = b"".join(_stream(files, message, date))
    return run_git(("fast-import", "--quiet", "--force", "--done"), git_dir=git_dir, stdin=stream).decode().strip()


def _stream(files: Mapping[str, bytes], message: str, date: int) -> Iterator[bytes]:
    yield f"commit {INDEX_REF}\nmark :1\ncommitter {_PERSON} {date} +0000\n".encode()
    yield from _data(message.encode())
    yield b"deleteall\n"
    for path, data in files.items():
        yield f"M 100644 inline {path}\n".encode()
        yield from _data(data)
    yield b"get-mark :1\ndone\n"


def _data(data: bytes) -> Iterator[bytes]:
    yield b"data %d\n" % len(data)
    yield data
    yield b"\n"
