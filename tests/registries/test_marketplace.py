"""`marketplace.json` and `plugin.json`: what becomes a pack, and what is one finding instead."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pytest

from agentsync.errors import ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.json_text import JsonError
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Offer
from agentsync.packs.pack_file import Need, needs_of_plugin
from agentsync.registries.marketplace import Marketplace, plugin_offer, read_marketplace

HERE = parse_git_url("https://git.acme.example/ai/plugins.git")
ON_DISK = parse_git_url("/srv/git/plugins.git")
SHA = "3f2a91c0" * 5


def read(*plugins: Any, folders: Collection[str] = ("", "plugins/web"), git: GitUrl = HERE, **top: Any) -> Marketplace:
    """A marketplace with these plugins, in a repository with these folders."""
    document = {"name": "m", "plugins": list(plugins), **top}
    return read_marketplace(json.dumps(document).encode(), git, set(folders).__contains__)


def one(source: Any, **more: Any) -> Offer:
    """The only offer of a marketplace with one plugin."""
    options = {key: more.pop(key) for key in ("folders", "git", "metadata") if key in more}
    found = read({"name": "web", "source": source, **more}, **options)
    assert found.findings == ()
    (offer,) = found.offers
    return offer


def refused(*plugins: Any, **options: Any) -> list[tuple[str, str]]:
    """The findings of a marketplace that offers nothing but `good`, as pack and reason."""
    found = read(*plugins, {"name": "good", "source": "./"}, **options)
    assert [offer.name for offer in found.offers] == ["good"]
    return [(finding.pack, finding.what) for finding in found.findings]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("./plugins/web", "plugins/web"),
        ("plugins/web/", "plugins/web"),
        ("./", ""),
        (".", ""),
        ("", ""),
        ("./plugins/../plugins/web", "plugins/web"),
        ({"source": "local", "path": "./plugins/web"}, "plugins/web"),
        ({"source": "url", "url": "./"}, ""),
        ({"source": "url", "url": "./plugins/web"}, "plugins/web"),
        ({"source": "git-subdir", "url": ".", "path": "plugins/web"}, "plugins/web"),
    ],
)
def test_a_folder_of_the_same_repository(source: Any, path: str) -> None:
    """As it is written; without a source it is the whole repository."""
    offer = one(source)
    assert (offer.git, offer.path, offer.elsewhere, offer.pinned) == (HERE, path, False, "")
    (whole,) = read({"name": "web"}).offers
    assert whole.path == ""


@pytest.mark.parametrize(
    ("source", "folders", "path"),
    [
        ("./web", {"plugins/web"}, "plugins/web"),
        ("web", {"plugins/web"}, "plugins/web"),
        ("./plugins/web", {"plugins/web"}, "plugins/web"),
        ("./plugins/web", {"plugins/web", "plugins/plugins/web"}, "plugins/web"),
    ],
)
def test_plugin_root_counts_once(source: str, folders: set[str], path: str) -> None:
    """It is put before a source that lacks it, and never before one that has it."""
    assert one(source, folders=folders, metadata={"pluginRoot": "./plugins"}).path == path


@pytest.mark.parametrize("root", ["../plugins", "/plugins", ["plugins"], 7])
def test_a_plugin_root_that_makes_no_sense(root: Any) -> None:
    """Costs only the plugins that need it."""
    found = refused({"name": "web", "source": "web"}, metadata={"pluginRoot": root})
    assert [pack for pack, _ in found] == ["web"]


@pytest.mark.parametrize(
    ("source", "url", "path"),
    [
        ({"source": "github", "repo": "acme/web"}, "https://github.com/acme/web.git", ""),
        ({"source": "github", "repo": "acme/web", "path": "./deep/"}, "https://github.com/acme/web.git", "deep"),
        ({"source": "url", "url": "https://h.example/web.git"}, "https://h.example/web.git", ""),
        ({"source": "url", "url": "git@h.example:a/web.git"}, "git@h.example:a/web.git", ""),
        ({"source": "git", "url": "https://h.example/web.git"}, "https://h.example/web.git", ""),
        (
            {"source": "git-subdir", "url": "https://h.example/web.git", "path": "tools/web"},
            "https://h.example/web.git",
            "tools/web",
        ),
        ({"source": "git-subdir", "url": "acme/mono", "path": "web"}, "https://github.com/acme/mono.git", "web"),
    ],
)
def test_another_repository(source: dict[str, Any], url: str, path: str) -> None:
    """With its folder there, its commit and its branch or tag."""
    offer = one(source | {"sha": SHA, "ref": "stable"})
    assert (offer.git.text, offer.path, offer.elsewhere) == (url, path, True)
    assert (offer.pinned, offer.ref) == (SHA, "stable")
    loose = one(source)
    assert (loose.pinned, loose.ref) == ("", "")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("./gone", "the folder './gone' is not there"),
        ("../up", "unsafe path"),
        ("plugins/../../up", "unsafe path"),
        ("/etc", "unsafe path"),
        ("plugins\\web", "unsafe path"),
        (None, "neither a path nor a mapping"),
        (["./plugins/web"], "neither a path nor a mapping"),
        ({"source": "local", "path": "../up"}, "unsafe path"),
        ({"source": "local", "path": 1}, "the kind 'local' is not known"),
        ({"source": "npm", "package": "web"}, "the kind 'npm' is not known"),
        ({"source": ["github"]}, "is not known"),
        ({"source": "github", "repo": "no-owner"}, "github:OWNER/REPO"),
        ({"source": "github", "repo": "-oProxyCommand=x/y"}, "starts with '-'"),
        ({"source": "url", "url": "ext::sh -c id"}, "is refused"),
        ({"source": "url", "url": "file:///srv/git/x.git"}, "is a path on this machine"),
        ({"source": "url", "url": "../x"}, "unsafe path"),
        ({"source": "url", "url": "./nowhere"}, "is not there"),
        ({"source": "github", "repo": "a/b", "path": "../up"}, "unsafe path"),
        ({"source": "github", "repo": "a/b", "path": "/up"}, "unsafe path"),
        ({"source": "github", "repo": "a/b", "path": ["x"]}, "the `path` of its source is no text"),
        ({"source": "github", "repo": "a/b", "ref": 1}, "the `ref` of its source is no text"),
        ({"source": "github", "repo": "a/b", "sha": "3f2a91c"}, "no commit id"),
        ({"source": "github", "repo": "a/b", "sha": 7}, "no commit id"),
    ],
)
def test_a_source_that_is_refused(source: Any, told: str) -> None:
    """One finding, and the other plugins are taken."""
    ((pack, reason),) = refused({"name": "web", "source": source})
    assert pack == "web"
    assert told in reason


def test_a_path_on_this_machine_for_a_registry_on_it() -> None:
    """A registry on disk may name another repository on disk."""
    offer = one({"source": "url", "url": "file:///srv/git/x.git"}, git=ON_DISK)
    assert offer.git.text == "file:///srv/git/x.git"


@pytest.mark.parametrize("entry", [None, "web", 7, [], {}, {"name": 3}, {"name": "a b"}, {"name": "x/y"}])
def test_an_entry_that_is_none(entry: Any) -> None:
    """Whatever it is."""
    assert len(refused(entry)) == 1


def test_lists_instead_of_the_manifest_of_the_plugin() -> None:
    """Only with `strict: false`; several plugins may share a folder and split it by their lists."""
    lists = {"skills": ["./skills/pdf", "skills/docx/"], "agents": "./agents/a.md", "commands": []}
    assert one("./", strict=False, **lists).declared == {
        "agents": ("agents/a.md",),
        "skills": ("skills/pdf", "skills/docx"),
        "commands": (),
    }
    assert one("./", **lists).declared == {}
    assert one("./", strict=True, **lists).declared == {}
    assert one("./", strict=False).declared == {}
    twice = [{"name": name, "source": "./", "strict": False, "skills": [f"./{name}"]} for name in ("pdf", "docx")]
    assert [offer.declared for offer in read(*twice).offers] == [{"skills": ("pdf",)}, {"skills": ("docx",)}]


@pytest.mark.parametrize("listed", [["../other"], ["/etc"], ["a/../../b"], [7], {"a": 1}, 7, "../x"])
def test_lists_that_leave_the_plugin(listed: Any) -> None:
    """The plugin is refused as a whole: without that entry it would be another one."""
    ((pack, _),) = refused({"name": "web", "source": "./", "strict": False, "skills": listed})
    assert pack == "web"


def test_one_name_twice() -> None:
    """The first entry counts, and the second is told."""
    found = read({"name": "web", "source": "./"}, {"name": "web", "source": "./plugins/web"})
    assert [offer.path for offer in found.offers] == [""]
    assert [(finding.pack, finding.what) for finding in found.findings] == [
        ("web", "it is listed twice; the first entry counts")
    ]


def test_renames() -> None:
    """Also in two steps; one that goes in a circle or is not text is passed over."""
    renames = {"first": "second", "second": "web", "site": "web", "gone": None, "x": "y", "y": "x"}
    (offer,) = read({"name": "web", "source": "./"}, renames=renames).offers
    assert offer.renamed_from == ("first", "second", "site")
    (offer,) = read({"name": "web", "source": "./"}, renames=["web"]).offers
    assert offer.renamed_from == ()


def test_words_for_people() -> None:
    """On one line, and only where they are text."""
    offer = one("./", description="Two\n  lines", keywords=["a", 7, "b"], tags=["b", "c"])
    assert (offer.description, offer.keywords) == ("Two lines", ("a", "b", "c"))
    offer = one("./", description=["x"], keywords="a", tags=None)
    assert (offer.description, offer.keywords) == ("", ())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"plugins": {}}', b'{"plugins": [], "plugins": []}', b"\xff"])
def test_a_file_that_is_no_marketplace(data: bytes) -> None:
    """Is one finding about the file."""
    found = read_marketplace(data, HERE, lambda _: True)
    assert found.offers == ()
    assert [finding.path for finding in found.findings] == [".claude-plugin/marketplace.json"]


def test_a_plugin_by_its_own_manifest() -> None:
    """Its name and words; without a name that can be asked for it is told what is wrong."""
    offer = plugin_offer(b'{"name": "web", "description": "For\\npages", "keywords": ["html"]}', "plugins/web", HERE)
    assert offer == Offer("web", HERE, "plugins/web", description="For pages", keywords=("html",))
    for data in (
        b"{",
        b"[]",
        b"{}",
        b'{"name": 7}',
        b'{"name": "a b"}',
        b'{"name": ""}',
        b'{"name": "x", "name": "y"}',
    ):
        with pytest.raises(JsonError):
            plugin_offer(data, "", HERE)


def test_dependencies() -> None:
    """Names, names with a marketplace, and mappings with a version."""
    listed = [
        "base",
        "far@market",
        {"name": "v", "version": "^2"},
        {"name": "w", "version": "~1.1", "marketplace": "m"},
    ]
    data = json.dumps({"dependencies": [*listed, {"name": "any"}, {"name": "none", "version": ""}]}).encode()
    assert needs_of_plugin(data, name="plugin.json") == (
        Need("base", "*"),
        Need("far", "*", market="market"),
        Need("v", "^2"),
        Need("w", "~1.1", market="m"),
        Need("any", "*"),
        Need("none", "*"),
    )
    assert needs_of_plugin(b"{}", name="x") == () == needs_of_plugin(b"[]", name="x")


@pytest.mark.parametrize(
    "listed",
    [
        *("base", {"base": "1"}, [7], [""], ["@market"], ["a b"], [{}], [{"name": ""}], [{"name": "a/b"}]),
        *([{"name": "x", "version": 1}], [{"name": "x", "marketplace": ["m"]}]),
    ],
)
def test_dependencies_that_are_none(listed: Any) -> None:
    """A requirement that cannot be read must not be passed over."""
    with pytest.raises(ResolutionError, match="dependenc"):
        needs_of_plugin(json.dumps({"dependencies": listed}).encode(), name="plugin.json")
