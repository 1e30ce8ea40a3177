"""What is answered at once: only what the full check would say, and only where nothing has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsync import api
from agentsync.commands.drift import drift
from agentsync.commands.install import InstallOptions, install
from agentsync.commands.keep import keep
from agentsync.disk import clean_record
from agentsync.disk.clean_record import answer
from agentsync.errors import AgentsyncError, Exit
from agentsync.model.outcome import Outcome
from agentsync.platform.places import cache_folder
from agentsync.project import clean_check
from agentsync.project.opening import open_folder
from agentsync.project.session import Options
from tests.cli.packs import TEAM
from tests.cli.project import snapshot
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

pytestmark = needs("modes")

CLEAN: Final = {"drift": "8 files in sync", "install": "1 pack, 8 files: nothing to do"}
# How coarse the clock of a file system that tests run on may be, in nanoseconds.
GRAIN: Final = 10_000_000 if sys.platform == "linux" else 30_000_000
AGENT: Final = ".claude/agents/designer.md"
SKILL: Final = ".claude/skills/pdf"
RENDERERS: Final = {f"agentsync.rendering.{name}" for name in ("agents", "command", "hooks", "mcp", "rule", "server")}
# What neither a check nor a list needs.
HEAVY: Final = {"yaml", "git", "typer", "agentsync.git.git", "agentsync.packs.pack_tree", *RENDERERS}
VOCABULARY: Final = {f"agentsync.targets.{name}" for name in ("all_tools", "sharing", "tool")}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with an agent, a command and a skill; we stand in it."""
    yield make_project(tmp_path, monkeypatch)


def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose manifest asks for the team's pack, as the current folder."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", TEAM)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "agentsync.yaml").write_text(f"registries:\n  team: {registry.url}\npacks:\n  team: ^1\n")
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AGENTSYNC_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    monkeypatch.setattr(clean_check, "_RACY", GRAIN)
    monkeypatch.chdir(folder)
    return folder


def full(verb: str) -> Outcome | AgentsyncError:
    """What the full command says, recorded as the command line records it."""
    try:
        workspace = api.open_project(Path.cwd())
        outcome = drift(workspace) if verb == "drift" else install(workspace, InstallOptions())
    except AgentsyncError as error:
        return error
    clean_check.record_clean_check(workspace, verb, outcome)
    return outcome


def settle() -> None:
    """Install, and wait until nothing was changed just now, and have it recorded."""
    full("install")
    time.sleep(2 * GRAIN / 1e9)
    for verb in CLEAN:
        full(verb)


def same_size(path: Path) -> None:
    """Other bytes of the same number, and the time of the old ones."""
    before = path.stat()
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def behind_a_link(path: Path) -> None:
    """The same bytes, but through a link."""
    moved = path.with_name(path.name + ".moved")
    path.rename(moved)
    path.symlink_to(moved.name)


def copied(path: Path) -> None:
    """A copy in its place, times and all."""
    copy = path.with_name("copy")
    shutil.copy2(path, copy)
    copy.replace(path)


def added(text: str) -> Callable[[Path], None]:
    """More at the end of a file."""

    def add(path: Path) -> None:
        path.write_text(path.read_text() + text)

    return add


CHANGES: Final[dict[str, Callable[[Path], None]]] = {
    "edited": lambda project: same_size(project / AGENT),
    "edited in a skill": lambda project: same_size(project / SKILL / "notes.txt"),
    "deleted": lambda project: (project / AGENT).unlink(missing_ok=True),
    "made executable": lambda project: (project / AGENT).chmod(0o755),
    "not executable": lambda project: (project / SKILL / "scripts/fill.sh").chmod(0o644),
    "readable by all": lambda project: (project / AGENT).chmod(0o604),
    "a link": lambda project: behind_a_link(project / AGENT),
    "a linked folder": lambda project: behind_a_link(project / SKILL),
    "a linked home": lambda project: behind_a_link(project / ".claude"),
    "a copy": lambda project: copied(project / AGENT),
    "touched": lambda project: (project / AGENT).touch(),
    "extra": lambda project: added_file(project / SKILL / "extra.txt"),
    "extra below": lambda project: added_file(project / SKILL / "scripts/deep/extra.txt"),
    "an empty folder": lambda project: (project / SKILL / "empty").mkdir(exist_ok=True),
    "a neighbour": lambda project: added_file(project / ".claude/agents/mine.md"),
    "a remark in the manifest": lambda project: added("# really\n")(project / "agentsync.yaml"),
    "another wish": lambda project: added("  other: ^1\n")(project / "agentsync.yaml"),
    "no wish": lambda project: manifest_without_packs(project / "agentsync.yaml"),
    "a remark in the lock": lambda project: added("# really\n")(project / "agentsync.lock"),
    "another digest": lambda project: other_digest(project / "agentsync.lock"),
    "no lock": lambda project: (project / "agentsync.lock").unlink(missing_ok=True),
    "no receipt": lambda project: (project / ".agentsync/receipt.json").unlink(missing_ok=True),
    "a policy": lambda project: own_policy(project.parent / "config/policy.yaml"),
    "a policy that is a link": lambda project: (project.parent / "config/policy.yaml").symlink_to("nowhere"),
    "a link in the state": lambda project: (project / ".agentsync/conflicts").symlink_to(project.parent),
    "a linked state": lambda project: behind_a_link(project / ".agentsync"),
    "a journal": lambda project: added_file(project / ".agentsync/journal"),
    "an empty receipt": lambda project: empty_receipt(project / ".agentsync/receipt.json"),
}


def added_file(path: Path) -> None:
    """A file of the user's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")


def manifest_without_packs(path: Path) -> None:
    """Everything else stays as it is."""
    path.write_text(path.read_text().partition("packs:")[0])


def other_digest(path: Path) -> None:
    """One file of the lock has another content."""
    if path.exists():
        head, mark, tail = path.read_text().partition("sha256:")
        path.write_text(head + mark + "0" * 8 + tail[8:])


def own_policy(path: Path) -> None:
    """The user allows no registry at all."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("registries: [https://nowhere.example/*]\n")


def empty_receipt(path: Path) -> None:
    """Nothing is ours any more."""
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"receipt": 1, "files": {}}\n')


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(CHANGES)), max_size=3), verbs=st.permutations(sorted(CLEAN)))
def test_it_never_disagrees(project: Path, names: list[str], verbs: list[str]) -> None:
    """After any changes it says what the full check says, or nothing."""
    start_over(project)
    settle()
    for name in names:
        try:
            CHANGES[name](project)
        except OSError:
            continue  # an earlier change took it away
        for verb in verbs:
            run_parallel = answer([verb])
            before = snapshot(project)
            outcome = full(verb)
            if run_parallel is None:
                continue
            assert isinstance(outcome, Outcome), outcome
            assert (outcome.exit, list(outcome.lines), list(outcome.notes)) == (Exit.OK, [run_parallel], [])
            assert snapshot(project) == before, "the full command had something to do"


def start_over(project: Path) -> None:
    """The project as it was before anything was installed."""
    manifest = manifest_text(project)
    (project.parent / "config/policy.yaml").unlink(missing_ok=True)
    for path in project.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (project / "agentsync.yaml").write_text(manifest)


def manifest_text(project: Path) -> str:
    """The manifest, without what an earlier example did to it."""
    url = next(line for line in (project / "agentsync.yaml").read_text().splitlines() if line.startswith("  team: "))
    return f"registries:\n{url}\npacks:\n  team: ^1\n"


@pytest.mark.parametrize("verb", CLEAN)
def test_a_clean_project(project: Path, verb: str) -> None:
    """Is known at once, from wherever in it, and with the options that make no difference."""
    settle()
    assert answer([verb]) == CLEAN[verb]
    assert answer([verb, "--offline", "-q"]) == CLEAN[verb]
    os.chdir(project / SKILL)
    assert answer([verb]) == CLEAN[verb]


@pytest.mark.parametrize(
    "arguments",
    [[], ["status"], ["drift", "--json"], ["drift", "--upstream"], ["drift", "drift"], ["install", "--dry-run"],
     ["install", "--user"], ["install", "--theirs"], ["--help"], ["drift", "--locked"]],
)  # fmt: skip
def test_other_command_lines(project: Path, arguments: list[str]) -> None:
    """Everything else is run."""
    settle()
    assert answer(arguments) is None


@pytest.mark.parametrize("name", CHANGES)
def test_a_change(project: Path, name: str) -> None:
    """Each of them is seen, or is no matter."""
    settle()
    CHANGES[name](project)
    for verb, line in CLEAN.items():
        assert answer([verb]) in ((None, line) if name == "a neighbour" else (None,))


def test_another_configuration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """May hold another policy."""
    settle()
    monkeypatch.setenv("AGENTSYNC_CONFIG_DIR", str(project.parent / "other"))
    assert answer(["drift"]) is None


def test_what_was_changed_just_now(project: Path) -> None:
    """Is not vouched for: the next change could leave the same times."""
    full("install")
    full("drift")
    assert answer(["drift"]) is None


def test_an_interrupted_run(project: Path) -> None:
    """Its journal has to be looked at, whether it is there before the check or comes after it."""
    settle()
    (project / ".agentsync/journal").write_text("{}")
    assert (answer(["drift"]), answer(["install"])) == (None, None)
    time.sleep(2 * GRAIN / 1e9)
    full("drift")
    assert answer(["drift"]) is None


def test_a_fresh_clone(project: Path) -> None:
    """Has no receipt: drift needs none, an install would write it."""
    settle()
    shutil.rmtree(project / ".agentsync")
    full("drift")
    assert (answer(["drift"]), answer(["install"])) == (CLEAN["drift"], None)


def test_a_pack_from_a_folder(project: Path) -> None:
    """An install would read the folder again; a drift does not."""
    added_file(project / "own/agents/x.md")
    (project / "own/agents/x.md").write_text("---\nname: x\ndescription: Helps.\n---\n")
    with (project / "agentsync.yaml").open("a") as manifest:
        manifest.write("  own: {path: ./own}\n")
    settle()
    assert (answer(["drift"]), answer(["install"])) == ("9 files in sync", None)


def test_a_kept_edit(project: Path) -> None:
    """Is what the lock says, like everything else."""
    full("install")
    added("Our way.\n")(project / AGENT)
    keep(api.open_project(project), [AGENT])
    settle()
    assert answer(["drift"]) == CLEAN["drift"]


def test_a_document(project: Path) -> None:
    """Whatever is changed in it is looked at once, and may be clean again: it is the user's."""
    where = project / ".mcp.json"
    where.write_text('{"mcpServers": {"own": {}}}')
    registry = GitRegistry(project.parent / "tools.git")
    servers = {f"s{number}": {"command": "npx", "args": [str(number)]} for number in range(20)}
    registry.publish("v1.0.0", {".mcp.json": json.dumps({"mcpServers": servers})})
    with (project / "agentsync.yaml").open("a") as manifest:
        manifest.write(f"  tools:\n    git: {registry.url}\n    tag: v1.0.0\n")
    install(open_folder(project, Options(accepted=("*",))), InstallOptions())
    settle()
    clean = "8 files, 20 entries in sync"
    assert (answer(["drift"]), answer(["install"])) == (clean, "2 packs, 8 files, 20 entries: nothing to do")
    where.write_text(where.read_text().replace('"own": {}', '"own": {"command": "x"}'))
    assert answer(["drift"]) is None
    said, loaded = loads("drift")
    assert clean in said and "agentsync.documents.json" in loaded
    assert not loaded & HEAVY
    settle()
    assert answer(["drift"]) == clean
    where.write_text(where.read_text().replace('"19"', '"20"'))
    assert answer(["drift"]) is None
    settle()
    assert answer(["drift"]) is None


@pytest.mark.parametrize("line", ["drift", "drift --json", "status"])
def test_what_is_looked_at_loads_no_other_tool(project: Path, line: str) -> None:
    """Where a lock is for one tool, the files of all others stay where they are, and nothing is rendered."""
    full("install")
    _, loaded = loads(line)
    targets = {name for name in loaded if name.startswith("agentsync.targets.")} - VOCABULARY
    assert targets <= {"agentsync.targets.claude_code"} and not loaded & HEAVY


def loads(line: str) -> tuple[str, set[str]]:
    """What a command says, and the modules that it loads."""
    code = (
        f"import sys; from agentsync.__main__ import exit_code; exit_code({line.split()}); print('\\0', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, _, loaded = done.stdout.rpartition("\0")
    return said, set(loaded.split())


def test_one_record_for_each_command(project: Path) -> None:
    """What one command found says nothing about the other."""
    full("install")
    time.sleep(2 * GRAIN / 1e9)
    full("drift")
    assert (answer(["drift"]), answer(["install"])) == (CLEAN["drift"], None)


@pytest.mark.parametrize(
    "damage", [b"", b"agentsync unchanged 1 0.0.0 0\n", clean_record.HEADER, clean_record.HEADER + b"N"]
)
def test_a_damaged_record(project: Path, damage: bytes) -> None:
    """Is none."""
    settle()
    record(project).write_bytes(damage)
    assert answer(["drift"]) is None


def test_a_record_cut_short(project: Path) -> None:
    """At any place."""
    settle()
    data = record(project).read_bytes()
    for length in range(0, len(data), 97):
        record(project).write_bytes(data[:length])
        assert answer(["drift"]) is None


def test_a_record_that_others_may_write(project: Path) -> None:
    """Vouches for nothing."""
    settle()
    record(project).chmod(0o666)
    assert answer(["drift"]) is None


def test_a_checkout_does_not_vouch_for_itself(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache in the project, as some build servers have it, holds no records."""
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(project / ".cache"))
    settle()
    assert answer(["drift"]) is None
    assert not list(project.glob(".cache/unchanged*"))
    (project.parent / "elsewhere").symlink_to(project / ".cache")
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(project.parent / "elsewhere"))
    settle()
    assert answer(["drift"]) is None


def test_another_project_in_its_place(project: Path) -> None:
    """A record is for one folder, by name and inode."""
    settle()
    shutil.copytree(project, project.with_name("copy"), symlinks=True)
    project.rename(project.with_name("gone"))
    os.chdir(project.with_name("gone"))
    assert answer(["drift"]) is None
    os.chdir(project.with_name("copy"))
    assert answer(["drift"]) is None


def test_where_records_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the cache folder of the full command; nowhere for a cache with a relative name."""
    monkeypatch.delenv("AGENTSYNC_CACHE_DIR", raising=False)
    assert Path(clean_record.folder()).parent == cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert Path(clean_record.folder()).parent == cache_folder()
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", "cache")
    assert clean_record.folder() == ""


def test_old_records_are_forgotten(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest of too many."""
    monkeypatch.setattr(clean_check, "_MOST_RECORDS", 3)
    records = Path(clean_record.folder())
    records.mkdir(parents=True)
    for number in range(5):
        (records / f"{number}").touch()
        os.utime(records / f"{number}", (number, number))
    settle()
    assert {path.name for path in records.iterdir()} == {"3", "4", record(project).name} - {"3"}


def record(project: Path) -> Path:
    """The record of a project."""
    place = clean_record.place(str(project))
    assert place is not None
    return Path(place)


# What every Python that was not told otherwise has loaded before it looks at its script.
STARTED: Final = frozenset(("__future__", "_collections_abc", "_stat", "genericpath", "os", "posixpath", "stat"))


def loaded(sandbox: Sandbox, *arguments: str, exit: int = 0) -> set[str]:
    """Every module that a command loads, in a Python that has loaded nothing of its environment."""
    run = f"import sys; sys.path[:0] = {sys.path!r}; sys.argv[1:] = {list(arguments)!r}\n"
    return _imported(sandbox, run + "from agentsync.__main__ import main; main()", exit) - _imported(sandbox, "pass", 0)


def _imported(sandbox: Sandbox, program: str, exit: int) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", program],
        cwd=sandbox.project,
        env=sandbox.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit, done.stderr
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_what_version_loads(sandbox: Sandbox) -> None:
    """Nothing but the entry point, and the commit that it was built from, which a checkout has not as a module."""
    found = loaded(sandbox, "--version") - STARTED - {"agentsync._commit"}
    assert found == {"agentsync", "agentsync.__main__", "agentsync.built"}


@pytest.mark.slow
def test_what_a_clean_project_loads(sandbox: Sandbox) -> None:
    """The entry point and the record; typer, YAML and the rest only where something has changed."""
    registry = GitRegistry(sandbox.root / "team.git")
    registry.publish("v1.0.0", TEAM)
    (sandbox.project / "agentsync.yaml").write_text(f"registries:\n  team: {registry.url}\npacks:\n  team: ^1\n")
    assert sandbox.run("install").exit == 0
    time.sleep(2.1)
    for verb, line in CLEAN.items():
        first, again = sandbox.run(verb), sandbox.run(verb)
        assert (first.exit, first.stdout, first.stderr) == (again.exit, again.stdout, again.stderr)
        assert (again.exit, again.stdout, again.stderr) == (0, f"{line}\n", "")
        own = {"agentsync", "agentsync.__main__", "agentsync.disk", "agentsync.disk.clean_record"}
        assert loaded(sandbox, verb) - STARTED == own
    (sandbox.project / AGENT).write_text("mine")
    assert "agentsync.project.workspace" in loaded(sandbox, "drift", exit=1)
    assert "typer" in loaded(sandbox, "drift", "--format=json", exit=1)
    assert sandbox.run("cache", "clean").exit == 0
    assert not Path(sandbox.cache, "unchanged-1").exists()
