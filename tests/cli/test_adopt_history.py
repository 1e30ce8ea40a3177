"""`install --adopt` with files that were copied by hand: upstream's at an older commit, or edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, files_below, snapshot, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

AGENTS = ("a", "b", "c")


def _files(body: str, folder: str = "agents") -> dict[str, str]:
    return {f"{folder}/{name}.md": agent(name, body) for name in AGENTS} | {"skills/pdf/SKILL.md": skill("pdf", body)}


def _copy(sandbox: Sandbox, registry: GitRegistry, revision: str, *names: str, folder: str = "agents") -> None:
    """Copy agents of a revision into the project, as a person does."""
    where = sandbox.project / ".claude/agents"
    where.mkdir(parents=True, exist_ok=True)
    for name in names:
        (where / f"{name}.md").write_bytes(registry.read(revision, f"{folder}/{name}.md"))


def _path(name: str) -> str:
    return f".claude/agents/{name}.md"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry without tags, whose files moved to another folder and changed since the first commit."""
    registry = GitRegistry(tmp_path / "r.git")
    registry.publish(None, _files("One\n", "old/agents"))
    registry.publish(None, _files("Two\n"))
    registry.publish(None, _files("Three\n"))
    return registry


@pytest.fixture
def begun(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project whose manifest names that registry; nothing is installed."""
    write_manifest(sandbox, f"registries: {{m: {registry.url}}}\npacks: {{m/r: {{branch: main}}}}\n")
    return sandbox


def _older(document: dict[str, object]) -> dict[str, str]:
    data = document["data"]
    assert isinstance(data, dict)
    return {one["path"]: one["commit"] for one in data["older_copies"]}


def test_an_old_copy_is_no_edit(begun: Sandbox, registry: GitRegistry) -> None:
    """Copies of any commit, whatever folder they were in, become the lock's; an edited one is an edit."""
    _copy(begun, registry, "main~1", "a", "b")
    _copy(begun, registry, "main~2", "c", folder="old/agents")
    edited = begun.project / _path("a")
    edited.write_bytes(edited.read_bytes() + b"Mine\n")
    mine = edited.read_bytes()
    document = begun.json("install", "--adopt")
    assert document["exit"] == 0
    first, second = registry.git("rev-parse", "main~2"), registry.git("rev-parse", "main~1")
    assert document["data"]["older_copies"] == [
        {"path": _path("b"), "pack": "m/r", "commit": second, "source": "agents/b.md"},
        {"path": _path("c"), "pack": "m/r", "commit": first, "source": "old/agents/c.md"},
    ]
    assert drifts(begun) == {_path("a"): "edited"}
    assert edited.read_bytes() == mine
    for name in ("b", "c"):
        assert (begun.project / _path(name)).read_bytes() == registry.read("main", f"agents/{name}.md")
    (backup,) = (begun.project / ".agentsync/backup").iterdir()
    assert files_below(backup) == {
        _path("b"): registry.read("main~1", "agents/b.md"),
        _path("c"): registry.read("main~2", "old/agents/c.md"),
    }


def test_it_is_told_and_done_once(begun: Sandbox, registry: GitRegistry) -> None:
    """A person reads the commit; the dry run says the same and does nothing; the next run has nothing to do."""
    _copy(begun, registry, "main~1", "b")
    short = registry.git("rev-parse", "--short=12", "main~1")
    before = snapshot(begun.project)
    would = succeed(begun, "install", "--adopt", "--dry-run")
    assert f"would replace   {_path('b')}" in would.stdout
    assert f"{_path('b')} was upstream's at {short} of m/r" in would.stderr and "would be replaced" in would.stderr
    assert snapshot(begun.project) == before
    run = succeed(begun, "install", "--adopt", "--offline")  # the history was fetched for the dry run
    assert f"replaced  {_path('b')}" in run.stdout and f"was upstream's at {short} of m/r" in run.stderr
    again = succeed(begun, "install", "--adopt", git_log=True)
    assert "nothing to do" in again.stdout and "upstream's at" not in again.stderr
    assert not any("fetch" in call for call in again.git_calls)


def test_windows_line_ends_are_no_edit(begun: Sandbox, registry: GitRegistry) -> None:
    """A copy out of a working tree with CRLF is found by its LF form."""
    _copy(begun, registry, "main~1", "b")
    where = begun.project / _path("b")
    where.write_bytes(where.read_bytes().replace(b"\n", b"\r\n"))
    assert _older(begun.json("install", "--adopt")) == {_path("b"): registry.git("rev-parse", "main~1")}
    assert drifts(begun) == {}


def test_a_copy_from_another_branch_or_a_newer_commit(begun: Sandbox, registry: GitRegistry) -> None:
    """The locked commit may be older than the one that the copy was made of."""
    registry.git("tag", "v1.0.0", "main~1")
    registry.add_branch("next")
    side = registry.publish(None, _files("Side\n"), branch="next")
    write_manifest(begun, f"registries: {{m: {registry.url}}}\npacks: {{m/r: ^1}}\n")
    _copy(begun, registry, "main", "a")
    _copy(begun, registry, "next", "b")
    assert _older(begun.json("install", "--adopt")) == {
        _path("a"): registry.git("rev-parse", "main"),
        _path("b"): side,
    }
    assert (begun.project / _path("a")).read_bytes() == registry.read("v1.0.0", "agents/a.md")
    assert drifts(begun) == {}


def test_an_old_skill(begun: Sandbox, registry: GitRegistry) -> None:
    """A file of a skill is looked up like any other."""
    where = begun.project / ".claude/skills/pdf/SKILL.md"
    where.parent.mkdir(parents=True)
    where.write_bytes(registry.read("main~1", "skills/pdf/SKILL.md"))
    assert list(_older(begun.json("install", "--adopt"))) == [".claude/skills/pdf/SKILL.md"]
    assert drifts(begun) == {}


def test_an_empty_file_is_the_users(begun: Sandbox, registry: GitRegistry) -> None:
    """An empty file says nothing of where it comes from, though upstream has had one."""
    registry.publish(None, _files("Three\n") | {"agents/b.md": "", "docs/empty.md": ""})
    registry.publish(None, _files("Four\n"))
    (begun.project / ".claude/agents").mkdir(parents=True)
    (begun.project / _path("b")).write_bytes(b"")
    document = begun.json("install", "--adopt")
    assert document["data"]["older_copies"] == []
    assert drifts(begun) == {_path("b"): "edited"}


@pytest.mark.parametrize("why", ["offline", "unreachable"])
def test_what_cannot_be_looked_up_is_an_edit(begun: Sandbox, registry: GitRegistry, why: str) -> None:
    """Nothing fails for it: the file is adopted as it is, and it is told that nothing is known, and the way back."""
    succeed(begun, "install")
    succeed(begun, "remove", "m/r")
    _copy(begun, registry, "main~1", "b")
    write_manifest(begun, f"registries: {{m: {registry.url}}}\npacks: {{m/r: {{branch: main}}}}\n")
    assert begun.json("install")["exit"] == 3
    if why == "unreachable":
        registry.path.rename(registry.path.with_suffix(".gone"))
    document = begun.json("install", "--adopt", *(("--offline",) if why == "offline" else ()))
    assert document["exit"] == 0, document
    assert document["data"]["older_copies"] == []
    (found,) = [one for one in document["data"]["findings"] if one["rule"] == "history-unread"]
    assert found["pack"] == "m/r" and _path("b") in found["what"]
    assert f"agentsync restore {_path('b')}" in found["fix"]
    assert drifts(begun) == {_path("b"): "edited"}
    assert (begun.project / _path("b")).read_bytes() == registry_bytes(registry, "main~1", "agents/b.md")


def registry_bytes(registry: GitRegistry, revision: str, path: str) -> bytes:
    """A file of a registry, wherever that is now."""
    moved = registry.path.with_suffix(".gone")
    return (GitRegistry(moved) if moved.exists() else registry).read(revision, path)


def test_a_server_that_knows_no_filters(sandbox: Sandbox) -> None:
    """It sends more than it is asked for, and the answer is the same."""
    plain = GitRegistry(sandbox.root / "plain.git", server={})
    plain.publish(None, _files("One\n"))
    plain.publish(None, _files("Two\n"))
    write_manifest(sandbox, f"registries: {{m: {plain.url}}}\npacks: {{m/plain: {{branch: main}}}}\n")
    _copy(sandbox, plain, "main~1", "b")
    assert _older(sandbox.json("install", "--adopt")) == {_path("b"): plain.git("rev-parse", "main~1")}


def test_nothing_is_fetched_without_need(begun: Sandbox, registry: GitRegistry) -> None:
    """No history is read without --adopt, nor where each file of the user's has the lock's bytes."""
    _copy(begun, registry, "main~1", "b")
    stopped = begun.run("install", git_log=True)
    assert stopped.exit == 3 and "--adopt" in stopped.stderr
    _copy(begun, registry, "main", "b")
    adopted = succeed(begun, "install", "--adopt", git_log=True)
    for run in (stopped, adopted):
        assert not any("diff-tree" in call or "+refs/heads/*:refs/agentsync/heads/*" in call for call in run.git_calls)
    assert not list(begun.cache.rglob("*.log"))
