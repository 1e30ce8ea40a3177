"""Entries in documents: each is written beside the user's own, and every byte around it stays."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentsync.disk.apply import apply_plan
from agentsync.disk.entry_writer import EntryWriter
from agentsync.disk.folder import Folder
from agentsync.disk.scope import Scope
from agentsync.disk.slots import Slots
from agentsync.documents.document import Unwritable
from agentsync.model.drift import Drift, Unclear
from agentsync.model.item import Kind
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.plan import ADOPTING, CAREFUL, RESTORING, THEIRS, Action, Applied, DriftRules, Plan
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import EntryPath, Receipt, SlotPath, content_digest, entry_digest
from agentsync.planning.planner import Disk, Known, make_plan
from agentsync.rendering.rendered import verbatim
from agentsync.targets.tool import EntryPlace, Tool
from tests.needs import needs

DOCUMENTS = (".mcp.json", ".made/config.toml", "AGENTS.md", ".made/settings.json")
TOOL = Tool(
    name="made",
    docs="https://example.com",
    places={Kind.MCP: tuple(EntryPlace(name, "/mcpServers", "", verbatim) for name in DOCUMENTS)},
)
MCP, TOML = RelPath(".mcp.json"), RelPath(".made/config.toml")
SETTINGS, AGENTS = RelPath(".made/settings.json"), RelPath("AGENTS.md")
SERVER = EntryPath.of(MCP, "/mcpServers", "db")
OTHER = EntryPath.of(MCP, "/mcpServers", "web")
TABLE = EntryPath.of(TOML, "/mcp_servers", "db")
STYLE = EntryPath.of_section(AGENTS, "acme/p rule:style")
OLD, NEW, MINE = b'{"command":"old"}', b'{"command":"new","args":["-y"]}', b'{"command":"mine"}'
USERS = '{\n  // my servers\n  "mcpServers": {\n    "own": {"command": "x"} // mine\n  }\n}\n'


def hook(matcher: str, command: str = "guard.sh") -> bytes:
    """A group of hooks."""
    return json.dumps({"matcher": matcher, "hooks": [{"type": "command", "command": command}]}).encode()


class Machine:
    """A scope, and what agentsync remembers of it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.receipt: Receipt | None = None

    def put(self, path: str, text: str | bytes) -> Path:
        """Write a file, as a person does."""
        where = self.scope.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(text.encode() if isinstance(text, str) else text)
        return where

    def text(self, path: str = MCP) -> str | None:
        """A file, None where there is none."""
        where = self.scope.root / path
        return where.read_bytes().decode() if where.is_file() else None

    def plan(self, wanted: Mapping[SlotPath, bytes], rules: DriftRules = CAREFUL) -> Plan:
        """The plan for what is wanted."""
        slots = {slot: content_digest(slot, data) for slot, data in wanted.items()}
        pack = LockedPack(PackName("acme/p"), "1", "u", "r", "c", "t", "", "*").with_slots(slots)
        folder = Folder(self.scope)
        disk = Disk(folder.local_files, lambda _: (), folder.shared, entries=Slots(folder).entries)
        return make_plan(Known(Lock({"acme/p": pack}), None, self.receipt or Receipt(), (TOOL,)), disk, (), rules)

    def run(self, wanted: Mapping[SlotPath, bytes], rules: DriftRules = CAREFUL, plan: Plan | None = None) -> Applied:
        """Plan and do it."""
        plan = plan or self.plan(wanted, rules)
        done = apply_plan(plan, wanted, self.scope, made=Slots(Folder(self.scope)).made(plan, self.receipt))
        self.receipt = done.receipt
        return done

    def drift(self, wanted: Mapping[SlotPath, bytes]) -> dict[SlotPath, Drift]:
        """How each slot stands."""
        return {change.path: change.drift for change in self.plan(wanted).changes}


@pytest.fixture
def machine(scope: Scope) -> Machine:
    """An empty project."""
    return Machine(scope)


def backed_up(done: Applied) -> dict[str, str]:
    """What was set aside, by its path in the backup."""
    assert done.backup is not None
    files = (path for path in done.backup.rglob("*") if path.is_file())
    return {path.relative_to(done.backup).as_posix(): path.read_text() for path in files}


def test_a_new_document_comes_and_goes(machine: Machine) -> None:
    """With every folder and container that was made for it."""
    wanted: dict[SlotPath, bytes] = {SERVER: OLD, TABLE: OLD, STYLE: b"Be brief.\n"}
    done = machine.run(wanted)
    assert done.failures == () and done.plan.stopped == () and done.backup is None
    assert json.loads(machine.text() or "") == {"mcpServers": {"db": {"command": "old"}}}
    assert machine.text(TOML) == '[mcp_servers.db]\ncommand = "old"\n'
    assert "Be brief.\n" in (machine.text(AGENTS) or "")
    assert machine.drift(wanted) == dict.fromkeys(wanted, Drift.IN_SYNC)
    assert {".mcp.json#", ".mcp.json#/mcpServers"} <= done.receipt.made
    assert machine.run({}).receipt == Receipt()
    assert [path.name for path in machine.scope.root.iterdir()] == [".agentsync"]


def test_the_users_document_gets_its_bytes_back(machine: Machine) -> None:
    """After an update on the way; containers of the user's stay, empty ones too."""
    machine.put(MCP, USERS)
    machine.put(TOML, 'model = "x"\n')
    machine.put(SETTINGS, '{"mcpServers": {}}\n')
    place = EntryPath.of(SETTINGS, "/mcpServers", "db")
    machine.run({SERVER: OLD, OTHER: OLD, TABLE: OLD, place: OLD})
    assert machine.drift({SERVER: NEW, OTHER: OLD})[SERVER] is Drift.BEHIND
    machine.run({SERVER: NEW, OTHER: OLD, TABLE: NEW, place: NEW})
    assert json.loads(machine.text(SETTINGS) or "") == {"mcpServers": {"db": json.loads(NEW)}}
    done = machine.run({})
    assert (machine.text(), machine.text(TOML)) == (USERS, 'model = "x"\n')
    assert json.loads(machine.text(SETTINGS) or "") == {"mcpServers": {}}
    assert done.backup is None


def test_a_value_of_the_users(machine: Machine) -> None:
    """An equal one is adopted without a byte written; another one stops that entry alone."""
    same = '{"mcpServers": {"db": {  "command" : "old" }}}'
    machine.put(MCP, same)
    assert machine.run({SERVER: OLD}).receipt.files.keys() == {SERVER} and machine.text() == same
    machine.receipt = None
    done = machine.run({SERVER: NEW, OTHER: NEW})
    assert [change.path for change in done.plan.stopped] == [SERVER]
    assert json.loads(machine.text() or "")["mcpServers"] == {"db": json.loads(OLD), "web": json.loads(NEW)}
    assert done.receipt.files.keys() == {OTHER}


def test_ways_out_of_a_foreign_value(machine: Machine) -> None:
    """Taken over as an edit, or set aside with all of its document."""
    before = '{"mcpServers": {"db": {"command": "mine"}}} // with a remark\n'
    machine.put(MCP, before)
    assert machine.run({SERVER: NEW}, ADOPTING).receipt.files.keys() == {SERVER}
    assert machine.text() == before and machine.drift({SERVER: NEW}) == {SERVER: Drift.EDITED}
    done = machine.run({SERVER: NEW}, THEIRS)
    assert backed_up(done) == {MCP: before} and done.aside == (SERVER,)
    assert machine.drift({SERVER: NEW}) == {SERVER: Drift.IN_SYNC}


def test_every_row_of_the_table(machine: Machine) -> None:
    """As for files."""
    machine.run({SERVER: OLD})

    def stands(local: bytes | None, wanted: bytes | None) -> Drift | None:
        value = {} if local is None else {"db": json.loads(local)}
        machine.put(MCP, json.dumps({"mcpServers": value}))
        return machine.drift({} if wanted is None else {SERVER: wanted}).get(SERVER)

    assert stands(OLD, OLD) is Drift.IN_SYNC
    assert stands(None, OLD) is Drift.MISSING
    assert stands(OLD, NEW) is Drift.BEHIND
    assert stands(OLD, None) is Drift.STALE
    assert stands(MINE, OLD) is Drift.EDITED
    assert stands(MINE, NEW) is Drift.DIVERGED
    assert stands(NEW, NEW) is Drift.IN_SYNC
    assert stands(None, None) is None
    machine.receipt = None
    assert stands(MINE, NEW) is Drift.FOREIGN


@pytest.mark.parametrize(
    ("path", "slot", "text"),
    [
        (MCP, SERVER, '{"mcpServers": '),
        (MCP, SERVER, '{"mcpServers": []}'),
        (MCP, SERVER, '{"mcpServers": {"db": 1, "db": 2}}'),
        (MCP, SERVER, b"\xff"),
        (TOML, TABLE, "mcp_servers = 3\n"),
        (TOML, TABLE, "= x"),
        (AGENTS, STYLE, "<!-- agentsync:begin acme/p rule:style -->\nBe brief.\n"),
    ],
)
@pytest.mark.parametrize("rules", [CAREFUL, THEIRS, RESTORING, ADOPTING])
def test_what_is_not_clear_is_not_touched(
    machine: Machine, path: RelPath, slot: EntryPath, text: str | bytes, rules: DriftRules
) -> None:
    """Each entry is edited and stopped, whatever is asked for; what we remember of it stays."""
    machine.run({slot: b"Be brief.\n" if slot is STYLE else OLD})
    before = machine.receipt
    where = machine.put(path, text)
    for wanted in (dict[SlotPath, bytes]({slot: b"Be long.\n" if slot is STYLE else NEW}), {}):
        done = machine.run(wanted, rules)
        assert [(one.drift, one.action, type(one.local)) for one in done.plan.changes] == [
            (Drift.EDITED, Action.STOP, Unclear)
        ]
        assert where.read_bytes() == (text.encode() if isinstance(text, str) else text)
        assert done.receipt == before and done.backup is None


def test_comments_in_what_goes_are_set_aside(machine: Machine) -> None:
    """A value that is ours, with a remark of the user's in it."""
    machine.put(MCP, USERS)
    machine.run({SERVER: OLD})
    edited = (machine.text() or "").replace('"command": "old"', '"command": "old" /* remember */')
    machine.put(MCP, edited)
    assert machine.drift({SERVER: OLD}) == {SERVER: Drift.IN_SYNC}
    assert backed_up(machine.run({SERVER: NEW})) == {MCP: edited}


def test_an_edited_hook_is_found(machine: Machine) -> None:
    """By what it runs; it is put back in its place, and the user's own stay around it."""
    group = hook("Bash")
    slot = EntryPath.of_member(SETTINGS, "/hooks/PreToolUse", content_digest(SERVER, group))
    own = {"matcher": "Edit", "hooks": [{"type": "command", "command": "mine.sh"}]}
    machine.put(SETTINGS, json.dumps({"hooks": {"PreToolUse": [own]}}, indent=2))
    machine.run({slot: group})
    assert slot.member and machine.drift({slot: group}) == {slot: Drift.IN_SYNC}
    written = machine.text(SETTINGS) or ""
    machine.put(SETTINGS, written.replace('"Bash"', '"Bash|Edit"'))
    assert machine.drift({slot: group}) == {slot: Drift.EDITED}
    done = machine.run({slot: group}, RESTORING)
    assert machine.text(SETTINGS) == written and done.aside == (slot,)
    machine.run({})
    assert json.loads(machine.text(SETTINGS) or "") == {"hooks": {"PreToolUse": [own]}}


def test_links_and_folders(machine: Machine, tmp_path: Path) -> None:
    """A document that is a link or a folder is not read, and stays."""
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    (machine.scope.root / MCP).symlink_to(outside)
    (machine.scope.root / AGENTS).mkdir()
    for rules in (CAREFUL, THEIRS, RESTORING, ADOPTING):
        done = machine.run({SERVER: NEW, STYLE: b"x\n"}, rules)
        told = {one.path: one.unclear for one in done.plan.stopped}
        assert told == {SERVER: ".mcp.json is a symlink", STYLE: "AGENTS.md is no file"} and done.backup is None
    assert outside.read_text() == "{}" and (machine.scope.root / MCP).is_symlink()


@needs("modes")
def test_mode_line_ends_and_mark_stay(machine: Machine) -> None:
    """Of a private file with a byte order mark and CRLF."""
    where = machine.put(MCP, b'\xef\xbb\xbf{\r\n\t"a": 1\r\n}\r\n')
    where.chmod(0o640)
    machine.run({SERVER: NEW})
    data = where.read_bytes()
    assert stat.S_IMODE(where.stat().st_mode) == 0o640
    assert data.startswith(b"\xef\xbb\xbf{\r\n\t") and data.count(b"\n") == data.count(b"\r\n")


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_that_changes_is_read_again_once(machine: Machine, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Then it is left alone, as it was saved last."""
    machine.put(MCP, '{"a": 0}\n')
    plan, saved = machine.plan({SERVER: NEW}), list[str]()
    edits = EntryWriter._edits

    def saving(writer: EntryWriter, *arguments: object) -> object:
        found = edits(writer, *arguments)  # type: ignore[arg-type]
        if len(saved) < times:
            saved.append(f'{{"a": {len(saved) + 1}}}\n')
            machine.put(MCP, saved[-1])
        return found

    monkeypatch.setattr(EntryWriter, "_edits", saving)
    done = machine.run({SERVER: NEW}, plan=plan)
    if times == 1:
        assert json.loads(machine.text() or "") == {"a": 1, "mcpServers": {"db": json.loads(NEW)}}
    else:
        assert machine.text() == saved[-1] and [one.path for one in done.plan.stopped] == [SERVER]


def test_resumed(machine: Machine) -> None:
    """What was done before an interruption is done, and what was made is known."""
    plan = machine.plan({SERVER: OLD, TABLE: OLD})
    made = Slots(Folder(machine.scope)).made(plan, None)
    contents: dict[SlotPath, bytes] = {SERVER: OLD, TABLE: OLD}
    for count in range(3):
        apply_plan(Plan(plan.changes[:count]), contents, machine.scope, made=made)
        done = apply_plan(plan, contents, machine.scope, made=made, resumed=True)
        assert done.plan.stopped == () and done.receipt.files.keys() == contents.keys()
        assert done.receipt.made >= {EntryPath(".mcp.json#"), EntryPath(".mcp.json#/mcpServers")}
        machine.receipt = done.receipt
        removal = machine.plan({})
        apply_plan(Plan(removal.changes[:count]), {}, machine.scope, made=made)
        apply_plan(removal, {}, machine.scope, made=made, resumed=True)
        assert machine.text() is machine.text(TOML) is None


@pytest.mark.parametrize("command", ["old", "mine"])
@pytest.mark.parametrize(
    "text",
    [
        "[mcp_servers]\ndb = {{ command = '{}' }}\n",
        "[mcp_servers]\ndb.command = '{}'\n",
        "mcp_servers.db.command = '{}'\n",
    ],
)
def test_another_form_is_the_users(machine: Machine, text: str, command: str) -> None:
    """An inline table or dotted keys are foreign whatever they hold, under every rule, and stay when not wanted."""
    wanted: dict[SlotPath, bytes] = {TABLE: OLD}
    machine.put(TOML, text.format(command))
    assert machine.drift(wanted) == {TABLE: Drift.FOREIGN}
    for rules in (CAREFUL, ADOPTING, THEIRS, RESTORING):
        done = machine.run(wanted, rules)
        assert [change.path for change in done.plan.stopped] == [TABLE] and done.receipt.files == {}
    assert machine.text(TOML) == text.format(command)
    machine.receipt = Receipt({TABLE: content_digest(TABLE, OLD)})
    assert machine.drift(wanted) == {TABLE: Drift.FOREIGN}
    assert machine.run({}).receipt.files == {} and machine.text(TOML) == text.format(command)


def test_what_cannot_go_elsewhere_stays(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook whose new value cannot be written is not taken out, and what else there is to do is done."""
    digests = (entry_digest(json.loads(hook(one))) for one in "ab")
    old, new = (EntryPath.of_member(SETTINGS, "/hooks/Stop", digest) for digest in digests)
    machine.run({old: hook("a")})
    before = machine.text(SETTINGS)

    def failing(*_: object) -> object:
        raise Unwritable("it cannot be written")

    monkeypatch.setattr("agentsync.documents.json.insert", failing)
    done = machine.run({new: hook("b")})
    assert {change.path for change in done.plan.stopped} == {old, new} and len(done.failures) == 1
    assert machine.text(SETTINGS) == before and old in done.receipt.files
    monkeypatch.undo()
    assert machine.run({new: hook("b")}).plan.stopped == () and machine.drift({new: hook("b")}) == {new: Drift.IN_SYNC}
