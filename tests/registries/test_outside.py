"""Items in no pack of a repository are one more pack; items in an inner pack are of that one alone."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from agentsync.formats.git_url import parse_git_url
from agentsync.registries.offers import Offers, offers_in
from tests.cli.packs import agent, skill
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

GIT = parse_git_url("https://git.acme.example/ai/agents.git")
MARKET = ".claude-plugin/marketplace.json"
PLUGIN = ".claude-plugin/plugin.json"


def offered(files: Files) -> Offers:
    """Return the offers of a repository with these files."""
    return offers_in(MemoryContents(files), GIT)


def market(*plugins: Mapping[str, object]) -> str:
    """A marketplace."""
    return json.dumps({"name": "m", "plugins": list(plugins)})


IN = {f"in/{PLUGIN}": '{"name": "in"}', "in/agents/i.md": agent("i")}


@pytest.mark.parametrize(
    ("files", "rest"),
    [
        ({"skills/s/SKILL.md": skill("s")}, "agents"),
        ({"commands/go.md": "Go."}, "agents"),
        ({"agents/a.md": agent("a")}, "agents"),
        ({"agents/a.md": "Prose."}, None),
        ({"notes/a.md": agent("a")}, None),
        ({"README.md": "", "docs/agents/a.md": agent("a")}, None),
        ({"hooks/hooks.json": "{}", ".mcp.json": "{}"}, None),
    ],
)
def test_items_in_no_pack(files: Files, rest: str | None) -> None:
    """They make up a pack of the repository's name, which does not count among the packs that are listed."""
    found = offered({**files, **IN})
    assert [offer.name for offer in found.packs] == ["in"]
    assert (found.rest.name if found.rest else None) == rest
    if found.rest is not None:
        assert found.rest.inner == ("in",) and found.rest.path == ""
        assert found.named("agents") == found.rest and found.every[-1] == found.rest
    else:
        assert found.named("agents") == found.whole


def test_a_name_that_is_taken() -> None:
    """Then the rest has a name of its own."""
    found = offered({"agents/a.md": agent("a"), f"x/{PLUGIN}": '{"name": "agents"}', "x/agents/b.md": agent("b")})
    assert found.rest is not None and found.rest.name == "agents-rest"


def test_a_stray_manifest_hides_nothing() -> None:
    """Flat agents beside a plug-in of hooks are still agents."""
    found = offered({"core/a.md": agent("a"), "x/plugin.json": '{"name": "x"}', "x/hooks/x.sh": ""})
    assert found.rest is not None and found.rest.inner == ("x",)


def test_nothing_is_left_of_a_whole_repository() -> None:
    """A plug-in in the root takes all but what lies in others."""
    found = offered({PLUGIN: '{"name": "out"}', "agents/o.md": agent("o"), **IN, f"in/deep/{PLUGIN}": '{"name": "d"}'})
    assert {offer.name: offer.inner for offer in found.packs} == {"out": ("in",), "in": ("deep",), "d": ()}
    assert found.rest is None


def test_lists_take_what_they_name() -> None:
    """A file on no list lies in no pack."""
    plugins = [{"name": name, "source": "./", "strict": False, "skills": [f"./skills/{name}"]} for name in "ab"]
    files = {f"skills/{name}/SKILL.md": skill(name) for name in "abc"}
    found = offered({MARKET: market(*plugins), **files})
    assert found.rest is not None and found.rest.inner == ("skills/a", "skills/b")
    del files["skills/c/SKILL.md"]
    assert offered({MARKET: market(*plugins), **files}).rest is None


def test_lists_of_packs_with_one_root_divide_it() -> None:
    """Strict or not; one that has the root for itself has all of it."""
    plugins = [{"name": name, "source": "./", "skills": [f"./skills/{name}"]} for name in "ab"]
    files = {f"skills/{name}/SKILL.md": skill(name) for name in "ab"}
    found = offered({MARKET: market(*plugins), **files})
    assert [offer.declared for offer in found.packs] == [{"skills": ("skills/a",)}, {"skills": ("skills/b",)}]
    (alone,) = offered({MARKET: market(plugins[0]), **files}).packs
    assert not alone.declared


def test_what_a_pack_reaches_by_a_link_lies_in_it() -> None:
    """It is not left over; what is beside it is."""
    files: Files = {
        f"g/{PLUGIN}": '{"name": "g"}',
        "g/skills": File("../skills", symlink=True),
        "skills/s/SKILL.md": skill("s"),
        ".claude/skills": File("../skills", symlink=True),
    }
    assert offered(files).rest is None
    found = offered({**files, "agents/a.md": agent("a")})
    assert found.rest is not None and found.rest.inner == ("g", "skills")
