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
    """Exit 3, with the rows of the others."""
    document = project.json("outdated")
    assert document["exit"] == 3
    assert [(row["pack"], row["allowed"]) for row in document["data"]["packs"]] == [
        ("one/one", "1.1.0"),
        ("three/three", "1.1.0"),
    ]
    (error,) = document["errors"]
    assert error["code"] == "fetch" and "two.git" in error["what"]


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
    """A pack that is named is updated; all of them cannot be."""
    assert project.run("update").exit == 3
    assert project.json("update", "one")["data"]["versions"] == [{"pack": "one/one", "from": "1.0.0", "to": "1.1.0"}]
