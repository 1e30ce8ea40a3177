"""A pack, a list or a branch that is gone or broken upstream costs only itself, in every command that meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import Entry, fail, locked, manifest_text, snapshot, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

MARKET = ".claude-plugin/marketplace.json"
LISTED = {"one": "./one", "two": "./two"}


def market(**plugins: str) -> str:
    """A marketplace with these folders as plug-ins."""
    entries = [{"name": name, "source": source} for name, source in plugins.items()]
    return json.dumps({"name": "m", "owner": {"name": "Kim"}, "plugins": entries}, indent=1)


def files(text: str = "New.\n") -> dict[str, Any]:
    """Two folders with an agent each."""
    return {f"{name}/agents/{name}.md": agent(name, text) for name in ("one", "two")}


class World:
    """A project with two packs of a marketplace, and a pack of another registry that has a newer release."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.shop = GitRegistry(folder / "shop.git")
        self.other = GitRegistry(folder / "other.git")
        self.shop.publish(None, {MARKET: market(**LISTED), **files("Old.\n")})
        self.other.publish("v1.0.0", {"agents/x.md": agent("x")})
        write_manifest(
            sandbox,
            f"registries:\n  shop: {self.shop.url}\n  other: {self.other.url}\n"
            'packs:\n  shop/one: {branch: main}\n  shop/two: "*"\n  other: ^1\n',
        )
        succeed(sandbox, "install")
        self.other.publish("v1.1.0", {"agents/x.md": agent("x", "Newer.\n")})

    def text(self, name: str) -> str:
        """What is installed of an agent, without its header."""
        return (self.sandbox.project / f".claude/agents/{name}.md").read_text().rpartition("---\n")[2]

    def rules(self, *command: str) -> set[tuple[str, str]]:
        """The rule and the subject of each finding of a command."""
        found = self.sandbox.json(*command)["data"]["findings"]
        return {(one["rule"], one.get("pack") or one["registry"]) for one in found}


def installed(world: World) -> dict[Path, Entry]:
    """Every installed file, and the lock."""
    return snapshot(world.sandbox.project / ".claude", world.sandbox.project / "agentsync.lock")


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> World:
    """As `World` says."""
    return World(sandbox, tmp_path)


def dropped(world: World) -> None:
    """The marketplace lists one of the two no longer."""
    world.shop.publish(None, {MARKET: market(one="./one"), **files()})


def renamed(world: World) -> None:
    """It lists it under another name, and says nothing of that."""
    world.shop.publish(None, {MARKET: market(one="./one", zwei="./two"), **files()})


def folder_gone(world: World) -> None:
    """It lists it, and its folder is gone."""
    kept = {path: data for path, data in files().items() if not path.startswith("two/")}
    world.shop.publish(None, {MARKET: market(**LISTED), **kept})


def external_gone(world: World) -> None:
    """It is in another repository now, which is not there."""
    entries = {"plugins": [{"name": "one", "source": "./one"}]}
    far = {"source": "url", "url": f"{world.shop.url}-gone.git", "sha": "3f2a91c0" * 5}
    entries["plugins"].append({"name": "two", "source": far})  # type: ignore[dict-item]
    world.shop.publish(None, {MARKET: json.dumps(entries), **files()})


def needs_what_is_gone(world: World) -> None:
    """It requires a pack that no registry offers."""
    world.shop.publish(None, {MARKET: market(**LISTED), **files(), "two/pack.yaml": "requires: {three: '*'}\n"})


def needs_unlisted(world: World) -> None:
    """It requires a pack of a registry that the manifest does not list."""
    needs = "requires:\n  pdf: {git: https://git.example/pdf.git, version: '*'}\n"
    world.shop.publish(None, {MARKET: market(**LISTED), **files(), "two/pack.yaml": needs})


ONE_GONE: list[tuple[Callable[[World], None], str]] = [
    (dropped, "pack-gone"),
    (renamed, "pack-gone"),
    (folder_gone, "pack-path-missing"),
    (external_gone, "source-unreachable"),
    (needs_what_is_gone, "requires-unknown"),
    (needs_unlisted, "pack-unreadable"),
]


@pytest.mark.parametrize(("break_it", "rule"), ONE_GONE)
def test_one_pack(world: World, break_it: Callable[[World], None], rule: str) -> None:
    """`update` takes the rest, keeps it, tells it, and exits 1; named, it is the failure that it is."""
    before = locked(world.sandbox, "shop/two")
    break_it(world)
    fail(world.sandbox, "update", "shop/two", exit=3, code="fetch" if break_it is external_gone else "resolution")
    document = world.sandbox.json("update")
    assert document["exit"] == 1 and document["errors"] == []
    assert (world.text("one"), world.text("two"), world.text("x")) == ("New.\n", "Old.\n", "Newer.\n")
    assert locked(world.sandbox, "shop/two") == before
    assert rule in {one["rule"] for one in document["data"]["findings"]}
    assert any("two" in one.get("pack", "") for one in document["data"]["findings"]), document["data"]["findings"]
    assert world.sandbox.run("drift").exit == 0
    after = installed(world)
    assert world.sandbox.run("update").exit == 1, "it is told again"
    assert installed(world) == after


def broken_list(world: World) -> str:
    """A comma is lost."""
    world.shop.publish(None, {MARKET: market(**LISTED).replace("},\n", "}\n"), **files()})
    return "marketplace.json, line"


def list_gone(world: World) -> str:
    """The marketplace goes away, the folders stay."""
    world.shop.publish(None, files())
    return "has no pack 'one'"


def broken_registry_file(world: World) -> str:
    """A `registry.yaml` is not what it may be."""
    world.shop.publish(None, {"registry.yaml": "registry: 1\npakcs: {}\n", **files()})
    return "registry.yaml of"


def branch_renamed(world: World) -> str:
    """The default branch has another name."""
    world.shop.git("branch", "-m", "main", "trunk")
    world.shop.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    return "write `branch: trunk`"


def gone(world: World) -> str:
    """The repository is not there."""
    world.shop.path.rename(world.shop.path.with_name("moved.git"))
    return "cannot read"


@pytest.mark.parametrize("break_it", [broken_list, list_gone, broken_registry_file, branch_renamed, gone])
def test_a_whole_registry(world: World, break_it: Callable[[World], str]) -> None:
    """The other registry's pack is updated, and every command names the cause."""
    said = break_it(world)
    shown = succeed(world.sandbox, "outdated")
    assert "other/other" in shown.stdout and "1.1.0" in shown.stdout and said in shown.stderr
    drift = world.sandbox.run("drift", "--upstream")
    assert drift.exit == (3 if break_it is gone else 1) and said in drift.stderr
    assert "behind    other/other 1.1.0" in drift.stdout
    run = world.sandbox.run("update")
    assert run.exit == 1 and said in run.stderr
    assert (world.text("one"), world.text("x")) == ("Old.\n", "Newer.\n")
    before = installed(world)
    assert world.sandbox.run("update").exit == 1
    succeed(world.sandbox, "install")
    assert installed(world) == before


def test_the_whole_repository_is_no_stand_in(sandbox: Sandbox, tmp_path: Path) -> None:
    """A pack that has its repository's name is not taken for the whole of it while the list is broken."""
    shop = GitRegistry(tmp_path / "one.git")
    shop.publish(None, {MARKET: market(**LISTED), **files("Old.\n")})
    write_manifest(sandbox, f"registries: {{shop: '{shop.url}'}}\npacks: {{shop/one: '*'}}\n")
    succeed(sandbox, "install")
    shop.publish(None, {MARKET: "{", **files()})
    run = sandbox.run("update")
    assert run.exit == 1 and MARKET in run.stderr
    assert not (sandbox.project / ".claude/agents/two.md").exists()


def test_a_pack_with_a_new_name(world: World) -> None:
    """A registry that says so is followed, and the manifest gets the new name."""
    shop = world.shop
    shop.publish(None, {"registry.yaml": registry_yaml("zwei") + "renames: {two: zwei}\n", **moved("packs/zwei")})
    write_manifest(world.sandbox, f"registries: {{shop: '{shop.url}'}}\npacks: {{shop/two: '*'}}\n")
    document = world.sandbox.json("update")
    assert document["exit"] == 0
    assert world.text("two") == "New.\n"
    (finding,) = document["data"]["findings"]
    assert (finding["rule"], finding["level"]) == ("pack-renamed", "note") and "shop/zwei" in finding["fix"]
    assert "shop/zwei: '*'" in manifest_text(world.sandbox)


def moved(folder: str) -> dict[str, Any]:
    """The second agent in another folder."""
    return {f"{folder}/agents/two.md": agent("two", "New.\n")}


def test_a_listed_folder_that_is_gone(world: World) -> None:
    """`add` says that the pack is listed, and why it cannot be taken."""
    folder_gone(world)
    said = fail(world.sandbox, "add", "shop/two", exit=3, code="resolution")
    assert "lists 'two'" in said and "./two" in said and MARKET in said


@pytest.mark.parametrize("command", [("info", "shop"), ("search", "x", "--refresh"), ("outdated",), ("update",)])
def test_what_is_told_of_a_list(world: World, command: tuple[str, ...]) -> None:
    """A list that cannot be read is a finding of each command that meets the registry."""
    broken_list(world)
    assert ("marketplace-invalid", "shop") in world.rules(*command)
