"""Packs with clashing names, at random: `add --all` ends well, and every command that is told settles its clash."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from agentsync.cli import run
from agentsync.formats.lock_reader import parse_lock
from agentsync.model.item import Kind
from agentsync.model.lock import Lock
from agentsync.packs.discovery import FoundItem, survey
from agentsync.planning.clashing import find_clashes
from agentsync.targets.claude_code import CLAUDE_CODE
from tests.cli.packs import agent, registry_yaml, skill
from tests.git_registry import GitRegistry

Packs = dict[str, dict[str, str]]

# Each example is a registry and several commands.
SOME: Final = settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.too_slow])

NAMES: Final = ("x", "X", "y", "two-x", "one-y")
TOPS: Final = ("", ".claude/", ".cursor/", "plugins/02/")
BODIES: Final = ("1\n", "2\n")

# The second pack's skill clashes by its path, and has a twin that clashes by its name.
TWIN_BEHIND: Final[Packs] = {
    "one": {"skills/x/SKILL.md": skill("x"), "skills/x/notes.txt": "1\n"},
    "three": {"skills/x/SKILL.md": skill("y"), ".cursor/skills/x/SKILL.md": skill("x", "Other\n")},
}


@st.composite
def packs(draw: st.DrawFn) -> Packs:
    """Up to three packs of a few items: few names, few folders, few bodies."""
    found: Packs = {}
    for pack in ("one", "three", "two")[: draw(st.integers(2, 3))]:
        files: dict[str, str] = {"README.md": "A pack.\n"}
        for _ in range(draw(st.integers(1, 4))):
            top, name, base = draw(st.sampled_from(TOPS)), draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
            body, kind = draw(st.sampled_from(BODIES)), draw(st.sampled_from(["agents", "skills", "commands"]))
            if kind == "agents":
                files[f"{top}agents/{draw(st.sampled_from(['', 'team/']))}{base}.md"] = agent(name, body)
            elif kind == "skills":
                files[f"{top}skills/{base}/SKILL.md"] = skill(name)
                files[f"{top}skills/{base}/notes.txt"] = body
            else:
                files[f"{top}commands/{base}.md"] = body
        found[pack] = files
    return found


class Machine:
    """A registry `m` with some packs, and a project in which commands run in this process."""

    def __init__(self, root: Path, own: Packs) -> None:
        self.root = root
        files = {f"packs/{name}/{path}": text for name, texts in own.items() for path, text in texts.items()}
        registry = GitRegistry(root / "m.git")
        registry.publish("v1.0.0", {"registry.yaml": registry_yaml(*own), **files})
        self.succeed("init")
        self.succeed("registry", "add", "m", registry.url)

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command, and return the document that it prints."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            run([*arguments, "--json"])
        document = json.loads(out.getvalue())
        assert isinstance(document, dict)
        return document

    def succeed(self, *arguments: str) -> dict[str, Any]:
        """Run a command that must end well."""
        document = self.json(*arguments)
        assert document["exit"] == 0, (arguments, document["errors"])
        return document

    def settle(self, command: str) -> dict[str, Any]:
        """Run a command line that was told."""
        program, *arguments = shlex.split(command)
        assert program == "agentsync"
        return self.succeed(*arguments)

    @property
    def lock(self) -> Lock:
        """The lock on disk."""
        return parse_lock((self.root / "p/agentsync.lock").read_text())


@contextlib.contextmanager
def machine(own: Packs) -> Iterator[Machine]:
    """A machine that is gone afterwards."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root = Path(folder).resolve()
        (root / "p").mkdir()
        for name in ("CACHE", "CONFIG"):
            patch.setenv(f"AGENTSYNC_{name}_DIR", str(root / name.lower()))
        os.chdir(root / "p")
        try:
            yield Machine(root, own)
        finally:
            os.chdir(here)


def items_in(files: dict[str, str]) -> tuple[FoundItem, ...]:
    """Every item that a pack holds."""
    return survey(files.keys(), lambda path: files[path].encode()).items


def bytes_of(item: FoundItem, files: dict[str, str]) -> object:
    """What an item consists of, with the name that it asks for."""
    folder = item.path.rpartition("/")[0] if item.kind is Kind.SKILL else item.path
    return item.kind, item.name.casefold(), sorted((path.removeprefix(folder), files[path]) for path in item.files)


@SOME
@given(packs())
def test_every_pack_at_once(own: Packs) -> None:
    """Each item is installed, or is a copy of one that is, or is told with the command that installs it."""
    with machine(own) as here:
        document = here.succeed("add", "m", "--all")
        told = {(one["pack"], one["path"]): one for one in document["data"]["findings"] if one["rule"] == "item-twice"}
        event(f"{len(told)} told, {len(document['data']['renamed'])} renamed")
        lock = here.lock
        assert find_clashes(lock.packs.values(), (CLAUDE_CODE,)) == ()
        for name, files in own.items():
            taken = {item.path for item in lock.packs[f"m/{name}"].items}
            items = items_in(files)
            copies = [bytes_of(item, files) for item in items if item.path in taken]
            for item in items:
                is_told = (f"m/{name}", item.path) in told
                assert is_told != (item.path in taken or bytes_of(item, files) in copies)
        assert here.json("drift")["data"]["clean"]
        assert here.succeed("install")["data"]["changed"] == []
        for (pack, path), one in told.items():
            here.settle(one["fix"].split("`")[1])
            assert path in {item.path for item in here.lock.packs[pack].items}
        assert here.json("drift")["data"]["clean"]


@SOME
@example(own=TWIN_BEHIND, together=False)
@given(own=packs(), together=st.booleans())
def test_one_pack_after_the_other(own: Packs, together: bool) -> None:
    """Where one clashes, nothing is changed, and the hint installs it beside the others, which stay as they are."""
    with machine(own) as here:
        requests = [[f"m/{name}" for name in own]] if together else [[f"m/{name}"] for name in own]
        for request in requests:
            before = (here.root / "p/agentsync.yaml").read_bytes()
            document = here.json("add", *request)
            if document["exit"] != 0:
                (error,) = document["errors"]
                assert (document["exit"], error["code"]) == (3, "clash")
                assert (here.root / "p/agentsync.yaml").read_bytes() == before
                here.settle(error["hint"])
                event("settled")
            assert {*request} <= here.lock.packs.keys()
            assert here.json("drift")["data"]["clean"]
        assert find_clashes(here.lock.packs.values(), (CLAUDE_CODE,)) == ()
