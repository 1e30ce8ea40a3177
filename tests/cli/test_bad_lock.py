"""A lock that is damaged is an error, never a fresh start; one that lies is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.project import drifts, fail, lock_text, sealed, snapshot, succeed
from tests.sandbox import Sandbox

CONFLICT = "<<<<<<< HEAD\n    version: 1.0.0\n=======\n    version: 1.1.0\n>>>>>>> theirs\n"


def _without(line: str) -> Callable[[str], str]:
    return lambda text: "".join(row for row in text.splitlines(keepends=True) if not row.strip().startswith(line))


DAMAGE: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text[: len(text) // 2], "agentsync.lock"),
    (lambda text: "", "lockfile"),
    (lambda text: "\x00\x01garbage: [", "line 1"),
    (lambda text: "garbage\n", "line 1"),
    (lambda text: text + text.partition("\n")[2], "duplicate key"),
    (lambda text: text.replace("    version: 1.0.0\n", CONFLICT), "conflict markers"),
    (lambda text: text.replace("lockfile: 2", "lockfile: 3"), "newer agentsync"),
    (lambda text: text.replace("lockfile: 2", "lockfile: one"), "damaged"),
    (_without("lockfile:"), "lockfile"),
    (_without("commit:"), "commit"),
    (_without("tree:"), "tree"),
    (lambda text: text.replace("sha256:", "sha1:", 1), "digest"),
    (lambda text: text.replace(".claude/agents/designer.md", "../../designer.md"), "unsafe path"),
    (lambda text: text.replace(".claude/agents/designer.md", "/etc/designer.md"), "unsafe path"),
    (lambda text: text.replace("    tree:", "    tre:"), "did you mean `tree`?"),
    (lambda text: text.replace("header: strict", "header: fine"), "fine"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGE)
def test_a_damaged_lock(installed: Sandbox, damage: Callable[[str], str], told: str) -> None:
    """Exit 3 with the next step; neither `install` nor `lock` starts over."""
    text = damage(lock_text(installed))
    assert text != lock_text(installed)
    (installed.project / "agentsync.lock").write_text(text)
    said = fail(installed, "install", exit=3, code="lock")
    assert told in said


@pytest.mark.parametrize("command", [("drift",), ("install", "--frozen"), ("lock",)])
def test_every_command_stops_at_it(installed: Sandbox, command: tuple[str, ...]) -> None:
    """Without `--json` the same three lines, and nothing on standard output."""
    (installed.project / "agentsync.lock").write_text("garbage\n")
    said = fail(installed, *command, exit=3, code="lock")
    run = installed.run(*command)
    assert (run.exit, run.stdout, run.stderr) == (3, "", said)


def test_a_lock_that_is_no_text(installed: Sandbox) -> None:
    """Bytes that are not UTF-8 are damage too."""
    (installed.project / "agentsync.lock").write_bytes(b"lockfile: 1\npacks: {\xff: x}\n")
    assert "UTF-8" in fail(installed, "install", exit=3, code="lock")


def test_a_folder_in_place_of_the_lock(installed: Sandbox) -> None:
    """Told as it is."""
    (installed.project / "agentsync.lock").unlink()
    (installed.project / "agentsync.lock").mkdir()
    fail(installed, "install", exit=3, code="disk")


def test_a_file_outside_the_targets_folders(installed: Sandbox) -> None:
    """A lock cannot make us write, or take for ours, what lies beside the tool's folders."""
    (installed.project / "Makefile").write_text("all:\n")
    text = sealed(lock_text(installed).replace(".claude/agents/designer.md:", "Makefile:"))
    (installed.project / "agentsync.lock").write_text(text)
    before = snapshot(installed.project / "Makefile")
    run = installed.run("install", "--theirs")
    assert run.exit == 3, run.stdout + run.stderr
    assert snapshot(installed.project / "Makefile") == before


@pytest.mark.parametrize("command", [("install", "--frozen"), ("install", "--theirs"), ("restore",)])
def test_a_digest_that_upstream_does_not_have(installed: Sandbox, command: tuple[str, ...]) -> None:
    """Bytes that are not what the lock says are never written."""
    line = next(row for row in lock_text(installed).splitlines() if "designer.md: sha256:" in row)
    forged = line.partition("sha256:")[0] + "sha256:" + "0" * 64
    (installed.project / "agentsync.lock").write_text(sealed(lock_text(installed).replace(line, forged)))
    (installed.project / ".claude/agents/designer.md").unlink()
    assert "designer.md is not what the lock says" in fail(installed, *command, exit=3, code="integrity")


def test_a_commit_that_upstream_does_not_have(clone: Sandbox) -> None:
    """A lock from a history that was rewritten says so."""
    text = lock_text(clone)
    (commit,) = [row.split()[1] for row in text.splitlines() if row.strip().startswith("commit:")]
    (tree,) = [row.split()[1] for row in text.splitlines() if row.strip().startswith("tree:")]
    (clone.project / "agentsync.lock").write_text(sealed(text.replace(commit, "1" * 40).replace(tree, "2" * 40)))
    (clone.project / ".claude/agents/designer.md").unlink()
    said = fail(clone, "install", exit=3, code="fetch")
    assert "1111111" in said
    assert drifts(clone) == {".claude/agents/designer.md": "missing"}


def test_a_tree_that_is_not_the_commits(clone: Sandbox) -> None:
    """The tree of another commit under the name of this one would be a forgery."""
    text = lock_text(clone)
    (clone.project / ".claude/agents/designer.md").unlink()
    succeed(clone, "install")
    assert drifts(clone) == {}
    assert lock_text(clone) == text
