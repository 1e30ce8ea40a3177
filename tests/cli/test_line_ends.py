"""A project in git, cloned under each setting that rewrites line ends: drift, restore, update, verify and doctor."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.packs import BINARY, SCRIPT, agent, skill
from tests.cli.project import snapshot, succeed
from tests.git_registry import File, Files, GitRegistry
from tests.sandbox import Sandbox

CRLF_AGENT: Final = agent("crlf").replace("\n", "\r\n")
MIXED: Final = "One\r\nTwo\nThree\r\n"
# 32 times CRLF, LF and CR, and no NUL in the first 8,000 bytes: whatever git takes it for, it is no text.
TAIL_BINARY: Final = b"\r\n\n" * 32 + b"x" * 8000 + b"\0"
TEXTS: Final[Files] = {
    "agents/plain.md": agent("plain", "One\nTwo\n"),
    "agents/crlf.md": CRLF_AGENT,
    "skills/pdf/SKILL.md": skill("pdf"),
    "skills/pdf/mixed.txt": MIXED,
    "skills/pdf/latin.txt": b"na\xefve\nbytes\n",
    "skills/pdf/logo.bin": BINARY,
    "skills/pdf/tail.bin": TAIL_BINARY,
    "skills/pdf/empty.txt": "",
}
PROGRAMS: Final[Files] = {
    **TEXTS,
    "skills/pdf/fill.sh": File(SCRIPT, executable=True),
    "skills/pdf/not-executable.py": "#!/usr/bin/env python3\nprint()\n",
    "skills/pdf/tool": File("no shebang\n", executable=True),
}
SCRIPTS: Final = {f".claude/skills/pdf/{name}" for name in ("fill.sh", "not-executable.py", "tool")}
AUTOCRLF: Final = ("-c", "core.autocrlf=true")
INPUT: Final = ("-c", "core.autocrlf=input")


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person does, without the settings of this machine."""
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    person = ("-c", "user.name=P", "-c", "user.email=p@example.org", "-c", "core.safecrlf=false")
    done = subprocess.run(
        ["git", *person, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def committed(sandbox: Sandbox, registry: GitRegistry, files: Files, *settings: str, attributes: str = "") -> None:
    """Install the files of a pack into a project, and commit it under these settings."""
    registry.publish("v1.0.0", files)
    git(sandbox.project, "init", "--quiet", ".")
    succeed(sandbox, "init")
    succeed(sandbox, "add", registry.url, "--as", "team", "--accept-grants")
    if attributes:
        (sandbox.project / ".gitattributes").write_text(attributes)
    commit(sandbox, *settings)


def commit(sandbox: Sandbox, *settings: str) -> None:
    """Commit everything under these settings."""
    git(sandbox.project, *settings, "add", ".")
    git(sandbox.project, *settings, "commit", "--quiet", "--allow-empty", "-m", "x")


def clone(sandbox: Sandbox, root: Path, *settings: str) -> Sandbox:
    """The project as a colleague gets it by `git clone` under these settings, on a machine of their own."""
    other = Sandbox(root)
    other.project.rmdir()
    git(other.root, "clone", "--quiet", *settings, str(sandbox.project), str(other.project))
    return other


def rows(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """What `drift --json` says of each file."""
    return {row["path"]: row for row in sandbox.json("drift")["data"]["files"]}


SETTINGS: Final[dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]]] = {
    "autocrlf": (AUTOCRLF, "", AUTOCRLF),
    "autocrlf for one": ((), "", AUTOCRLF),
    "autocrlf, checked out without": (AUTOCRLF, "", ()),
    "input": (INPUT, "", INPUT),
    "text=auto": ((), "* text=auto\n", ()),
    "text=auto and autocrlf": ((), "* text=auto\n", AUTOCRLF),
    "eol=crlf": ((), "* text=auto eol=crlf\n", ()),
    "eol=lf": ((), "* text=auto eol=lf\n", AUTOCRLF),
    "every text is CRLF": ((), "*.md text eol=crlf\n*.txt text eol=crlf\n", ()),
}


@pytest.mark.parametrize(("commits", "attributes", "clones"), SETTINGS.values(), ids=SETTINGS)
def test_nothing_edited(
    sandbox: Sandbox,
    git_registry: GitRegistry,
    tmp_path: Path,
    commits: tuple[str, ...],
    attributes: str,
    clones: tuple[str, ...],
) -> None:
    """Whatever git does to line ends: drift, verify and restore find nothing, and say how many it did it to."""
    committed(sandbox, git_registry, TEXTS, *commits, attributes=attributes)
    other = clone(sandbox, tmp_path / "other", *clones)
    found = rows(other)
    changed = {path for path in found if (other.project / path).read_bytes() != (sandbox.project / path).read_bytes()}
    assert {path for path, row in found.items() if row["line_ends"]} == changed
    run = succeed(other, "drift")
    assert run.stdout.startswith(f"{len(found)} files in sync")
    told = sum(int(part.split()[0]) for part in run.stdout.strip().split("; ")[1:])
    assert told == sum(row["line_ends"] for row in found.values())
    before = snapshot(other.project / ".claude")
    assert "restored" not in succeed(other, "restore").stdout
    succeed(other, "install")
    succeed(other, "verify")
    assert snapshot(other.project / ".claude") == before
    assert other.json("doctor")["data"]["findings"] == []


def test_what_is_said(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """How many, and which way."""
    committed(sandbox, git_registry, TEXTS, *AUTOCRLF)
    to_crlf = clone(sandbox, tmp_path / "crlf", *AUTOCRLF)
    assert succeed(to_crlf, "drift").stdout == "8 files in sync; 4 files with CRLF, as git's autocrlf makes them\n"
    to_lf = clone(sandbox, tmp_path / "lf")
    assert succeed(to_lf, "drift").stdout == (
        "8 files in sync; 2 files with LF for CRLF, as git's normalization makes them\n"
    )
    assert "CRLF" not in succeed(sandbox, "drift").stdout


def test_an_edit_is_an_edit(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Under autocrlf one changed word is one edited file, and a binary file with other line ends is no text."""
    committed(sandbox, git_registry, TEXTS)
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    edited, binary = other.project / ".claude/agents/plain.md", other.project / ".claude/skills/pdf/tail.bin"
    edited.write_bytes(edited.read_bytes().replace(b"One", b"Uno"))
    binary.write_bytes(TAIL_BINARY.replace(b"\r\n", b"\n"))
    found = {path: row for path, row in rows(other).items() if row["drift"] != "in sync"}
    assert found.keys() == {".claude/agents/plain.md", ".claude/skills/pdf/tail.bin"}
    assert not any(row["line_ends"] for row in found.values())
    succeed(other, "restore")
    assert edited.read_bytes() == agent("plain", "One\nTwo\n").encode() and binary.read_bytes() == TAIL_BINARY


def test_update_takes_a_file_that_only_git_changed(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """It is no edit: upstream's new bytes are taken, what upstream dropped goes; a clone sets it aside first."""
    committed(sandbox, git_registry, PROGRAMS)
    newer = {
        **PROGRAMS,
        "agents/plain.md": agent("plain", "One\n2\n"),
        "skills/pdf/fill.sh": File("#!/bin/sh\n:\n", True),
    }
    del newer["skills/pdf/latin.txt"]
    git_registry.publish("v1.1.0", newer)
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    document = other.json("update")
    assert document["exit"] == 0
    assert {(row["path"].rpartition("/")[2], row["action"]) for row in document["data"]["changed"]} == {
        ("plain.md", "replace"),
        ("fill.sh", "replace"),
        ("latin.txt", "set aside"),
    }
    assert (other.project / ".claude/skills/pdf/fill.sh").read_bytes() == b"#!/bin/sh\n:\n"


def test_programs(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """They are edited, because they do not run; what doctor says puts them right, here and in every later clone."""
    committed(sandbox, git_registry, PROGRAMS)
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    found = rows(other)
    assert {path for path, row in found.items() if row["drift"] == "edited"} == SCRIPTS
    assert all(found[path]["line_ends"] and not found[path]["mode_changed"] for path in SCRIPTS)
    run = other.run("drift")
    assert run.exit == 1 and run.stdout.count("only its line ends differ") == 3
    assert other.run("verify").exit == 1
    document = other.json("doctor")
    (finding,) = document["data"]["findings"]
    assert (
        finding["gitattributes"] == ".claude/skills/** text=auto eol=lf" and finding["gitattributes"] in finding["next"]
    )
    (other.project / ".gitattributes").write_text(finding["gitattributes"] + "\n")
    assert other.json("doctor")["data"]["findings"][0]["next"].startswith("agentsync restore ")
    step = finding["next"].split(", then ")[1]
    assert other.shell(step).exit == 0
    succeed(other, "drift")
    assert other.json("doctor")["data"]["findings"] == []
    commit(other, *AUTOCRLF)
    assert git(other.project, "show", "--format=", "--name-only").split() == [".gitattributes"]
    again = clone(other, tmp_path / "again", *AUTOCRLF)
    succeed(again, "drift")
    assert again.json("doctor")["data"]["findings"] == []


def test_programs_with_crlf_upstream(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The lock is law: what upstream ends in CRLF is put right as CRLF, and stays so with the same line."""
    committed(
        sandbox, git_registry, {**TEXTS, "skills/pdf/run.sh": File("#!/bin/sh\r\n:\r\n", executable=True)}, *INPUT
    )
    other = clone(sandbox, tmp_path / "other")
    assert rows(other)[".claude/skills/pdf/run.sh"]["line_ends"] is True
    (finding,) = other.json("doctor")["data"]["findings"]
    (other.project / ".gitattributes").write_text(finding["gitattributes"] + "\n")
    assert other.shell(finding["next"].split(", then ")[1]).exit == 0
    commit(other, *INPUT)
    succeed(clone(other, tmp_path / "again", *AUTOCRLF), "drift")


def test_attributes_inside_a_skill(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """They are nearer than the project's own: doctor names the one place that decides before them."""
    files = {**PROGRAMS, "skills/pdf/.gitattributes": "* text=auto eol=crlf\n"}
    committed(sandbox, git_registry, files)
    other = clone(sandbox, tmp_path / "other")
    found = rows(other)
    if ".claude/skills/pdf/.gitattributes" not in found:
        pytest.skip("a skill's file of attributes is not installed")
    assert {path for path, row in found.items() if row["drift"] != "in sync"} == SCRIPTS
    (finding,) = other.json("doctor")["data"]["findings"]
    write, step = finding["next"].split(", then ")
    assert write.endswith("into .git/info/attributes")
    (other.project / ".git/info/attributes").write_text(finding["gitattributes"] + "\n")
    assert other.shell(step).exit == 0
    succeed(other, "drift")
    assert other.json("doctor")["data"]["findings"] == []


def test_offline(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The lock is enough: no registry, no cache, no git."""
    committed(sandbox, git_registry, TEXTS)
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    shutil.rmtree(git_registry.path)
    run = succeed(other, "drift", git_log=True)
    assert run.git_calls == [] and "with CRLF" in run.stdout


def test_an_older_lock(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """It has one digest for each file: `install` finds the others on disk or in the registry, and writes them."""
    committed(sandbox, git_registry, TEXTS)
    lock = sandbox.project / "agentsync.lock"
    now = lock.read_text()
    assert now.count(" lf:sha256:") == 2
    older = re.sub(r" lf:sha256:\w+|\n    seal: .*", "", now).replace("lockfile: 2", "lockfile: 1")
    for change in ("nothing", "edited", "missing"):
        lock.write_text(older)
        if change != "nothing":
            path = sandbox.project / ".claude/agents/crlf.md"
            path.write_bytes(b"edited") if change == "edited" else path.unlink()
        succeed(sandbox, "install")
        assert lock.read_text() == now, change
    git(sandbox.project, "checkout", "--quiet", ".")
    lock.write_text(older)
    commit(sandbox, *AUTOCRLF)
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    run = succeed(other, "install", "--offline")
    assert "agentsync.lock is written in version 2" in run.stderr
    assert (other.project / "agentsync.lock").read_text() == now


@pytest.mark.parametrize("settings", [AUTOCRLF, ()], ids=["CRLF", "LF"])
@pytest.mark.parametrize("name", ["agents/plain.md", "agents/crlf.md", "skills/pdf/mixed.txt"])
def test_a_patch_of_an_edit(
    sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path, name: str, settings: tuple[str, ...]
) -> None:
    """One changed line is one changed line, and taking it back leaves nothing to find."""
    committed(sandbox, git_registry, TEXTS, *settings)
    other = clone(sandbox, tmp_path / "other", *settings)
    edited = other.project / ".claude" / name
    edited.write_bytes(edited.read_bytes().replace(b"One", b"Uno").replace(b"Help", b"Hilf"))
    patch = other.json("diff")["data"]["patch"]
    lines = [line[0] for line in patch.split("\n") if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]
    assert lines == ["-", "+"]
    (tmp_path / "patch").write_bytes(patch.encode("utf-8", "surrogateescape"))
    git(other.project, "-c", "core.autocrlf=false", "apply", "-R", str(tmp_path / "patch"))
    succeed(other, "drift")


def test_headers_that_are_no_yaml(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """They are in sync, and dropped where they are loaded: doctor says before and after what to do, and it helps."""
    header = "---\nname: quoted\ndescription: Use it: when asked\n---\nBody\n"
    committed(sandbox, git_registry, {**TEXTS, "agents/quoted.md": header})
    assert [row["subject"] for row in sandbox.json("doctor")["data"]["findings"]] == ["agent:quoted"]
    other = clone(sandbox, tmp_path / "other", *AUTOCRLF)
    succeed(other, "drift")
    (finding,) = (row for row in other.json("doctor")["data"]["findings"] if row["subject"] == "agent:quoted")
    line = finding["gitattributes"]
    assert line == ".claude/agents/** text=auto eol=lf"
    (other.project / ".gitattributes").write_text(line + "\n")
    steps = finding["next"].split(", then ")[1:]
    assert steps == ["rm .claude/agents/quoted.md", "agentsync install"]
    for step in steps:
        assert other.shell(step).exit == 0
    assert other.json("doctor")["data"]["findings"] == []
    commit(other, *AUTOCRLF)
    assert clone(other, tmp_path / "again", *AUTOCRLF).json("doctor")["data"]["findings"] == []


@pytest.mark.parametrize(("settings", "attributes"), [(AUTOCRLF, ""), ((), "* text=auto eol=crlf\n")])
def test_a_pack_in_a_folder_of_the_project(
    sandbox: Sandbox, tmp_path: Path, settings: tuple[str, ...], attributes: str
) -> None:
    """It is locked to the bytes that git stores, so that each clone makes the same lock."""
    texts = {
        "agents/mine.md": agent("mine", "One\n"),
        "skills/pdf/SKILL.md": skill("pdf"),
        ".gitattributes": attributes,
    }
    git(sandbox.project, "init", "--quiet", ".")
    for path, text in texts.items():
        where = sandbox.project / ("" if path == ".gitattributes" else "mine") / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, newline="\n")
    (sandbox.project / "agentsync.yaml").write_text("packs:\n  mine: {path: ./mine}\n")
    succeed(sandbox, "install")
    lock = (sandbox.project / "agentsync.lock").read_bytes()
    git(sandbox.project, "add", "--all")
    git(sandbox.project, "commit", "--quiet", "-m", "install")
    other = clone(sandbox, tmp_path / "other", *settings)
    assert b"\r\n" in (other.project / "mine/agents/mine.md").read_bytes()
    succeed(other, "install", "--locked")
    (other.project / "agentsync.lock").unlink()
    succeed(other, "install")
    assert (other.project / "agentsync.lock").read_bytes().replace(b"\r\n", b"\n") == lock
    assert other.json("drift")["exit"] == 0
