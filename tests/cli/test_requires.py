"""Packs that require packs: chains, several registries, conflicts, and what the lock shows of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import (
    fail,
    files_below,
    lock_text,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

# Pack to release to what it requires, as the text of its `requires:`.
Packs = Mapping[str, Mapping[str, str]]


def publish(sandbox: Sandbox, registry: str, packs: Packs, **plugins: str) -> GitRegistry:
    """A registry whose packs have tags of their own; `plugins` are the `plugin.json` of single packs."""
    git = GitRegistry(sandbox.root / f"{registry}.git")
    files: dict[str, str] = {"registry.yaml": registry_yaml(*packs)}
    for pack in packs:
        files[f"packs/{pack}/agents/{pack}.md"] = agent(pack)
        if pack in plugins:
            files[f"packs/{pack}/.claude-plugin/plugin.json"] = plugins[pack]
    for pack, releases in packs.items():
        for version, requires in releases.items():
            text = f"requires: {requires}\n" if requires else ""
            body = agent(pack, f"{version}\n")
            own = {f"packs/{pack}/pack.yaml": text, f"packs/{pack}/agents/{pack}.md": body}
            git.publish(f"{pack}/v{version}", files | own)
    return git


def ask(sandbox: Sandbox, *packs: str, registries: tuple[str, ...] = ("acme",)) -> None:
    """A manifest with these lines below `packs:`."""
    aliases = "".join(f"  {alias}: ../{alias}.git\n" for alias in registries)
    write_manifest(sandbox, f"registries:\n{aliases}packs:\n" + "".join(f"  {line}\n" for line in packs))


def versions(sandbox: Sandbox) -> dict[str, str]:
    """What is locked."""
    return {pack["pack"]: pack["version"] for pack in sandbox.json("tree")["data"]["packs"]}


def blocks(text: str) -> dict[str, list[str]]:
    """The lines of a lock, by pack."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("  ") and not line.startswith("   "):
            name = line.strip().rstrip(":")
        found.setdefault(name, []).append(line)
    return found


def test_a_chain_of_packs(sandbox: Sandbox) -> None:
    """What is required is installed, its highest release that serves everybody, and goes with the last who asks."""
    publish(
        sandbox,
        "acme",
        {
            "web": {"1.0.0": "{kit: '>=1,<3'}"},
            "kit": {"1.5.0": "[base]", "2.5.0": "{base: ^1}", "3.0.0": ""},
            "base": {"1.0.0": "", "1.9.0": "", "2.0.0": ""},
        },
    )
    ask(sandbox, "acme/web: ^1")
    succeed(sandbox, "install")
    assert versions(sandbox) == {"acme/web": "1.0.0", "acme/kit": "2.5.0", "acme/base": "1.9.0"}
    assert locked(sandbox, "acme/web")["requires"] == {"acme/kit": ">=1,<3"}
    assert sorted(files_below(sandbox.project / ".claude")) == ["agents/base.md", "agents/kit.md", "agents/web.md"]
    before = snapshot(sandbox.project)
    succeed(sandbox, "install", "--locked", env=sandbox.without_git())
    assert snapshot(sandbox.project) == before
    assert succeed(sandbox, "tree").stdout == "acme/web 1.0.0\n  acme/kit 2.5.0\n    acme/base 1.9.0\n"
    assert succeed(sandbox, "list", "--tree").stdout == succeed(sandbox, "tree").stdout
    succeed(sandbox, "remove", "acme/web")
    assert versions(sandbox) == {}
    assert files_below(sandbox.project / ".claude") == {}


def test_another_registry(sandbox: Sandbox) -> None:
    """It is followed where the manifest lists its URL, whatever the alias; else exit 3 and what to add."""
    base = publish(sandbox, "base", {"pdf": {"1.2.0": "", "2.0.0": ""}})
    publish(sandbox, "acme", {"web": {"1.0.0": f"{{tool: {{git: {base.url}, pack: pdf, version: ^1}}}}"}})
    ask(sandbox, "acme/web: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert "acme/web 1.0.0 requires pdf of a registry that agentsync.yaml does not list" in said
    assert f"hint: agentsync registry add base {base.url}" in said
    command = said.splitlines()[-1].removeprefix("hint: agentsync ").split()
    succeed(sandbox, *command)
    succeed(sandbox, "install")
    assert versions(sandbox) == {"acme/web": "1.0.0", "base/pdf": "1.2.0"}
    write_manifest(sandbox, manifest_text(sandbox).replace("  base: ", "  other: "))
    succeed(sandbox, "install", "--accept-grants")
    assert versions(sandbox) == {"acme/web": "1.0.0", "other/pdf": "1.2.0"}


def test_the_alias_that_is_proposed_is_free(sandbox: Sandbox) -> None:
    """The command in the hint works as it stands, though the name of the repository is taken."""
    (sandbox.root / "far").mkdir()
    far = GitRegistry(sandbox.root / "far" / "acme.git")
    far.publish("v1.0.0", {"registry.yaml": registry_yaml("pdf"), "packs/pdf/agents/pdf.md": agent("pdf")})
    publish(sandbox, "acme", {"web": {"1.0.0": f"{{pdf: {{git: {far.url}}}}}"}})
    ask(sandbox, "acme/web: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    succeed(sandbox, *said.splitlines()[-1].removeprefix("hint: agentsync ").split())
    succeed(sandbox, "install")
    assert versions(sandbox) == {"acme/web": "1.0.0", "acme-2/pdf": "1.0.0"}


def test_a_bare_name_is_never_looked_for_elsewhere(sandbox: Sandbox) -> None:
    """Another registry of the manifest has a pack of that name: it is not taken by accident."""
    publish(sandbox, "acme", {"web": {"1.0.0": "[pdf]"}})
    publish(sandbox, "other", {"pdf": {"1.0.0": ""}})
    ask(sandbox, "acme/web: ^1", "other/pdf: ^1", registries=("acme", "other"))
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert "registry acme has no pack 'pdf'" in said
    assert "agentsync.yaml -> acme/web 1.0.0 asks for it" in said


def test_dependencies_of_plugins(sandbox: Sandbox) -> None:
    """Names, versions, and the alias of another marketplace; one that the manifest lacks is told."""
    dependencies = ["base", {"name": "kit", "version": "^1"}, "pdf@tools", {"name": "doc", "marketplace": "tools"}]
    web = json.dumps({"name": "web", "dependencies": dependencies})
    publish(sandbox, "acme", {"web": {"1.0.0": ""}, "base": {"1.0.0": ""}, "kit": {"1.0.0": "", "2.0.0": ""}}, web=web)
    publish(sandbox, "tools", {"pdf": {"3.0.0": ""}, "doc": {"4.0.0": ""}})
    ask(sandbox, "acme/web: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert "it is in the marketplace tools" in said and "hint: agentsync registry add tools URL" in said
    ask(sandbox, "acme/web: ^1", registries=("acme", "tools"))
    succeed(sandbox, "install")
    assert versions(sandbox) == {
        "acme/web": "1.0.0",
        "acme/base": "1.0.0",
        "acme/kit": "1.0.0",
        "tools/pdf": "3.0.0",
        "tools/doc": "4.0.0",
    }


def test_a_diamond(sandbox: Sandbox) -> None:
    """`^1` on one way and `^2` on the other: exit 3, both chains, what exists; nothing changes."""
    publish(
        sandbox,
        "acme",
        {
            "web": {"1.0.0": "{forms: ^1}"},
            "forms": {"1.0.0": "{base: ^1}"},
            "data": {"1.0.0": "{base: ^2}"},
            "base": {"1.0.0": "", "2.0.0": ""},
        },
    )
    ask(sandbox, "acme/web: ^1", "acme/data: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert "no version of acme/base satisfies `^1` and `^2`" in said
    assert "acme/web 1.0.0 -> acme/forms 1.0.0" in said
    assert "acme/data 1.0.0" in said
    assert "versions of acme/base that exist: 2.0.0, 1.0.0" in said


def test_an_older_release_that_serves_everybody(sandbox: Sandbox) -> None:
    """The newest of one pack needs what another forbids: the search goes back to the one before."""
    publish(
        sandbox,
        "acme",
        {
            "web": {"1.0.0": "{base: ^1}", "1.1.0": "{base: ^1}", "1.2.0": "{base: ^2}"},
            "data": {"1.0.0": "{base: ^1}"},
            "base": {"1.0.0": "", "2.0.0": ""},
        },
    )
    ask(sandbox, "acme/web: ^1", "acme/data: ^1")
    succeed(sandbox, "lock")
    assert versions(sandbox) == {"acme/web": "1.1.0", "acme/data": "1.0.0", "acme/base": "1.0.0"}


def test_a_cycle(sandbox: Sandbox) -> None:
    """Two packs that need each other are installed; one that needs itself is an error."""
    publish(sandbox, "acme", {"a": {"1.0.0": "[b]"}, "b": {"1.0.0": "[a]"}, "me": {"1.0.0": "[me]"}})
    ask(sandbox, "acme/a: ^1")
    succeed(sandbox, "install")
    assert versions(sandbox) == {"acme/a": "1.0.0", "acme/b": "1.0.0"}
    assert succeed(sandbox, "tree").stdout == "acme/a 1.0.0\n  acme/b 1.0.0\n    acme/a 1.0.0 (again)\n"
    assert "agentsync.yaml -> acme/a 1.0.0 -> acme/b 1.0.0" in succeed(sandbox, "why", "acme/b").stdout
    ask(sandbox, "acme/me: ^1")
    assert "acme/me 1.0.0 requires itself" in fail(sandbox, "install", exit=3, code="resolution")


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (("acme/web: ^1", "acme/web: ^2"), {"acme/web"}),
        (("acme/data: ^1", "acme/data: '>=1.0.0'"), {"acme/data"}),
        (("acme/ops: 1.0.0", "acme/ops: 1.1.0"), {"acme/ops"}),
        (("acme/ops: 1.0.0\n", ""), {"acme/ops"}),
    ],
)
def test_one_requirement_changes_one_block(sandbox: Sandbox, change: tuple[str, str], changed: set[str]) -> None:
    """Everything has newer releases by now; only the pack whose requirement changed moves."""
    packs = {
        "web": {"1.0.0": "[base]"},
        "data": {"1.0.0": "[base]"},
        "ops": {"1.0.0": ""},
        "base": {"1.0.0": ""},
    }
    publish(sandbox, "acme", packs)
    ask(sandbox, "acme/web: ^1", "acme/data: ^1", "acme/ops: 1.0.0")
    succeed(sandbox, "install")
    before = blocks(lock_text(sandbox))
    newer = {name: {"1.1.0": releases["1.0.0"]} for name, releases in packs.items()}
    publish(sandbox, "acme", newer | {"web": {"2.0.0": "[base]"}})
    write_manifest(sandbox, manifest_text(sandbox).replace(*change))
    succeed(sandbox, "install")
    after = blocks(lock_text(sandbox))
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == changed


def test_the_order_of_the_manifest_says_nothing(sandbox: Sandbox) -> None:
    """Nor does the order in which the tags were made: the same bytes of lock."""
    packs = {
        "web": {"1.0.0": "{base: '*'}", "1.1.0": "{base: ^1}"},
        "data": {"1.0.0": "{base: '<2'}"},
        "base": {"1.0.0": "", "1.1.0": "", "2.0.0": ""},
    }
    publish(sandbox, "acme", packs)
    lines = ["acme/web: '*'", "acme/data: '*'"]
    found = set()
    for order in (lines, lines[::-1]):
        (sandbox.project / "agentsync.lock").unlink(missing_ok=True)
        ask(sandbox, *order)
        succeed(sandbox, "lock")
        found.add(lock_text(sandbox))
    assert len(found) == 1
    assert versions(sandbox) == {"acme/web": "1.1.0", "acme/data": "1.0.0", "acme/base": "1.1.0"}


def test_what_a_folder_requires(sandbox: Sandbox) -> None:
    """A folder has no registry: it names one by URL, and a bare name is told."""
    base = publish(sandbox, "acme", {"base": {"1.0.0": ""}})
    own = sandbox.project / "own"
    (own / "agents").mkdir(parents=True)
    (own / "agents/own.md").write_text(agent("own"))
    (own / "pack.yaml").write_text("requires: [base]\n")
    write_manifest(sandbox, f"registries:\n  acme: {base.url}\npacks:\n  own: {{path: own}}\n")
    assert "a folder has no registry to take it from" in fail(sandbox, "install", exit=3, code="resolution")
    (own / "pack.yaml").write_text(f"requires: {{base: {{git: {base.url}}}}}\n")
    succeed(sandbox, "install")
    assert versions(sandbox) == {"acme/base": "1.0.0", "own": None}
    assert "agentsync.yaml -> own" in succeed(sandbox, "why", "acme/base").stdout


@pytest.mark.parametrize(
    ("requires", "told"),
    [("{base: soon}", "line 1, column 18"), ("{bse: '*'}", "did you mean `base`?"), ("{base: ^9}", "satisfies `^9`")],
)
def test_a_requirement_that_nothing_meets(sandbox: Sandbox, requires: str, told: str) -> None:
    """Whose it is and what exists; nothing changes."""
    publish(sandbox, "acme", {"web": {"1.0.0": requires}, "base": {"1.0.0": ""}})
    ask(sandbox, "acme/web: ^1")
    said = fail(sandbox, "install", exit=3, code="resolution")
    assert told in said and "acme/web 1.0.0" in said
