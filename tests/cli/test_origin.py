"""The same set-up on several machines: `init --user --from`, `install --user --pull`, and what is told of edits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.project import fail, snapshot, succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

DESIGNER = ".claude/agents/designer.md"


def _files(sandbox: Sandbox) -> dict[str, str | bytes]:
    """What a person commits of the user scope, below `agents/`."""
    names = ["agentsync.yaml", "agentsync.lock"]
    patches = (sandbox.config / ".agentsync/patches").rglob("*.patch")
    names += [path.relative_to(sandbox.config).as_posix() for path in patches]
    return {f"agents/{name}": (sandbox.config / name).read_bytes() for name in names}


@pytest.fixture
def dotfiles(sandbox: Sandbox, team: GitRegistry) -> GitRegistry:
    """A repository with the user scope of one machine, one edit of which is kept."""
    succeed(sandbox, "init", "--user")
    succeed(sandbox, "add", "--user", team.url)
    with (sandbox.home / DESIGNER).open("a") as file:
        file.write("Use blue.\n")
    succeed(sandbox, "keep", "--user")
    registry = GitRegistry(sandbox.root / "dotfiles.git")
    registry.publish("v1", {**_files(sandbox), "README.md": "Mine\n"})
    return registry


@pytest.fixture
def laptop(sandbox: Sandbox) -> Sandbox:
    """Another machine."""
    return Sandbox(sandbox.root / "laptop")


def test_two_machines(sandbox: Sandbox, laptop: Sandbox, dotfiles: GitRegistry) -> None:
    """Manifest, lock and patches come along; what is new there comes with `--pull`; nothing is pushed."""
    run = succeed(laptop, "init", "--user", "--from", f"{dotfiles.url}//agents")
    assert "took agentsync.yaml" in run.stdout and "designer.md.patch" in run.stdout
    succeed(laptop, "install", "--user")
    assert (laptop.home / DESIGNER).read_bytes() == (sandbox.home / DESIGNER).read_bytes()
    assert "nothing new in" in succeed(laptop, "install", "--user", "--pull").stderr
    with (sandbox.home / DESIGNER).open("a") as file:
        file.write("And green.\n")
    succeed(sandbox, "keep", "--user")
    dotfiles.publish("v2", _files(sandbox))
    before = snapshot(laptop.config, laptop.home)
    succeed(laptop, "install", "--user")
    assert snapshot(laptop.config, laptop.home) == before
    run = succeed(laptop, "install", "--user", "--pull")
    assert "pulled .agentsync/patches/" in run.stderr
    assert (laptop.home / DESIGNER).read_bytes() == (sandbox.home / DESIGNER).read_bytes()
    assert _files(laptop) == _files(sandbox)
    (sandbox.config / "agentsync.yaml").write_text("packs: {}\n")
    succeed(sandbox, "install", "--user")
    patchless = {name: data for name, data in _files(sandbox).items() if not name.endswith(".patch")}
    dotfiles.publish("v3", patchless)
    succeed(laptop, "install", "--user", "--pull")
    assert _files(laptop) == patchless and not (laptop.home / DESIGNER).exists()


def test_edits_on_both_sides(sandbox: Sandbox, laptop: Sandbox, dotfiles: GitRegistry) -> None:
    """An edit here is told by `keep` and `--pull`; with news there, nothing is changed."""
    succeed(laptop, "init", "--user", "--from", f"{dotfiles.url}//agents")
    succeed(laptop, "install", "--user")
    with (laptop.home / ".claude/skills/pdf/SKILL.md").open("a") as file:
        file.write("Slowly.\n")
    told = f"not in {dotfiles.url}//agents yet, `agentsync keep --user --push` sends it: .agentsync/patches/"
    assert told in succeed(laptop, "keep", "--user").stderr
    assert told in succeed(laptop, "install", "--user", "--pull").stderr
    mine = _files(laptop)
    manifest = (sandbox.config / "agentsync.yaml").read_text()
    dotfiles.publish("v2", {**_files(sandbox), "agents/agentsync.yaml": f"# News.\n{manifest}"})
    before = snapshot(laptop.config, laptop.home)
    assert "have both changed" in fail(laptop, "install", "--user", "--pull", exit=3, code="refused")
    assert snapshot(laptop.config, laptop.home) == before
    dotfiles.publish("v3", {**mine, "agents/agentsync.yaml": f"# News.\n{manifest}"})
    succeed(laptop, "install", "--user", "--pull")
    assert (laptop.config / "agentsync.yaml").read_text().startswith("# News.")
    assert _files(laptop).keys() == mine.keys()
    with (laptop.home / ".claude/skills/pdf/SKILL.md").open("a") as file:
        file.write("Very slowly.\n")
    succeed(laptop, "keep", "--user")
    dotfiles.publish("v4", {**mine, "agents/agentsync.yaml": f"# More news.\n{manifest}"})
    (laptop.home / ".gitconfig").write_text("[user]\n\tname = Kim\n\temail = kim@example.org\n")
    assert "have both changed" in fail(laptop, "keep", "--user", "--push", exit=3, code="refused")
    assert "were copied to" in succeed(laptop, "install", "--user", "--pull", "--merge").stderr
    assert "pushed .agentsync/patches/" in succeed(laptop, "keep", "--user", "--push").stdout
    assert "Very slowly." in dotfiles.git("grep", "slowly", "main", "--", "agents/.agentsync")
    assert (laptop.config / "agentsync.yaml").read_text().startswith("# More news.")
    succeed(laptop, "drift", "--user")
    with (laptop.config / "agentsync.yaml").open("a") as file:
        file.write("# Mine.\n")
    dotfiles.publish("v5", {**_files(laptop), "agents/agentsync.yaml": manifest})
    assert "--theirs" in fail(laptop, "install", "--user", "--pull", "--merge", exit=3, code="refused")


def test_push(sandbox: Sandbox, laptop: Sandbox, dotfiles: GitRegistry) -> None:
    """`keep --push` sends one commit, what else the repository holds stays; a refused push loses nothing."""
    succeed(laptop, "init", "--user", "--from", f"{dotfiles.url}//agents")
    succeed(laptop, "install", "--user")
    skill = laptop.home / ".claude/skills/pdf/SKILL.md"
    with skill.open("a") as file:
        file.write("Slowly.\n")
    dotfiles.publish("v2", {**_files(sandbox), "README.md": "Ours\n"})
    for machine in (laptop, second := Sandbox(sandbox.root / "second")):
        (machine.home / ".gitconfig").write_text("[user]\n\tname = Kim\n\temail = kim@example.org\n")
    run = succeed(laptop, "keep", "--user", "--push", "--message", "Go slowly")
    assert "pushed .agentsync/patches/" in run.stdout and "not in" not in run.stderr
    assert dotfiles.git("log", "-2", "--format=%s", "main").splitlines()[0] == "Go slowly"
    assert dotfiles.git("show", "main:README.md") == "Ours"
    names = dotfiles.git("ls-tree", "-r", "--name-only", "main").splitlines()
    assert {*names} == {"README.md", *_files(laptop)}
    record = laptop.config / ".agentsync/origin.json"
    remembered = record.read_text()
    record.write_text(remembered.replace(dotfiles.git("rev-parse", "main"), dotfiles.git("rev-parse", "main~1")))
    assert "nothing to push" in succeed(laptop, "keep", "--user", "--push").stdout  # as if it had died before
    assert "nothing new" in succeed(laptop, "install", "--user", "--pull").stderr and record.read_text() == remembered

    succeed(second, "init", "--user", "--from", f"{dotfiles.url}//agents")
    succeed(second, "install", "--user")
    assert (second.home / ".claude/skills/pdf/SKILL.md").read_bytes() == skill.read_bytes()
    succeed(second, "keep", "--user", "--drop")
    succeed(second, "restore", "--user")
    succeed(second, "keep", "--user", "--push")
    assert not [name for name in dotfiles.git("ls-tree", "-r", "--name-only", "main").split() if "patches" in name]

    with skill.open("a") as file:
        file.write("Very.\n")
    succeed(laptop, "keep", "--user")
    assert "have both changed" in fail(laptop, "keep", "--user", "--push", exit=3, code="refused")
    assert "Very." in next((laptop.config / ".agentsync/patches").rglob("SKILL.md.patch")).read_text()
    assert "were copied to" in succeed(laptop, "install", "--user", "--pull", "--theirs").stderr
    assert "Very." in next((laptop.config / ".agentsync/backup").rglob("SKILL.md.patch")).read_text()
    assert _files(laptop) == _files(second)
    with (second.config / "agentsync.yaml").open("a") as file:
        file.write("# Mine.\n")
    dotfiles.path.rename(dotfiles.path.with_name("away.git"))
    fail(second, "keep", "--user", "--push", exit=3, code="fetch")
    dotfiles.path.with_name("away.git").rename(dotfiles.path)
    locked = dotfiles.path / "refs/heads/main.lock"
    locked.touch()
    assert "does not take" in fail(second, "keep", "--user", "--push", exit=3, code="refused")
    locked.unlink()
    succeed(second, "keep", "--user", "--push")
    assert dotfiles.git("show", "main:agents/agentsync.yaml").endswith("# Mine.")
    succeed(second, "init")
    succeed(second, "lock")
    assert "user scope" in fail(second, "keep", "--push", exit=2, code="usage")
    assert "--push" in fail(second, "keep", "--user", "-m", "Hm", exit=2, code="usage")


@pytest.mark.parametrize(
    ("source", "exit", "words"),
    [
        ("{url}", 3, "has no agentsync.yaml"),
        ("{url}//other", 3, "has no folder 'other'"),
        ("{url}//agents@branch:gone", 3, "no branch 'gone'"),
        ("{url}//agents@tag:v1", 2, "never moves"),
        ("{root}/nothing.git", 3, "nothing.git"),
    ],
)
def test_what_is_refused(
    sandbox: Sandbox, laptop: Sandbox, dotfiles: GitRegistry, source: str, exit: int, words: str
) -> None:
    """Nothing is written."""
    run = laptop.run("init", "--user", "--from", source.format(url=dotfiles.url, root=sandbox.root))
    assert (run.exit, words in run.stderr) == (exit, True), run.stderr
    assert not (laptop.config / "agentsync.yaml").exists() and not (laptop.config / "agentsync.lock").exists()


def test_no_second_manifest(sandbox: Sandbox, dotfiles: GitRegistry, tmp_path: Path) -> None:
    """A user scope that is there stays; a project and a scope without an origin are no places for it."""
    before = snapshot(sandbox.config, sandbox.home)
    for words in (["init", "--user", "--from", f"{dotfiles.url}//agents"], ["install", "--user", "--pull"]):
        assert fail(sandbox, *words, exit=2, code="usage")
    assert snapshot(sandbox.config, sandbox.home) == before
    assert "--user" in fail(sandbox, "init", "--from", dotfiles.url, exit=2, code="usage")


def test_a_hostile_repository(laptop: Sandbox, sandbox: Sandbox) -> None:
    """Nothing of it is run or written beside the three kinds of files; a damaged record is told."""
    registry = GitRegistry(sandbox.root / "evil.git")
    files = {
        "agentsync.yaml": "packs: {}\n",
        "hooks/post-checkout": "#!/bin/sh\ntouch ran\n",
        ".gitattributes": "* filter=evil\n",
        ".agentsync/receipt.json": "{}",
        ".agentsync/patches/team/.claude/agents/a.md.patch": "patch",
    }
    registry.publish("v1", files)
    succeed(laptop, "init", "--user", "--from", registry.url)
    record = laptop.config / ".agentsync/origin.json"
    assert sorted(json.loads(record.read_text())["digests"]) == [
        ".agentsync/patches/team/.claude/agents/a.md.patch",
        "agentsync.yaml",
    ]
    assert not (laptop.config / ".agentsync/receipt.json").exists()
    record.write_text("[")
    assert "origin.json cannot be read" in fail(laptop, "install", "--user", "--pull", exit=3, code="lock")


def test_no_password_is_kept(laptop: Sandbox, dotfiles: GitRegistry) -> None:
    """The record and the output have the URL without it."""
    run = laptop.run("init", "--user", "--from", "https://me:s3cret@127.0.0.1:9/dotfiles.git")
    assert run.exit == 3 and "s3cret" not in run.stdout + run.stderr
