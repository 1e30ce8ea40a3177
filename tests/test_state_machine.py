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
from hypothesis import HealthCheck, Phase, assume, note, settings
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
from agentsync.opening import open_folder
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
    "worse": lambda text, number: "" if number % 2 else text.partition("\n---\n")[2],
}
TREES: Final[dict[str, Callable[[dict[str, str], str, int], dict[str, str]]]] = {
    "add": lambda tree, _, number: {**tree, **{sorted(LATER)[number % 5]: LATER[sorted(LATER)[number % 5]]}},
    "delete": lambda tree, path, _: {name: data for name, data in tree.items() if name != path},
    "move": moved,
    "copy": copied,
    "back": lambda tree, _, __: {**tree, **{name: FIRST[name] for name in FIRST if name in tree}},
}


Change = tuple[str, int, int]
Command = Callable[[Workspace], Outcome]

CHANGES: Final = st.lists(
    st.tuples(st.sampled_from([*("line", "model", "tools") * 2, *TEXTS, *TREES, "mine"]), CHOICES, CHOICES),
    min_size=1,
    max_size=3,
)
EDITS: Final = st.lists(
    st.tuples(st.sampled_from(["insert", "replace", "delete", "model", "tools", "key"]), CHOICES),
    min_size=1,
    max_size=3,
)
COMMANDS: Final[dict[str, Callable[[Machine], object]]] = {
    "install": lambda machine: machine.twice(lambda workspace: install(workspace, InstallOptions())),
    "install --theirs": lambda machine: machine.twice(
        lambda workspace: install(workspace, InstallOptions(theirs=True)), gives_up=True
    ),
    "install --adopt": lambda machine: machine.twice(lambda workspace: install(workspace, InstallOptions(adopt=True))),
    "update": lambda machine: machine.twice(lambda workspace: update(workspace, ())),
    "update team": lambda machine: machine.twice(lambda workspace: update(workspace, ["team"])),
    "restore": lambda machine: machine.restore(),
    "rollback": lambda machine: machine.perform(lambda workspace: rollback(workspace)),
    "rollback 2": lambda machine: machine.perform(lambda workspace: rollback(workspace, 2)),
    "keep": lambda machine: machine.perform(lambda workspace: keep(workspace, ())),
    "keep --drop": lambda machine: machine.perform(lambda workspace: drop(workspace, ())),
    "team/team": lambda machine: machine.toggle("team/team"),
    "other/other": lambda machine: machine.toggle("other/other"),
    "no receipt": lambda machine: machine.forget(cache=False),
    "no cache": lambda machine: machine.forget(cache=True),
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

    def _opened(self) -> Workspace:
        """The project, opened by somebody who says yes to whatever a release asks for."""
        return open_folder(self._project, api.Options(accepted=("*",)))

    def teardown(self) -> None:
        """Leave the project's folder."""
        self._patch.undo()

    # Upstream ---------------------------------------------------------------------------------

    @rule(what=CHANGES, then=st.sampled_from(["update", "update", "update", "install", ""]))
    def release(self, what: list[Change], then: str) -> None:
        """Upstream publishes some changes; mostly, they are taken."""
        tree = dict(self._tree)
        for change in what:
            tree = self._changed(tree, *change)
        assume(tree and tree != self._tree)
        self._tree = tree
        version = f"v1.{next(self._versions)}.0"
        note(f"{version}: {sorted(tree)}")
        self._registry.publish(version, tree)
        if then:
            COMMANDS[then](self)

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

    @rule(one=CHOICES, edits=EDITS)
    def edit(self, one: int, edits: list[tuple[str, int]]) -> None:
        """Some changes in a file that is installed, or the user's own."""
        path = pick(self._files(), one)
        for how, place in edits:
            path.write_bytes(self._edited(path.read_bytes().decode(), how, place).encode())

    @rule(one=CHOICES, edits=EDITS, what=CHANGES)
    def edit_what_upstream_changes(self, one: int, edits: list[tuple[str, int]], what: list[Change]) -> None:
        """One file changed on both sides, and whatever else upstream does."""
        path = pick(sorted(self._tree), one)
        file = next((file for file in self._files() if file.name == Path(path).name), None)
        assume(file is not None and file.name != "SKILL.md")
        assert file is not None
        for how, place in edits:
            file.write_bytes(self._edited(file.read_bytes().decode(), how, place).encode())
        self.release([(what[0][0] if what[0][0] in TEXTS else "line", one, what[0][2]), *what[1:]], "update")

    def _edited(self, text: str, how: str, number: int) -> str:
        lines = text.splitlines(keepends=True)
        place = number % (len(lines) + 1)
        in_header = lines[:1] == ["---\n"] and "---\n" in lines[1:] and place <= lines.index("---\n", 1)
        keys = {line.partition(":")[0]: at for at, line in enumerate(lines) if ":" in line and "mine" not in line}
        if how == "tools" and "tools" in keys:
            lines[keys["tools"]] = f"{lines[keys['tools']].rstrip()}, {self._mark()}\n"
        elif how == "model" and "model" in keys:
            lines[keys["model"]] = f"model: {self._mark()}\n"
        elif how == "key" and in_header:
            lines.insert(max(place, 1), f"{self._mark()}: new\n")
        elif how in ("replace", "delete") and place < len(lines) and not in_header and "mine" not in lines[place]:
            lines[place : place + 1] = [f"{self._mark()}\n"] if how == "replace" else []
        else:
            lines.insert(place, f"{'# ' if in_header else ''}{self._mark()}\n")
        return "".join(lines)

    @rule(one=CHOICES, how=st.sampled_from(["delete", "link", "folder", "mode"]))
    def replace_file(self, one: int, how: str) -> None:
        """Nothing or something else in place of a file, or another mode."""
        path = pick(self._files(), one)
        if how == "mode":
            path.chmod(0o755 if path.stat().st_mode & 0o100 == 0 else 0o644)
            return
        path.unlink()
        self._forget_lost()
        if how == "folder":
            path.mkdir()
            (path / "note.txt").write_text(self._mark())
        elif how == "link":
            outside = self._project / f"{next(self._count)}.txt"
            outside.write_text(self._mark())
            path.symlink_to(outside)

    @rule(name=st.sampled_from(OWN))
    def write_own(self, name: str) -> None:
        """A file of the user's own, where upstream may put something later."""
        path = self._live / name
        above = [folder for folder in path.parents if folder.is_relative_to(self._live) and os.path.lexists(folder)]
        assume(not os.path.lexists(path) and all(folder.is_dir() and not folder.is_symlink() for folder in above))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{self._mark()}\n")

    # Commands ---------------------------------------------------------------------------------

    @rule(what=st.lists(st.sampled_from(sorted(COMMANDS)), min_size=1, max_size=2))
    def run(self, what: list[str]) -> None:
        """Any commands."""
        for name in what:
            COMMANDS[name](self)

    @precondition(lambda self: (self._project / ".agentsync/conflicts").exists())
    @rule(side=st.sampled_from(Side), works=st.booleans())
    def settle(self, side: Side, works: bool) -> None:
        """Every conflict settled; attempts at merging have been worked on, or not."""
        for path in sorted((self._project / ".agentsync/conflicts").rglob("*")) if works else ():
            if path.is_file() and path.suffix != ".upstream":
                text = re.sub(r"(?m)^(<{7} yours|[|]{7} base|={7}|>{7} upstream)\r?\n", "", path.read_bytes().decode())
                path.write_bytes(f"{text}{self._mark()}\n".encode())
        self.perform(lambda workspace: resolve(workspace, (), side), gives_up=side is not Side.OURS)

    def perform(self, command: Command, *, gives_up: bool = False) -> Outcome | None:
        """Run a command; None where it refused. What may not give up leaves every mark in a live file or a patch."""
        live = _marks_below(self._live) & self._marks
        try:
            outcome = command(self._opened())
        except (UsageError, RefusedError) as error:
            note(f"refused: {error}")
            return None
        strange = [error for error in outcome.errors if not isinstance(error, RefusedError | UnsafeError)]
        assert not strange, [(error.what, error.why) for error in strange]
        if not gives_up:
            kept = _marks_below(self._live) | _marks_below(self._project / ".agentsync/patches")
            assert live <= kept, f"only in a backup: {live - kept}"
        return outcome

    def twice(self, command: Command, *, gives_up: bool = False) -> None:
        """Run a command whose second time must do nothing."""
        self.perform(command, gives_up=gives_up)
        before = _contents(self._project)
        outcome = self.perform(command)
        assert _contents(self._project) == before
        if outcome is not None:
            workspace = self._opened()
            assert not outcome.data["changed"]
            assert not workspace.plan(workspace.require_lock(), CAREFUL).writing

    def restore(self) -> None:
        """Back to the lock: everything is in sync, and what was there in a backup."""
        outcome = self.perform(lambda workspace: restore(workspace, ()), gives_up=True)
        workspace = self._opened()
        if outcome is not None and workspace.lock is not None:
            left = workspace.plan(workspace.lock, CAREFUL).drifted
            assert not left, [(str(one.drift), one.path, one.local) for one in left]
            assert not outcome.errors

    def toggle(self, pack: str) -> None:
        """A pack out of the manifest, or in again."""
        if any(wish.key == pack for wish in self._opened().manifest.packs):
            self.perform(lambda workspace: remove(workspace, [pack]))
        else:
            self.perform(lambda workspace: add(workspace, [pack], AddOptions()))

    def forget(self, *, cache: bool) -> None:
        """The memory of this machine is gone."""
        if cache:
            shutil.rmtree(self.root / "cache", ignore_errors=True)
        else:
            (self._project / ".agentsync/receipt.json").unlink(missing_ok=True)

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
# Read before the tests get an environment of their own.
NEW_LIVES: Final = bool(os.environ.get("AGENTSYNC_NEW_LIVES"))


def _lives(examples: int, steps: int) -> settings:
    """The same lives in every run; AGENTSYNC_NEW_LIVES=1 looks for others, and for the shortest that fails."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=CHECKS,
        derandomize=not NEW_LIVES,
        phases=(Phase.generate, Phase.shrink) if NEW_LIVES else (Phase.generate,),
    )


def test_a_while(machine: type[Machine]) -> None:
    """As much as a few seconds allow."""
    run_state_machine_as_test(machine, settings=_lives(12, 15))


@pytest.mark.slow
def test_a_long_while(machine: type[Machine]) -> None:
    """Longer lives, and more of them."""
    run_state_machine_as_test(machine, settings=_lives(40, 30))
