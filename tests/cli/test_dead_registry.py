"""One registry that cannot be reached: the others are told all the same, and it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """Packs of three registries, each with a newer release; then one registry goes away."""
    names = ("one", "two", "three")
    registries = {name: GitRegistry(tmp_path / f"{name}.git") for name in names}
    for name, registry in registries.items():
        registry.publish("v1.0.0", {"agents/x.md": agent(name)})
    listed = "".join(f"  {name}: {registry.url}\n" for name, registry in registries.items())
    packs = "".join(f"  {name}: {{version: ^1, prefix: true}}\n" for name in names)
    write_manifest(sandbox, f"registries:\n{listed}packs:\n{packs}")
    succeed(sandbox, "install")
    for name, registry in registries.items():
        registry.publish("v1.1.0", {"agents/x.md": agent(name)})
    registries["two"].path.rename(tmp_path / "gone.git")
    return sandbox


def test_outdated(project: Sandbox) -> None:
    """The rows of the others, and a finding; only `--check` does not pass where something cannot be said."""
    document = project.json("outdated")
    assert document["exit"] == 0
    assert [(row["pack"], row["allowed"]) for row in document["data"]["packs"]] == [
        ("one/one", "1.1.0"),
        ("three/three", "1.1.0"),
    ]
    (finding,) = document["data"]["findings"]
    assert (finding["rule"], finding["registry"]) == ("source-unreachable", "two") and "two.git" in finding["what"]
    assert project.run("outdated", "--check").exit == 1


def test_drift(project: Sandbox) -> None:
    """The same, by the standing of each pack; `status` only tells it."""
    document = project.json("drift", "--upstream")
    assert document["exit"] == 3
    assert {row["pack"]: row["upstream"] for row in document["data"]["packs"]} == {
        "one/one": "behind",
        "two/two": None,
        "three/three": "behind",
    }
    assert [error["code"] for error in document["errors"]] == ["fetch"]
    assert project.run("drift").exit == 0
    status = project.run("status", "--upstream")
    assert status.exit == 0 and "two.git" in status.stderr


def test_an_update_of_the_others(project: Sandbox) -> None:
    """They are updated, what is locked stays and is told, exit 1; who names the dead one gets its failure."""
    assert project.run("update", "two").exit == 3
    assert project.run("update", "two/two").exit == 3
    assert project.json("update", "one")["data"]["versions"] == [{"pack": "one/one", "from": "1.0.0", "to": "1.1.0"}]
    document = project.json("update")
    assert document["exit"] == 1
    assert document["data"]["versions"] == [{"pack": "three/three", "from": "1.0.0", "to": "1.1.0"}]
    assert [one["registry"] for one in document["data"]["findings"]] == ["two"]
    assert project.run("drift").exit == 0


def test_verify(project: Sandbox) -> None:
    """The failure is one of that registry's pack alone; all else is checked."""
    document = project.json("verify")
    assert document["exit"] == 3
    assert {row["pack"] for row in document["data"]["packs"] if row["errors"]} == {"two/two"}
