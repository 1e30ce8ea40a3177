"""Traps: things that git does by itself in repositories, and must not do in cached ones."""

from __future__ import annotations

import subprocess

import pytest

from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from tests.git.kit import files_of, objects_in, url_of
from tests.git_registry import GitRegistry, plain_git_environment

# Larger than what comes along with a commit.
LONG = 5000
FILES = {"packs/a/agents/a.md": "A\n" * LONG, "packs/b/agents/b.md": "B\n" * LONG}


@pytest.fixture
def commit(git_registry: GitRegistry) -> str:
    """A release of two packs."""
    git_registry.publish("v1", FILES)
    return git_registry.git("rev-parse", "v1")


@pytest.fixture
def repository(cache: Cache, git_registry: GitRegistry, commit: str) -> CachedRepository:
    """The cached copy; nothing is in it yet."""
    return cache.repository(url_of(git_registry))


def plain_git(repository: CachedRepository, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Git as a person runs it in the cache, without any of our settings."""
    command = ["git", f"--git-dir={repository.folder}", *arguments]
    return subprocess.run(command, env=plain_git_environment(), capture_output=True, check=False)


def test_nothing_is_fetched_by_reading(repository: CachedRepository, git_registry: GitRegistry, commit: str) -> None:
    """A partial clone would fetch each missing file by itself, one by one: ours names no remote to fetch from."""
    repository.need([Want(commit, "refs/tags/v1")])
    blob = git_registry.git("rev-parse", "v1:packs/a/agents/a.md")
    assert plain_git(repository, "cat-file", "-p", blob).returncode != 0
    assert "blob" not in objects_in(repository.folder)
    assert repository.objects.absent({blob: blob}) == {blob: blob}
    assert plain_git(repository, "remote").stdout == b""


@pytest.mark.parametrize(
    "tidying", [("repack", "-a", "-d", "-q"), ("gc", "--quiet", "--prune=now"), ("prune", "--expire=now")]
)
def test_locked_trees_survive_tidying(
    repository: CachedRepository, git_registry: GitRegistry, commit: str, tidying: tuple[str, ...]
) -> None:
    """A tree that no ref leads to is deleted by a plain repack: each that was fetched has a ref of its own."""
    trees = [git_registry.git("rev-parse", f"v1:packs/{pack}") for pack in "ab"]
    wants = [Want(commit, "refs/tags/v1", tree) for tree in trees]
    repository.need(wants)
    repository.objects.close()
    assert plain_git(repository, *tidying).returncode == 0
    git_registry.path.rename(git_registry.path.with_name("gone.git"))
    read = [GitContents(repository, want).read([f"agents/{pack}.md"]) for pack, want in zip("ab", wants, strict=True)]
    assert read == [{"agents/a.md": b"A\n" * LONG}, {"agents/b.md": b"B\n" * LONG}]


def test_files_come_after_their_trees(repository: CachedRepository, commit: str) -> None:
    """A server that is told which commits we have takes us to have their files, and sends none."""
    repository.need([Want(commit, "refs/tags/v1")])
    assert objects_in(repository.folder).count("blob") == 0
    assert len(files_of(repository, commit)) == 2
