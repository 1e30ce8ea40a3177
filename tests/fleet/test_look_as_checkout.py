"""A commit drifts without a checkout as it does in one, whatever was done to its files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.commands.drift import drift
from agentsync.errors import AgentsyncError, UnsafeError
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.look import look
from agentsync.formats.git_url import parse_git_url
from agentsync.git.checked_out import Attributes, checked_out
from agentsync.model.drift import Drift
from agentsync.model.fleet import FoundRepository, Member
from agentsync.model.plan import CLEAN
from agentsync.project.opening import open_folder
from agentsync.project.session import Options
from tests.fleet.edits import EDITS, Tree
from tests.fleet.templates import Templates
from tests.git_registry import File, GitRegistry, plain_git_environment

PATHS: Final = (
    ".claude/skills/pdf/SKILL.md",
    ".claude/agents/critic.md",
    ".mcp.json",
    "AGENTS.md",
    ".codex/agents/critic.toml",
    ".codex/config.toml",
)
EDIT: Final = st.tuples(st.sampled_from(sorted(EDITS)), st.sampled_from(PATHS))


def project_of(templates: Templates) -> Tree:
    """Return the files of a project with all kinds of slots, and one that is not ours."""
    return {**templates.named("clean-tools").files, "README.md": File(b"Read.\n")}


def edited(template: Tree, edits: Sequence[tuple[str, str]]) -> Tree:
    """Return the files of a project after these edits, as far as their paths are there."""
    files = dict(template)
    for name, path in edits:
        if path in files:
            EDITS[name](files, path)
    return files


def look_at(where: Path, folders: Sequence[str], *, is_folder: bool = False) -> FoundRepository:
    """Look at a repository, or at a working folder."""
    member = Member(parse_git_url(str(where)), folders=tuple(folders))
    (row,) = look(Batch((Question(member, is_folder=is_folder),)))
    assert isinstance(row, FoundRepository)
    return row


def compare(projects: Mapping[str, Tree], folder: Path) -> None:
    """Hold the look at a commit with many projects against `drift` in a checkout of it."""
    registry = GitRegistry(folder / "repository.git")
    registry.publish(None, {f"{name}/{path}": file for name, files in projects.items() for path, file in files.items()})
    clone = folder / "clone"
    command = ["git", "clone", "--quiet", str(registry.path), str(clone)]
    subprocess.run(command, env=plain_git_environment(), check=True)
    row, here = look_at(registry.path, list(projects)), look_at(clone, list(projects), is_folder=True)
    assert (row.standing, row.files, row.packs) == (here.standing, here.files, here.packs)
    for name in projects:
        found = {(one.path, one.drift) for one in row.files if one.folder == name}
        try:
            report = drift(open_folder(clone / name, Options(offline=True))).data
        except AgentsyncError:
            assert not found
            assert f"{name}: " in row.error
        else:
            drifts = {one["path"]: one["drift"] for one in report["files"]}
            missing = set(drifts.values()) == {Drift.MISSING}
            assert found == {one for one in drifts.items() if one[1] not in CLEAN and not missing}, name


def test_every_edit(fleet_templates: Templates, tmp_path: Path) -> None:
    """Each edit once, each in a project of its own, so that one clone and one look serve for all."""
    paths = cycle(PATHS)
    template = project_of(fleet_templates)
    compare({name.replace(" ", "-"): edited(template, [(name, next(paths))]) for name in EDITS}, tmp_path)


def test_an_encoding_that_is_not_known() -> None:
    """It is told: there is no guessing of what a checkout would have."""
    for name in ("no-such", "rot13", "idna"):
        with pytest.raises(UnsafeError, match=name):
            checked_out(b"x", "", Attributes(encoding=name))


@pytest.mark.long
def test_many_edits(fleet_templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Up to four edits in each of forty projects."""
    template = project_of(fleet_templates)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.lists(EDIT, max_size=4), min_size=1, max_size=40))
    def hold(drawn: list[list[tuple[str, str]]]) -> None:
        projects = {f"p{number}": edited(template, edits) for number, edits in enumerate((*drawn, []))}
        compare(projects, tmp_path_factory.mktemp("edits"))

    hold()
