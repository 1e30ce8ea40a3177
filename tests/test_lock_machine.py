"""Two branches of one project change what they take; git merges them, and `lock` settles it.

Whatever both did, the lock is that of one of the two orders of doing both on one branch. It is sound, a
fresh clone installs it, and nothing drifts. The manifest is settled as a person would: each of its facts
from the branch that changed it, and where both did, from one of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from agentsync.commands.drift import drift
from agentsync.commands.install import InstallOptions, install
from agentsync.commands.keep import keep
from agentsync.commands.lock import lock
from agentsync.commands.update import update
from agentsync.errors import AgentsyncError
from agentsync.formats.yaml_text import flow
from agentsync.project.opening import open_folder
from agentsync.project.session import Options
from agentsync.project.workspace import Workspace
from tests.git_registry import GitRegistry, plain_git_environment

Facts = Mapping[str, Any]

BASE: Final[Facts] = {
    "p": True,
    "q": False,
    "version": "^1",
    "only": (),
    "except": (),
    "rename": {},
    "prefix": "false",
    "model": "",
}
# What a branch may do: a fact of the manifest and its new value, or a command.
CHANGES: Final = (
    *(("version", text) for text in ("1.0.0", "1.1.0", "1.2.0")),
    ("only", ("agent:[a-d]",)),
    ("only", ("agent:a", "skill:*")),
    ("except", ("agent:d",)),
    ("except", ("skill:*",)),
    ("rename", {"agent:a": "our-a"}),
    ("prefix", "true"),
    ("model", "haiku"),
    ("p", False),
    ("q", True),
    ("update", ""),
    ("update", "r/p@1.1.0"),
    ("keep", ""),
)
BRANCH: Final = st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)
IDENTITY: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "K"), ("EMAIL", "k@example.org"), ("DATE", "2026-01-05T08:00:00Z"))
}


def agent(name: str, *changed: int) -> str:
    """An agent of twelve lines, some of them changed."""
    lines = "".join(f"Line {number}{' again' * (number in changed)}.\n" for number in range(12))
    return f"---\nname: {name}\ndescription: About {name}.\ntools: Read\nmodel: sonnet\n---\n{lines}"


FIRST: Final = {
    "registry.yaml": "registry: 1\npacks:\n  p: {path: p}\n  q: {path: q}\n  z: {path: z}\n",
    "q/pack.yaml": 'requires: {z: ">=1"}\n',
    "q/agents/q.md": agent("q"),
    "z/agents/z.md": agent("z"),
    **{f"p/agents/{name}.md": agent(name) for name in "abcdefgh"},
    "p/skills/s/SKILL.md": agent("s"),
    "p/skills/s/notes.txt": "Notes\n",
}
SECOND: Final = FIRST | {"p/agents/a.md": agent("a", 3), "p/agents/aa.md": agent("aa"), "p/agents/b.md": agent("b", 2)}
THIRD: Final = {name: text for name, text in SECOND.items() if "aa" not in name} | {
    "p/agents/zz.md": agent("zz"),
    "p/agents/d.md": agent("d", 5),
    "p/skills/s/notes.txt": "More notes\n",
}


class Project:
    """A project in a git repository, and the facts of its manifest."""

    def __init__(self, folder: Path, registry: Path, facts: Facts = BASE, mark: str = "") -> None:
        self.folder = folder
        self.facts = dict(facts)
        self._registry = registry
        self._mark = mark

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git in it."""
        environment = plain_git_environment() | IDENTITY
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def open(self) -> Workspace:
        """Open it, with a yes to all grants."""
        return open_folder(self.folder, Options(accepted=("*",)))

    def write_manifest(self) -> None:
        """Write the manifest as the facts are."""
        entry = {"version": self.facts["version"], "prefix": self.facts["prefix"]}
        entry |= {key: self.facts[key] for key in ("only", "except", "rename") if self.facts[key]}
        packs = {"r/p": entry} if self.facts["p"] else {}
        packs |= {"r/q": {"version": "*"}} if self.facts["q"] else {}
        lines = [f"registries: {{r: {self._registry.as_uri()}}}", f"packs: {flow(packs)}"]
        if self.facts["p"] and self.facts["model"]:
            lines.append(f"overrides: {flow({'r/p': {'agent:a': {'model': self.facts['model']}}})}")
        (self.folder / "agentsync.yaml").write_text("\n".join(lines) + "\n")

    def start_afresh(self) -> None:
        """Forget what was installed, as in a fresh clone, and install."""
        shutil.rmtree(self.folder / ".claude", ignore_errors=True)
        for name in ("receipt.json", "history", "backup"):
            shutil.rmtree(self.folder / ".agentsync" / name, ignore_errors=True)
        (self.folder / ".agentsync/receipt.json").unlink(missing_ok=True)
        assert install(self.open(), InstallOptions()).exit == 0

    def change(self, what: str, value: Any) -> None:
        """Do one of the changes; one that is refused changes nothing."""
        before = dict(self.facts)
        try:
            if what == "update":
                update(self.open(), [value] if value else [])
            elif what == "keep":
                self._keep()
            else:
                self.facts[what] = value
                self.write_manifest()
                install(self.open(), InstallOptions())
        except AgentsyncError as error:
            note(f"refused: {error.what}")
            self.facts = before
            self.write_manifest()

    def _keep(self) -> None:
        """Keep an edit of a file that is this branch's own to edit."""
        for path in sorted((self.folder / ".claude/agents").glob(f"*{self._mark}.md")):
            text = path.read_text()
            if "Mine" not in text:
                path.write_text(text + "Mine.\n")
                keep(self.open(), [f".claude/agents/{path.name}"])

    def lock_text(self) -> str:
        """The lock."""
        return (self.folder / "agentsync.lock").read_text()

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")


def changed(base: Facts, ours: Facts, theirs: Facts, *, wins: str) -> dict[str, Any]:
    """The facts of both branches; where both changed one, that of the branch that wins."""
    strong, weak = (ours, theirs) if wins == "ours" else (theirs, ours)
    return {key: strong[key] if strong[key] != base[key] else weak[key] for key in base}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a registry of three releases, and a project that has installed the first."""
    root = tmp_path_factory.mktemp("merges")
    registry = GitRegistry(root / "r.git")
    registry.publish("v1.0.0", FIRST)
    project = Project(root / "project", registry.path)
    project.folder.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    (project.folder / ".gitignore").write_text("/.claude/\n")
    project.write_manifest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENTSYNC_CACHE_DIR", str(root / "cache"))
        patch.setenv("AGENTSYNC_CONFIG_DIR", str(root / "config"))
        assert install(project.open(), InstallOptions()).exit == 0
    project.commit()
    registry.publish("v1.1.0", SECOND)
    registry.publish("v1.2.0", THIRD)
    return root


Branch = Sequence[tuple[str, Any]]


def on_one_branch(template: Path, name: str, *branches: tuple[str, Branch]) -> str:
    """The lock after the changes of several branches, one after the other; "" where there is none."""
    folder = template / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template / "project", folder)
    project = Project(folder, template / "r.git")
    for mark, branch in branches:
        project = Project(folder, template / "r.git", project.facts, mark)
        for what, value in branch:
            project.change(what, value)
    return project.lock_text()


def check(template: Path, ours: Branch, theirs: Branch, wins: str) -> None:
    """Merge two branches, settle the lock, and compare it with that of one branch."""
    folder = template / "merged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template / "project", folder)
    sides = []
    for name, mark, branch in (("theirs", "c", theirs), ("ours", "b", ours)):
        project = Project(folder, template / "r.git", mark=mark)
        project.git("checkout", "--quiet", "main")
        project.git("checkout", "--quiet", "-b", name)
        project.start_afresh()
        for what, value in branch:
            project.change(what, value)
        project.commit()
        sides.append(project)
    project = sides[1]
    project.git("merge", "--quiet", "--no-edit", "theirs", check=False)
    project.facts = changed(BASE, sides[1].facts, sides[0].facts, wins=wins)
    project.write_manifest()
    note(project.git("status", "--short"))
    settled = lock(project.open())
    assert settled.exit == 0, [(error.what, error.why) for error in settled.errors]
    orders = [("b", ours), ("c", theirs)]
    expected = [on_one_branch(template, "one", *orders), on_one_branch(template, "two", *reversed(orders))]
    assert project.lock_text() in expected
    project.start_afresh()
    found = drift(project.open())
    assert (found.exit, found.data["lock"]) == (0, []), found.lines
    assert project.lock_text() in expected


NEW: Final = bool(os.environ.get("AGENTSYNC_NEW_LIVES"))


def _examples(count: int) -> settings:
    return settings(
        max_examples=count,
        derandomize=not NEW,
        deadline=None,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.function_scoped_fixture),
        phases=(Phase.generate, Phase.shrink) if NEW else (Phase.generate,),
    )


@pytest.fixture(autouse=True)
def _own_cache(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(template / "cache"))
    monkeypatch.setenv("AGENTSYNC_CONFIG_DIR", str(template / "config"))


@pytest.mark.slow
@_examples(25)
@given(ours=BRANCH, theirs=BRANCH, wins=st.sampled_from(["ours", "theirs"]))
def test_many_merges(template: Path, ours: Branch, theirs: Branch, wins: str) -> None:
    """As many as a few seconds allow, the same in every run."""
    check(template, ours, theirs, wins)
