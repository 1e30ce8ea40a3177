"""A lock that a hand, a tool or a merge changed: who says so, what stops at it, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree

import pytest

from tests.cli.packs import TEAM, TEAM_NEXT, agent
from tests.cli.project import drifts, fail, files_below, lock_text, locked, manifest_text, sealed, snapshot, succeed
from tests.cli.project import write_manifest as ask
from tests.git_registry import Files, GitRegistry
from tests.sandbox import Sandbox

BASH = "---\nname: runner\ndescription: Runs.\ntools: Bash, WebFetch\n---\nRun.\n"
STOPPING = (("install",), ("install", "--locked"), ("install", "--frozen"), ("update",))


def _write_lock(sandbox: Sandbox, text: str) -> None:
    (sandbox.project / "agentsync.lock").write_text(text)


def _forge(sandbox: Sandbox, old: str, new: str, *, with_seal: bool) -> None:
    text = lock_text(sandbox).replace(old, new)
    assert text != lock_text(sandbox)
    _write_lock(sandbox, sealed(text) if with_seal else text)


def _without_seals(text: str) -> str:
    """The lock as the first version of the format has it."""
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("    seal: ")]
    return "".join(lines).replace("lockfile: 2", "lockfile: 1")


CHANGES: list[tuple[str, str, bool]] = [
    ("version: 1.0.0", "version: 1.1.0", False),
    ("version: 1.0.0", "version: 1.1.0", True),
    ("ref: refs/tags/v1.0.0", "ref: refs/heads/main", True),
    ('requested: "^1.0.0"', 'requested: "^2"', True),
    ("      agent:designer:", "      agent:drawer:", False),
    (".claude/agents/designer.md: ", ".claude/agents/other.md: ", True),
    (" +x\n", "\n", False),
]


@pytest.mark.parametrize(("old", "new", "with_seal"), CHANGES)
def test_a_changed_entry_is_told_and_mended(installed: Sandbox, old: str, new: str, with_seal: bool) -> None:
    """Offline by `drift` and `verify` with the pack; nothing is installed by it; `lock` decides it afresh."""
    before, files = lock_text(installed), files_below(installed.project / ".claude")
    _forge(installed, old, new, with_seal=with_seal)
    document = installed.json("drift", env={"PATH": "/nonexistent"})
    assert document["exit"] == 1 and not document["data"]["clean"]
    (told, *_) = document["data"]["lock"]
    assert told["pack"] == "team/team" and "team/team" in told["why"]
    assert installed.run("verify").exit != 0
    for command in STOPPING if "requested" not in old else STOPPING[:1]:
        said = fail(installed, *command, exit=3, code="lock")
        assert "team/team" in said and "`agentsync lock`" in said
    succeed(installed, "lock")
    assert lock_text(installed) == before
    succeed(installed, "install", "--locked")
    assert (drifts(installed), files_below(installed.project / ".claude")) == ({}, files)


def test_a_lock_of_the_first_version(installed: Sandbox) -> None:
    """It is installed as it is where nothing may be written, and else written anew; no installed file changes."""
    now = lock_text(installed)
    _write_lock(installed, _without_seals(now))
    before = snapshot(installed.project)
    for arguments in (("install", "--locked"), ("install", "--frozen"), ("drift",)):
        succeed(installed, *arguments)
    assert snapshot(installed.project) == before
    assert "version 2" in succeed(installed, "install").stderr
    assert lock_text(installed) == now
    after = snapshot(installed.project / ".claude")
    assert after == {path: entry for path, entry in before.items() if path in after}


def test_what_the_first_version_does_not_say(sandbox: Sandbox) -> None:
    """The own name of a renamed item is read from the source; where that is away, the lock stays as it is."""
    registry = _team(sandbox)
    ask(sandbox, manifest_text(sandbox).replace("^1}", '{version: ^1, rename: {"agents/designer.md": drawer}}}'))
    succeed(sandbox, "install")
    now = lock_text(sandbox)
    assert "name: designer, " in now
    registry.publish("v1.1.0", TEAM_NEXT)
    old = _without_seals(now).replace("name: designer, ", "")
    _write_lock(sandbox, old)
    for arguments in (("install", "--locked"), ("drift",), ("verify", "--deep")):
        succeed(sandbox, *arguments)
    moved = registry.path.rename(registry.path.with_suffix(".away"))
    succeed(sandbox, "install")
    assert lock_text(sandbox) == old
    moved.rename(registry.path)
    succeed(sandbox, "install")
    assert lock_text(sandbox) == now


def test_no_seal_in_the_present_version(installed: Sandbox) -> None:
    """A missing seal is a broken one."""
    _write_lock(installed, _without_seals(lock_text(installed)).replace("lockfile: 1", "lockfile: 2"))
    fail(installed, "install", exit=3, code="lock")


READERS = {f"agents/{name}.md": f"---\nname: {name}\ndescription: d\ntools: Read\n---\n" for name in ("a", "b")}


def _team(sandbox: Sandbox, files: Files = TEAM) -> GitRegistry:
    registry = GitRegistry(sandbox.root / "team.git")
    registry.publish("v1.0.0", files)
    sandbox.shell("git init -q -b main && printf '/.claude/\\n' > .gitignore")
    ask(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team/team: ^1}}\n")
    succeed(sandbox, "install")
    _commit(sandbox)
    return registry


def _commit(sandbox: Sandbox) -> None:
    run = sandbox.shell("git add -A && git -c user.name=k -c user.email=k@example.org commit -q --allow-empty -m x")
    assert run.exit == 0, run.stdout


def _merge(sandbox: Sandbox, style: str = "merge") -> None:
    sandbox.shell(f"git -c user.name=k -c user.email=k@example.org -c merge.conflictStyle={style} merge -q other")


def _two_branches(sandbox: Sandbox, first: Callable[[], object], second: Callable[[], object]) -> None:
    sandbox.shell("git checkout -q -b other")
    first()
    _commit(sandbox)
    sandbox.shell("git checkout -q main")
    succeed(sandbox, "install", "--theirs")
    second()
    _commit(sandbox)


@pytest.mark.parametrize(("style", "line_end"), [("merge", "\n"), ("diff3", "\n"), ("zdiff3", "\r\n")])
def test_markers_of_every_style(sandbox: Sandbox, style: str, line_end: str) -> None:
    """A pack that both branches touched is decided afresh, at the higher of their versions, not at a newer one."""
    registry = _team(sandbox)
    registry.publish("v1.1.0", TEAM_NEXT)

    def rename() -> None:
        ask(sandbox, manifest_text(sandbox).replace("^1}", '{version: ^1, rename: {"agent:designer": drawer}}}'))
        succeed(sandbox, "install")

    _two_branches(sandbox, rename, lambda: succeed(sandbox, "update"))
    registry.publish("v1.2.0", TEAM)
    _merge(sandbox, style)
    lock = sandbox.project / "agentsync.lock"
    assert "<<<<<<<" in lock.read_text()
    lock.write_bytes(lock.read_bytes().replace(b"\n", line_end.encode()))
    fail(sandbox, "install", exit=3, code="lock")
    succeed(sandbox, "lock")
    entry = locked(sandbox, "team/team")
    assert entry["version"] == "1.1.0" and "agent:drawer" in entry["items"]
    succeed(sandbox, "install", "--locked")
    assert drifts(sandbox) == {}
    drawer = (sandbox.project / ".claude/agents/drawer.md").read_text()
    assert "well" in drawer and not (sandbox.project / ".claude/agents/designer.md").exists()


@pytest.mark.parametrize("agreed", [True, False])
def test_grants_that_a_side_agreed_to(sandbox: Sandbox, agreed: bool) -> None:
    """They stand in the sound entry of a side; what no side has needs a yes."""
    registry = _team(sandbox, READERS)
    registry.publish("v1.1.0", {**READERS, "agents/runner.md": BASH})

    choice = '{version: ^1, rename: {"agent:a": our-a}}'

    def rename() -> None:
        ask(sandbox, manifest_text(sandbox).replace("^1}", f"{choice}}}"))
        succeed(sandbox, "install")

    def take() -> None:
        if agreed:
            succeed(sandbox, "update", "--accept-grants")
        else:
            ask(sandbox, manifest_text(sandbox).replace("^1}", '{version: ^1, except: ["agent:b"]}}'))
            succeed(sandbox, "install")

    _two_branches(sandbox, rename, take)
    _merge(sandbox)
    wanted = choice.replace("^1", "^1.1")
    ask(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team/team: {wanted}}}\n")
    run = sandbox.run("lock")
    assert run.exit == (0 if agreed else 3), run.stderr
    if not agreed:
        assert "agent:runner" in run.stderr
        succeed(sandbox, "lock", "--accept-grants")
    assert locked(sandbox, "team/team")["version"] == "1.1.0"


def test_both_sides_keep_an_edit_of_one_file(sandbox: Sandbox) -> None:
    """The patch that a person leaves of the conflict counts; the lock has what it makes."""
    _team(sandbox)

    def edit(line: str) -> Callable[[], None]:
        def act() -> None:
            path = sandbox.project / ".claude/agents/designer.md"
            path.write_text(path.read_text() + line)
            succeed(sandbox, "keep")

        return act

    _two_branches(sandbox, edit("theirs\n"), edit("mine\n"))
    _merge(sandbox)
    sandbox.shell("git checkout -q --theirs .agentsync/patches")
    succeed(sandbox, "lock")
    (sandbox.project / ".claude/agents/designer.md").unlink()
    succeed(sandbox, "install")
    assert set(drifts(sandbox).values()) == {"kept"}
    assert (sandbox.project / ".claude/agents/designer.md").read_text().endswith("theirs\n")


def _marked(path: Path) -> bool:
    return "<<<<<<<" in path.read_text()


def _kept_by_both(sandbox: Sandbox, theirs: str, mine: str) -> str:
    """Two branches that keep edits of one file, merged: the lock and the patch have markers. What `lock` says."""
    lines = "".join(f"line {number}\n" for number in range(1, 12))
    path = sandbox.project / ".claude/agents/designer.md"
    _team(sandbox, {**TEAM, "agents/designer.md": f"---\nname: designer\ndescription: d\n---\n{lines}"})

    def edit(line: str) -> Callable[[], None]:
        def act() -> None:
            path.write_text(path.read_text().replace(f"{line.partition(',')[0]}\n", f"{line}\n"))
            succeed(sandbox, "keep")

        return act

    _two_branches(sandbox, edit(theirs), edit(mine))
    _merge(sandbox)
    patch = sandbox.project / ".agentsync/patches/team/team/.claude/agents/designer.md.patch"
    assert _marked(patch) and _marked(sandbox.project / "agentsync.lock")
    said = succeed(sandbox, "lock").stderr
    assert not _marked(patch)
    path.unlink()
    succeed(sandbox, "install")
    assert set(drifts(sandbox).values()) == {"kept"}
    return said


def test_edits_of_one_file_that_both_sides_keep_are_merged(sandbox: Sandbox) -> None:
    """One patch holds both, and no word is needed."""
    assert "edit" not in _kept_by_both(sandbox, "line 2, theirs", "line 9, mine")
    text = (sandbox.project / ".claude/agents/designer.md").read_text()
    assert "line 2, theirs" in text and "line 9, mine" in text


def test_edits_of_one_line_that_both_sides_keep(sandbox: Sandbox) -> None:
    """One stays kept, and the other is told."""
    said = _kept_by_both(sandbox, "line 3, theirs", "line 3, mine")
    assert "another branch keeps another edit of the same lines of .claude/agents/designer.md" in said
    assert "line 3, mine" in (sandbox.project / ".claude/agents/designer.md").read_text()


def test_files_of_a_side_that_are_in_no_lock_any_more(sandbox: Sandbox) -> None:
    """Git has merged them in, and `install` takes them away: the tool would load them. An edited one stays."""
    registry = _team(sandbox)
    (sandbox.project / ".gitignore").unlink()
    _commit(sandbox)

    texts = {name: f"---\nname: {name}\ndescription: d\n---\nHelp.\n" for name in ("old", "mine", "new")}

    def publish(version: str, *names: str) -> None:
        registry.publish(version, {**TEAM, **{f"agents/{name}.md": texts[name] for name in names}})
        succeed(sandbox, "update", "--accept-grants")

    _two_branches(sandbox, lambda: publish("v1.1.0", "old", "mine"), lambda: publish("v1.2.0", "new"))
    _merge(sandbox)
    agents = sandbox.project / ".claude/agents"
    (agents / "mine.md").write_text(texts["mine"] + "My own line.\n")
    assert (agents / "old.md").exists()
    rmtree(sandbox.project / ".agentsync")
    succeed(sandbox, "lock")
    assert drifts(sandbox) == {".claude/agents/old.md": "stale"}
    succeed(sandbox, "install")
    assert drifts(sandbox) == {}
    assert not (agents / "old.md").exists() and (agents / "mine.md").exists() and (agents / "new.md").exists()


def test_a_moved_registry_is_a_changed_lock(sandbox: Sandbox) -> None:
    """`install` and `lock` write the new address at the same version; `--locked` says no until then, always."""
    registry = _team(sandbox)
    other = sandbox.root / "moved" / "team.git"
    sandbox.shell(f"mkdir {other.parent} && cp -r {registry.path} {other}")
    GitRegistry(other).publish("v1.1.0", TEAM_NEXT)
    ask(sandbox, manifest_text(sandbox).replace("/team.git", "/moved/team.git"))
    fail(sandbox, "install", "--locked", exit=3, code="lock")
    assert sandbox.run("drift").exit == 1
    succeed(sandbox, "install")
    entry = locked(sandbox, "team/team")
    assert (entry["git"], entry["version"]) == (other.as_uri(), "1.0.0")
    succeed(sandbox, "install", "--locked")
    succeed(sandbox, "drift")


def _gone(registry: GitRegistry, moved: bool) -> None:
    registry.git("update-ref", "-d", "refs/heads/main")
    registry.git("update-ref", "-d", "refs/tags/v1.0.0")
    registry.git("gc", "--quiet", "--prune=now")
    registry.publish("v1.0.0" if moved else "v1.0.1", TEAM_NEXT)


@pytest.mark.parametrize(("moved", "pinned"), [(True, False), (False, False), (False, True)])
def test_a_commit_that_is_gone(sandbox: Sandbox, moved: bool, pinned: bool) -> None:
    """The hint names the command after which it is installed."""
    registry = _team(sandbox)
    if pinned:
        succeed(sandbox, "add", f"team/team@commit:{locked(sandbox, 'team/team')['commit']}")
    _gone(registry, moved)
    succeed(sandbox, "cache", "clean")
    sandbox.shell("rm -rf .claude")
    said = fail(sandbox, "install", exit=3, code="fetch")
    command: Sequence[str] = said.partition("`agentsync ")[2].partition("`")[0].split()
    succeed(sandbox, *command)
    succeed(sandbox, "install")
    assert "well" in (sandbox.project / ".claude/agents/designer.md").read_text()


def test_a_kept_edit_of_a_commit_that_is_gone(sandbox: Sandbox) -> None:
    """Its patch stays where it fits what is there instead."""
    registry = _team(sandbox)
    critic = sandbox.project / ".claude/agents/review/critic.md"
    critic.write_text(critic.read_text() + "Mine\n")
    succeed(sandbox, "keep")
    _gone(registry, moved=False)
    succeed(sandbox, "cache", "clean")
    sandbox.shell("rm -rf .claude")
    succeed(sandbox, "update")
    assert critic.read_text().endswith("Mine\n")
    assert drifts(sandbox)[".claude/agents/review/critic.md"] == "kept"


def test_what_a_registry_offers_from_elsewhere(sandbox: Sandbox) -> None:
    """The lock names the commit that offers it; another repository under that commit is not installed."""
    good, evil = (GitRegistry(sandbox.root / f"{name}.git") for name in ("good", "evil"))
    for registry in (good, evil):
        registry.publish("v1.0.0", {"agents/a.md": agent("a", f"From {registry.path.name}.\n")})
    market = GitRegistry(sandbox.root / "market.git")
    commit = market.publish(None, {"registry.yaml": f"registry: 1\npacks:\n  a: {{git: {good.url}}}\n"})
    ask(sandbox, f"registries: {{m: {market.url}}}\npacks: {{m/a: ^1}}\n")
    succeed(sandbox, "install")
    entry = locked(sandbox, "m/a")
    assert (entry["registry"], entry["git"], entry["offer"]) == (market.url, good.url, commit)
    market.publish(None, {"registry.yaml": "registry: 1\npacks: {}\n"})
    (sandbox.project / ".claude/agents/a.md").unlink()
    succeed(sandbox, "install", "--locked")
    forged = lock_text(sandbox).replace("good.git", "evil.git").replace(entry["commit"], evil.git("rev-parse", "main"))
    _write_lock(sandbox, sealed(forged.replace(entry["tree"], evil.git("rev-parse", "main^{tree}"))))
    (sandbox.project / ".claude/agents/a.md").unlink()
    assert "does not offer" in fail(sandbox, "install", "--locked", exit=3, code="integrity")
    assert sandbox.run("verify").exit == 3
