"""Symlinks of a repository: what each one stands for, and which are not followed."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model import links
from agentsync.model.git_file import TreeEntry
from agentsync.model.links import LINK, SUBMODULE, Links, follow, leaves

PLAIN = "100644"


def followed(files: dict[str, str], to: dict[str, str], root: str = "") -> Links:
    """Follow these links among these files; a file's text is its mode, "" for a plain one."""
    entries = {path: TreeEntry(mode or PLAIN, path) for path, mode in files.items()}
    entries |= {path: TreeEntry(LINK, path) for path in to}
    return follow(entries, to, root)


def test_a_file_and_a_folder() -> None:
    """A file behind a link is that file; a folder is all that is in it."""
    found = followed(
        {"shared/c.md": "", "skills/a/SKILL.md": "", "skills/a/run.sh": "100755"},
        {"skills/a/c.md": "../../shared/c.md", "p/skills": "../skills"},
    )
    assert found.origins == {
        "skills/a/c.md": "shared/c.md",
        "p/skills/a/SKILL.md": "skills/a/SKILL.md",
        "p/skills/a/run.sh": "skills/a/run.sh",
        "p/skills/a/c.md": "shared/c.md",
    }
    assert found.files["p/skills/a/run.sh"] == TreeEntry("100755", "skills/a/run.sh")
    assert not found.broken


def test_a_link_behind_a_link() -> None:
    """Each hop is followed, links in the middle of a way too."""
    found = followed({"real/x/a.md": ""}, {"one": "two", "two": "real", "f.md": "one/x/../x/a.md"})
    assert found.origins == {"f.md": "real/x/a.md", "one/x/a.md": "real/x/a.md", "two/x/a.md": "real/x/a.md"}


def test_out_of_the_pack_and_not_out_of_the_repository() -> None:
    """Paths are those of the pack, origins those of the repository."""
    found = followed({"skills/a/SKILL.md": "", "plugins/p/x.md": ""}, {"plugins/p/skills": "../../skills"}, "plugins/p")
    assert found.origins == {"skills/a/SKILL.md": "skills/a/SKILL.md"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("../../../etc/passwd", "leads out"),
        ("/etc/passwd", "leads out"),
        ("..\\x", "leads out"),
        ("nothing/here", "to nothing"),
        ("../../f.md/x", "to nothing"),
        ("../module/x", "into a submodule"),
        ("..", "that it lies in"),
        (".", "that it lies in"),
        ("../..", "that it lies in"),
        ("link", "to itself"),
        ("", "no path"),
        ("a/" * 3000, "no path"),
    ],
)
def test_what_is_not_followed(text: str, why: str) -> None:
    """It is told, and nothing else is lost for it."""
    found = followed({"f.md": "", "a/b/g.md": "", "a/module": SUBMODULE}, {"a/b/link": text, "ok": "f.md"})
    assert why in found.broken["a/b/link"]
    assert found.origins == {"ok": "f.md"}


def test_folders_that_lead_into_each_other() -> None:
    """They end."""
    found = followed({"a/f.md": "", "b/g.md": ""}, {"a/b": "../b", "b/a": "../a"})
    assert set(found.origins) == {"a/b/g.md", "b/a/f.md"}
    assert set(found.broken) == {"a/b/a", "b/a/b"}


def test_links_that_multiply_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links to folders of links could stand for any number of files."""
    monkeypatch.setattr(links, "MOST_FOLLOWED", 50)
    to = {f"d{level}/l{number}": f"../d{level + 1}" for level in range(6) for number in range(6)}
    found = followed({"d6/f.md": ""}, to)
    assert len(found.files) == 50
    assert any("50 files" in why for why in found.broken.values())
    assert any("below 4 others" in why for why in found.broken.values())


@pytest.mark.parametrize(
    ("path", "text", "out"),
    [("a/l", "../b", False), ("a/l", "../../b", True), ("l", "..", True), ("l", "/x", True), ("l", "..x", False)],
)
def test_leaving_a_tree(path: str, text: str, out: bool) -> None:
    """As far as the text says."""
    assert leaves(path, text) is out


PARTS = st.sampled_from(["a", "b", "c", "..", ".", ""])
TEXTS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PLACES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(st.sets(PLACES, max_size=8), st.dictionaries(PLACES, TEXTS, max_size=6))
def test_any_links(names: set[str], to: dict[str, str]) -> None:
    """Every link is followed or told; what is behind one is a plain file of the repository, and nothing outside."""
    paths = {path for path in names | set(to) if not any(other.startswith(f"{path}/") for other in names | set(to))}
    files = dict.fromkeys(paths - to.keys(), "")
    to = {path: text for path, text in to.items() if path in paths}
    found = followed(files, to)
    assert set(found.origins.values()) <= files.keys()
    assert found.origins.keys() == found.files.keys()
    for link in to:
        below = any(path == link or path.startswith(f"{link}/") for path in (*found.files, *found.broken))
        assert below
    assert all(posixpath.normpath(path) == path for path in found.files)
