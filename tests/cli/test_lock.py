"""The lock is law: nothing moves by itself, nothing is written without need, nothing of a machine is in it."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import (
    drifts,
    fail,
    lock_text,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox


def _registry(sandbox: Sandbox, name: str = "team") -> GitRegistry:
    registry = GitRegistry(sandbox.root / f"{name}.git")
    registry.publish("v1.0.0", TEAM)
    return registry


def _ask(sandbox: Sandbox, requirement: str) -> None:
    write_manifest(sandbox, f"registries: {{team: ../team.git}}\npacks: {{team/team: {requirement}}}\n")


def test_sorted_one_line_a_file_and_nothing_of_this_machine(installed: Sandbox) -> None:
    """Every installed file has its line; no time, no home, no cache, no user, no sandbox."""
    text = lock_text(installed)
    lines = text.splitlines()
    assert lines[:2] == ["lockfile: 2", "packs:"]
    files = [line.strip() for line in lines if line.startswith("      .claude/")]
    assert files == sorted(files)
    assert len(files) == len(TEAM)
    (script,) = [line for line in files if "fill.sh" in line]
    assert script.endswith(" +x") and all(line.partition(": ")[2].startswith("sha256:") for line in files)
    for private in (str(installed.home), str(installed.cache), str(installed.project)):
        assert private not in text


def test_the_same_on_two_machines(sandbox: Sandbox, installed: Sandbox) -> None:
    """Two people who decide the same get the same bytes."""
    write_manifest(sandbox, manifest_text(installed))
    succeed(sandbox, "lock")
    assert lock_text(sandbox) == lock_text(installed)


@pytest.mark.parametrize("arguments", [("install",), ("install", "--locked"), ("install", "--frozen"), ("lock",)])
def test_nothing_to_do_is_nothing_done(installed: Sandbox, arguments: tuple[str, ...]) -> None:
    """The second time: no git, no write, lock and receipt are the same files with the same times."""
    # A copy is another project: that it uses the cache is written down once.
    succeed(installed, *arguments)
    before = snapshot(installed.project, installed.home, installed.cache)
    run = succeed(installed, *arguments, git_log=True)
    assert run.git_calls == []
    assert snapshot(installed.project, installed.home, installed.cache) == before


def test_nothing_to_do_needs_no_git_and_no_cache(installed: Sandbox) -> None:
    """Neither does a clean install on a machine that lost both."""
    nowhere = installed.cut_off()
    succeed(installed, "install", env=nowhere)
    succeed(installed, "list", env=nowhere)
    succeed(installed, "status", env=nowhere)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
def test_nothing_to_do_needs_no_permission(installed: Sandbox) -> None:
    """A project that may only be read, as in a container, is installed, checked and told as it is."""
    plain = "setpriv --bounding-set=-all --inh-caps=-all " if os.geteuid() == 0 else ""
    everything = [installed.project, *installed.project.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(modes[path] & ~0o222)
    try:
        for command in ("install", "install --locked", "lock", "drift", "status", "restore"):
            run = installed.shell(f"{plain}agentsync {command}")
            assert run.exit == 0, f"{command}: {run.stdout}"
    finally:
        for path in everything:
            path.chmod(modes[path])


@pytest.mark.parametrize(
    "requirement",
    ["^1", "{branch: main}", *(pytest.param(pin, marks=pytest.mark.slow) for pin in ('"*"', "{tag: v1.0.0}"))],
)
def test_upstream_moves_on_and_nothing_happens(sandbox: Sandbox, requirement: str) -> None:
    """For ranges, branches and tags alike: what is locked stays until it is asked for."""
    registry = _registry(sandbox)
    _ask(sandbox, requirement)
    succeed(sandbox, "install")
    commit = registry.publish("v1.1.0", TEAM_NEXT)
    registry.move_tag("v1.0.0", commit)
    before = snapshot(sandbox.project)
    for arguments in (("install",), ("install", "--locked")):
        assert succeed(sandbox, *arguments, git_log=True).git_calls == []
    assert snapshot(sandbox.project) == before


@pytest.mark.parametrize("requirement", ["^1", "{branch: main}"])
def test_a_colleague_gets_what_is_locked(sandbox: Sandbox, requirement: str) -> None:
    """With an empty cache and a newer upstream the locked commit is fetched, not the newest."""
    registry = _registry(sandbox)
    _ask(sandbox, requirement)
    succeed(sandbox, "install")
    before = lock_text(sandbox)
    registry.publish("v1.1.0", TEAM_NEXT)
    succeed(sandbox, "cache", "clean")
    (sandbox.project / ".claude/agents/designer.md").unlink()
    run = succeed(sandbox, "install", "--frozen", git_log=True)
    assert not any("ls-remote" in call for call in run.git_calls)
    assert (sandbox.project / ".claude/agents/designer.md").read_bytes() == registry.read(
        "v1.0.0", "agents/designer.md"
    )
    assert lock_text(sandbox) == before
    assert drifts(sandbox) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("^1.0.0", "^2"),
        lambda text: text.replace("^1.0.0", ">=1"),
        lambda text: text.replace('"^1.0.0"', "{tag: v1.0.0}"),
        lambda text: text.replace('"^1.0.0"', '{version: ^1.0.0, only: ["agent:*"]}'),
        lambda text: text.replace('"^1.0.0"', "{version: ^1.0.0, prefix: true}"),
        lambda text: text.replace('  team/team: "^1.0.0"\n', ""),
        lambda text: text.replace("/team.git", "/other.git"),
        lambda text: text.replace("packs:\n", "packs:\n  mine: {path: .}\n"),
        lambda text: text + "overrides: {team/team: {agent:designer: {model: haiku}}}\n",
    ],
)
def test_a_manifest_that_no_longer_fits(installed: Sandbox, change: Callable[[str], str]) -> None:
    """`--locked` fails and writes nothing, and `drift` exits 1 with the reason."""
    changed = change(manifest_text(installed))
    assert changed != manifest_text(installed)
    write_manifest(installed, changed)
    said = fail(installed, "install", "--locked", exit=3, code="lock")
    assert "agentsync.lock does not fit agentsync.yaml" in said
    document = installed.json("drift")
    assert document["exit"] == 1
    assert not document["data"]["clean"] and {one["pack"] for one in document["data"]["lock"]} <= {"team/team", "mine"}


def test_frozen_looks_at_the_lock_alone(installed: Sandbox) -> None:
    """Whatever the manifest asks for now, the lock is installed."""
    write_manifest(installed, "packs: {}\n")
    before = snapshot(installed.project)
    succeed(installed, "install", "--frozen", env=installed.without_git())
    assert snapshot(installed.project) == before


def test_locked_and_frozen_without_a_lock(sandbox: Sandbox) -> None:
    """There is nothing to be true to: exit 3."""
    _registry(sandbox)
    _ask(sandbox, "^1")
    fail(sandbox, "install", "--locked", exit=3, code="lock")
    fail(sandbox, "install", "--frozen", exit=3, code="lock")


def test_one_requirement_changes_one_pack(sandbox: Sandbox) -> None:
    """All other decisions stay, though upstream offers newer ones."""
    registries = {name: _registry(sandbox, name) for name in ("alpha", "beta")}
    for registry in registries.values():
        registry.publish("v1.0.1", {"agents/only.md": agent("only")})
    text = "registries: {alpha: ../alpha.git, beta: ../beta.git}\npacks:\n"
    write_manifest(
        sandbox,
        text + '  alpha/alpha: {version: 1.0.0, only: ["agent:designer"]}\n'
        '  beta/beta: {version: "<1.0.1", only: ["agent:critic"]}\n',
    )
    succeed(sandbox, "install")
    before = locked(sandbox, "beta/beta")
    assert before["version"] == "1.0.0"
    registries["beta"].publish("v1.0.0.1", TEAM)
    write_manifest(sandbox, manifest_text(sandbox).replace('1.0.0, only: ["agent:designer"]', "^1.0.1"))
    succeed(sandbox, "install")
    assert locked(sandbox, "alpha/alpha")["version"] == "1.0.1"
    assert locked(sandbox, "beta/beta") == before


def test_a_range_that_still_fits_keeps_its_version(sandbox: Sandbox) -> None:
    """A changed requirement is decided anew, and the locked release wins where it still fits."""
    registry = _registry(sandbox)
    _ask(sandbox, "^1")
    succeed(sandbox, "install")
    registry.publish("v1.1.0", TEAM_NEXT)
    _ask(sandbox, '">=1,<3"')
    succeed(sandbox, "lock")
    assert (locked(sandbox, "team/team")["version"], locked(sandbox, "team/team")["requested"]) == ("1.0.0", ">=1,<3")
    _ask(sandbox, '">=1.1"')
    succeed(sandbox, "lock")
    assert locked(sandbox, "team/team")["version"] == "1.1.0"


def test_choosing_other_items_keeps_the_commit(sandbox: Sandbox) -> None:
    """`only` is a question about items: no registry is asked for versions."""
    registry = _registry(sandbox)
    _ask(sandbox, "^1")
    succeed(sandbox, "install")
    registry.publish("v1.1.0", TEAM_NEXT)
    _ask(sandbox, '{version: ^1, only: ["skill:*"]}')
    run = succeed(sandbox, "install", git_log=True)
    assert not any("ls-remote" in call for call in run.git_calls)
    assert locked(sandbox, "team/team")["version"] == "1.0.0"
    assert not (sandbox.project / ".claude/agents").exists()
    assert (sandbox.project / ".claude/skills/pdf/SKILL.md").is_file()


def test_the_order_of_packs_never_matters(sandbox: Sandbox) -> None:
    """Every order of the manifest gives the same bytes of lock."""
    packs = []
    for name in ("alpha", "beta", "gamma"):
        GitRegistry(sandbox.root / f"{name}.git").publish("v1.0.0", {f"agents/{name}.md": agent(name)})
        packs.append(f'  {name}: {{git: ../{name}.git, version: "*"}}\n')
    locks = set()
    for order in itertools.islice(itertools.permutations(packs), 0, 6, 2):
        (sandbox.project / "agentsync.lock").unlink(missing_ok=True)
        write_manifest(sandbox, f"packs:\n{''.join(order)}")
        succeed(sandbox, "lock")
        locks.add(lock_text(sandbox))
    assert len(locks) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_two_spellings_of_one_repository(sandbox: Sandbox, turned: bool) -> None:
    """Each pack is locked from the URL that its own registry has in the manifest."""
    registry = _registry(sandbox)
    lines = ["  one: ../team.git\n", f"  two: {registry.url}\n"]
    packs = '  one: {version: ^1, only: ["agent:designer"]}\n  two: {version: ^1, only: ["agent:critic"]}\n'
    write_manifest(sandbox, f"registries:\n{''.join(reversed(lines) if turned else lines)}packs:\n{packs}")
    succeed(sandbox, "lock")
    assert locked(sandbox, "one/team")["git"] == "../team.git"
    assert locked(sandbox, "two/team")["git"] == registry.url


def test_lock_installs_nothing(sandbox: Sandbox) -> None:
    """It writes the lock; `--dry-run` does not even do that."""
    _registry(sandbox)
    _ask(sandbox, "^1")
    before = snapshot(sandbox.project)
    succeed(sandbox, "lock", "--dry-run")
    assert snapshot(sandbox.project) == before
    assert sandbox.json("lock")["data"]["versions"] == [{"pack": "team/team", "from": None, "to": "1.0.0"}]
    assert (sandbox.project / "agentsync.lock").is_file()
    assert not (sandbox.project / ".claude").exists()
