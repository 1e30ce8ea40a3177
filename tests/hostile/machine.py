"""One machine, one hostile case, one judgement for all of them.

A case builds whatever it likes; then one command runs. Whatever the case, the same must hold: the
exit code, one line that says what was found, nothing run, nothing written outside the scope, no
link made, no secret and no control character in the output, and little memory.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.cli.packs import agent, skill
from tests.git_registry import Files, GitRegistry
from tests.hostile.raw_git import RawRepository
from tests.needs import has
from tests.programs import write_program
from tests.sandbox import AGENTSYNC, Run, Sandbox

MOST_KIB: Final = 200 * 1024
SECONDS: Final = 60
PRIVATE_KEY: Final = "-----BEGIN-PRIVATE-KEY-OF-KIM-----"
PASSWORD: Final = "hunter2-s3cr3t"
GOOD: Final = agent("good")
GOOD_SKILL: Final = skill("pdf")
HONEST: Final[Mapping[str, str]] = {"agents/good.md": GOOD, "skills/pdf/SKILL.md": GOOD_SKILL}
INSTALLED: Final = frozenset((".claude/agents/good.md", ".claude/skills/pdf/SKILL.md"))


# A process starts with the memory of the one that started it, so a small one has to start what is measured.
RULER: Final = (
    sys.executable,
    "-ISc",
    "import os, sys\n"
    "child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)\n"
    "_, status, usage = os.wait4(child, 0)\n"
    "open(sys.argv[1], 'w').write(str(usage.ru_maxrss))\n"
    "sys.exit(os.waitstatus_to_exitcode(status))",
)


class Machine(Sandbox):
    """A sandbox with something to steal, something to trip over, and a ruler for memory."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.canary = self.root / "canary"
        self.outside = self.root / "outside"
        (self.home / ".ssh").mkdir()
        (self.home / ".ssh/id_rsa").write_text(f"{PRIVATE_KEY}\n")
        self.outside.mkdir()
        (self.outside / "precious.md").write_text("Kept\n")
        self.trap = write_program(self.root / "trap", f'echo "$0 $*" >> {self.canary}')
        self.most_kib = 0

    def honest(self, more: Files | None = None, *, tag: str | None = "v1.0.0") -> GitRegistry:
        """The registry `acme.git`, asked for by the manifest: good items, and whatever a case adds."""
        registry = GitRegistry(self.root / "srv" / "acme.git")
        registry.publish(tag, {**HONEST, **(more or {})})
        self.ask(registry.url)
        return registry

    def raw(self) -> RawRepository:
        """An empty `acme.git` to be written byte by byte; asked for by the manifest."""
        raw = RawRepository(self.root / "srv" / "acme.git")
        self.ask(raw.url)
        return raw

    def ask(self, url: str, pack: str = 'acme: "*"') -> None:
        """Write a manifest with one registry, `acme`, and one pack."""
        self.write("agentsync.yaml", f"registries:\n  acme: {url}\npacks:\n  {pack}\n")

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        where = self.project / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, encoding="utf-8")
        return where

    def measured(self, arguments: Sequence[str], env: Mapping[str, str]) -> Run:
        """Run a command, and remember the largest memory that it, or anything it started, ever had."""
        out, err, ruler = (self.root.parent / name for name in ("stdout", "stderr", "ruler"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            done = subprocess.run(
                [*RULER, str(ruler), *AGENTSYNC, *arguments],
                cwd=self.project,
                env=self.environment(**env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                timeout=SECONDS,
                check=False,
            )
        self.most_kib = int(ruler.read_text())
        return Run(done.returncode, out.read_text(errors="replace"), err.read_text(errors="replace"))


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile case.

    Args:
        name: what it tries.
        build: makes it.
        says: what exactly one line of the output must match.
        exit: how the command must end.
        run: the command.
        installed: what must lie in the agent folder afterwards.
        env: variables on top of the machine's own; `{root}` is the machine's folder.
        quick: whether it runs in the inner loop.
        needs: what it needs of the system (tests/needs.py), "" for nothing.
    """

    name: str
    build: Callable[[Machine], object]
    says: str
    exit: int = 3
    run: tuple[str, ...] = ("install",)
    installed: frozenset[str] = frozenset()
    env: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False
    needs: str = ""


def judge(machine: Machine, case: Case) -> None:
    """Build a case, run its command, and hold it to what holds for all."""
    case.build(machine)
    machine.config.mkdir(exist_ok=True)
    before, planted = _state(machine), _links(machine)
    run = machine.measured(case.run, {name: value.format(root=machine.root) for name, value in case.env.items()})
    said = run.stdout + run.stderr
    assert run.exit == case.exit, said
    assert len(re.findall(case.says, said, re.MULTILINE)) == 1, f"not one line says {case.says!r}:\n{said}"
    assert "Traceback" not in said
    if case.exit > 1:
        assert len(re.findall("^error: ", run.stderr, re.MULTILINE)) == 1, said
    assert not machine.canary.exists(), f"something ran: {machine.canary.read_text()}"
    assert _state(machine) == before, "something outside of the scope's own folders changed"
    assert _installed(machine, planted) == case.installed
    assert re.findall(r"[^\n\t\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f\u202a-\u202e\u2066-\u2069]", said) == []
    assert _leaks(machine, said) == []
    assert machine.most_kib < MOST_KIB, f"{machine.most_kib >> 10} MiB"


def _state(machine: Machine) -> dict[str, tuple[int, bytes]]:
    """Mode and content of everything that no command may touch."""
    found = {}
    own = (
        machine.cache,
        machine.config / "state",
        machine.project / ".agentsync",
        machine.project / ".claude",
        machine.project / "agentsync.lock",
    )
    for path in sorted(machine.root.rglob("*")):
        if any(path == folder or folder in path.parents for folder in own if not folder.is_symlink()):
            continue
        status = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else b""  # noqa: PTH115 - the text itself
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes() if status.st_size < 1 << 20 else str(status.st_size).encode()
        found[str(path)] = status.st_mode, content
    return found


def _links(machine: Machine) -> set[str]:
    """The links that a case itself put into the agent folder."""
    folder = machine.project / ".claude"
    return {path.relative_to(machine.project).as_posix() for path in folder.rglob("*") if path.is_symlink()}


def _installed(machine: Machine, planted: set[str]) -> set[str]:
    """Every file in the agent folder, each of which must be a plain one with a plain name and mode."""
    folder = machine.project / ".claude"
    found = set()
    for path in sorted(folder.rglob("*")) if not folder.is_symlink() else []:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            assert path.name.lower() not in (".git", "git~1")
            continue
        name = unicodedata.normalize("NFC", path.relative_to(machine.project).as_posix())
        if name in planted:
            continue
        assert stat.S_ISREG(mode), f"{name} is no plain file"
        assert not mode & 0o7022 or not has("modes", machine.root), f"{name} has mode {mode:o}"
        found.add(name)
    return found


def _leaks(machine: Machine, said: str) -> list[str]:
    """Every place that holds a secret and should not."""
    found = [secret for secret in (PRIVATE_KEY, PASSWORD) if secret in said]
    ours = (
        machine.cache,
        machine.config / "state",
        machine.project / ".agentsync",
        machine.project / "agentsync.lock",
        machine.project / ".claude",
    )
    for path in (file for folder in ours if not folder.is_symlink() for file in (folder, *folder.rglob("*"))):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes() if path.stat().st_size < 1 << 22 else b""
            found += [str(path) for secret in (PRIVATE_KEY, PASSWORD) if secret.encode() in data]
    return found
