"""`sbom` and `attest`: the lock as other programs take it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.project import fail, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

pytestmark = pytest.mark.slow

AGENT = "---\nname: reviewer\ndescription: reads\ntools: Read, Bash\n---\nRead.\n"
EDITOR = ".claude/agents/editor.md"


@pytest.fixture
def project(sandbox: Sandbox, git_registry: GitRegistry) -> Sandbox:
    """A project with a pack that states a licence and a pack that needs it, one file of which has a kept edit."""
    base = {"packs/base/agents/reviewer.md": AGENT, "packs/base/.claude-plugin/plugin.json": '{"license": "mit"}'}
    more = {"packs/more/agents/editor.md": AGENT.replace("reviewer", "editor")}
    more["packs/more/pack.yaml"] = "license: MIT OR Apache-2.0\nrequires: {base: '*'}\n"
    listed = "registry: 1\npacks:\n  base: {path: packs/base}\n  more: {path: packs/more}\n"
    git_registry.publish("v1.2.0", {"registry.yaml": listed, **base, **more})
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", git_registry.url)
    succeed(sandbox, "add", "acme/more", "--accept-grants")
    with (sandbox.project / EDITOR).open("a") as file:
        file.write("Ours.\n")
    succeed(sandbox, "keep", EDITOR)
    return sandbox


def _named(parts: list[dict[str, Any]], name: str, key: str = "name") -> dict[str, Any]:
    (found,) = (part for part in parts if part[key] == name)
    return found


def test_the_lock_as_other_programs_take_it(project: Sandbox, git_registry: GitRegistry) -> None:
    """All formats from the lock alone, the same each time; a statement only about what is so."""
    lock = (project.project / "agentsync.lock").read_text()
    assert 'license: "MIT OR Apache-2.0"' in lock and "license: MIT\n" in lock
    run = project.run("sbom", env=project.cut_off())
    bom = json.loads(run.stdout)
    assert run.exit == 0 and project.run("sbom").stdout == run.stdout
    more, base = (_named(bom["components"], name) for name in ("acme/more", "acme/base"))
    commit = git_registry.git("rev-parse", "v1.2.0^{commit}")
    assert more["version"] == "1.2.0" and more["bom-ref"] == "pack:acme/more"
    assert more["purl"].startswith("pkg:generic/more@1.2.0?vcs_url=git%2Bfile://")
    assert more["purl"].endswith(f"%40{commit}#packs/more")
    assert base["licenses"] == [{"license": {"id": "MIT"}}]
    assert more["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert {"ref": "pack:acme/more", "dependsOn": ["pack:acme/base"]} in bom["dependencies"]
    assert {"name": "agentsync:grant:agent:editor", "value": "exec"} in more["properties"]
    assert {"name": "agentsync:header:agent:editor", "value": "strict"} in more["properties"]
    file = _named(more["components"], EDITOR)
    assert file["type"] == "file" and file["properties"][0]["name"] == "agentsync:kept"

    succeed(project, "sbom", "--format", "spdx", "--name", "shop", "--output", "out.json")
    spdx = json.loads((project.project / "out.json").read_text())
    assert spdx["name"] == "shop" and _named(spdx["packages"], "acme/base")["licenseDeclared"] == "MIT"
    assert "cyclonedx" in fail(project, "sbom", "--format", "cyclone", exit=2, code="usage")
    assert "no such folder" in fail(project, "sbom", "--output", "gone/out.json", exit=3, code="disk")
    for ours in ("agentsync.lock", "agentsync.yaml", EDITOR, ".agentsync/x"):
        fail(project, "sbom", "--output", ours, exit=2, code="usage")

    statement = project.json("attest", env=project.cut_off())["data"]["document"]
    assert _named(statement["subject"], EDITOR)["digest"]["sha256"] == file["hashes"][0]["content"]
    dependency = _named(statement["predicate"]["buildDefinition"]["resolvedDependencies"], "acme/more")
    assert dependency["digest"] == {"gitCommit": commit} and dependency["uri"].endswith(f"@{commit}")
    (project.project / EDITOR).write_text("other\n")
    assert "not those of the lock" in fail(project, "attest", exit=3, code="integrity")
    (project.project / "agentsync.lock").unlink()
    for command in ("sbom", "attest"):
        fail(project, command, exit=3, code="lock")


@pytest.mark.long
def test_the_validators_of_the_standards_take_it(project: Sandbox) -> None:
    """Both with their own libraries, every rule on."""
    json_validators = pytest.importorskip("cyclonedx.validation.json")
    version = pytest.importorskip("cyclonedx.schema").SchemaVersion.V1_6
    assert json_validators.JsonStrictValidator(version).validate_str(project.run("sbom").stdout) is None
    parser = pytest.importorskip("spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser").JsonLikeDictParser
    validator = pytest.importorskip("spdx_tools.spdx.validation.document_validator")
    document = parser().parse(json.loads(project.run("sbom", "--format", "spdx").stdout))
    assert [one.validation_message for one in validator.validate_full_spdx_document(document)] == []
