"""Whatever people and upstream do in whatever order: no byte that a user wrote is lost.

A registry is published to and a project is worked in, at random. Each thing that the user writes
holds a mark that stands nowhere else. After every step each mark is on disk: in a file of the
project, in a backup, in an attempt at merging or in a patch. Only commands that are asked to give
the user's bytes up may take them out of the live files.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
from agentsync.commands.add import AddOptions, add, remove
from agentsync.commands.install import InstallOptions, install
from agentsync.commands.keep import drop, keep
from agentsync.commands.lock import rollback
from agentsync.commands.restore import Side, resolve, restore
from agentsync.commands.update import update
from agentsync.errors import ClashError, LockError, RefusedError, ResolutionError, UnsafeError, UsageError
from agentsync.model.outcome import Outcome
from agentsync.model.plan import CAREFUL
from agentsync.project.opening import open_folder
from agentsync.project.workspace import Workspace
from tests.git_registry import GitRegistry
from tests.stamping import restamp
from tests.upstream_lives import FIRST, OWN, REGISTRY, TEXTS, TREES, agent, pick

MARK: Final = re.compile(rb"mine\d+x")
CHOICES: Final = st.integers(0, 99)

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
    "update team": lambda machine: machine.twice(lambda workspace: update(workspace, [machine.alias])),
    "install --merge": lambda machine: machine.twice(lambda workspace: install(workspace, InstallOptions(merge=True))),
    "restore": lambda machine: machine.restore(),
    "rollback": lambda machine: machine.perform(lambda workspace: rollback(workspace)),
    "rollback 2": lambda machine: machine.perform(lambda workspace: rollback(workspace, 2)),
    "there and back": lambda machine: machine.there_and_back(),
    "keep": lambda machine: machine.perform(lambda workspace: keep(workspace, ())),
    "keep --drop": lambda machine: machine.perform(lambda workspace: drop(workspace, ())),
    "team/team": lambda machine: machine.toggle(machine.key),
    "away and back": lambda machine: machine.away_and_back(),
    "alias": lambda machine: machine.rename_alias(),
    "pack": lambda machine: machine.rename_pack(),
    "prefix": lambda machine: machine.choose("prefix: true"),
    "rename": lambda machine: machine.choose('rename: {"agent:critic": judge, "skill:pdf": papers}'),
    "only": lambda machine: machine.choose('only: ["skill:*", "command:*"]'),
    "other/other": lambda machine: machine.toggle("other/other"),
    "no receipt": lambda machine: machine.forget(cache=False),
    "no cache": lambda machine: machine.forget(cache=True),
}


class Machine(RuleBasedStateMachine):
    """A registry `team`, a second one, and a project with both or one of them."""

    root: Path
    template: Path
    alias: str

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
        self._patch.setenv("AGENTSYNC_CONFIG_DIR", str(self.root / "config"))
        self._patch.chdir(self.root / "project")
        restamp(self.root / "project", self.root / "config/state")
        self._registry = GitRegistry(self.root / "team.git")
        self._project = self.root / "project"
        self._live = self._project / ".claude"
        self._versions = itertools.count(1)
        self.alias, self._pack = "team", "team"

    @property
    def key(self) -> str:
        """What the manifest calls the pack."""
        return f"{self.alias}/{self._pack}"

    def _opened(self) -> Workspace:
        """The project, opened by a person who says yes to whatever a release asks for."""
        return open_folder(self._project, api.Options(accepted=("*",)))

    def teardown(self) -> None:
        """Leave the project's folder, and let no git that a workspace started keep files of it open."""
        self._patch.undo()
        gc.collect()

    # Upstream ---------------------------------------------------------------------------------

    @rule(what=CHANGES, then=st.sampled_from(["update", "update", "update", "install", ""]))
    def release(self, what: list[Change], then: str) -> None:
        """Upstream publishes some changes; mostly, they are taken."""
        tree = dict(self._tree)
        for change in what:
            tree = self._changed(tree, *change)
        assume(tree and tree != self._tree)
        self._publish(tree)
        if then:
            COMMANDS[then](self)

    def _publish(self, tree: dict[str, str]) -> None:
        self._tree = tree
        version = f"v1.{next(self._versions)}.0"
        note(f"{version}: {sorted(tree)}")
        self._registry.publish(version, tree)

    def _changed(self, tree: dict[str, str], kind: str, one: int, other: int) -> dict[str, str]:
        path = pick(sorted(tree.keys() - {REGISTRY}), one)
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
        path = pick(sorted(self._tree.keys() - {REGISTRY}), one)
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
        self.perform(
            lambda workspace: resolve(workspace, (), ours=side is Side.OURS, theirs=side is Side.THEIRS),
            gives_up=side is not Side.OURS,
        )

    def perform(self, command: Command, *, gives_up: bool = False) -> Outcome | None:
        """Run a command; None where it refused. What may not give up leaves every mark in a live file or a patch."""
        live = _marks_below(self._live) & self._marks
        try:
            outcome = command(self._opened())
        except (UsageError, RefusedError, LockError) as error:
            note(f"refused: {error}")
            return None
        except (ResolutionError, ClashError) as error:
            note(f"the manifest asks for what upstream no longer has: {error}")
            self._write(lambda text: re.sub(rf"(?m)^  {self.key}: .*$", f"  {self.key}: ^1", text))
            return None
        strange = [error for error in outcome.errors if not isinstance(error, RefusedError | UnsafeError)]
        assert not strange, [(error.what, error.why) for error in strange]
        if not gives_up:
            kept = _marks_below(self._live) | _marks_below(self._project / ".agentsync/patches")
            assert live <= kept, f"only in a backup: {live - kept}"
        return outcome

    def twice(self, command: Command, *, gives_up: bool = False) -> None:
        """Run a command whose second time must do nothing."""
        manifest = self._opened().state.manifest_text()
        if self.perform(command, gives_up=gives_up) is None and self._opened().state.manifest_text() != manifest:
            return  # what could not be installed is not asked for any more
        before = _contents(self._project)
        outcome = self.perform(command)
        assert _contents(self._project) == before
        if outcome is not None:
            workspace = self._opened()
            assert not outcome.data["changed"]
            assert not workspace.plan(workspace.project.require_lock(), CAREFUL).writing

    def restore(self) -> None:
        """Back to the lock: everything is in sync, and what was there in a backup."""
        outcome = self.perform(lambda workspace: restore(workspace, ()), gives_up=True)
        workspace = self._opened()
        if outcome is not None and workspace.project.lock is not None:
            left = workspace.plan(workspace.project.lock, CAREFUL).drifted
            assert not left, [(str(one.drift), one.path, one.local) for one in left]
            assert not outcome.errors

    def toggle(self, pack: str) -> None:
        """A pack out of the manifest, or in again."""
        if any(wish.key == pack for wish in self._opened().project.manifest.packs):
            self.perform(lambda workspace: remove(workspace, [pack]))
        else:
            self.perform(lambda workspace: add(workspace, [pack], AddOptions()))

    def away_and_back(self) -> None:
        """The pack is removed and added again, or the other way round."""
        self.toggle(self.key)
        self.toggle(self.key)

    def there_and_back(self) -> None:
        """Back to the lock before, and from there to the last one."""
        self.perform(lambda workspace: rollback(workspace))
        self.perform(lambda workspace: rollback(workspace))

    def rename_alias(self) -> None:
        """The registry is called otherwise."""
        old, new = self.alias, "crew" if self.alias == "team" else "team"
        if self._write(lambda text: re.sub(rf"(?m)^  {old}(?=[:/])", f"  {new}", text)):
            self.alias = new
            self.perform(lambda workspace: install(workspace, InstallOptions()))

    def rename_pack(self) -> None:
        """Upstream calls its pack otherwise, and the manifest follows."""
        old, new = self._pack, "staff" if self._pack == "team" else "team"
        if self._write(lambda text: text.replace(f"{self.alias}/{old}:", f"{self.alias}/{new}:")):
            self._pack = new
            self._publish({**self._tree, REGISTRY: f"registry: 1\npacks:\n  {new}: {{path: .}}\n"})
            self.perform(lambda workspace: install(workspace, InstallOptions()))

    def choose(self, choice: str) -> None:
        """The manifest chooses items or names, or no longer does; where upstream has no such item, it does not."""
        entry, plain = rf"(?m)^  {self.key}: .*$", f"  {self.key}: ^1"
        chosen = f"  {self.key}: {{version: ^1, {choice}}}"
        if self._write(lambda text: re.sub(entry, plain if choice in text else chosen, text)):
            self.perform(lambda workspace: install(workspace, InstallOptions()))

    def _write(self, change: Callable[[str], str]) -> bool:
        """Change the manifest by hand; False where that changes nothing."""
        manifest = self._project / "agentsync.yaml"
        text = manifest.read_text()
        manifest.write_text(change(text))
        return manifest.read_text() != text

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
        patch.setenv("AGENTSYNC_CONFIG_DIR", str(root / "config"))
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
def test_a_longer_while(machine: type[Machine]) -> None:
    """Longer lives."""
    run_state_machine_as_test(machine, settings=_lives(6, 30))


@pytest.mark.long
def test_a_long_while(machine: type[Machine]) -> None:
    """Longer lives, and more of them."""
    run_state_machine_as_test(machine, settings=_lives(40, 30))
