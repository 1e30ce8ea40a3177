"""Whatever people and upstream do in whatever order: no byte that a user wrote is lost.

A registry is published to and a project is worked in, at random. Each thing that the user writes
holds a mark that stands nowhere else. After every step each mark is on disk: in a file of the
project, in a backup, in an attempt at merging or in a patch. Only commands that are asked to give
the user's bytes up may take them out of the live files.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import pytest
from hypothesis import HealthCheck, assume, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agentsync import api
from agentsync.commands.add import AddOptions, add
from agentsync.commands.install import InstallOptions, install
from agentsync.commands.keep import drop, keep
from agentsync.commands.outcome import Outcome
from agentsync.commands.remove import remove
from agentsync.commands.resolve import Side, resolve
from agentsync.commands.restore import restore
from agentsync.commands.rollback import rollback
from agentsync.commands.update import update
from agentsync.errors import RefusedError, UnsafeError, UsageError
from agentsync.model.plan import CAREFUL
from agentsync.workspace import Workspace
from tests.git_registry import GitRegistry

T = TypeVar("T")

LINES: Final = "".join(f"Line {number}.\n" for number in range(8))
MARK: Final = re.compile(rb"mine\d+x")
CHOICES: Final = st.integers(0, 99)


def agent(name: str) -> str:
    """An agent with a few things to change."""
    return f"---\nname: {name}\ndescription: About {name}.\ntools: Read, Grep, Glob\nmodel: sonnet\n---\n{LINES}"


FIRST: Final = {
    "agents/critic.md": agent("critic"),
    "agents/writer.md": agent("writer"),
    "commands/deploy.md": LINES,
    "skills/pdf/SKILL.md": f"---\nname: pdf\ndescription: Reads files.\n---\n{LINES}",
    "skills/pdf/notes.txt": LINES,
}
# What upstream adds in time, and the user may have put there before.
LATER: Final = {
    "agents/new.md": agent("new"),
    "agents/sub/deep.md": agent("deep"),
    "commands/sub/undo.md": LINES,
    "skills/pdf/more/extra.txt": LINES,
    "skills/tool/SKILL.md": f"---\nname: tool\ndescription: Does things.\n---\n{LINES}",
}
# What the user makes where nobody else has anything: files, and files where others have folders.
OWN: Final = (*LATER, "agents/own.md", "skills/pdf/own.txt", "agents/sub", "skills/tool", "skills/pdf/more", "skills")
MOVES: Final = (
    ("agents/critic.md", "agents/sub/critic.md"),
    ("agents/writer.md", "agents/author.md"),
    ("agents/", "plugins/all/agents/group/"),
    ("commands/deploy.md", "commands/ops/deploy.md"),
    ("skills/pdf/", "skills/documents/"),
    ("skills/pdf/notes.txt", "skills/pdf/more/notes.txt"),
)


def pick(items: Sequence[T], number: int) -> T:
    """One of some things, which must not be none."""
    assume(items)
    return items[number % len(items)]


def another_line(text: str, number: int) -> str:
    """The text with another line in place of one."""
    lines = text.splitlines(keepends=True) or [""]
    lines[-1 - number % min(8, len(lines))] = f"Theirs {number}.\n"
    return "".join(lines)


def moved(tree: dict[str, str], _: str, number: int) -> dict[str, str]:
    """The tree with a file or folder on another path."""
    old, new = MOVES[number % len(MOVES)]
    return {re.sub(f"^{old}", new, name): data for name, data in tree.items()}


def copied(tree: dict[str, str], path: str, _: int) -> dict[str, str]:
    """The tree with an agent twice."""
    copy = f"agents/copies/{Path(path).name}"
    return {**tree, copy: tree[path].replace("name: ", "name: copy-")} if path.startswith("agents/") else tree


# What upstream does to one file, and what it does to its files.
TEXTS: Final[dict[str, Callable[[str, int], str]]] = {
    "line": another_line,
    "model": lambda text, number: re.sub("(?m)^model:.*$", f"model: theirs{number}", text),
    "tools": lambda text, number: re.sub("(?m)^tools: *", f"tools: Theirs{number}, ", text),
    "crlf": lambda text, _: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "empty": lambda text, number: "" if number % 2 else text.partition("\n---\n")[2],
}
TREES: Final[dict[str, Callable[[dict[str, str], str, int], dict[str, str]]]] = {
    "add": lambda tree, _, number: {**tree, **{sorted(LATER)[number % 5]: LATER[sorted(LATER)[number % 5]]}},
    "delete": lambda tree, path, _: {name: data for name, data in tree.items() if name != path},
    "move": moved,
    "copy": copied,
    "back": lambda tree, _, __: {**tree, **{name: FIRST[name] for name in FIRST if name in tree}},
}


class Machine(RuleBasedStateMachine):
    """A registry `team`, a second one, and a project with both or one of them."""

    root: Path
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._count = itertools.count(1)
        self._marks: set[bytes] = set()
        self._tree = dict(FIRST)
        self._patch = pytest.MonkeyPatch()

    @initialize()
    def begin(self) -> None:
        """A project in which the first release is installed."""
        for name in ("team.git", "project", "cache", "other.git"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            shutil.copytree(self.template / name, self.root / name, symlinks=True)
        self._patch.setenv("AGENTSYNC_CACHE_DIR", str(self.root / "cache"))
        self._patch.chdir(self.root / "project")
        self._registry = GitRegistry(self.root / "team.git")
        self._project = self.root / "project"
        self._live = self._project / ".claude"
        self._versions = itertools.count(1)

    def teardown(self) -> None:
        """Leave the project's folder."""
        self._patch.undo()

    # Upstream ---------------------------------------------------------------------------------

    @rule(
        what=st.lists(
            st.tuples(
                st.sampled_from(
                    ["line", "model", "tools", "add", "delete", "move", "copy", "empty", "mine", "back", "crlf"]
                ),
                CHOICES,
                CHOICES,
            ),
            min_size=1,
            max_size=3,
        )
    )
    def publish(self, what: list[tuple[str, int, int]]) -> None:
        """A new release with some changes."""
        tree = dict(self._tree)
        for kind, one, other in what:
            tree = self._changed(tree, kind, one, other)
        assume(tree and tree != self._tree)
        self._tree = tree
        version = f"v1.{next(self._versions)}.0"
        note(f"{version}: {sorted(tree)}")
        self._registry.publish(version, tree)

    def _changed(self, tree: dict[str, str], kind: str, one: int, other: int) -> dict[str, str]:
        path = pick(sorted(tree), one)
        if kind == "mine":
            taken = self._live / path
            return {**tree, path: self._taken_over(taken)} if taken.is_file() else tree
        if kind in TREES:
            return TREES[kind](tree, path, other)
        return {**tree, path: TEXTS[kind](tree[path], other)}

    def _taken_over(self, file: Path) -> str:
        """The user's file as upstream's own: what stands in it is upstream's from now on."""
        data = file.read_bytes()
        self._marks -= set(MARK.findall(data))
        return data.decode()

    # The user ---------------------------------------------------------------------------------

    def _mark(self) -> str:
        mark = f"mine{next(self._count)}x"
        self._marks.add(mark.encode())
        return mark

    def _files(self) -> list[Path]:
        return [path for path in sorted(self._live.rglob("*")) if path.is_file() and not path.is_symlink()]

    def _forget_lost(self) -> None:
        """What the user took away without leaving it anywhere need not be found again."""
        self._marks &= _marks_below(self._project)

    @rule(
        one=CHOICES,
        other=CHOICES,
        how=st.sampled_from(["insert", "insert", "replace", "delete", "model", "tools", "key", "append"]),
    )
    def edit(self, one: int, other: int, how: str) -> None:
        """A change in a file that is installed, or the user's own."""
        path = pick(self._files(), one)
        lines = path.read_bytes().decode().splitlines(keepends=True)
        place = other % (len(lines) + 1)
        in_header = lines[:1] == ["---\n"] and "---\n" in lines[1:] and place <= lines.index("---\n", 1)
        if how == "insert" or (in_header and how == "append"):
            lines.insert(place, f"{'# ' if in_header else ''}{self._mark()}\n")
        elif how == "append":
            lines.append(f"{self._mark()}\n")
        elif how in ("replace", "delete"):
            assume(place < len(lines) and "mine" not in lines[place] and not in_header)
            lines[place : place + 1] = [f"{self._mark()}\n"] if how == "replace" else []
        else:
            at = next((at for at, line in enumerate(lines) if line.startswith(("model:", "tools:")[how == "tools"])), 0)
            assume(at and "mine" not in lines[at])
            if how == "tools":
                lines[at] = lines[at].rstrip("\n") + f", {self._mark()}\n"
            elif how == "model":
                lines[at] = f"model: {self._mark()}\n"
            else:
                mark = self._mark()
                lines.insert(at, f"{mark}: {mark}\n")
        path.write_bytes("".join(lines).encode())

    @rule(one=CHOICES)
    def delete(self, one: int) -> None:
        """A file deleted."""
        pick(self._files(), one).unlink()
        self._forget_lost()

    @rule(one=CHOICES, how=st.sampled_from(["link", "folder", "mode"]))
    def replace_file(self, one: int, how: str) -> None:
        """Something else in place of a file, or another mode."""
        path = pick(self._files(), one)
        if how == "mode":
            path.chmod(0o755 if path.stat().st_mode & 0o100 == 0 else 0o644)
            return
        path.unlink()
        self._forget_lost()
        mark = self._mark()
        if how == "folder":
            path.mkdir()
            (path / "note.txt").write_text(mark)
        else:
            outside = self._project / f"{mark}.txt"
            outside.write_text(mark)
            path.symlink_to(outside)

    @rule(name=st.sampled_from(OWN))
    def write_own(self, name: str) -> None:
        """A file of the user's own, where upstream may put something later."""
        path = self._live / name
        above = [folder for folder in path.parents if folder.is_relative_to(self._live)]
        assume(not path.exists() and not path.is_symlink())
        assume(all(folder.is_dir() and not folder.is_symlink() for folder in above if os.path.lexists(folder)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{self._mark()}\n")

    @precondition(lambda self: self._has("conflicts"))
    @rule(one=CHOICES)
    def work_on_attempt(self, one: int) -> None:
        """The markers taken out of an attempt at merging, and something written into it."""
        folder = self._project / ".agentsync/conflicts"
        path = pick(
            [path for path in sorted(folder.rglob("*.md")) + sorted(folder.rglob("*.txt")) if path.is_file()], one
        )
        text = re.sub(r"(?m)^(<{7} yours|[|]{7} base|={7}|>{7} upstream)\r?\n", "", path.read_bytes().decode())
        path.write_bytes(f"{text}{self._mark()}\n".encode())

    @rule(what=st.sampled_from(["receipt", "cache", "both"]))
    def forget(self, what: str) -> None:
        """The memory of this machine is gone."""
        if what != "cache":
            (self._project / ".agentsync/receipt.json").unlink(missing_ok=True)
        if what != "receipt":
            shutil.rmtree(self.root / "cache", ignore_errors=True)

    # Commands ---------------------------------------------------------------------------------

    def _has(self, name: str) -> bool:
        return (self._project / ".agentsync" / name).exists()

    def _open(self) -> Workspace:
        return api.open_project(self._project)

    def _run(self, command: Callable[[Workspace], Outcome], *, gives_up: bool = False) -> Outcome | None:
        """Run a command; None where it refused."""
        live = _marks_below(self._live)
        try:
            outcome = command(self._open())
        except (UsageError, RefusedError) as error:
            note(f"refused: {error}")
            return None
        strange = [error for error in outcome.errors if not isinstance(error, RefusedError | UnsafeError)]
        assert not strange, [(error.what, error.why) for error in strange]
        assert int(outcome.exit) in (0, 1, 3)
        if not gives_up:
            kept = _marks_below(self._live) | _marks_below(self._project / ".agentsync/patches")
            assert live <= kept, f"only in a backup: {live - kept}"
        return outcome

    @rule(options=st.sampled_from([InstallOptions()] * 3 + [InstallOptions(theirs=True), InstallOptions(adopt=True)]))
    def install(self, options: InstallOptions) -> None:
        """The second time does nothing."""
        self._run(lambda workspace: install(workspace, options), gives_up=options.theirs)
        self._settled(lambda workspace: install(workspace, options), gives_up=options.theirs)

    @rule(pack=st.sampled_from([(), (), ("team",)]))
    def update(self, pack: tuple[str, ...]) -> None:
        """The second time does nothing."""
        self._run(lambda workspace: update(workspace, pack))
        self._settled(lambda workspace: update(workspace, pack))

    def _settled(self, command: Callable[[Workspace], Outcome], *, gives_up: bool = False) -> None:
        before = _contents(self._project)
        outcome = self._run(command, gives_up=gives_up)
        assert _contents(self._project) == before
        if outcome is not None:
            workspace = self._open()
            assert not outcome.data["changed"]
            assert not workspace.plan(workspace.require_lock(), CAREFUL).writing

    @precondition(lambda self: self._has("conflicts"))
    @rule(side=st.sampled_from(Side))
    def resolve(self, side: Side) -> None:
        """Every conflict settled."""
        self._run(lambda workspace: resolve(workspace, (), side), gives_up=side is not Side.OURS)

    @rule()
    def restore(self) -> None:
        """Back to the lock: everything is in sync, and in a backup."""
        outcome = self._run(lambda workspace: restore(workspace, ()), gives_up=True)
        workspace = self._open()
        if outcome is not None and workspace.lock is not None:
            left = workspace.plan(workspace.lock, CAREFUL).drifted
            assert not left, [(str(one.drift), one.path, one.local) for one in left]
            assert not outcome.errors

    @precondition(lambda self: self._has("history/000002.lock"))
    @rule(steps=st.integers(1, 2))
    def rollback(self, steps: int) -> None:
        """An earlier lock."""
        self._run(lambda workspace: rollback(workspace, steps))

    @rule()
    def remove_and_add(self) -> None:
        """The pack out of the manifest, or in again."""
        has_it = any(wish.key == "team/team" for wish in self._open().manifest.packs)
        if has_it:
            self._run(lambda workspace: remove(workspace, ["team/team"]))
        else:
            self._run(lambda workspace: add(workspace, ["team/team"], AddOptions()))

    @rule()
    def other_pack(self) -> None:
        """A second pack comes or goes."""
        has_it = any(wish.key == "other/other" for wish in self._open().manifest.packs)
        if has_it:
            self._run(lambda workspace: remove(workspace, ["other/other"]))
        else:
            self._run(lambda workspace: add(workspace, ["other/other"], AddOptions()))

    @precondition(lambda self: self._marks)
    @rule()
    def keep(self) -> None:
        """Every edit kept as a patch."""
        self._run(lambda workspace: keep(workspace, ()))

    @precondition(lambda self: self._has("patches"))
    @rule()
    def drop(self) -> None:
        """No edit kept any more."""
        self._run(lambda workspace: drop(workspace, ()))

    # What holds -------------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every mark is on disk, and nothing half written."""
        if hasattr(self, "_project"):
            lost = self._marks - _marks_below(self._project)
            assert not lost, lost
            assert not (self._project / ".agentsync/stage").exists()
            markers = [path for path in self._files() if re.search(rb"(?m)^<{7} yours", path.read_bytes())]
            assert not markers


def _contents(folder: Path) -> dict[str, bytes | str]:
    """Every file and link below a folder, but for locks of processes."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and path.suffix != ".lock":
            found[name] = path.read_bytes()
    return found


def _marks_below(folder: Path) -> set[bytes]:
    return {mark for data in _contents(folder).values() if isinstance(data, bytes) for mark in MARK.findall(data)}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> type[Machine]:
    """The machine, with a project to begin with. Always on one path, so that the cache fits it."""
    root = tmp_path_factory.mktemp("machine")
    first = root / "first"
    for name, tree in (("team", FIRST), ("other", {"agents/helper.md": agent("helper")})):
        GitRegistry(root / f"{name}.git").publish("v1.0.0", tree)
    project = root / "project"
    project.mkdir()
    registries = "".join(f"  {name}: {(root / name).as_uri()}.git\n" for name in ("team", "other"))
    (project / "agentsync.yaml").write_text(f"registries:\n{registries}\npacks:\n  team/team: ^1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENTSYNC_CACHE_DIR", str(root / "cache"))
        assert install(api.open_project(project), InstallOptions()).exit == 0
    for name in ("team.git", "other.git", "project", "cache"):
        shutil.copytree(root / name, first / name, symlinks=True)
    return type("ReadyMachine", (Machine,), {"root": root, "template": first})


CHECKS: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def test_a_while(machine: type[Machine]) -> None:
    """As much as a few seconds allow."""
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=15, suppress_health_check=CHECKS)
    )


@pytest.mark.slow
def test_a_long_while(machine: type[Machine]) -> None:
    """Longer lives, and more of them."""
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=30, suppress_health_check=CHECKS)
    )
