"""Entries, and a person who edits the same documents: nothing of the person's is lost, in whatever order."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.disk.apply import apply_plan
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.disk.slots import Slots
from agentsync.model.names import ScopeName
from agentsync.model.plan import ADOPTING, CAREFUL, RESTORING, THEIRS, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, SlotPath
from tests.disk.test_entries import Machine

DOCUMENT = RelPath(".mcp.json")
TABLE = RelPath(".made/config.toml")
SECTIONS = RelPath("AGENTS.md")
SLOTS: tuple[EntryPath, ...] = (
    EntryPath.of(DOCUMENT, "/mcpServers", "db"),
    EntryPath.of(DOCUMENT, "/mcpServers", "web"),
    EntryPath.of(TABLE, "/mcp_servers", "db"),
    EntryPath.of_section(SECTIONS, "acme/p rule:style"),
)
RULES = (CAREFUL, CAREFUL, THEIRS, ADOPTING, RESTORING)
# A line of the person's, behind a line where one can stand.
_LINES: Mapping[RelPath, tuple[str, str]] = {
    DOCUMENT: (r"\{ *\n", '"own-{0}": {{"command": "mine-{0}"}}, // note-{0}'),
    TABLE: (r"\A", "# note-{0}\n[own-{0}] # mine-{0}"),
    SECTIONS: (r"\A", "Mine is mine-{0}, note-{0}."),
}
_OURS = re.compile(r"ours-[0-9]")


def content(slot: EntryPath, version: int) -> bytes:
    """What a release has for a slot."""
    return f"Be ours-{version}.\n".encode() if slot.is_section else json.dumps({"command": f"ours-{version}"}).encode()


class Life(Machine):
    """A scope, a person's notes in its documents, and steps that either takes."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.notes: dict[str, RelPath] = {}
        self.edits: set[str] = set()

    def write_a_note(self, number: int, document: RelPath) -> None:
        """A line of the person's own, at the top of a document."""
        text = self.text(document)
        place, line = _LINES[document]
        if text is None and document is DOCUMENT:
            text = '{\n  "z": 0\n}\n'
        if (found := re.search(place, text or "")) is None:
            return
        line = line.format(number)
        self.put(document, f"{(text or '')[: found.end()]}{line}\n{(text or '')[found.end() :]}")
        self.notes[f"note-{number}"] = self.notes[f"mine-{number}"] = document

    def edit_ours(self, number: int, document: RelPath) -> None:
        """Another value in the place of one of ours."""
        text = self.text(document) or ""
        if found := _OURS.search(text):
            self.put(document, f"{text[: found.start()]}edit-{number}{text[found.end() :]}")
            self.edits.add(f"edit-{number}")

    def remark_ours(self, number: int, document: RelPath) -> None:
        """A comment within a value of ours."""
        text, word = self.text(document) or "", f"remark-{number}"
        if document is DOCUMENT and (found := re.search(r'"ours-[0-9]"', text)):
            self.put(document, f"{text[: found.end()]} /* {word} */{text[found.end() :]}")
            self.edits.add(word)
        if document is TABLE and (found := re.search(r'command = "ours-[0-9]"', text)):
            self.put(document, f"{text[: found.end()]} # {word}{text[found.end() :]}")
            self.edits.add(word)

    def update(self, number: int, document: RelPath) -> None:
        """Another release, with some of the entries, by some of the commands; perhaps killed on the way."""
        chosen = [slot for place, slot in enumerate(SLOTS) if number >> place & 1]
        wanted: dict[SlotPath, bytes] = {slot: content(slot, number % 3) for slot in chosen}
        rules = RULES[number % len(RULES)]
        if number % 4 == 0:
            plan = self.plan(wanted, rules)
            made = Slots(Folder(self.scope)).made(plan, self.receipt)
            apply_plan(Plan(plan.changes[: number % 5]), wanted, self.scope, made=made)
            self.receipt = apply_plan(plan, wanted, self.scope, made=made, resumed=True).receipt
        done = self.run(wanted, rules)
        assert not [error for error in done.failures if error.code == "bug"]
        again = self.run(wanted, CAREFUL)
        assert not again.plan.writing and again.receipt == self.receipt

    def check(self) -> None:
        """Each note is where it was written; each edit is in its document or in a backup."""
        for note, document in self.notes.items():
            assert note in (self.text(document) or ""), f"{note} is gone from {document}"
        texts = "".join(path.read_text() for path in self.scope.root.rglob("*") if path.is_file())
        assert not [edit for edit in self.edits if edit not in texts]


STEPS = (Life.write_a_note, Life.edit_ours, Life.remark_ours, Life.update, Life.update)


def live(steps: list[tuple[Callable[[Life, int, RelPath], None], int, RelPath]]) -> None:
    """Take the steps, and take everything of ours away at the end."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        root.mkdir()
        life = Life(Scope(ScopeName.PROJECT, root, root, own=lambda: Path(folder) / "own"))
        for count, (step, number, document) in enumerate(steps):
            step(life, number if step is Life.update else count, document)
            life.check()
        life.run({}, RESTORING)
        life.check()


LIVES = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 63), st.sampled_from(sorted(_LINES))), min_size=3, max_size=9
)


@given(LIVES)
@settings(max_examples=25, deadline=None)
def test_nothing_of_a_person_is_lost(steps: list[tuple[Callable[[Life, int, RelPath], None], int, RelPath]]) -> None:
    """In a few lives."""
    live(steps)


@pytest.mark.long
@given(LIVES)
@settings(max_examples=1500, deadline=None)
def test_nothing_of_a_person_is_lost_in_many_lives(
    steps: list[tuple[Callable[[Life, int, RelPath], None], int, RelPath]],
) -> None:
    """In very many."""
    live(steps)
