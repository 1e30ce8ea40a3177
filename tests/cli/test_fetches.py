"""The number of questions to a registry: one for its refs, and as few as one fetch for all of its packs."""

from __future__ import annotations

import os
import shlex
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import fail, files_below, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.programs import write_program
from tests.sandbox import Run, Sandbox

PACKS = ("web", "data", "ops", "base")
LARGE = "All of it.\n" * 400


def publish(sandbox: Sandbox, name: str, body: str = "Help.\n") -> GitRegistry:
    """A registry of four packs, each with two releases of its own."""
    registry = GitRegistry(sandbox.root / f"{name}.git")
    files = {"registry.yaml": registry_yaml(*PACKS)}
    files |= {f"packs/{pack}/agents/{name}-{pack}.md": agent(f"{name}-{pack}", body) for pack in PACKS}
    for pack in PACKS:
        for version in ("1.0.0", "1.1.0"):
            registry.publish(f"{pack}/v{version}", files | {f"packs/{pack}/pack.yaml": f"description: {version}\n"})
    return registry


def ask(sandbox: Sandbox, registries: Sequence[str], packs: Sequence[str] = PACKS, pin: str = "^1") -> None:
    """A manifest that asks each registry for packs."""
    aliases = "".join(f"  {alias}: ../{alias}.git\n" for alias in registries)
    lines = "".join(f"  {alias}/{pack}: {pin}\n" for alias in registries for pack in packs)
    write_manifest(sandbox, f"registries:\n{aliases}packs:\n{lines}")


def remote_calls(run: Run) -> dict[str, int]:
    """Return the number of calls of git that asked a remote, by command."""
    found = Counter(word for call in run.git_calls for word in call if word in ("ls-remote", "fetch"))
    return dict(found)


def test_a_first_install(sandbox: Sandbox) -> None:
    """Four packs at four commits: one question, and one fetch that brings trees and small files."""
    publish(sandbox, "acme")
    ask(sandbox, ["acme"])
    run = succeed(sandbox, "install", git_log=True)
    assert remote_calls(run) == {"ls-remote": 1, "fetch": 1}
    assert len(files_below(sandbox.project / ".claude")) == len(PACKS)


def test_large_files_come_in_one_more(sandbox: Sandbox) -> None:
    """All packs' files together."""
    publish(sandbox, "acme", LARGE)
    ask(sandbox, ["acme"])
    assert remote_calls(succeed(sandbox, "install", git_log=True)) == {"ls-remote": 1, "fetch": 2}
    shutil.rmtree(sandbox.cache)
    shutil.rmtree(sandbox.project / ".claude")
    assert remote_calls(succeed(sandbox, "install", git_log=True)) == {"fetch": 1}, "the lock says it all"


def test_only_some_items(sandbox: Sandbox) -> None:
    """Of a pack that is narrowed by `only` no more is fetched than tells the items, and those."""
    publish(sandbox, "acme", LARGE)
    ask(sandbox, ["acme"], pin='{version: ^1, only: ["agent:acme-*"]}')
    assert remote_calls(succeed(sandbox, "install", git_log=True)) == {"ls-remote": 1, "fetch": 2}


def test_what_packs_require_adds_no_fetch_for_each(sandbox: Sandbox) -> None:
    """A chain of five: each step down is at most one fetch, however many packs stand on it."""
    registry = GitRegistry(sandbox.root / "acme.git")
    names = [f"p{number}" for number in range(9)]
    files = {"registry.yaml": registry_yaml(*names)}
    files |= {f"packs/{name}/agents/{name}.md": agent(name) for name in names}
    for name in names:
        needs = "requires: [p1, p2, p3, p4, p5, p6, p7, p8]\n" if name == "p0" else ""
        registry.publish(f"{name}/v1.0.0", files | {f"packs/{name}/pack.yaml": needs})
    ask(sandbox, ["acme"], ["p0"])
    assert remote_calls(succeed(sandbox, "install", git_log=True)) == {"ls-remote": 1, "fetch": 2}
    assert len(files_below(sandbox.project / ".claude")) == len(names)


def going_back(sandbox: Sandbox, releases: int) -> Run:
    """A first install of a pack of which only the oldest release can be had: all others need what is not there."""
    registry = GitRegistry(sandbox.root / "acme.git")
    files = {"registry.yaml": registry_yaml("web", "base"), "packs/web/agents/web.md": agent("web")}
    files |= {"packs/base/agents/base.md": agent("base")}
    registry.publish("base/v1.0.0", files)
    for number in range(releases):
        needs = f"requires: {{base: ^{1 if number == 0 else 2}}}\n# {number}\n"
        registry.publish(f"web/v1.{number}.0", files | {"packs/web/pack.yaml": needs})
    ask(sandbox, ["acme"], ["web"])
    run = succeed(sandbox, "install", git_log=True)
    assert sandbox.json("tree")["data"]["packs"][1]["version"] == "1.0.0"
    return run


def test_going_back(sandbox: Sandbox, tmp_path: Path) -> None:
    """The needs of older releases are read in one batch, however many there are."""
    few, many = going_back(sandbox, 5), going_back(Sandbox(tmp_path / "other"), 40)
    assert remote_calls(few) == remote_calls(many) == {"ls-remote": 1, "fetch": 3}
    assert len(few.git_calls) == len(many.git_calls)


def test_what_was_read_once_is_never_fetched_again(sandbox: Sandbox) -> None:
    """The manifest changes, even to an older release that was only looked at: no fetch, by any project."""
    publish(sandbox, "acme")
    ask(sandbox, ["acme"], pin="1.0.0")
    succeed(sandbox, "install")
    ask(sandbox, ["acme"], pin="1.1.0")
    succeed(sandbox, "install")
    for pin in ('">=1.0,<1.1"', "^1.1", '"*"'):
        ask(sandbox, ["acme"], pin=pin)
        (sandbox.project / "agentsync.lock").unlink()
        assert remote_calls(succeed(sandbox, "install", git_log=True)) == {"ls-remote": 1}
    ask(sandbox, ["acme"], PACKS[:2])
    succeed(sandbox, "install", "--offline")
    assert "fetch" not in remote_calls(succeed(sandbox, "add", "acme/ops", git_log=True))


def waiting_git(sandbox: Sandbox, command: str, count: int) -> dict[str, str]:
    """A git whose `command` goes on only once `count` of them run at the same time, and fails where they never do."""
    started = sandbox.root / "started"
    started.mkdir()
    there = shlex.quote(str(started))
    script = f"""
case " $* " in *" {command} "*)
    : > {there}/$$
    n=0
    while [ "$(ls {there} | wc -l)" -lt {count} ]; do
        n=$((n + 1))
        [ $n -gt 200 ] && {{ echo "fatal: alone" >&2; exit 128; }}
        sleep 0.1
    done
esac
exec {shutil.which("git")} "$@"
"""
    folder = write_program(sandbox.root / "waiting" / "git", script).parent
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("command", ["ls-remote", "fetch"])
def test_several_registries_at_the_same_time(sandbox: Sandbox, command: str) -> None:
    """Each is asked once, while the others are."""
    names = ["one", "two", "three", "four"]
    for name in names:
        publish(sandbox, name)
    ask(sandbox, names)
    succeed(sandbox, "lock", env=waiting_git(sandbox, command, len(names)))
    shutil.rmtree(sandbox.cache)
    (sandbox.project / "agentsync.lock").unlink()
    run = succeed(sandbox, "install", git_log=True)
    assert remote_calls(run) == {"ls-remote": len(names), "fetch": len(names)}


def test_a_registry_that_cannot_be_reached_is_asked_once(sandbox: Sandbox) -> None:
    """Its answer counts for the whole command: waiting for it again would not help."""
    publish(sandbox, "acme")
    ask(sandbox, ["acme", "gone"])
    fail(sandbox, "install", exit=3, code="fetch")
    run = sandbox.run("install", git_log=True)
    assert remote_calls(run)["ls-remote"] == 2
    assert "gone" in manifest_text(sandbox)
