"""Packs and registries are started with files that pass the strict checks, and replace nothing."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.cli.packs import agent
from tests.cli.project import files_below, succeed
from tests.sandbox import Sandbox


def test_a_pack_in_a_registry(sandbox: Sandbox) -> None:
    """All kinds pass; the entry is added; what is there already is named, and nothing is written then."""
    succeed(sandbox, "registry", "init", "--name", "kit", "--ci", "github")
    listed = sandbox.project / "registry.yaml"
    listed.write_text(listed.read_text().replace("packs:\n", "packs:   # ours\n  web: {path: web}   # small\n"))
    before = listed.read_text()
    kinds = [word for kind in ("agent", "skill", "command") for word in ("--kind", kind)]
    document = sandbox.json("pack", "init", "packs/My Pack", "--dry-run", *kinds)
    assert document["data"]["pack"] == "my-pack" and listed.read_text() == before
    document = sandbox.json("pack", "init", "packs/review", *kinds)
    assert document["data"]["path"] == "packs/review"
    assert all((sandbox.project / path).is_file() for path in document["data"]["written"])
    assert document["data"]["written"][-1] == "registry.yaml"
    assert "  web: {path: web}   # small\n  review: {path: packs/review}\n" in listed.read_text()
    assert (sandbox.project / "packs/review/pack.yaml").read_text().startswith("# yaml-language-server: $schema=")
    checked = sandbox.json("pack", "check", "packs/review", "--strict")
    assert (checked["exit"], checked["data"]["packs"][0]["items"]) == (0, 3), checked["data"]["findings"]
    state = files_below(sandbox.project)
    for code, *line in (
        (2, "pack", "init", "packs/review"),
        (2, "pack", "init", "packs/other", "--name", "review"),
        (2, "pack", "init", "packs/other", "--name", "No Name"),
        (2, "pack", "init", "packs/other", "--kind", "hook"),
        (2, "registry", "init"),
        (2, "registry", "init", "new", "--ci", "jenkins"),
    ):
        run = sandbox.run(*[str(word) for word in line])
        assert run.exit == code and run.stderr.startswith("error: "), line
    again = sandbox.json("pack", "init", "packs/review", *kinds)["errors"][0]["what"]
    assert all(path in again for path in document["data"]["written"][:-1]), again
    (sandbox.root / "bare").mkdir()
    unborn = sandbox.run("-C", str(sandbox.root / "bare"), "registry", "publish", "--all")
    assert unborn.exit == 2 and "bare has no commit" in unborn.stderr
    assert files_below(sandbox.project) == state


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_workflows(sandbox: Sandbox, host: str) -> None:
    """They are YAML whose shell is shell, name this version, and pin each action by its commit."""
    path = {"github": ".github/workflows/registry.yml", "gitlab": ".gitlab-ci.yml"}[host]
    (sandbox.project / "README.md").write_text("Mine\n")
    (sandbox.project / "packs/web/agents").mkdir(parents=True)
    (sandbox.project / "packs/web/agents/a.md").write_text(agent("a"))
    document = sandbox.json("registry", "init", "--from-tree", "--ci", host)
    assert document["data"]["written"] == ["registry.yaml", path]
    assert document["data"]["packs"] == [{"pack": "web", "path": "packs/web"}]
    text = (sandbox.project / path).read_text()
    assert "@BRANCH@" not in text and "@AGENTSYNC@" not in text and "agentsync==" in text
    uses = [line.split("@")[1].split(" #")[0] for line in text.split("\n") if "uses:" in line]
    assert all(len(commit) == 40 for commit in uses) and bool(uses) is (host == "github")
    scripts = list(_scripts(yaml.safe_load(text)))
    assert len(scripts) >= 4
    for script in scripts:
        done = subprocess.run(
            ["sh", "-n"], input=script.replace("${AGENTSYNC/agentsync/agentsync[site]}", "x").encode()
        )
        assert done.returncode == 0, script


def _scripts(node: object) -> list[str]:
    if isinstance(node, dict):
        found = [
            script
            for key, value in node.items()
            if key not in ("run", "script", "after_script")
            for script in _scripts(value)
        ]
        own = [node[key] for key in ("run", "script", "after_script") if key in node]
        return found + ["\n".join(one) if isinstance(one, list) else str(one) for one in own]
    return [script for one in node for script in _scripts(one)] if isinstance(node, list) else []
