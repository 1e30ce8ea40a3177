"""One file is one item: what two packs hold with the same bytes is there once, and goes with the last of them."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import drifts, fail, files_below, locked, succeed
from tests.git_registry import Files, GitRegistry
from tests.sandbox import Sandbox

SHARED = {"agents/x.md": agent("x", "One\nTwo\nThree\n"), "skills/s/SKILL.md": skill("s"), "skills/s/a.txt": "a\n"}
INSTALLED = [".claude/agents/x.md", ".claude/skills/s/SKILL.md", ".claude/skills/s/a.txt"]


def market(*names: str) -> str:
    """A marketplace whose plug-ins stand in `plugins/NAME`."""
    plugins = [{"name": name, "source": f"./plugins/{name}"} for name in names]
    return json.dumps({"name": "m", "owner": {"name": "x"}, "plugins": plugins})


def plugins(**packs: Files) -> Files:
    """The files of a marketplace."""
    files = {f"plugins/{name}/{path}": file for name, own in packs.items() for path, file in own.items()}
    return {".claude-plugin/marketplace.json": market(*packs), **files}


def repository(sandbox: Sandbox, **packs: Files) -> GitRegistry:
    """A marketplace `m`, and a project that knows it."""
    found = GitRegistry(sandbox.root / "m.git")
    found.publish(None, plugins(**packs))
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "m", found.url)
    return found


@pytest.fixture
def shared(sandbox: Sandbox) -> GitRegistry:
    """Two plug-ins with the same agent and the same skill, installed."""
    own = {"agents/own.md": agent("own")}
    found = repository(sandbox, one=SHARED, two=SHARED | own)
    succeed(sandbox, "add", "m/one", "m/two")
    return found


@pytest.mark.usefixtures("shared")
def test_two_owners(sandbox: Sandbox) -> None:
    """Both list the file, and each names it for the commands that take packs."""
    for name in ("m/one", "m/two"):
        assert set(INSTALLED) <= set(locked(sandbox, name)["files"])
    assert drifts(sandbox) == {}
    (sandbox.project / INSTALLED[0]).write_text("Mine\n")
    for name in ("m/one", "m/two"):
        assert drifts(sandbox, "--only", name) == {INSTALLED[0]: "edited"}
    document = sandbox.json("drift")["data"]["files"]
    (row,) = [row for row in document if row["drift"] != "in sync"]
    assert (row["pack"], row["shared_with"], row["item"]) == ("m/one", ["m/two"], "agent:x")
    succeed(sandbox, "restore", "m/two")
    assert drifts(sandbox) == {}
    succeed(sandbox, "verify", "--deep")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(("first", "second"), [("m/one", "m/two"), ("m/two", "m/one")])
def test_it_goes_with_the_last_owner(sandbox: Sandbox, first: str, second: str) -> None:
    """In whatever order they are removed."""
    succeed(sandbox, "remove", first)
    assert set(INSTALLED) <= {f".claude/{path}" for path in files_below(sandbox.project / ".claude")}
    assert drifts(sandbox) == {}
    succeed(sandbox, "remove", second)
    assert files_below(sandbox.project / ".claude") == {}


def test_both_move_together(sandbox: Sandbox, shared: GitRegistry) -> None:
    """A change in both is one change; a user's edit is merged into it once."""
    new = SHARED | {"agents/x.md": agent("x", "One\nTwo\nChanged\n")}
    shared.publish(None, plugins(one=new, two=new))
    path = sandbox.project / INSTALLED[0]
    path.write_text(path.read_text().replace("One", "Mine"))
    succeed(sandbox, "update")
    assert path.read_text() == agent("x", "Mine\nTwo\nChanged\n")
    assert drifts(sandbox) == {INSTALLED[0]: "edited"}
    assert not (sandbox.project / ".claude/agents/own.md").exists()


@pytest.mark.parametrize("other", ["one", "two"])
def test_one_owner_changes_the_bytes(sandbox: Sandbox, shared: GitRegistry, other: str) -> None:
    """It stays at its old version, is told, and the command that is told takes it; the other moves on."""
    changed = SHARED | {"agents/x.md": agent("x", "Changed\n")}
    packs = {"one": SHARED, "two": SHARED} | {other: changed}
    stays = "two" if other == "one" else "one"
    packs[stays] = packs[stays] | {"agents/new.md": agent("new")}
    shared.publish(None, plugins(**packs))
    before = locked(sandbox, f"m/{other}")["commit"]
    run = succeed(sandbox, "update")
    assert locked(sandbox, f"m/{other}")["commit"] == before
    assert (sandbox.project / ".claude/agents/new.md").exists()
    (note,) = [line for line in run.stderr.splitlines() if "is kept at its old version" in line]
    assert note.startswith(f"note: m/{other} is kept at its old version: two agents are named `x`: m/one")
    assert drifts(sandbox) == {}
    for command in re.findall("`(agentsync [^`]+)`", note):
        settled = sandbox.shell(command)
        assert settled.exit == 0, settled.stdout
    assert locked(sandbox, f"m/{other}")["commit"] != before
    assert (sandbox.project / INSTALLED[0]).read_text() == SHARED["agents/x.md"]
    beside = (sandbox.project / f".claude/agents/{other}-x.md").read_text()
    assert beside == changed["agents/x.md"].replace("name: x", f"name: {other}-x")


def test_an_item_that_comes_and_clashes(sandbox: Sandbox) -> None:
    """A new item of one pack that another has: that pack waits, with the command that takes it."""
    registry = repository(sandbox, one={"agents/x.md": agent("x")}, two={"agents/y.md": agent("y")})
    succeed(sandbox, "add", "m", "--all")
    two = {"agents/y.md": agent("y", "New\n"), "agents/x.md": agent("x", "Other\n")}
    registry.publish(None, plugins(one={"agents/x.md": agent("x", "New\n")}, two=two))
    run = succeed(sandbox, "update")
    assert (sandbox.project / ".claude/agents/x.md").read_text() == agent("x", "New\n")
    assert (sandbox.project / ".claude/agents/y.md").read_text() == agent("y")
    (note,) = [line for line in run.stderr.splitlines() if "m/two is kept at its old version" in line]
    for command in re.findall("`(agentsync [^`]+)`", note):
        settled = sandbox.shell(command)
        assert settled.exit == 0, settled.stdout
    assert sorted(files_below(sandbox.project / ".claude/agents")) == ["two-x.md", "x.md", "y.md"]
    assert (sandbox.project / ".claude/agents/y.md").read_text() == agent("y", "New\n")


@pytest.mark.usefixtures("shared")
def test_a_kept_edit_of_both(sandbox: Sandbox) -> None:
    """A patch is both packs' own: it stays with the one that stays, and ends for both."""
    path = sandbox.project / INSTALLED[0]
    path.write_text(agent("x", "Mine\n"))
    succeed(sandbox, "keep", INSTALLED[0])
    assert {name: list(locked(sandbox, name).get("kept", {})) for name in ("m/one", "m/two")} == {
        "m/one": [INSTALLED[0]],
        "m/two": [INSTALLED[0]],
    }
    assert drifts(sandbox) == {INSTALLED[0]: "kept"}
    succeed(sandbox, "install")
    succeed(sandbox, "keep", "--drop", INSTALLED[0])
    assert drifts(sandbox) == {INSTALLED[0]: "edited"}
    assert path.read_text() == agent("x", "Mine\n")


@pytest.mark.usefixtures("shared")
def test_an_own_choice_parts_them(sandbox: Sandbox) -> None:
    """A header that is changed for one owner alone makes two files of it, which is a clash."""
    manifest = sandbox.project / "agentsync.yaml"
    manifest.write_text(f"{manifest.read_text()}\noverrides:\n  m/two: {{agent:x: {{model: haiku}}}}\n")
    said = fail(sandbox, "install", exit=3, code="clash")
    settled = sandbox.shell(said.splitlines()[-1].removeprefix("hint: "))
    assert settled.exit == 0, settled.stdout
    assert (sandbox.project / INSTALLED[0]).read_text() == SHARED["agents/x.md"]
