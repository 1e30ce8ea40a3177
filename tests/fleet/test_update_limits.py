"""What an update of a fleet may take of one repository: so many seconds, and so many bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agentsync.errors import FetchError, RefusedError
from agentsync.fleet import branches
from agentsync.formats.git_url import parse_git_url
from agentsync.git import partial_copy
from agentsync.git.partial_copy import PartialCopy
from agentsync.model.fleet import Member
from bench.git_server import Rule, serving
from tests.git_registry import GitRegistry


def test_time_and_bytes(git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is slow and a file that is large end one repository alone, soon, with the limit in words."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:http")
    large = random.Random(1).randbytes(300_000)
    commit = git_registry.publish("v1.0.0", {"a.md": "a", "large.bin": large})
    with serving(git_registry.path.parent) as server:
        url = parse_git_url(f"{server.url}/{git_registry.path.name}")
        monkeypatch.setattr(partial_copy, "MOST_BYTES", 100_000)
        copy = PartialCopy(tmp_path / "large", url, commit)
        assert copy.take(["a.md"])
        with pytest.raises(RefusedError, match="more than 100,000 bytes"):
            copy.take(["large.bin"])
        server.rules[git_registry.path.name] = Rule(delay=3)
        for module in (partial_copy, branches):
            monkeypatch.setattr(module, "SECONDS", 0.5)
        for ask in (lambda: PartialCopy(tmp_path / "slow", url, commit), lambda: branches.ask_remote(Member(url))):
            with pytest.raises(FetchError) as found:
                ask()
            assert found.value.why == "it took longer than 0.5 seconds"
