"""Connections that are begun while a command still loads: to remotes that it asks, and to no other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.cli.packs import agent
from tests.cli.project import fail, succeed, write_manifest
from tests.git.test_conversation import Server, serving
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LARGE = "All of it.\n" * 400


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    """A server with one registry, outside the user's machine."""
    folder = sandbox.root.parent / "server"
    GitRegistry(folder / "team.git").publish("v1.0.0", {"agents/one.md": agent("one", LARGE)})
    with serving(folder) as found:
        write_manifest(sandbox, f"registries:\n  team: {found.url}/team.git\npacks:\n  team: ^1\n")
        yield found


def test_requests_of_a_life(sandbox: Sandbox, server: Server) -> None:
    """Each command asks as much as without an early connection, and one that needs no remote begins none."""
    fail(sandbox, "install", "--frozen", exit=3, code="lock")
    assert server.requests() == 0, "there is no lock"
    succeed(sandbox, "install")
    assert server.requests() == 4
    for command in ("update", "outdated"):
        succeed(sandbox, command)
        assert server.requests() == 2
        sandbox.run(command, "--offline")
        assert server.requests() == 0
    (sandbox.project / ".claude/agents/one.md").unlink()
    succeed(sandbox, "install")
    assert server.requests() == 0, "all is cached"
    shutil.rmtree(sandbox.cache)
    for words in (("install",), ("install", "--frozen"), ("install", "--locked"), ("lock",)):
        run = succeed(sandbox, *words, git_log=True)
        assert server.requests() == 0 and not run.git_calls, "all is on disk"
    (sandbox.project / ".claude/agents/one.md").unlink()
    succeed(sandbox, "install", "--frozen")
    assert server.requests() == 2


def test_what_a_policy_forbids_is_not_reached(sandbox: Sandbox, server: Server) -> None:
    """Nor is what a manifest that is not valid names."""
    policy = "policy:\n  registries:\n    - https://git.example.org/**\n"
    manifest = sandbox.project / "agentsync.yaml"
    text = manifest.read_text()
    manifest.write_text(text + policy)
    fail(sandbox, "install", exit=3, code="policy")
    fail(sandbox, "update", exit=3, code="policy")
    manifest.write_text(f"{text}  other: [\n")
    fail(sandbox, "install", exit=2, code="manifest")
    assert server.requests() == 0


def test_what_a_lock_names_by_hand_is_not_reached(sandbox: Sandbox, server: Server) -> None:
    """Neither where its seal is broken, nor where the seal fits and the manifest asks for another place."""
    succeed(sandbox, "install")
    shutil.rmtree(sandbox.cache)
    (sandbox.project / ".claude/agents/one.md").unlink()
    lock, manifest = sandbox.project / "agentsync.lock", sandbox.project / "agentsync.yaml"
    decided, asked = lock.read_text(), manifest.read_text()
    lock.write_text(decided.replace("/team.git", "/other.git"))
    server.requests()
    for words in (("install",), ("install", "--frozen")):
        fail(sandbox, *words, exit=3, code="lock")
    lock.write_text(decided)
    manifest.write_text(asked.replace(f"{server.url}/team.git", (sandbox.root / "nowhere.git").as_uri()))
    fail(sandbox, "install", exit=3, code="fetch")
    fail(sandbox, "install", "--locked", exit=3, code="lock")
    assert server.requests() == 0
