"""The kit of the tests of git: reading as commands do, and the calls of git that this takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from agentsync.formats.git_url import parse_git_url
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.model.git_url import GitUrl
from tests.git_calls import as_asked
from tests.git_registry import GitRegistry, plain_git_environment


class GitCalls:
    """The calls of git since the last look.

    Args:
        log: the folder that a recording git writes to, a file for each call.
    """

    def __init__(self, log: Path) -> None:
        self._log = log

    def take(self) -> list[list[str]]:
        """The arguments of each call, without settings, as `as_asked` gives them; then they are forgotten."""
        found = []
        for file in sorted(self._log.iterdir(), key=lambda file: file.stat().st_mtime_ns):
            arguments = file.read_bytes().decode(errors="backslashreplace").split("\0")[:-1]
            while arguments and arguments[0].startswith("-"):
                arguments = arguments[2:] if arguments[0] == "-c" else arguments[1:]
            found.append(arguments)
            file.unlink()
        return as_asked(found)

    def commands(self) -> list[str]:
        """Only the commands; then they are forgotten."""
        return [arguments[0] for arguments in self.take()]


def url_of(registry: GitRegistry) -> GitUrl:
    """Return the URL of a registry."""
    return parse_git_url(registry.url)


def files_of(repository: CachedRepository, commit: str, ref: str = "", *, path: str = "") -> dict[str, bytes]:
    """All files of a folder at a commit, fetched and healed as commands do."""

    def read() -> GitContents:
        repository.need([Want(commit, ref)])
        tree = repository.objects.tree_id(commit, path)
        assert tree is not None, f"no folder {path!r}"
        return GitContents(repository, Want(commit, ref, tree))

    contents = repository.healing(read)
    return contents.read(contents.entries)


def objects_in(folder: Path) -> list[str]:
    """The kind of every object that a repository holds."""
    command = ["git", f"--git-dir={folder}", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]
    done = subprocess.run(command, env=plain_git_environment(), capture_output=True, check=True)
    return sorted(done.stdout.decode().split())
