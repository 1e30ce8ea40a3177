"""The registries of the wild, as bundles in the folder that `AGENTSYNC_TEST_CORPUS` names.

The folder holds `registries/NAME.bundle` and `seeds/*.md`. Without it these tests are skipped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.project import (
    drifts,
    executables_below,
    files_below,
    lock_text,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry, plain_git_environment
from tests.sandbox import Sandbox

CORPUS = Path(os.environ.get("AGENTSYNC_TEST_CORPUS", "/nonexistent"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="AGENTSYNC_TEST_CORPUS names no folder"),
]
NO_GIT = {"PATH": "/nonexistent", "AGENTSYNC_CACHE_DIR": "/nonexistent"}


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GitRegistry]:
    """Every bundle as a bare repository."""
    import subprocess

    folder = tmp_path_factory.mktemp("mirrors")
    found = {}
    for bundle in sorted((CORPUS / "registries").glob("*.bundle")):
        where = folder / f"{bundle.stem}.git"
        command = ["git", "clone", "--quiet", "--mirror", str(bundle), str(where)]
        subprocess.run(command, env=plain_git_environment(), check=True)
        found[bundle.stem] = GitRegistry(where)
    return found


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> GitRegistry:
    """The five example documents as a registry of one pack."""
    registry = GitRegistry(tmp_path_factory.mktemp("seeds") / "seeds.git")
    files = {f"agents/{path.name}": path.read_bytes() for path in sorted((CORPUS / "seeds").glob("*.md"))}
    assert len(files) == 5
    registry.publish("v1.0.0", files)
    return registry


def _assert_verbatim(sandbox: Sandbox, registry: GitRegistry) -> int:
    """Every installed file is a blob of the locked tree, with its mode; returns how many there are."""
    installed = files_below(sandbox.project / ".claude")
    executable = executables_below(sandbox.project / ".claude")
    blobs: dict[bytes, set[str]] = {}
    for pack in yaml.load(lock_text(sandbox), yaml.BaseLoader)["packs"].values():
        listing = registry.git("ls-tree", "-r", "-z", pack["tree"])
        for row in listing.split("\0"):
            facts, _, path = row.partition("\t")
            mode, kind, oid = facts.split() if facts else ("", "", "")
            if kind == "blob" and any(path.endswith(name.rpartition("/")[2]) for name in installed):
                blobs.setdefault(oid.encode(), set()).add(mode)
    from agentsync.store.objects import object_id

    for path, data in installed.items():
        modes = blobs.get(object_id(b"blob", data).encode())
        assert modes, f"{path} is no blob of the locked trees"
        assert ("100755" if path in executable else "100644") in modes, path
    return len(installed)


def _settle(sandbox: Sandbox, pack: str, pin: str) -> Iterator[str]:
    """Every clash that is told, settled by a rename in the manifest, until the install goes through."""
    renames: dict[str, str] = {}
    for _ in range(200):
        rename = "".join(f"      {key}: {value}\n" for key, value in renames.items())
        entry = f"  {pack}:\n    {pin}\n" + (f"    rename:\n{rename}" if rename else "")
        head = manifest_text(sandbox).partition("packs:")[0]
        write_manifest(sandbox, f"{head}packs:\n{entry}")
        run = sandbox.run("install")
        if run.exit == 0:
            return
        assert run.exit == 3 and "rename" in run.stderr, run.stderr
        yield run.stderr
        for group in re.findall(r"\(([^)]*\.md)\)(?: and |; |$)", run.stderr.splitlines()[0]):
            renames[group] = group.replace("/", "-").removesuffix(".md").lower()
    raise AssertionError("200 clashes and no end")


def test_the_seeds(sandbox: Sandbox, seeds: GitRegistry) -> None:
    """Byte for byte; one header is strict, four are repaired, and Claude Code would quote those."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", seeds.url)
    assert files_below(sandbox.project / ".claude/agents") == {
        path.name: path.read_bytes() for path in (CORPUS / "seeds").glob("*.md")
    }
    (pack,) = sandbox.json("list")["data"]["packs"]
    told = sorted((item["header"], item["claude_code"]) for item in pack["items"])
    assert told == [("repaired", "quoted")] * 4 + [("strict", "ok")]


@pytest.mark.parametrize(
    ("name", "pin"),
    [("superpowers", r"\^\d+\.\d+\.\d+"), ("compound-engineering", r"\^\d+\.\d+\.\d+")],
)
def test_with_tags(sandbox: Sandbox, mirrors: dict[str, GitRegistry], name: str, pin: str) -> None:
    """`add` pins the newest release; the second install does nothing at all."""
    registry = mirrors[name]
    succeed(sandbox, "init")
    run = sandbox.run("add", registry.url)
    if run.exit == 2:
        assert f"{name}/" in run.stderr
        first = re.findall(rf"{name}/[\w.-]+", run.stderr)[0]
        succeed(sandbox, "registry", "add", name, registry.url)
        succeed(sandbox, "add", first)
    written = yaml.load(manifest_text(sandbox), yaml.BaseLoader)["packs"]
    assert all(re.fullmatch(pin, requirement) for requirement in written.values()), written
    assert _assert_verbatim(sandbox, registry) > 10
    before = snapshot(sandbox.project, sandbox.cache)
    assert succeed(sandbox, "install", git_log=True).git_calls == []
    assert snapshot(sandbox.project, sandbox.cache) == before


def test_a_colleagues_machine(sandbox: Sandbox, mirrors: dict[str, GitRegistry]) -> None:
    """The committed files and the lock are enough for `drift`."""
    succeed(sandbox, "init")
    succeed(sandbox, "add", mirrors["superpowers"].url)
    for path in sorted((sandbox.project / ".agentsync").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert drifts(sandbox, env=NO_GIT) == {}
    assert sandbox.run("drift", env=NO_GIT).exit == 0


@pytest.mark.parametrize("name", ["voltagent-subagents", "0xfurai-subagents", "lst97-sub-agents"])
@pytest.mark.parametrize("pin", ["branch", "commit"])
def test_without_tags(sandbox: Sandbox, mirrors: dict[str, GitRegistry], name: str, pin: str) -> None:
    """By branch and by commit; whatever is installed is a blob of that commit."""
    registry = mirrors[name]
    branch, commit = registry.git("symbolic-ref", "--short", "HEAD"), registry.git("rev-parse", "HEAD")
    requirement = f"{pin}: {branch if pin == 'branch' else commit}"
    write_manifest(sandbox, "packs: {}\n")
    for said in _settle(sandbox, "all", f"git: {registry.url}\n    {requirement}"):
        assert said.count("all (") >= 2
        assert not (sandbox.project / ".claude").exists()
    assert locked(sandbox, "all")["commit"] == commit
    assert _assert_verbatim(sandbox, registry) > 20


@pytest.mark.parametrize("pin", ["branch", "commit"])
def test_dozens_of_twins(sandbox: Sandbox, mirrors: dict[str, GitRegistry], pin: str) -> None:
    """wshobson's plugins share agents: every clash names both, `rename` or `only` settles it."""
    registry = mirrors["wshobson-agents"]
    branch, commit = registry.git("symbolic-ref", "--short", "HEAD"), registry.git("rev-parse", "HEAD")
    requirement = f"{pin}: {branch if pin == 'branch' else commit}"
    write_manifest(sandbox, f"packs:\n  all: {{git: {registry.url}, {requirement}}}\n")
    before = snapshot(sandbox.project)
    run = sandbox.run("install")
    assert run.exit == 3 and run.stderr.count("all (plugins/") >= 2, run.stderr
    assert snapshot(sandbox.project) == before
    write_manifest(
        sandbox,
        f'packs:\n  all: {{git: {registry.url}, {requirement}, only: ["plugins/python-development/agents/*"]}}\n',
    )
    succeed(sandbox, "install")
    assert _assert_verbatim(sandbox, registry) >= 2
