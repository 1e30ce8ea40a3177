"""The last commit of each folder, and the trees of folders, as git itself tells them."""

from __future__ import annotations

from pathlib import Path

from agentsync.git.history_walk import last_changes
from agentsync.git.own_repository import open_checkout
from agentsync.git.tag_list import list_tags, message_of
from agentsync.git.tree_lookup import trees_at
from tests.git_registry import GitRegistry


def test_last_changes_trees_and_tags(tmp_path: Path) -> None:
    """Also of folders with odd names, of the root, and of a merge; an annotated tag has its message."""
    registry = GitRegistry(tmp_path / "agents.git")
    first = registry.publish("v1", {"a/x": "1", "b/ü y/z": "1"})
    second = registry.publish("v2", {"a/x": "2", "b/ü y/z": "1"})
    who = ("-c", "user.name=A", "-c", "user.email=a@b")
    registry.git(*who, "tag", "-a", "-m", "Two\n\nWhat is new.", "two", second)
    with open_checkout(registry.path, "HEAD") as checkout:
        found = last_changes(checkout.repository, second, {"", "a", "b", "b/ü y", "gone"})
        assert {folder: change.commit for folder, change in found.items()} == {
            "": second,
            "a": second,
            "b": first,
            "b/ü y": first,
        }
        trees = trees_at(checkout.repository, [(first, ""), (first, "b/ü y"), (first, "a/x"), (first, "gone")])
        assert trees == {
            (first, ""): registry.git("rev-parse", f"{first}^{{tree}}").strip(),
            (first, "b/ü y"): registry.git("rev-parse", f"{first}:b/ü y").strip(),
        }
        tags = list_tags(checkout.repository)
        assert {name: tag.commit for name, tag in tags.items()} == {"v1": first, "v2": second, "two": second}
        assert message_of(checkout.repository, tags["two"]) == "Two\n\nWhat is new."
        assert message_of(checkout.repository, tags["v1"]) == ""
