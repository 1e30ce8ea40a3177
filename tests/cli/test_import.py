"""What the files of other tools ask for becomes a manifest and a lock, and what is lost is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, fail, files_below, lock_text, manifest_text, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

TREE = {
    "agents/helper.md": agent("helper", "One.\n"),
    "skills/pdf/SKILL.md": skill("pdf", "One.\n"),
    "skills/docs/SKILL.md": skill("docs", "One.\n"),
}
NEXT = {path: text.replace("One.", "Two.") for path, text in TREE.items()}


@pytest.fixture
def acme(sandbox: Sandbox, tmp_path: Path) -> GitRegistry:
    """The repository `acme/pack` on GitHub, as far as this machine's git can tell: two releases and a commit."""
    registry = GitRegistry(tmp_path / "hub/acme/pack.git")
    registry.publish("v1.0.0", TREE)
    registry.publish("v1.1.0", NEXT)
    registry.publish(None, {path: text.replace("One.", "Three.") for path, text in TREE.items()})
    hub = (tmp_path / "hub").as_uri()
    (sandbox.home / ".gitconfig").write_text(f'[url "{hub}/"]\n\tinsteadOf = https://github.com/\n')
    return registry


def _write(folder: Path, name: str, content: str | dict[str, Any]) -> None:
    where = folder / name
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(content if isinstance(content, str) else json.dumps(content))


def _lost(document: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["why"] for one in document["data"]["lost"]}


def _commits(document: dict[str, Any]) -> dict[str, str]:
    return {one["entry"]: one["commit"] for one in document["data"]["imported"]}


def test_apm(sandbox: Sandbox, tmp_path: Path, acme: GitRegistry) -> None:
    """Ranges and tags stay, what has none is pinned to the locked commit; installed files become ours or edited."""
    solo = GitRegistry(tmp_path / "hub/acme/solo.git")
    old = solo.publish("v1.0.0", {"agents/helper.md": TREE["agents/helper.md"]})
    solo.publish("v1.1.0", {"agents/helper.md": NEXT["agents/helper.md"]})
    _write(
        sandbox.project,
        "apm.yml",
        "name: shop\nversion: 1.0.0\nscripts: {start: run}\ndependencies:\n  apm:\n"
        "  - acme/solo#^1.0.0\n  - acme/pack/skills/pdf#v1.0.0\n"
        "  - {git: https://github.com/acme/pack, path: skills/docs, alias: papers}\n"
        "  - {id: someone/thing}\n  mcp: [io.github/x]\n",
    )
    first, second = acme.git("rev-parse", "v1.0.0"), acme.git("rev-parse", "main")
    locked = (
        f"  - {{repo_url: acme/solo, host: github.com, resolved_commit: {old}, resolved_ref: v1.0.0,"
        " deployed_files: [.claude/agents/helper.md, .claude/rules/left.md]}\n"
        f"  - {{repo_url: acme/pack, virtual_path: skills/docs, resolved_commit: {second}}}\n"
    )
    _write(sandbox.project, "apm.lock.yaml", f"lockfile_version: '2'\ndependencies:\n{locked}")
    _write(sandbox.project, ".claude/agents/helper.md", TREE["agents/helper.md"])
    _write(sandbox.project, ".claude/skills/pdf/SKILL.md", TREE["skills/pdf/SKILL.md"] + "Mine.\n")
    _write(sandbox.project, ".claude/rules/left.md", "A rule.\n")
    before = files_below(sandbox.project / ".claude")
    dry = sandbox.json("import", "--dry-run")
    assert not (sandbox.project / "agentsync.yaml").exists()
    document = sandbox.json("import")
    assert document["exit"] == 1, document
    assert document["data"]["imported"] == dry["data"]["imported"]
    assert _commits(document) == {"solo": old, "pdf": first, "papers": second}
    assert document["data"]["unmatched"] == [".claude/rules/left.md"]
    keys = {"scripts", "dependencies.mcp", "dependencies.apm: someone/thing"}
    assert _lost(document).keys() == keys
    text = manifest_text(sandbox)
    assert "solo: {git: https://github.com/acme/solo.git, version: ^1.0.0}" in text.replace('"', "")
    assert "path: skills/pdf, tag: v1.0.0" in text and f"path: skills/docs, commit: {second}" in text.replace('"', "")
    assert files_below(sandbox.project / ".claude") == before
    found = drifts(sandbox)
    assert found.pop(".claude/skills/pdf/SKILL.md") == "edited" and set(found.values()) == {"missing"}
    again = sandbox.json("import")
    assert again["data"]["imported"] == [] and manifest_text(sandbox) == text


def test_skills_without_a_commit(sandbox: Sandbox, acme: GitRegistry) -> None:
    """The file of `skills` names no commit: the one that the files on disk are of is locked."""
    entry = {"source": "acme/pack", "sourceType": "github", "skillPath": "skills/pdf/SKILL.md", "computedHash": "00"}
    local = {"source": "skills.example", "sourceType": "well-known", "computedHash": "00"}
    _write(sandbox.project, "skills-lock.json", {"version": 1, "skills": {"pdf": entry, "web": local}})
    _write(sandbox.project, ".claude/skills/pdf/SKILL.md", NEXT["skills/pdf/SKILL.md"])
    document = sandbox.json("import", "skills")
    assert _commits(document) == {"pdf": acme.git("rev-parse", "v1.1.0")}
    assert _lost(document).keys() == {"skills.web"}
    assert "path: skills/pdf, branch: main" in manifest_text(sandbox) and drifts(sandbox) == {}
    succeed(sandbox, "update")
    assert (sandbox.project / ".claude/skills/pdf/SKILL.md").read_text().endswith("Three.\n")


def test_dotagents_and_rulesync(sandbox: Sandbox, acme: GitRegistry) -> None:
    """The commits of their locks are taken, all skills by a star, and the trust is told as a policy."""
    first, second = acme.git("rev-parse", "main~2"), acme.git("rev-parse", "main~1")
    toml = '[[skills]]\nname = "pdf"\nsource = "acme/pack"\nref = "main"\n[trust]\ngithub_orgs = ["acme"]\n'
    _write(sandbox.project, "agents.toml", f"version = 1\n{toml}[[mcp]]\nname = 'db'\ncommand = 'db'\n")
    row = f'source = "acme/pack"\nresolved_url = "https://github.com/acme/pack"\nresolved_commit = "{first}"\n'
    _write(sandbox.project, "agents.lock", f'version = 1\n[skills.pdf]\n{row}resolved_path = "skills/pdf"\n')
    _write(sandbox.project, "rulesync.jsonc", '{ // ours\n "sources": [{"source": "acme/pack", "skills": ["docs"]}] }')
    sources = {"acme/pack": {"resolvedRef": second, "skills": {"docs": {"integrity": "sha256-x"}}}}
    _write(sandbox.project, "rulesync.lock", {"lockfileVersion": 1, "sources": sources})
    document = sandbox.json("import")
    assert _commits(document) == {"pdf": first, "pack": second}
    assert "registries: [https://github.com/acme/**]" in _lost(document)["trust"]
    assert _lost(document).keys() == {"mcp", "trust"}
    assert "only: [skill:docs]" in manifest_text(sandbox).replace('"', "")
    assert first in lock_text(sandbox) and second in lock_text(sandbox)


def test_plugins(sandbox: Sandbox, tmp_path: Path, acme: GitRegistry) -> None:
    """Each enabled plug-in becomes a pack of its list, at the commit that is installed."""
    market = GitRegistry(tmp_path / "hub/acme/market.git")
    plugins = [{"name": "reviewer", "source": "./reviewer"}, {"name": "other", "source": "./other"}]
    files = {
        ".claude-plugin/marketplace.json": json.dumps({"name": "m", "owner": {"name": "A"}, "plugins": plugins}),
        "reviewer/agents/critic.md": agent("critic", "One.\n"),
        "other/agents/other.md": agent("other"),
    }
    first = market.publish(None, files)
    market.publish(None, files | {"reviewer/agents/critic.md": agent("critic", "Two.\n")})
    source = {"source": {"source": "github", "repo": "acme/market"}}
    enabled = {"reviewer@tools": True, "other@tools": False, "x@nowhere": True}
    settings = {"extraKnownMarketplaces": {"tools": source}, "enabledPlugins": enabled}
    _write(sandbox.project, ".claude/settings.json", settings)
    installed = {"version": 2, "plugins": {"reviewer@tools": [{"scope": "project", "gitCommitSha": first}]}}
    _write(sandbox.home, ".claude/plugins/installed_plugins.json", installed)
    run = sandbox.run("import", "plugins", "--dry-run")
    assert "claude plugin disable reviewer@tools" in run.stderr
    document = sandbox.json("import")
    assert _commits(document) == {"tools/reviewer": first}
    assert _lost(document).keys() == {"enabledPlugins.other@tools", "enabledPlugins.x@nowhere"}
    assert 'tools/reviewer: "*"' in manifest_text(sandbox)
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/agents/critic.md").read_text().endswith("One.\n")


def test_what_cannot_be_read(sandbox: Sandbox, acme: GitRegistry) -> None:
    """Nothing there, an unknown word, a broken file, a source out of reach: each its own exit code, nothing changed."""
    assert "agentsync adopt" in fail(sandbox, "import", exit=2, code="usage")
    fail(sandbox, "import", "nonsense", exit=2, code="usage")
    _write(sandbox.project, "apm.yml", "dependencies: [\n")
    fail(sandbox, "import", exit=2, code="usage")
    _write(sandbox.project, "apm.yml", "dependencies: {apm: [acme/gone, acme/pack#v1.0.0]}\n")
    assert "--keep-going leaves it out" in fail(sandbox, "import", exit=3, code="fetch")
    document = sandbox.json("import", "--keep-going")
    assert document["exit"] == 1 and list(_commits(document)) == ["pack"] and list(_lost(document)) == ["gone"]
