"""`diff`: a patch that `git apply -R` takes, for every way in which a file can change."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.packs import ODD
from tests.cli.project import executables_below, fail, files_below, snapshot, succeed, write_manifest
from tests.git_registry import GitRegistry, plain_git_environment
from tests.needs import needs
from tests.sandbox import Sandbox
from tests.stamping import restamp


@pytest.fixture(scope="module")
def _odd_once(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    sandbox = Sandbox(tmp_path_factory.mktemp("odd") / "sandbox")
    registry = GitRegistry(sandbox.root / "odd.git")
    registry.publish("v1.0.0", ODD)
    write_manifest(sandbox, "packs:\n  odd: {git: ../odd.git, tag: v1.0.0}\n")
    succeed(sandbox, "install")
    return sandbox


@pytest.fixture
def odd(_odd_once: Sandbox, tmp_path: Path) -> Sandbox:
    """A project of odd files, in a git work tree."""
    shutil.copytree(_odd_once.root, tmp_path / "sandbox", symlinks=True)
    restamp(tmp_path / "sandbox/project", tmp_path / "sandbox/config/state")
    sandbox = Sandbox(tmp_path / "sandbox")
    _git(sandbox.project, "init", "--quiet", ".")
    return sandbox


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=plain_git_environment(), check=True, capture_output=True)


def _append(path: str, data: bytes) -> Callable[[Path], None]:
    def change(claude: Path) -> None:
        with (claude / path).open("ab") as file:
            file.write(data)

    return change


def _delete(claude: Path) -> None:
    (claude / "agents/crlf.md").unlink()
    (claude / "skills/pdf/latin.md").unlink()


def _empty(claude: Path) -> None:
    (claude / "agents/bom.md").write_bytes(b"")
    (claude / "commands/empty.md").write_bytes(b"No more\n")


def _extra(claude: Path) -> None:
    (claude / "skills/pdf/mine").mkdir()
    (claude / "skills/pdf/mine/a b.txt").write_text("Mine\n")
    (claude / "skills/pdf/empty-extra").write_text("")


def _modes(claude: Path) -> None:
    (claude / "skills/pdf/scripts/fill.sh").chmod(0o644)
    (claude / "agents/bom.md").chmod(0o755)


def _mode_and_text(claude: Path) -> None:
    _modes(claude)
    _append("skills/pdf/scripts/fill.sh", b"echo more\n")(claude)


def _line_ends(claude: Path) -> None:
    where = claude / "agents/crlf.md"
    where.write_bytes(where.read_bytes().replace(b"\r\n", b"\n"))
    where = claude / "agents/not-yaml.md"
    where.write_bytes(where.read_bytes().replace(b"\n", b"\r\n"))


def _link(claude: Path) -> None:
    (claude / "agents/crlf.md").unlink()
    (claude / "agents/crlf.md").symlink_to("bom.md")


def _everything(claude: Path) -> None:
    for change in (_extra, _modes, _append("skills/pdf/assets/logo.bin", b"\0")):
        change(claude)
    (claude / "skills/pdf/latin.md").unlink()


CHANGES = [
    pytest.param(_append("agents/not-yaml.md", b"Mine\n"), id="edited"),
    pytest.param(_append("agents/crlf.md", b"Mine\r\n"), id="crlf"),
    pytest.param(_append("skills/pdf/latin.md", b"\xe9\xff\n"), id="latin-1"),
    pytest.param(_append("agents/no-newline.md", b" of it"), id="no newline"),
    pytest.param(_append("agents/no-newline.md", b"\n"), id="newline gained"),
    pytest.param(_append("skills/pdf/assets/logo.bin", b"\0\1\2"), id="binary"),
    pytest.param(_append("commands/deep/spaces and ünïcode.md", b"\t \n"), id="name"),
    pytest.param(_append("agents/bom.md", b"\x1b[31mred\x1b[0m\n"), id="control characters"),
    *(_delete, _empty, _extra, _link),
    *(pytest.param(change, marks=needs("modes")) for change in (_modes, _mode_and_text, _everything)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_git_apply_turns_it_back(odd: Sandbox, change: Callable[[Path], None]) -> None:
    """`agentsync diff | git apply -R` gives the locked bytes and modes back."""
    claude = odd.project / ".claude"
    files, executables = files_below(claude), executables_below(claude)
    change(claude)
    before = snapshot(odd.project)
    assert odd.shell("agentsync diff > ../edits.patch").exit == 0
    assert snapshot(odd.project) == before
    _git(odd.project, "apply", "-R", "--whitespace=nowarn", str(odd.root / "edits.patch"))
    assert files_below(claude) == files
    assert executables_below(claude) == executables


def test_line_ends_are_no_difference(odd: Sandbox) -> None:
    """As git makes them: there is nothing to show."""
    _line_ends(odd.project / ".claude")
    assert odd.json("diff", "--exit-code")["data"] == {"patch": "", "files": [], "findings": [], "notes": []}


def test_it_reads_as_a_diff(installed: Sandbox) -> None:
    """From what the lock wants to what is there, with the paths of the project."""
    with (installed.project / ".claude/agents/review/critic.md").open("a") as file:
        file.write("Four\n")
    lines = succeed(installed, "diff").stdout.splitlines()
    assert lines[0] == "diff --git a/.claude/agents/review/critic.md b/.claude/agents/review/critic.md"
    assert {"--- a/.claude/agents/review/critic.md", "+++ b/.claude/agents/review/critic.md", "+Four"} <= set(lines)
    assert sum(line.startswith(("+", "-")) for line in lines) == 3


def test_exit_code(installed: Sandbox) -> None:
    """0 without the flag, 1 with it where there is a difference, 0 where there is none."""
    assert succeed(installed, "diff", "--exit-code", git_log=True).stdout == ""
    (installed.project / ".claude/agents/designer.md").write_text("Mine\n")
    succeed(installed, "diff")
    assert installed.run("diff", "--exit-code").exit == 1
    assert installed.run("diff", "--exit-code", "skill:pdf").exit == 0


def test_what_is_named(installed: Sandbox) -> None:
    """A path, folder, item or pack narrows the patch."""
    for path in ("agents/designer.md", "agents/review/critic.md", "skills/pdf/notes.txt"):
        (installed.project / ".claude" / path).write_text("Mine\n")
    for word, expected in (
        (".claude/agents/designer.md", ["agents/designer.md"]),
        (".claude/agents", ["agents/designer.md", "agents/review/critic.md"]),
        ("skill:pdf", ["skills/pdf/notes.txt"]),
        ("team", ["agents/designer.md", "agents/review/critic.md", "skills/pdf/notes.txt"]),
    ):
        data = installed.json("diff", word)["data"]
        assert data["files"] == [f".claude/{path}" for path in expected]
        assert data["patch"].count("diff --git") == len(expected)
    fail(installed, "diff", "agent:nothing", exit=2, code="usage")


def test_a_clone_fetches_what_it_compares_with(clone: Sandbox) -> None:
    """Without a cache the locked bytes come from upstream; offline that is told."""
    (clone.project / ".claude/agents/designer.md").write_text("Mine\n")
    fail(clone, "diff", "--offline", exit=3, code="fetch")
    assert "+Mine" in succeed(clone, "diff").stdout.splitlines()


def test_the_users_git_settings_do_not_matter(installed: Sandbox) -> None:
    """Colours, prefixes, external tools and attributes of the user would spoil the patch."""
    (installed.home / ".gitconfig").write_text(
        "[diff]\n\tnoprefix = true\n\tmnemonicPrefix = true\n\texternal = false\n\trenames = copies\n"
        "[color]\n\tui = always\n[core]\n\tquotePath = false\n\tpager = false\n"
    )
    (installed.project / ".claude/agents/designer.md").write_text("Mine\n")
    lines = succeed(installed, "diff").stdout.splitlines()
    assert "--- a/.claude/agents/designer.md" in lines and "+Mine" in lines
