"""A conversation that is begun before its first question: one connection, and none that stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsync.errors import FetchError
from agentsync.formats.git_url import parse_git_url
from agentsync.git import conversation, git
from agentsync.git.cache import Cache
from agentsync.git.conversation import converse
from agentsync.git.early import EarlyConversation
from agentsync.git.places import Places
from tests.git.test_conversation import Server, opened, server
from tests.git_registry import GitRegistry

__all__ = ["server"]


def test_the_first_question_takes_it_over(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The server is asked once what it can; further calls connect no more."""
    repository = opened(server, git_registry, tmp_path / "cache")
    repository.connect()
    repository.connect()
    assert repository.refs().default_branch == "main"
    repository.connect()
    assert server.requests() == 2
    repository.close()


def test_one_that_is_not_asked_ends(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Whether it has connected by then or not; and the repository can be asked all the same."""
    repository = opened(server, git_registry, tmp_path / "cache")
    before = set(git._alive)  # of other tests in this process
    for waits in (False, True):
        repository.connect()
        early = repository._remote._early
        assert early is not None
        if waits:
            early._thread.join()
        repository.close()
        early._thread.join(10)
        assert not git._alive.keys() - before and repository._remote._early is None
    assert repository.refs().default_branch == "main"
    repository.close()


def test_what_is_cached_is_free_for_others(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """To get ready takes the cached copy from no other process, once there is one."""
    repository = opened(server, git_registry, tmp_path / "cache")
    guard = Path(f"{repository.folder}.lock")
    repository._fetcher.get_ready("sha1")
    assert guard.exists() and repository.is_cached
    guard.unlink()
    repository._fetcher.get_ready("sha1")
    assert not guard.exists()
    repository.close()


def test_a_failure_is_that_of_the_question(git_registry: GitRegistry, tmp_path: Path) -> None:
    """Connecting raises nothing."""
    repository = Cache(tmp_path).repository(parse_git_url("https://127.0.0.1:1/acme/none.git"))
    repository.connect()
    with pytest.raises(FetchError, match="cannot read"):
        repository.refs()


def test_nothing_connects_offline_or_to_this_machine(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Neither is of use."""
    url = parse_git_url(f"{server.url}/{git_registry.path.name}")
    Cache(tmp_path, offline=True).repository(url).connect()
    folder = Cache(tmp_path).repository(parse_git_url(str(git_registry.path)))
    folder.connect()
    assert server.requests() == 0 and folder._remote._early is None


def test_a_rule_of_the_user_leads_elsewhere(
    server: Server, git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host in the URL is not asked, as git would not."""
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    rule = f'[url "{git_registry.path.parent.as_posix()}/"]\n\tinsteadOf = {server.url}/\n'
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text((config.read_text() if config.is_file() else "") + rule)
    repository = opened(server, git_registry, tmp_path / "cache")
    repository.connect()
    assert repository.refs().default_branch == "main"
    assert server.requests() == 0


def test_the_one_that_was_idle_longest_makes_place(
    server: Server, git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was asked nothing yet is not idle: it waits for its question."""
    monkeypatch.setattr(conversation, "_places", Places(2))
    url = parse_git_url(f"{server.url}/{git_registry.path.name}")
    new, asked = EarlyConversation(url, print).take(), converse(url)
    assert new is not None and asked is not None
    asked.list_refs(["HEAD"], 10_000)
    third = converse(url)
    assert third is not None and not asked.is_open and new.is_open
    assert converse(url) is None
    new.close()
    third.close()
