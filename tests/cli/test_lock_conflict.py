"""A lock that a merge left with conflict markers is settled from both sides."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.packs import agent
from tests.cli.project import succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


@pytest.fixture
def registries(tmp_path: Path) -> dict[str, GitRegistry]:
    """Three registries of one pack each."""
    found = {name: GitRegistry(tmp_path / f"{name}.git") for name in ("alpha", "beta", "gamma")}
    for name, registry in found.items():
        registry.publish("v1.0.0", {f"agents/{name}.md": agent(name)})
    return found


def _conflicted(sandbox: Sandbox, base: bytes, ours: bytes, theirs: bytes, style: str = "merge") -> None:
    """Put the lock into the state that `git merge` leaves."""
    folder = sandbox.root / "merge"
    folder.mkdir()
    for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_bytes(data)
    option = ["--diff3"] if style == "diff3" else []
    merged = sandbox.shell(f"cd {folder} && git merge-file -p {' '.join(option)} ours base theirs")
    assert "<<<<<<<" in merged.stdout
    (sandbox.project / "agentsync.lock").write_text(merged.stdout)
    shutil.rmtree(folder)


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_both_sides_are_kept(sandbox: Sandbox, registries: dict[str, GitRegistry], style: str) -> None:
    """Two branches that each add a neighbouring pack: both pins survive, nothing newer is taken."""
    lock, manifest = sandbox.project / "agentsync.lock", sandbox.project / "agentsync.yaml"
    succeed(sandbox, "init")
    succeed(sandbox, "add", registries["alpha"].url)
    base, start = lock.read_bytes(), manifest.read_text()
    sides = []
    for name in ("beta", "gamma"):
        lock.write_bytes(base)
        write_manifest(sandbox, start)
        succeed(sandbox, "add", registries[name].url)
        sides.append((lock.read_bytes(), manifest.read_text()))
    for registry in registries.values():
        registry.publish("v1.1.0", {"agents/newer.md": agent("newer")})
    both = sides[0][1].replace(
        "packs:\n", "  gamma: " + registries["gamma"].url + '\npacks:\n  gamma/gamma: "^1.0.0"\n'
    )
    write_manifest(sandbox, both)
    _conflicted(sandbox, base, sides[0][0], sides[1][0], style)

    refused = sandbox.run("install")
    assert refused.exit == 3
    assert "run `agentsync lock`" in refused.stderr
    succeed(sandbox, "lock")
    versions = {pack["pack"]: pack["version"] for pack in sandbox.json("list")["data"]["packs"]}
    assert versions == {"alpha/alpha": "1.0.0", "beta/beta": "1.0.0", "gamma/gamma": "1.0.0"}
    succeed(sandbox, "install", "--locked")


def test_the_manifest_decides(sandbox: Sandbox, registries: dict[str, GitRegistry]) -> None:
    """One pack pinned differently on both sides: the side that the manifest asks for wins."""
    lock = sandbox.project / "agentsync.lock"
    registries["alpha"].publish("v2.0.0", {"agents/alpha.md": agent("alpha", "Two.\n")})
    texts = {}
    for version in ("1.0.0", "2.0.0", "*"):
        write_manifest(sandbox, f"registries: {{alpha: {registries['alpha'].url}}}\npacks: {{alpha: '{version}'}}\n")
        lock.unlink(missing_ok=True)
        succeed(sandbox, "lock")
        texts[version] = lock.read_bytes()
    _conflicted(sandbox, texts["*"], texts["1.0.0"], texts["2.0.0"])
    write_manifest(sandbox, f"registries: {{alpha: {registries['alpha'].url}}}\npacks: {{alpha: '1.0.0'}}\n")
    succeed(sandbox, "lock")
    assert lock.read_bytes() == texts["1.0.0"]


def test_a_side_that_is_no_lock(sandbox: Sandbox, registries: dict[str, GitRegistry]) -> None:
    """Damage inside the conflict is damage, not a reason to start afresh."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", registries["alpha"].url)
    lock = sandbox.project / "agentsync.lock"
    damaged = "<<<<<<< HEAD\nlockfile: 1\n=======\nlockfile: [\n>>>>>>> other\n"
    lock.write_text(damaged)
    assert sandbox.run("lock").exit == 3
    assert lock.read_text() == damaged


def test_a_target_of_one_side_and_a_release_of_the_other(sandbox: Sandbox, registries: dict[str, GitRegistry]) -> None:
    """Files that git brought from the other side are ours: they are taken further, and nothing is foreign."""
    alpha, git = registries["alpha"], "git -c user.name=a -c user.email=a@b"
    alpha.publish("v1.1.0", {"agents/alpha.md": agent("alpha", "Newer.\n")})
    text = f"registries: {{alpha: {alpha.url}}}\npacks:\n  alpha: '<1.1'\n\n\n\ntargets:\n  - claude-code\n"

    def commit(branch: str, manifest: str) -> None:
        assert sandbox.shell(f"git switch -q -c {branch} main 2>/dev/null || {git} init -q -b main").exit == 0
        write_manifest(sandbox, manifest)
        succeed(sandbox, "update" if (sandbox.project / "agentsync.lock").exists() else "install")
        assert sandbox.shell(f"git add -A && {git} commit -qm {branch}").exit == 0

    commit("main", text)
    commit("target", text + "  - opencode\n")
    commit("release", text.replace("<1.1", "<1.2"))
    assert sandbox.shell(f"{git} merge -q target").exit != 0
    succeed(sandbox, "lock")
    drifts = {one["path"]: one["drift"] for one in sandbox.json("drift")["data"]["files"]}
    assert drifts[".opencode/agents/alpha.md"] == "behind"
    succeed(sandbox, "install")
    assert "Newer." in (sandbox.project / ".opencode/agents/alpha.md").read_text()
    succeed(sandbox, "drift")
