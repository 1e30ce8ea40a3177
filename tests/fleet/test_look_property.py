"""A commit without a checkout drifts as a checkout of it does, whatever was done to its files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsync.commands.drift import drift
from agentsync.errors import AgentsyncError
from agentsync.fleet.batch import Batch, Question
from agentsync.fleet.look import look
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import FleetStanding, FoundRepository, Member
from agentsync.project.opening import open_folder
from agentsync.project.session import Options
from tests.fleet.templates import Templates
from tests.git_registry import File, GitRegistry, plain_git_environment

Tree = dict[str, File]
Edit = Callable[[Tree, str], None]
DRIFTED: Final = "missing behind stale edited diverged foreign extra".split()


def _data(files: Tree, path: str) -> bytes:
    data = files[path].data
    return data if isinstance(data, bytes) else data.encode()



def _with(files: Tree, path: str, data: bytes) -> None:
    files[path] = File(data, executable=files[path].executable)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


EDITS: Final[dict[str, Edit]] = {
    "append": lambda files, path: _with(files, path, _data(files, path) + b"Our own line.\n"),
    "crlf": lambda files, path: _with(files, path, _data(files, path).replace(b"\n", b"\r\n")),
    "empty": lambda files, path: _with(files, path, b""),
    "latin": lambda files, path: _with(files, path, b"\xff\xfe\n"),
    "delete": lambda files, path: files.__delitem__(path),
    "mode": lambda files, path: files.__setitem__(path, File(_data(files, path), executable=True)),
    "link": lambda files, path: files.__setitem__(path, File("README.md", symlink=True)),
    "extra": lambda files, path: files.__setitem__(f"{_folder(path)}/own.txt".lstrip("/"), File(b"Own.\n")),
    "extra-link": lambda files, path: files.__setitem__(f"{_folder(path)}/own".lstrip("/"), File(".", symlink=True)),
    "module": lambda files, path: files.__setitem__(path, File(gitlink="1" * 40)),
    "pointer": lambda files, path: _with(
        files, path, b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 9\n"
    ),
    "eol": lambda files, path: files.__setitem__(".gitattributes", File(b"* text eol=crlf\n*.txt -text\n")),
    "eol-auto": lambda files, path: files.__setitem__(".gitattributes", File(b"* text=auto eol=crlf\n*.md ident\n")),
    "eol-below": lambda files, path: files.__setitem__(".claude/.gitattributes", File(b"*.md eol=crlf\n")),
    "script": lambda files, path: _with(files, path, b"#!/bin/sh\nexit $Id$\n"),
}


def fold(files: Tree, path: str) -> None:
    """Put a folder in the place of a file."""
    files[f"{path}/inner.md"] = files.pop(path)


def bury(files: Tree, path: str) -> None:
    """Put a file in the place of the folder of a file."""
    folder = _folder(path) or path
    for other in [one for one in files if one.startswith(f"{folder}/")]:
        del files[other]
    files[folder] = File(b"Not a folder.\n")


def move(files: Tree, path: str, target: str, goal: str = "tools/moved") -> None:
    """Put a link in the place of the top folder of a file, and its files elsewhere."""
    top = path.partition("/")[0] if "/" in path else ""
    if not top:
        return
    for other in [one for one in files if one.startswith(f"{top}/")]:
        files[goal + other[len(top) :]] = files.pop(other)
    files[top] = File(target, symlink=True)


EDITS |= {
    "fold": fold,
    "bury": bury,
    "move": lambda files, path: move(files, path, "tools/moved"),
    "move-away": lambda files, path: move(files, path, "../elsewhere"),
    "move-file": lambda files, path: move(files, path, "README.md"),
    "move-nowhere": lambda files, path: move(files, path, "none/at/all"),
    "move-state": lambda files, path: move(files, path, ".agentsync/patches", ".agentsync/patches"),
    "move-link": lambda files, path: (
        move(files, path, "way"), files.__setitem__("way", File("./tools//moved/", symlink=True))
    )[0],
    "loop": lambda files, path: move(files, path, path.partition("/")[0]),
}


def checked_out(registry: GitRegistry, folder: Path) -> Path:
    """A plain clone on this system; what git refuses to check out fails."""
    subprocess.run(
        ["git", "clone", "--quiet", str(registry.path), str(folder)], env=plain_git_environment(), check=True
    )
    return folder


def compare(files: Tree, folder: Path) -> None:
    """Hold the look at a commit against `drift` in a checkout of it."""
    registry = GitRegistry(folder / "repository.git")
    registry.publish(None, files)
    (row,) = look(Batch((Question(Member(parse_git_url(str(registry.path)), folders=(".",))),)))
    (here,) = look(Batch((Question(Member(parse_git_url(str(checked_out(registry, folder / "checkout"))), folders=(".",)), is_folder=True),)))
    assert isinstance(row, FoundRepository)
    assert isinstance(here, FoundRepository)
    assert (row.standing, row.files, row.packs) == (here.standing, here.files, here.packs), (row.error, here.error)
    try:
        report = drift(open_folder(folder / "checkout", Options(offline=True))).data
    except AgentsyncError:
        assert row.standing in (FleetStanding.BROKEN, FleetStanding.POLICY)
    else:
        found = {(one.path, one.drift) for one in row.files}
        drifted = {(one["path"], one["drift"]) for one in report["files"] if one["drift"] in DRIFTED}
        assert found == (set() if row.standing is FleetStanding.LOCK_ONLY else drifted)
        assert report["clean"] == (row.standing is FleetStanding.CLEAN)


@pytest.mark.parametrize("edit", EDITS)
def test_each_edit(edit: str, fleet_templates: Templates, tmp_path: Path) -> None:
    for number, path in enumerate((".claude/skills/pdf/SKILL.md", "AGENTS.md", ".mcp.json", ".codex/agents/critic.toml")):
        files = dict(fleet_templates.named("clean-tools").files) | {"README.md": File(b"Read.\n")}
        if path in files:
            EDITS[edit](files, path)
            compare(files, tmp_path / str(number))
