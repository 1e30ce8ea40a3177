"""Plans, made and carried out: no byte that a person wrote is lost, and every run comes to the same end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentsync.disk.apply import apply_plan
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.model.digest import FileDigest, digest_of
from agentsync.model.drift import Drift, Replaced
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName, ScopeName
from agentsync.model.plan import (
    ADOPTING,
    CAREFUL,
    READING,
    RESTORING,
    THEIRS,
    UPDATING,
    Action,
    Applied,
    DriftRules,
    Plan,
)
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import Receipt, SlotPath
from agentsync.planning.planner import Disk, Known, make_plan, narrowed
from agentsync.targets.all_tools import TOOLS

# Thousands of small files are made and deleted here; in memory that takes no time.
MEMORY: Final = "/dev/shm"
ALL_TARGETS: Final = tuple(TOOLS.values())
ITEMS: Final = tuple(
    LockedItem(ItemKey(key), path, HeaderStatus.STRICT, ClaudeCode.OK)
    for key, path in (
        ("agent:a", "agents/a.md"),
        ("agent:b", "agents/b.md"),
        ("agent:c", "agents/team/c.md"),
        ("command:d", "commands/d.md"),
        ("skill:s", "skills/s/SKILL.md"),
    )
)
PATHS: Final = tuple(
    RelPath(path)
    for path in (
        ".claude/agents/a.md",
        ".claude/agents/b.md",
        ".claude/agents/team/c.md",
        ".claude/commands/d.md",
        ".claude/skills/s/SKILL.md",
        ".claude/skills/s/scripts/run.sh",
    )
)
SKILL: Final = ".claude/skills/s/"
# Unknown files: beside ours, and inside a folder of ours.
OWN: Final = (".claude/agents/mine.md", ".claude/settings.json", "README.md", ".claude/skills/s/notes", ".claude/x/y")


@dataclass(frozen=True)
class Bytes:
    """A plain file."""

    data: bytes
    executable: bool = False

    @property
    def digest(self) -> FileDigest:
        """Its digest."""
        return digest_of(self.data, executable=self.executable)


Thing = Bytes | str | None  # a file, "link" or "folder", or nothing
OURS: Final = st.builds(Bytes, st.sampled_from([b"one", b"two", b""]), st.booleans())
THEIRS_TO_KEEP: Final = st.builds(Bytes, st.sampled_from([b"mine", b"mine too"]), st.booleans())


@dataclass
class World:
    """A scope: its lock, receipt and disk.

    `in_the_way` are folders that are something else: a link to a folder outside, or a file.
    """

    wanted: dict[RelPath, Bytes] = field(default_factory=dict)
    base: dict[RelPath, Bytes] = field(default_factory=dict)
    local: dict[str, Thing] = field(default_factory=dict)
    in_the_way: dict[str, str] = field(default_factory=dict)

    @property
    def lock(self) -> Lock:
        """The lock that wants these files."""
        files = {path: thing.digest for path, thing in self.wanted.items()}
        return Lock(
            {"acme/p": LockedPack(PackName("acme/p"), "1", "u", "r", "c", "t", "", "*", items=ITEMS, files=files)}
        )

    @property
    def receipt(self) -> Receipt:
        """The receipt."""
        return Receipt({path: thing.digest for path, thing in self.base.items()})

    @property
    def contents(self) -> dict[SlotPath, bytes]:
        """The bytes that are wanted."""
        return {path: thing.data for path, thing in self.wanted.items()}

    @property
    def has_users_skill_folder(self) -> bool:
        """Return whether the skill's folder may be the user's: it holds an unknown file and none of ours."""
        here = {path for path, thing in self.local.items() if thing is not None and path.startswith(SKILL)}
        here |= {folder for folder in self.in_the_way if folder.startswith(SKILL)}
        return bool(here - self.wanted.keys()) and not any(path.startswith(SKILL) for path in self.base)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any state of any file, and whatever else may stand around."""
    world = World()
    for path in draw(st.lists(st.sampled_from(PATHS), unique=True)):
        wanted, base = draw(st.none() | OURS), draw(st.none() | OURS)
        ours = st.sampled_from([one for one in (wanted, base) if one is not None] or [Bytes(b"one")])
        world.local[path] = draw(st.one_of(st.none(), ours, OURS, THEIRS_TO_KEEP, st.sampled_from(["link", "folder"])))
        if wanted is not None:
            world.wanted[path] = wanted
        if base is not None:
            world.base[path] = base
    for own in draw(st.lists(st.sampled_from(OWN), unique=True)):
        world.local[own] = draw(THEIRS_TO_KEEP)
    folders = [".claude", ".claude/agents", ".claude/agents/team", ".claude/skills/s", ".claude/skills/s/scripts"]
    for folder in draw(st.lists(st.sampled_from(folders), unique=True, max_size=1)):
        world.in_the_way[folder] = draw(st.sampled_from(["link", "file"]))
    return world


@dataclass(frozen=True)
class Machine:
    """A world laid out on disk."""

    world: World
    scope: Scope
    outside: Path

    def known(self, receipt: Receipt | None) -> Known:
        """The facts before the disk is read."""
        return Known(self.world.lock, self.world.lock, receipt, ALL_TARGETS)

    def plan(self, receipt: Receipt | None, policy: DriftRules) -> Plan:
        """A plan for what is on disk now."""
        folder, known = Folder(self.scope), self.known(receipt)
        present = {path for owned in known.owned_folders() for path in folder.walk(owned)}
        return make_plan(known, Disk(folder.local_files, lambda _: (), folder.shared), present, policy)

    def run(self, receipt: Receipt | None, policy: DriftRules) -> Applied:
        """Plan and do it."""
        return apply_plan(self.plan(receipt, policy), self.world.contents, self.scope)

    def snapshot(self) -> dict[str, tuple[str, bytes, bool]]:
        """Everything on disk but our own folder: what it is, its bytes, its bit."""
        found = {}
        for top, folders, files in os.walk(self.scope.root):
            if Path(top) == self.scope.root:
                folders[:] = [name for name in folders if name != ".agentsync"]
            for name in (*files, *(name for name in folders if Path(top, name).is_symlink())):
                where = Path(top, name)
                path = where.relative_to(self.scope.root).as_posix()
                if where.is_symlink():
                    found[path] = ("link", where.readlink().name.encode(), False)
                else:
                    found[path] = ("file", where.read_bytes(), os.access(where, os.X_OK))
        return found

    def backups(self) -> set[tuple[str, bytes]]:
        """Every file that was set aside: its path in the scope, its bytes."""
        found = set()
        for run in (self.scope.state / "backup").glob("*"):
            for where in run.rglob("*"):
                if where.is_file() and not where.is_symlink():
                    found.add((where.relative_to(run).as_posix(), where.read_bytes()))
        return found

    def foreign(self) -> dict[str, tuple[str, bytes, bool]]:
        """All that is on disk and that we did not write."""
        ours = {path: ("file", thing.data, thing.executable) for path, thing in self.world.base.items()}
        return {path: seen for path, seen in self.snapshot().items() if ours.get(RelPath(path)) != seen}


@contextmanager
def laid_out(world: World) -> Iterator[Machine]:
    """The world on a real disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as name:
        top = Path(name)
        root, outside = top / "project", top / "outside"
        outside.mkdir()
        (outside / "private").write_bytes(b"private")
        machine = Machine(world, Scope(ScopeName.PROJECT, root, root), outside)
        root.mkdir()
        for path, what in world.in_the_way.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if what == "link":
                (root / path).symlink_to(outside)
            else:
                (root / path).write_bytes(b"in the way")
        for path, thing in world.local.items():
            if thing is not None and not any(path.startswith(f"{folder}/") for folder in world.in_the_way):
                _put(root / path, thing, outside)
        yield machine
        assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"private": b"private"}


def _put(where: Path, thing: Bytes | str, outside: Path) -> None:
    where.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(thing, Bytes):
        where.write_bytes(thing.data)
        where.chmod(0o755 if thing.executable else 0o644)
    elif thing == "link":
        where.symlink_to(outside / "private")
    else:
        (where / "deep").mkdir(parents=True)
        (where / "deep" / "mine").write_bytes(b"inside")


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_for_the_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@given(worlds())
def test_a_careful_plan_loses_nothing_that_we_did_not_write(world: World) -> None:
    """Each such file stays on its path, byte for byte, with its bit; so do links and what they point to."""
    with laid_out(world) as machine:
        before = machine.foreign()
        machine.run(world.receipt, CAREFUL)
        after = machine.snapshot()
        assert {path: after.get(path) for path in before} == before


@given(worlds())
def test_a_careful_plan_reaches_what_it_can(world: World) -> None:
    """Every file whose place is free, or holds what we wrote, is as the lock wants it; others are told."""
    with laid_out(world) as machine:
        done = machine.run(world.receipt, CAREFUL)
        folder = Folder(machine.scope)
        told = {change.path for change in done.plan.changes if change.action in (Action.STOP, Action.LEAVE)}
        assert done.failures == ()
        for path, thing in world.wanted.items():
            assert folder.local(path) == thing.digest or path in told
        for path in world.base.keys() - world.wanted.keys():
            assert folder.local(path) != world.base[path].digest


@given(worlds(), st.sampled_from([CAREFUL, THEIRS, RESTORING]))
def test_a_second_run_takes_nothing(world: World, policy: DriftRules) -> None:
    """Once is as good as twice, and what is remembered stays the same."""
    with laid_out(world) as machine:
        first = machine.run(world.receipt, policy)
        before = machine.snapshot()
        again = machine.plan(first.receipt, policy)
        assert again.writing == ()
        assert again.remembered() == dict(first.receipt.files)
        machine.run(first.receipt, policy)
        assert machine.snapshot() == before


@given(worlds())
def test_theirs_takes_the_lock_and_sets_everything_else_aside(world: World) -> None:
    """But no link or folder: they stay, and are told. Each byte that gave way is in the backup, unless it was ours."""
    assume(not world.has_users_skill_folder)
    with laid_out(world) as machine:
        before = machine.foreign()
        done = machine.run(world.receipt, THEIRS)
        after, backups = machine.snapshot(), machine.backups()
        folder = Folder(machine.scope)
        assert done.failures == ()
        stopped = {change.path for change in done.plan.stopped}
        assert {change.replaced_by for change in done.plan.stopped} <= {Replaced.SYMLINK, Replaced.FOLDER}
        assert {path: folder.local(path) for path in world.wanted if path not in stopped} == {
            path: digest for path, digest in world.lock.files().items() if path not in stopped
        }
        for path, (kind, data, _) in before.items():
            same_bytes = after.get(path, ("", b"", False))[:2] == (kind, data)
            assert same_bytes or (kind != "link" and (path, data) in backups)


@given(worlds(), st.sampled_from([CAREFUL, UPDATING, THEIRS, ADOPTING, RESTORING]))
def test_a_hint_costs_no_byte(world: World, policy: DriftRules) -> None:
    """Whatever a receipt of elsewhere calls ours: what gives way is in the backup, and what stays is still a hint."""
    with laid_out(world) as machine:
        before = {path: data for path, (kind, data, _) in machine.snapshot().items() if kind == "file"}
        hinted = world.receipt._replace(hints=frozenset(world.receipt.files))
        done = machine.run(hinted, policy)
        after = {path: data for path, (kind, data, _) in machine.snapshot().items() if kind == "file"}
        backups = machine.backups()
        for path, data in before.items():
            assert after.get(path) == data or (path, data) in backups
        left = {one.path for one in done.plan.changes if one.action in (Action.LEAVE, Action.STOP) and one.base}
        assert left & done.receipt.files.keys() <= done.receipt.hints
        assert done.receipt.hints <= done.receipt.files.keys()


@given(worlds())
def test_restoring_also_sets_extra_files_aside(world: World) -> None:
    """Then a folder of ours holds nothing but what is locked."""
    assume(not world.has_users_skill_folder)
    with laid_out(world) as machine:
        before = machine.foreign()
        done = machine.run(world.receipt, RESTORING)
        assert done.failures == () and done.plan.stopped == ()
        assert machine.plan(done.receipt, READING).is_clean
        after, backups = machine.snapshot(), machine.backups()
        for path, (kind, data, _) in before.items():
            assert after.get(path, ("", b"", False))[:2] == (kind, data) or kind == "link" or (path, data) in backups


@given(worlds(), st.sampled_from([CAREFUL, UPDATING, THEIRS, ADOPTING, RESTORING]))
def test_a_folder_of_the_user_is_left(world: World, policy: DriftRules) -> None:
    """Whatever is done: a skill that is not there is not written beside the user's files, and none of these moves."""
    world.base = {path: thing for path, thing in world.base.items() if not path.startswith(SKILL)}
    world.local = {path: thing for path, thing in world.local.items() if not path.startswith(SKILL)}
    world.local[f"{SKILL}notes"] = Bytes(b"mine")
    world.in_the_way = {}
    with laid_out(world) as machine:
        before = machine.snapshot()
        done = machine.run(world.receipt, policy)
        after = machine.snapshot()
        assert {path for path in after if path.startswith(SKILL)} == {path for path in before if path.startswith(SKILL)}
        wanted = {path for path in world.wanted if path.startswith(SKILL)}
        assert {change.path for change in done.plan.stopped} >= wanted
        assert not any(path.startswith(SKILL) for path, _ in machine.backups())


@given(worlds(), st.sampled_from([CAREFUL, THEIRS]), st.data())
def test_killed_and_run_again_is_run(world: World, policy: DriftRules, data: st.DataObject) -> None:
    """At any file: with the receipt of before, the next run comes to the same end."""
    with laid_out(world) as whole:
        complete = whole.run(world.receipt, policy)
        expected, wanted_backups = whole.snapshot(), whole.backups()
    with laid_out(world) as machine:
        plan = machine.plan(world.receipt, policy)
        count = data.draw(st.integers(0, len(plan.changes)))
        apply_plan(Plan(plan.changes[:count]), world.contents, machine.scope)
        done = machine.run(world.receipt, policy)
        assert machine.snapshot() == expected
        assert done.receipt == complete.receipt
        assert machine.backups() == wanted_backups


class Killed(BaseException):
    """The end of a process."""


@contextmanager
def killed_at(rename: int) -> Iterator[None]:
    """End at a rename, counted from zero: each file comes, goes and is set aside by one."""
    left = [rename]

    def counting(real: Callable[..., None]) -> Callable[..., None]:
        def wrapper(*arguments: object, **options: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            real(*arguments, **options)

        return wrapper

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", counting(os.replace))
        patch.setattr(os, "rename", counting(os.rename))
        with suppress(Killed):
            yield


@given(worlds(), st.sampled_from([CAREFUL, THEIRS, RESTORING]), st.integers(0, 12))
def test_killed_within_a_file_and_run_again_is_run(world: World, policy: DriftRules, rename: int) -> None:
    """Also between setting one aside and putting another in its place."""
    with laid_out(world) as whole:
        complete = whole.run(world.receipt, policy)
        expected, wanted_backups = whole.snapshot(), whole.backups()
    with laid_out(world) as machine:
        with killed_at(rename):
            machine.run(world.receipt, policy)
        done = machine.run(world.receipt, policy)
        assert machine.snapshot() == expected
        assert done.receipt == complete.receipt
        assert machine.backups() == wanted_backups


@given(worlds(), st.sampled_from([CAREFUL, THEIRS, RESTORING]))
def test_a_forged_receipt_reaches_nothing_outside(world: World, policy: DriftRules) -> None:
    """It may name any file with its right digest: only below the folders of an AI tool is it believed."""
    with laid_out(world) as machine:
        before = machine.snapshot()
        forged: dict[SlotPath, FileDigest] = {
            RelPath(path): digest_of(data, executable=executable)
            for path, (kind, data, executable) in before.items()
            if kind == "file"
        }
        forged |= {RelPath(".claude/agentsX/a"): digest_of(b""), RelPath(".claude/agents"): digest_of(b"in the way")}
        homes = tuple(f"{home}/" for tool in ALL_TARGETS for home in tool.homes)
        done = machine.run(Receipt(forged), policy)
        after = machine.snapshot()
        for path, seen in before.items():
            moved_along = any(path == folder or path.startswith(f"{folder}/") for folder in world.in_the_way)
            assert after.get(path) == seen or path.startswith(homes) or (moved_along and policy is not CAREFUL)
        assert all(change.path.startswith(homes) for change in done.plan.changes)


@given(worlds())
def test_looking_changes_nothing(world: World) -> None:
    """A plan for reading keeps every file, and remembers what was remembered."""
    with laid_out(world) as machine:
        before = machine.snapshot()
        plan = machine.plan(world.receipt, READING)
        assert plan.writing == () and plan.stopped == ()
        machine.run(world.receipt, READING)
        assert machine.snapshot() == before and not machine.scope.state.exists()
        assert list(plan.changes) == sorted(plan.changes, key=lambda change: change.path)
        assert {change.path for change in plan.changes} >= world.wanted.keys()


# Cases by hand.


def plan_of(
    wanted: Mapping[str, bytes],
    *,
    local: Mapping[str, bytes],
    receipt: Mapping[str, bytes] | None = None,
    before: Mapping[str, bytes] | None = None,
    policy: DriftRules = CAREFUL,
) -> dict[str, tuple[Drift, Action]]:
    """Return the drift of each path; contents stand for files."""

    def lock(files: Mapping[str, bytes]) -> Lock:
        digests = {RelPath(path): digest_of(data) for path, data in files.items()}
        return Lock(
            {"acme/p": LockedPack(PackName("acme/p"), "1", "u", "r", "c", "t", "", "*", items=ITEMS, files=digests)}
        )

    remembered = None
    if receipt is not None:
        remembered = Receipt({RelPath(path): digest_of(data) for path, data in receipt.items()})
    known = Known(lock(wanted), lock(before) if before is not None else None, remembered, ALL_TARGETS)
    on_disk = {path: digest_of(data) for path, data in local.items()}
    owned = known.owned_folders()
    present = {RelPath(path) for path in local if any(path.startswith(f"{folder}/") for folder in owned)}
    disk = Disk(lambda paths: {path: on_disk.get(path) for path in paths}, lambda _: (), lambda _: {})
    plan = make_plan(known, disk, present, policy)
    return {change.path: (change.drift, change.action) for change in plan.changes}


A: Final = PATHS[0]


def test_a_fresh_clone() -> None:
    """Without a receipt, the lock says what we wrote: its own files are in sync, others are edits.

    But a lock can be written by others: nothing is replaced or deleted for its word alone.
    """
    assert plan_of({A: b"1"}, local={A: b"1"}, before={A: b"1"}) == {A: (Drift.IN_SYNC, Action.ADOPT)}
    assert plan_of({A: b"1"}, local={A: b"2"}, before={A: b"1"}) == {A: (Drift.EDITED, Action.LEAVE)}
    assert plan_of({A: b"1"}, local={}, before={A: b"1"}) == {A: (Drift.MISSING, Action.TAKE)}
    assert plan_of({A: b"2"}, local={A: b"1"}, before={A: b"1"}) == {A: (Drift.BEHIND, Action.SET_ASIDE)}
    assert plan_of({}, local={A: b"1"}, before={A: b"1"}) == {A: (Drift.STALE, Action.SET_ASIDE)}


def test_without_lock_or_receipt_nothing_is_ours() -> None:
    """A file of other bytes on a path is not ours."""
    assert plan_of({A: b"1"}, local={A: b"2"}) == {A: (Drift.FOREIGN, Action.STOP)}
    assert plan_of({A: b"1"}, local={A: b"1"}) == {A: (Drift.IN_SYNC, Action.ADOPT)}


def test_an_empty_receipt_is_believed() -> None:
    """It says that we wrote nothing here, whatever the lock says."""
    assert plan_of({A: b"1"}, local={A: b"2"}, receipt={}, before={A: b"1"}) == {A: (Drift.FOREIGN, Action.STOP)}


def test_what_the_lock_had_is_ours_again() -> None:
    """Git brings back a file that a receipt has otherwise: only where it is just that, and never without a backup."""

    def found(wanted: Mapping[str, bytes], local: bytes, receipt: str = PATHS[1]) -> tuple[Drift, Action] | None:
        return plan_of(wanted, local={A: local}, receipt={receipt: b"4"}, before={A: b"1"}).get(A)

    assert found({A: b"2"}, b"1") == found({A: b"2"}, b"1", A) == (Drift.BEHIND, Action.SET_ASIDE)
    assert found({}, b"1") == found({}, b"1", A) == (Drift.STALE, Action.SET_ASIDE)
    assert found({A: b"2"}, b"3") == (Drift.FOREIGN, Action.STOP)
    assert found({A: b"2"}, b"4", A) == (Drift.BEHIND, Action.TAKE)
    assert found({A: b"2"}, b"3", A) == (Drift.DIVERGED, Action.STOP)
    assert found({}, b"3") is None


def test_extra_files() -> None:
    """Only inside a folder that is an item as a whole."""
    local = {".claude/skills/s/SKILL.md": b"1", ".claude/skills/s/deep/mine": b"2", ".claude/agents/mine.md": b"3"}
    found = plan_of({".claude/skills/s/SKILL.md": b"1"}, local=local, receipt={})
    assert found[".claude/skills/s/deep/mine"] == (Drift.EXTRA, Action.LEAVE)
    assert ".claude/agents/mine.md" not in found


def test_whose_a_file_is() -> None:
    """Pack, item and tool, also of a file that is wanted no more; unknown where the lock does not tell."""
    world = World({PATHS[0]: Bytes(b"1"), PATHS[5]: Bytes(b"2")}, {PATHS[1]: Bytes(b"3"), PATHS[4]: Bytes(b"4")})
    with laid_out(
        World(world.wanted, world.base, {PATHS[1]: Bytes(b"3"), ".claude/skills/s/mine": Bytes(b"4")})
    ) as machine:
        plan = machine.plan(world.receipt, CAREFUL)
    owners = {change.path: (change.pack, change.owner.item, change.owner.tool) for change in plan.changes}
    assert owners == {
        PATHS[0]: ("acme/p", "agent:a", "claude-code"),
        PATHS[1]: ("acme/p", "agent:b", "claude-code"),
        PATHS[5]: ("acme/p", "skill:s", "claude-code"),
        ".claude/skills/s/mine": ("acme/p", "skill:s", "claude-code"),
    }


def test_narrowing() -> None:
    """Files that are not chosen stay as they are, on disk and in the receipt."""
    world = World(
        {PATHS[0]: Bytes(b"new"), PATHS[1]: Bytes(b"new")},
        {PATHS[0]: Bytes(b"old"), PATHS[1]: Bytes(b"old")},
        {PATHS[0]: Bytes(b"old"), PATHS[1]: Bytes(b"old")},
    )
    with laid_out(world) as machine:
        plan = narrowed(machine.plan(world.receipt, CAREFUL), lambda change: change.path == PATHS[1])
        done = apply_plan(plan, world.contents, machine.scope)
        assert (machine.scope.root / PATHS[0]).read_bytes() == b"old"
        assert (machine.scope.root / PATHS[1]).read_bytes() == b"new"
        assert done.receipt.files == {PATHS[0]: digest_of(b"old"), PATHS[1]: digest_of(b"new")}


@pytest.mark.parametrize("becomes_folder", [True, False])
def test_a_file_that_becomes_a_folder_upstream(becomes_folder: bool) -> None:
    """And the other way round: all of it is ours, so no question is needed."""
    file, inner = RelPath(".claude/skills/s/x"), RelPath(".claude/skills/s/x/y")
    old, new = (file, inner) if becomes_folder else (inner, file)
    world = World({new: Bytes(b"new")}, {old: Bytes(b"old")}, {old: Bytes(b"old")})
    with laid_out(world) as machine:
        done = machine.run(world.receipt, CAREFUL)
        assert done.plan.stopped == ()
        assert machine.snapshot() == {new: ("file", b"new", False)}


def test_nothing_is_left_of_the_kit() -> None:
    """The tests above see what they are there to see: a plan that writes over an edit is found out."""
    world = World({A: Bytes(b"1")}, {}, {A: Bytes(b"mine")})
    with laid_out(world) as machine:
        before = machine.foreign()
        reckless = {**CAREFUL, Drift.FOREIGN: Action.TAKE}
        machine.run(world.receipt, reckless)
        assert machine.snapshot() != before and machine.backups() == set()
        shutil.rmtree(machine.scope.root)
