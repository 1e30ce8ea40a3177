"""Real registries, as bundles in the folder that `AGENTSYNC_TEST_CORPUS` names.

The folder holds `registries/NAME.bundle` and `seeds/*.md`. Without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.project import (
    drifts,
    executables_below,
    files_below,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry, plain_git_environment
from tests.sandbox import Sandbox

_NAMED = os.environ.get("AGENTSYNC_TEST_CORPUS", "")
CORPUS = Path(_NAMED)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (_NAMED and CORPUS.is_dir()), reason="AGENTSYNC_TEST_CORPUS names no folder"),
]


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GitRegistry]:
    """Every bundle as a bare repository."""
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
    """Every installed file is the blob of its own place in the locked tree, with its mode; returns how many."""
    claude = sandbox.project / ".claude"
    executable = executables_below(claude)
    checked: set[str] = set()
    for pack in sandbox.json("list")["data"]["packs"]:
        tree = locked(sandbox, pack["pack"])["tree"]
        modes = dict(_rows(registry.git("ls-tree", "-r", "-z", tree)))
        for item in pack["items"]:
            folder = f"{posixpath.dirname(item['path'])}/".removeprefix("/")
            for file in item["files"]:
                installed = file.removeprefix(".claude/")
                inside = installed.split("/", 2)[2:] if item["item"].startswith("skill:") else []
                source = folder + inside[0] if inside else item["path"]
                assert (claude / installed).read_bytes() == registry.read(tree, source), installed
                assert modes[source] == ("100755" if installed in executable else "100644"), installed
                checked.add(installed)
    assert checked == set(files_below(claude))
    return len(checked)


def _rows(listing: str) -> Iterator[tuple[str, str]]:
    """Path and mode of each row of `git ls-tree -z`."""
    for row in filter(None, listing.split("\0")):
        facts, _, path = row.partition("\t")
        yield path, facts.split()[0]


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
    assert drifts(sandbox, env=sandbox.cut_off()) == {}
    assert sandbox.run("drift", env=sandbox.cut_off()).exit == 0


@pytest.mark.parametrize("name", ["voltagent-subagents", "0xfurai-subagents", "lst97-sub-agents"])
@pytest.mark.parametrize("pin", ["branch", "commit"])
def test_without_tags(sandbox: Sandbox, mirrors: dict[str, GitRegistry], name: str, pin: str) -> None:
    """By branch and by commit; whatever is installed is a blob of that commit."""
    registry = mirrors[name]
    branch, commit = registry.git("symbolic-ref", "--short", "HEAD"), registry.git("rev-parse", "HEAD")
    requirement = f"{pin}: {branch if pin == 'branch' else commit}"
    write_manifest(sandbox, f"packs:\n  all: {{git: {registry.url}, {requirement}}}\n")
    succeed(sandbox, "install")
    assert locked(sandbox, "all")["commit"] == commit
    assert _assert_verbatim(sandbox, registry) > 20


@pytest.mark.parametrize("pin", ["branch", "commit"])
def test_dozens_of_twins(sandbox: Sandbox, mirrors: dict[str, GitRegistry], pin: str) -> None:
    """wshobson's plugins share agents: one of each is taken, the others are told with the command that takes them."""
    registry = mirrors["wshobson-agents"]
    branch, commit = registry.git("symbolic-ref", "--short", "HEAD"), registry.git("rev-parse", "HEAD")
    requirement = f"{pin}: {branch if pin == 'branch' else commit}"
    write_manifest(sandbox, f"packs:\n  all: {{git: {registry.url}, {requirement}}}\n")
    document = sandbox.json("install")
    twins = [one for one in document["data"]["findings"] if one["rule"] == "item-twice"]
    assert document["exit"] == 0 and len(twins) > 20 and all("--rename" in one["fix"] for one in twins)
    assert _assert_verbatim(sandbox, registry) > 100
    write_manifest(
        sandbox,
        f'packs:\n  all: {{git: {registry.url}, {requirement}, only: ["plugins/python-development/agents/*"]}}\n',
    )
    succeed(sandbox, "install")
    assert _assert_verbatim(sandbox, registry) >= 2


def test_two_plugins_with_the_same_agents(sandbox: Sandbox, mirrors: dict[str, GitRegistry]) -> None:
    """Both packs are named, nothing is written; `rename` and `only` settle it in the manifest."""
    registry = mirrors["wshobson-agents"]
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "ws", registry.url)
    succeed(sandbox, "add", "ws/backend-development")
    before = snapshot(sandbox.project)
    run = sandbox.run("add", "ws/full-stack-orchestration")
    assert run.exit == 3
    assert "ws/backend-development (agents/" in run.stderr and "ws/full-stack-orchestration (agents/" in run.stderr
    assert snapshot(sandbox.project) == before
    twins = re.findall(r"ws/full-stack-orchestration \((agents/[^)]*)\)", run.stderr)
    renamed = {path: f"full-stack-{path.removeprefix('agents/').removesuffix('.md')}" for path in twins}
    for settled in ("prefix: true", 'only: ["agent:*deployment-engineer"]', f"rename: {json.dumps(renamed)}"):
        text = manifest_text(sandbox).partition("packs:")[0]
        write_manifest(
            sandbox,
            f"{text}packs:\n  ws/backend-development: {{branch: main}}\n"
            f"  ws/full-stack-orchestration: {{branch: main, {settled}}}\n",
        )
        succeed(sandbox, "install")
        assert drifts(sandbox) == {}
        if "rename" not in settled:
            assert _assert_verbatim(sandbox, registry) > 30
    for path, name in renamed.items():
        text = registry.read("main", f"plugins/full-stack-orchestration/{path}").decode()
        header = re.sub(r"(?m)^name: .*$", f"name: {name}", text, count=1)
        assert (sandbox.project / f".claude/agents/{name}.md").read_text() == header


def test_upstream_goes_on(sandbox: Sandbox, mirrors: dict[str, GitRegistry], tmp_path: Path) -> None:
    """With the whole history published release by release, what is locked stays until it is asked for."""
    source = mirrors["superpowers"]
    registry = GitRegistry(tmp_path / "superpowers.git")
    tags = [tag for tag in source.git("tag", "--sort=version:refname").split() if re.fullmatch(r"v5\.\d+\.\d+", tag)]
    assert len(tags) > 3
    registry.git("fetch", "--quiet", str(source.path), f"refs/tags/{tags[0]}:refs/tags/{tags[0]}")
    registry.git("update-ref", "refs/heads/main", f"{tags[0]}^0")
    write_manifest(sandbox, f"registries: {{superpowers: {registry.url}}}\npacks: {{superpowers/superpowers: ^5}}\n")
    succeed(sandbox, "install")
    before = snapshot(sandbox.project)
    registry.git("fetch", "--quiet", str(source.path), "refs/tags/v5*:refs/tags/v5*")
    registry.git("update-ref", "refs/heads/main", f"{tags[-1]}^0")
    for arguments in (("install",), ("install", "--locked"), ("install", "--frozen")):
        assert succeed(sandbox, *arguments, git_log=True).git_calls == []
    assert snapshot(sandbox.project) == before
    write_manifest(sandbox, manifest_text(sandbox).replace("^5", tags[-1].removeprefix("v")))
    assert sandbox.run("install", "--locked").exit == 3
    succeed(sandbox, "install")
    assert locked(sandbox, "superpowers/superpowers")["commit"] == registry.git("rev-parse", f"{tags[-1]}^0")
    assert _assert_verbatim(sandbox, registry) > 10
    assert drifts(sandbox) == {}
