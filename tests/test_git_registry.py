"""The kit's own registry: what it publishes is what git reads back, with the same ids everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.git_registry import File, GitRegistry


def test_ids_are_the_same_everywhere(git_registry: GitRegistry) -> None:
    """Two commits whose ids are known."""
    assert git_registry.publish("v1.0.0", {"a.md": "one\n"}) == "e53b7d8c31ca4f7e1b47a1a87f74d6fba5d2001e"
    assert git_registry.publish("v1.1.0", {"a.md": "two\n"}) == "503b31b62b6878197860a8d2ce5f6bff01222b7b"


def test_a_tree_replaces_the_one_before(git_registry: GitRegistry) -> None:
    """What is not named in a publication is gone from its tree, and stays in the history."""
    git_registry.publish("v1", {"old.md": "", "both.md": "1"})
    git_registry.publish("v2", {"new.md": "", "both.md": "2"})
    assert git_registry.git("ls-tree", "-r", "--name-only", "v2").split() == ["both.md", "new.md"]
    assert git_registry.read("v1", "both.md") == b"1"
    assert git_registry.git("rev-list", "--count", "main") == "2"


def test_bytes_modes_and_names_arrive_as_given(git_registry: GitRegistry) -> None:
    """Nothing is converted, quoted or left out on the way."""
    nasty = 'a "b"\\c\td\u00e9/x.md'
    commit = git_registry.publish(
        None,
        {
            nasty: b"\r\n\xff\x00no end",
            "run.sh": File("#!/bin/sh\n", executable=True),
            "link": File("run.sh", symlink=True),
            "module": File(gitlink="1" * 40),
            "empty": "",
        },
    )
    assert git_registry.read(commit, nasty) == b"\r\n\xff\x00no end"
    rows = git_registry.git("ls-tree", "-r", "-z", commit).split("\0")
    modes = {row.partition("\t")[2]: row.partition(" ")[0] for row in rows if row}
    assert modes == {
        nasty: "100644",
        "run.sh": "100755",
        "link": "120000",
        "module": "160000",
        "empty": "100644",
    }


def test_tags_and_branches_move_as_told(git_registry: GitRegistry) -> None:
    """Upstreams that move, delete and branch can be played."""
    first = git_registry.publish("v1", {"a": "1"})
    second = git_registry.publish("v2", {"a": "2"}, annotated=True)
    assert git_registry.git("cat-file", "-t", "v2") == "tag"
    assert git_registry.git("rev-parse", "v2^{commit}") == second
    git_registry.move_tag("v1", second)
    git_registry.delete_tag("v2")
    git_registry.add_branch("next", first)
    assert git_registry.git("rev-parse", "v1") == second
    assert git_registry.git("tag").split() == ["v1"]
    on_next = git_registry.publish(None, {"b": ""}, branch="next")
    assert git_registry.git("rev-parse", "next", f"{on_next}^").split() == [on_next, first]


def test_an_existing_registry_is_opened(git_registry: GitRegistry, tmp_path: Path) -> None:
    """A second object at the same place goes on where the first one ended."""
    other = GitRegistry(tmp_path / "other.git")
    for registry in (git_registry, other):
        registry.publish("v1", {"a": "1"})
    assert GitRegistry(other.path).publish("v2", {"a": "2"}) == git_registry.publish("v2", {"a": "2"})
    assert other.url == f"file://{tmp_path}/other.git"


def test_a_failure_of_git_is_told(git_registry: GitRegistry) -> None:
    """A test that asks for what is not there learns what git said."""
    with pytest.raises(RuntimeError, match="no-such"):
        git_registry.read("no-such", "a")
