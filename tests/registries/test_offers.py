"""The packs of a repository: which way of finding them wins, and what else is offered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentsync.errors import ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.registries.offers import Offers, offers_in
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

HERE = parse_git_url("https://git.acme.example/ai/agents.git")
MARKET = ".claude-plugin/marketplace.json"


def offered(files: Files, url: str = HERE.text) -> Offers:
    """Return the offers of a repository with these files."""
    return offers_in(MemoryContents(files), parse_git_url(url))


def roots(files: Files) -> dict[str, str]:
    """The packs, by name, with their folders."""
    return {offer.name: offer.path for offer in offered(files).packs}


def market(*plugins: dict[str, Any]) -> str:
    """A marketplace."""
    return json.dumps({"name": "m", "plugins": list(plugins)})


def plugin(name: str) -> str:
    """A plugin's own manifest."""
    return json.dumps({"name": name})


def test_nothing_is_said() -> None:
    """The repository is one pack, called like itself."""
    found = offered({"agents/a.md": "x"})
    assert [(offer.name, offer.path, offer.git) for offer in found.packs] == [("agents", "", HERE)]
    assert found.named("agents") == found.whole


@pytest.mark.parametrize(
    ("url", "name"), [("git@h.example:a/b%20c", "b%20c"), ("https://h.example/a/-x", "repository")]
)
def test_a_repository_whose_name_serves_for_none(url: str, name: str) -> None:
    """Then it is called `repository`."""
    assert offered({"a.md": ""}, url).whole.name == name


def test_each_way_and_which_wins() -> None:
    """The results of all ways together; a folder and a name that are taken stay taken."""
    files: Files = {
        "registry.yaml": "registry: 1\npacks: {mine: {path: one}}\n",
        MARKET: market(
            {"name": "one", "source": "./one"},
            {"name": "two", "source": "./two"},
            {"name": "mine", "source": "./three"},
            {"name": "far", "source": {"source": "github", "repo": "a/b", "path": "one"}},
        ),
        "one/.claude-plugin/plugin.json": plugin("ours"),
        "two/.claude-plugin/plugin.json": plugin("deux"),
        "three/.claude-plugin/plugin.json": plugin("trois"),
        "four/.github/plugin/plugin.json": plugin("quatre"),
        "five/plugin.json": plugin("cinq"),
        "five/agents/a.md": "x",
    }
    assert roots(files) == {
        "mine": "one",
        "two": "two",
        "far": "one",
        "trois": "three",
        "quatre": "four",
        "cinq": "five",
    }
    (finding,) = offered(files).findings
    assert (finding.pack, finding.what) == ("mine", "another pack has this name; the first one counts")


def test_plugins_that_share_the_root() -> None:
    """Each is a pack, with the lists that tell them apart."""
    entries = [{"name": name, "source": "./", "strict": False, "skills": [f"./{name}"]} for name in ("a", "b")]
    found = offered({MARKET: market(*entries), "a/SKILL.md": "x", "b/SKILL.md": "x"})
    assert [(offer.path, offer.declared) for offer in found.packs] == [
        ("", {"skills": ("a",)}),
        ("", {"skills": ("b",)}),
    ]


def test_a_plugin_whose_folder_is_not_utf8() -> None:
    """A lock could not name it; it is told."""
    found = offered({".claude-plugin/plugin.json": plugin("a"), "p/caf\udce9/.claude-plugin/plugin.json": plugin("b")})
    assert [(offer.name, offer.inner) for offer in found.packs] == [("a", ())]
    assert [one.what for one in found.findings] == ["its folder cannot hold a pack: it is not UTF-8"]


def test_a_stale_list() -> None:
    """An entry whose folder is gone is told, and costs nothing else."""
    found = offered({MARKET: market({"name": "a", "source": "./a"}, {"name": "b", "source": "./b"}), "b/x.md": ""})
    assert [offer.name for offer in found.packs] == ["b"]
    assert [(one.pack, one.path, one.what) for one in found.findings] == [
        ("a", MARKET, "it is listed, and the folder './a' is not there")
    ]


def test_a_list_of_nothing() -> None:
    """A marketplace without a single usable entry leaves the repository as one pack."""
    found = offered({MARKET: market({"name": "a", "source": "./a"}), "x.md": ""})
    assert found.packs == (found.whole,)
    assert len(found.findings) == 1


@pytest.mark.parametrize(
    "path", ["tests/x/.claude-plugin/plugin.json", "node_modules/x/.claude-plugin/plugin.json", "x/plugin.json"]
)
def test_a_manifest_that_is_not_the_products(path: str) -> None:
    """In tests and build folders, and a bare `plugin.json` with nothing beside it."""
    assert roots({path: plugin("x"), "a.md": ""}) == {"agents": ""}


@pytest.mark.parametrize("name", ["registry.yaml", MARKET, "x/.claude-plugin/plugin.json"])
def test_lists_that_are_links(name: str) -> None:
    """A symlink is no file of ours, whatever it leads to."""
    assert roots({name: File("../../etc/passwd", symlink=True), "a.md": ""}) == {"agents": ""}


def test_names() -> None:
    """The present name first, then those of old, then the repository's own."""
    entries = ({"name": "web", "source": "./"}, {"name": "site", "source": "./site"})
    document = {"plugins": entries, "renames": {"site": "web", "old": "web"}}
    found = offered({MARKET: json.dumps(document), "site/a.md": "", "x.md": ""})
    assert [found.named(name) for name in ("web", "site", "old")] == [found.packs[0], found.packs[1], found.packs[0]]
    assert found.named("agents") == found.whole
    assert found.named("none") is None


def test_a_registry_file_that_is_not_valid() -> None:
    """It is an error: the author meant it to count."""
    with pytest.raises(ResolutionError, match=r"registry\.yaml of https://git\.acme\.example"):
        offered({"registry.yaml": "registry: 1\npcks: {}\n"})
