"""The sandbox: what a command in it sees, what is recorded, what `json` insists on.

A stand-in for agentsync is put before the installed one, so that these tests are about the
sandbox alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox import Sandbox


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The variables that put a program which runs its first argument as Python in place of agentsync."""
    package = tmp_path / "stand-in" / "agentsync"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys\nexec(sys.argv[1])\n", encoding="utf-8")
    return {"PYTHONPATH": str(package.parent)}


def test_a_command_sees_only_the_sandbox(
    sandbox: Sandbox, stand_in: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of the real environment gets in, and the home is empty."""
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("SECRET", "x")
    run = sandbox.run("import os; print(sorted(os.environ), os.getcwd(), os.environ['HOME'])", env=stand_in)
    assert run.exit == 0, run.stderr
    for leaked in ("GIT_DIR", "SECRET", "GIT_ALLOW_PROTOCOL"):
        assert leaked not in run.stdout
    assert run.stdout.endswith(f" {sandbox.project} {sandbox.home}\n")
    assert not list(sandbox.home.iterdir())


def test_exit_output_and_input(sandbox: Sandbox, stand_in: dict[str, str], tmp_path: Path) -> None:
    """The three streams, the exit code and the working directory are the command's own."""
    program = "import sys, os; print(sys.stdin.read() + os.getcwd()); print('oops', file=sys.stderr); sys.exit(3)"
    run = sandbox.run(program, env=stand_in, input="in:", cwd=tmp_path)
    assert (run.exit, run.stdout, run.stderr) == (3, f"in:{tmp_path}\n", "oops\n")


def test_git_calls_are_recorded(sandbox: Sandbox, stand_in: dict[str, str]) -> None:
    """Every argument of every call, and only where asked for."""
    program = "import subprocess\nfor last in ('--version', 'a b\\n'): subprocess.run(['git', 'version', last])"
    run = sandbox.run(program, env=stand_in, git_log=True)
    assert run.git_calls == [["version", "--version"], ["version", "a b\n"]]
    assert "git version" in run.stdout
    assert sandbox.run(program, env=stand_in).git_calls == []
    assert sandbox.run("pass", env=stand_in, git_log=True).git_calls == []


@pytest.mark.parametrize(
    "program", ["print('[', end='')", "print('{}'), print('{}')", "import sys; print('{\"exit\": 1}')"]
)
def test_json_wants_one_true_document(sandbox: Sandbox, stand_in: dict[str, str], program: str) -> None:
    """No document, two of them, and one that lies about the exit code are refused."""
    assert sandbox.json("print('{\"exit\": 0}')", env=stand_in) == {"exit": 0}
    with pytest.raises(AssertionError):
        sandbox.json(program, env=stand_in)


def test_the_shell_has_the_same_machine(sandbox: Sandbox, stand_in: dict[str, str]) -> None:
    """The command is on PATH, and its two streams are one, in order."""
    program = "import sys; print(1); print(2, file=sys.stderr); print(3)"
    run = sandbox.shell(f'agentsync "{program}"; exit 5', env=stand_in)
    assert (run.exit, run.stdout, run.stderr) == (5, "1\n2\n3\n", "")
