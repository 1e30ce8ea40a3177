"""What a test looks at: the files of a folder, their state at one moment, the lock, a failure."""

from __future__ import annotations

import json
import os
import shutil
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agentsync.errors import LockError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from tests.needs import has
from tests.portable.systems import printed
from tests.sandbox import Run, Sandbox


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on disk: what it holds or points to, and everything that a needless write changes."""

    content: bytes | str | None
    mode: int
    inode: int
    changed: int


def snapshot(*folders: Path) -> dict[Path, Entry]:
    """Everything below these folders, the folders too; equal only where nothing was touched."""
    found = {}
    for folder in folders:
        for path in [folder, *sorted(folder.rglob("*"))] if folder.exists() else []:
            status = path.lstat()
            content: bytes | str | None = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)  # noqa: PTH115 - a Path would tidy the text up
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            number = status.st_ino if path.lstat().st_ino == status.st_ino else 0  # it does not last everywhere
            found[path] = Entry(content, status.st_mode, number, status.st_mtime_ns)
    return found


def files_below(folder: Path) -> dict[str, bytes]:
    """Every plain file below a folder, by its POSIX path in it."""
    return {
        _in(folder, path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def executables_below(folder: Path) -> set[str]:
    """Every plain file below a folder that its owner may execute."""
    return {_in(folder, path) for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & stat.S_IXUSR}


def _in(folder: Path, path: Path) -> str:
    """Return the POSIX path of a file in a folder, composed where the file system decomposes every name."""
    text = path.relative_to(folder).as_posix()
    return text if text.isascii() or has("forms", folder.parent) else unicodedata.normalize("NFC", text)


def are_the_programs(folder: Path, programs: set[str]) -> bool:
    """Return whether these files below a folder may be executed and no others, as far as files have modes there."""
    return not has("modes", folder.parent) or executables_below(folder) == programs


def write_manifest(sandbox: Sandbox, text: str) -> None:
    """Put a manifest into the project."""
    (sandbox.project / "agentsync.yaml").write_text(text, encoding="utf-8")


def manifest_text(sandbox: Sandbox) -> str:
    """The project's manifest."""
    return (sandbox.project / "agentsync.yaml").read_bytes().decode()


def lock_text(sandbox: Sandbox) -> str:
    """The project's lock."""
    return (sandbox.project / "agentsync.lock").read_bytes().decode()


def sealed(text: str) -> str:
    """A lock with the seals that its entries should have: a forger can write them as well."""
    try:
        return dump_lock(parse_lock(text))
    except LockError:
        return text


def locked(sandbox: Sandbox, pack: str) -> dict[str, Any]:
    """One pack's entry in the project's lock, as any reader of YAML takes it."""
    entry = yaml.load(lock_text(sandbox), yaml.BaseLoader)["packs"][pack]
    assert isinstance(entry, dict)
    return entry


def succeed(sandbox: Sandbox, *arguments: str, **options: Any) -> Run:
    """Run a command that must end well."""
    run = sandbox.run(*arguments, **options)
    assert run.exit == 0, f"exit {run.exit}\n{run.stdout}\n{run.stderr}"
    return run


def another_machine(sandbox: Sandbox, *more: str) -> Sandbox:
    """Another machine, with the manifest and the lock of a project, and with more of its files or folders."""
    other = Sandbox(sandbox.root / "other")
    for name in ("agentsync.yaml", "agentsync.lock", *more):
        source, goal = sandbox.project / name, other.project / name
        if source.is_dir():
            shutil.copytree(source, goal)
        else:
            shutil.copy(source, goal)
    return other


def drifts(sandbox: Sandbox, *arguments: str, **options: Any) -> dict[str, str]:
    """What `drift --json` says of each file that is not in sync, by its path."""
    data = sandbox.json("drift", *arguments, **options)["data"]
    return {file["path"]: file["drift"] for file in data["files"] if file["drift"] != "in sync"}


def fail(sandbox: Sandbox, *arguments: str, exit: int, code: str, **options: Any) -> str:
    """Run a command that must fail, with `--json`, and change nothing at all.

    Standard error says the same with and without `--json`, so that one run shows both.

    Args:
        sandbox: the machine.
        arguments: the command line.
        exit: the exit code that is expected.
        code: the `code` of the one error in the document.
        options: as for `Sandbox.run`.

    Returns:
        What it said on standard error, with the letters that the encoding of this run lacks.
    """
    places = (sandbox.project, sandbox.home, sandbox.config)
    before = snapshot(*places)
    run = sandbox.run(*arguments, "--json", **options)
    assert run.exit == exit, f"exit {run.exit}, not {exit}\n{run.stdout}\n{run.stderr}"
    what, *why, hint = run.stderr.splitlines()
    assert what.startswith("error: "), run.stderr
    assert hint.startswith("hint: "), run.stderr
    assert len(why) < 2 and all(line.startswith("  why: ") for line in why), run.stderr
    document = json.loads(run.stdout)
    assert document["exit"] == exit
    (error,) = document["errors"]
    assert {key: printed(text) for key, text in error.items()} == {
        "code": code,
        "what": what.removeprefix("error: "),
        "why": "".join(why).removeprefix("  why: "),
        "hint": hint.removeprefix("hint: "),
    }
    assert snapshot(*places) == before, "it failed, and it changed something"
    reason = f"  why: {error['why']}\n" if error["why"] else ""
    return f"error: {error['what']}\n{reason}hint: {error['hint']}\n"
