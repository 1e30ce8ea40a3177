"""What is answered at once where git rewrites line ends, or ignores files in a skill's folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from agentsync.disk.clean_record import answer
from agentsync.errors import Exit
from agentsync.model.outcome import Outcome
from tests.needs import needs
from tests.test_unchanged import AGENT, CLEAN, SKILL, full, make_project, settle

pytestmark = needs("modes")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in git, below the top of its repository; git has no settings but its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    folder = make_project(tmp_path, monkeypatch)
    git(tmp_path, "init", "--quiet", ".")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def said(verb: str) -> str:
    """What the full command says in its one line."""
    outcome = full(verb)
    assert isinstance(outcome, Outcome) and outcome.exit is Exit.OK, outcome
    (line,) = outcome.lines
    return line


@pytest.mark.parametrize("verb", CLEAN)
def test_other_line_ends(project: Path, verb: str) -> None:
    """The count is part of the answer, and a file whose line ends change is another one."""
    full("install")
    agent = project / AGENT
    text = agent.read_bytes()
    agent.write_bytes(text.replace(b"\n", b"\r\n"))
    settle()
    assert answer([verb]) == said(verb) == f"{CLEAN[verb]}; 1 file with CRLF, as git's autocrlf makes it"
    agent.write_bytes(text)
    assert answer([verb]) is None
    assert said(verb) == CLEAN[verb]


def litter(project: Path) -> None:
    """Files that nothing has to be asked about."""
    cached = project / SKILL / "scripts/__pycache__/fill.pyc"
    cached.parent.mkdir()
    for path in (cached, project / SKILL / ".DS_Store", project / SKILL / "Thumbs.db"):
        path.write_bytes(b"x")


def hidden(project: Path) -> None:
    """Files that the project's git ignores."""
    (project / SKILL / "scripts/build").mkdir()
    (project / SKILL / "scripts/build/out.txt").write_text("x")
    (project / SKILL / "run.log").write_text("x")


@pytest.mark.parametrize("leave", [litter, hidden])
def test_files_of_no_pack(project: Path, leave: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Known at once like everything else: git is not even there to be asked."""
    full("install")
    leave(project)
    settle()
    monkeypatch.setenv("PATH", "")
    assert {verb: answer([verb]) for verb in CLEAN} == CLEAN


CHANGES: Final[dict[str, Callable[[Path], object]]] = {
    "a rule at the top": lambda project: (project.parent / ".gitignore").write_text("build/\n"),
    "a rule of the project": lambda project: (project / ".gitignore").write_text("!run.log\n"),
    "a rule in the skill": lambda project: (project / SKILL / ".gitignore").write_text("!run.log\n"),
    "a rule of the clone": lambda project: (project.parent / ".git/info/exclude").write_text("# mine\n"),
    "a rule of the user": lambda project: own(project.parent / ".config/git/ignore", "!run.log\n"),
    "settings of the user": lambda project: own(project.parent / ".gitconfig", "[core]\n\texcludesFile = /no\n"),
    "settings of the clone": lambda project: git(project, "config", "core.ignoreCase", "true"),
    "a tracked file": lambda project: git(project, "add", "--force", f"{SKILL}/run.log"),
    "a repository between": lambda project: git(project, "init", "--quiet", "."),
    "no repository": lambda project: (project.parent / ".git").rename(project.parent / "old"),
    "settings from outside": lambda _: os.environ.update(GIT_CONFIG_COUNT="0"),
    "another file": lambda project: (project / SKILL / "new.txt").write_text("x"),
}


def own(path: Path, text: str) -> None:
    """A file of the user's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("name", CHANGES)
def test_what_git_ignores_has_changed(project: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its answer depends on: it is asked again."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "")  # put back at the end
    full("install")
    hidden(project)
    settle()
    assert answer(["drift"]) == CLEAN["drift"]
    CHANGES[name](project)
    assert answer(["drift"]) is None


def test_a_tracked_file_is_extra(project: Path) -> None:
    """A rule hides what is not committed, and never what a branch brings in."""
    full("install")
    hidden(project)
    git(project, "add", "--force", f"{SKILL}/run.log")
    outcome = full("drift")
    assert isinstance(outcome, Outcome) and outcome.exit is Exit.DIFFERS
    assert [row["path"] for row in outcome.data["files"] if row["drift"] == "extra"] == [f"{SKILL}/run.log"]
