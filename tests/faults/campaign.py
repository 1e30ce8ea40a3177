"""One scenario under one kind of fault: at each step, then the command again, then a look at what is there.

After each fault:

- no byte that a person wrote is gone: it stands in its file, or in a backup;
- the run said three lines, or nothing, and never broke down;
- `install` comes to where it would have come without the command, or with all of it;
- the command again comes to where an undisturbed run comes, and leaves nothing lying about.
"""

from __future__ import annotations

import pickle
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentsync.errors import Exit
from bench.git_server import serving
from tests.faults.machine import Machine, Ran, Tree
from tests.faults.scenarios import SCENARIOS, Scenario, serve
from tests.faults.steps import Fault, Step

KILLING = (Fault.KILL, Fault.TORN, Fault.POWER)
REFUSING = (Fault.ENOSPC, Fault.EIO, Fault.FULL, Fault.READ_ONLY)
ENDING = {Fault.SIGINT: 130, Fault.SIGTERM: 143}
_INSTALL = ("install",)


@dataclass(slots=True)
class Result:
    """The result of the faults of one kind in one scenario.

    Args:
        steps: how many steps the command takes.
        faults: how many of them had a fault.
        converged: after how many of these all was well.
        wrong: what was wrong after the others.
    """

    scenario: str
    fault: Fault
    steps: int
    faults: int = 0
    converged: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of undisturbed runs.

    Args:
        untouched: `install` without the command.
        done: the command, and `install` after it.
        late: `install`, the command, and `install` after it.
        history: the locks that may be remembered.
        written: what a person wrote at the start.
        steps: the steps of the command.
    """

    untouched: Tree
    done: Tree
    late: Tree
    history: set[bytes]
    written: set[bytes]
    steps: tuple[Step, ...]


class Campaign:
    """One scenario, prepared once.

    Args:
        name: its name.
        scenario: what it is.
        folder: where machines are made.
        address: where the folder `servers` in it is served over HTTP.
    """

    def __init__(self, name: str, scenario: Scenario, folder: Path, address: str = "") -> None:
        self.name = name
        self.scenario = scenario
        servers = folder / "servers"
        if not (servers / "acme.git").exists():
            servers.mkdir(exist_ok=True)
            serve(servers)
        root = Path(tempfile.mkdtemp(dir=folder))
        self.start = Machine(root, servers, {"GIT_ALLOW_PROTOCOL": "file:http"} if address else {}, address)
        for place in ("project", "home", "config"):
            (root / place).mkdir()
        scenario.prepare(self.start)
        self.ends = self._undisturbed()
        # The states that a fault left and from which all was well, by what came next.
        self._known: set[tuple[bytes, bool]] = set()

    def places(self, fault: Fault) -> list[int]:
        """Return the numbers of the steps at which a fault can happen."""
        return [number for number, step in enumerate(self.ends.steps, start=1) if step.takes(fault)]

    def _install(self) -> tuple[str, ...]:
        return ("install", "--user") if "--user" in self.scenario.command else _INSTALL

    def _undisturbed(self) -> Ends:
        written = self._written()
        with self.start.copy() as machine:
            # Where there is no project yet, there is nothing to come back to.
            found = machine.run(*self._install()).exit != Exit.USAGE
            untouched, history = machine.tree() if found else {}, machine.history()
            machine.run(*self.scenario.command)
            machine.run(*self._install())
            late, history = machine.tree(), history | machine.history()
        with self.start.copy() as machine:
            run = machine.run(*self.scenario.command)
            assert run.exit == self.scenario.exit, f"{self.name}: exit {run.exit}\n{run.stdout}\n{run.stderr}"
            machine.run(*self._install())
            # An edit that is kept lives on in its patch: an update may change both.
            survives = written & machine.texts()
            return Ends(untouched, machine.tree(), late, history | machine.history(), survives, run.steps)

    def _written(self) -> set[bytes]:
        """The bytes of everything that is not as it was installed, and may be a person's."""
        texts = {data for _, (_, data) in self.start.tree().items()}
        return {data for data in texts if re.search(rb"\b([Mm]y|[Mm]ine|I|me)\b", data)}

    def run(self, fault: Fault, numbers: Sequence[int] | None = None) -> Result:
        """Let a fault happen at each of these steps, by default at all where it can happen."""
        result = Result(self.name, fault, len(self.ends.steps))
        for number in self.places(fault) if numbers is None else numbers:
            result.faults += 1
            wrong = self._wrong_after(fault, number)
            if wrong:
                name = self.ends.steps[number - 1].name if number <= len(self.ends.steps) else "?"
                result.wrong.append(f"{self.name}, {fault} at {number} ({name}): {wrong}")
            else:
                result.converged += 1
        return result

    def _wrong_after(self, fault: Fault, number: int) -> str:
        with self.start.copy() as machine:
            edit = _Edit(machine, self.scenario.watched, number) if fault is Fault.EDIT else None
            run = machine.run(*self.scenario.command, fault=fault, at=number, edit=edit)
            if wrong := next(self._faults_of(run, fault), ""):
                return wrong
            state = machine.state() if edit is None else b"", bool(number % 2)
            if edit is None and state in self._known:
                return ""
            if not (wrong := next(self._faults_after(machine, number, edit), "")):
                self._known.add(state)
            return wrong

    def _faults_of(self, run: Ran, fault: Fault) -> Iterator[str]:
        if fault in KILLING:
            if run.exit != -9:
                yield f"was not killed: exit {run.exit}"
            return
        expected = {0, 1, 3, self.scenario.exit} | ({ENDING[fault]} if fault in ENDING else set())
        if fault is Fault.EDIT and "exists already" in run.stderr:
            expected.add(2)
        if run.exit not in expected:
            yield f"exit {run.exit}: {run.stderr}"
        if "Traceback" in run.stderr or "agentsync has a bug" in run.stderr:
            yield f"broke down: {run.stderr}"
        if run.exit == 3 and not re.search(r"^error: .+(\n  why: .+)?\nhint: .+", run.stderr, re.MULTILINE):
            yield f"not three lines: {run.stderr}"

    def _faults_after(self, machine: Machine, number: int, edit: _Edit | None) -> Iterator[str]:
        written = edit.left_of(self.ends.written) if edit is not None else self.ends.written
        if lost := _lost(written, machine):
            yield f"lost at once: {lost}"
        if edit is None and self.ends.untouched and number % 2:
            # Every other time it is `install` that comes first.
            run = machine.run(*self._install())
            yield from self._elsewhere("install", machine, (self.ends.untouched, self.ends.done), run)
            if lost := _lost(written, machine):
                yield f"lost by install: {lost}"
        run = machine.run(*(self.scenario.again or self.scenario.command))
        if run.exit not in (0, 1, 2, self.scenario.exit, 3 if edit else 0):
            yield f"again: exit {run.exit}: {run.stderr}"
        machine.run(*self._install())
        if lost := _lost(written, machine):
            yield f"lost: {lost}"
        if strays := machine.strays():
            yield f"left behind: {strays}"
        if edit is None:
            ends = [self.ends.done, *([self.ends.untouched] if self.scenario.again else [])]
            ends += [self.ends.late] if number % 2 else []
            yield from self._elsewhere("again", machine, ends, run)

    def _elsewhere(self, what: str, machine: Machine, ends: Sequence[Tree], run: Ran) -> Iterator[str]:
        tree = machine.tree()
        if tree not in ends:
            nearest = min(ends, key=lambda end: len(_between(end, tree)))
            yield f"{what} comes elsewhere: {_between(nearest, tree)} exit {run.exit} {run.stderr}"
        if odd := machine.history() - self.ends.history:
            yield f"{what} remembers {len(odd)} locks that were never installed"


@contextmanager
def campaign_of(name: str, folder: Path) -> Iterator[Campaign]:
    """Prepare a scenario, with a server where it needs one."""
    scenario = SCENARIOS[name]
    if not scenario.over_http:
        yield Campaign(name, scenario, folder)
        return
    with serving(folder / "servers") as server:
        yield Campaign(name, scenario, folder, server.url)


class _Edit:
    """A person who saves a file, by renaming or in place; acts in another process than it is asked in."""

    def __init__(self, machine: Machine, paths: Sequence[str], number: int) -> None:
        self._path = machine.root / paths[number % len(paths)]
        self._renames = number // len(paths) % 2 == 0
        self._text = f"# Mine, saved at step {number}\n".encode()
        self._note = machine.root / "saved"

    def left_of(self, written: set[bytes]) -> set[bytes]:
        """Return the texts of a person that must be there: all but those that the person overwrote."""
        if not self._note.exists():
            return written
        return written - {pickle.loads(self._note.read_bytes())} | {self._text}

    def __call__(self) -> None:
        before = self._path.read_bytes() if self._path.is_file() else b""
        after = before + self._text if self._path.suffix == ".yaml" else self._text
        self._note.write_bytes(pickle.dumps(before))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._renames:
            beside = self._path.with_name("saving")
            beside.write_bytes(after)
            beside.replace(self._path)
        else:
            self._path.write_bytes(after)


def _lost(written: set[bytes], machine: Machine) -> list[bytes]:
    """Return the texts of a person that are in no file any more, not even as a part."""
    texts = machine.texts()
    return [text for text in written - texts if not any(text in other for other in texts)]


def _between(one: Tree, other: Tree) -> list[str]:
    """The paths that differ."""
    return [
        f"{'-' if path not in other else '+' if path not in one else '!'}{path}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    ]


def sample(places: Sequence[int], count: int, seed: str) -> list[int]:
    """Some of the steps, the same ones for the same seed."""
    return sorted(random.Random(seed).sample(places, min(count, len(places))))
