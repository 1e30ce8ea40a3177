"""The commands that faults are injected into, each with the state it starts from."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.machine import Machine
from tests.git_registry import File, GitRegistry

BODY: Final = "".join(f"Line {number} of what it does.\n" for number in range(1, 12))
MINE: Final = "# Mine, and mine alone\n"


def agent(name: str, body: str = BODY) -> str:
    """An agent with a plain header."""
    return f"---\nname: {name}\ndescription: Knows about {name}.\n---\n{body}"


def servers(**arguments: list[str]) -> str:
    """A file of MCP servers, each with its arguments."""
    found = {name: {"command": "npx", "args": args} for name, args in arguments.items()}
    return json.dumps({"mcpServers": found}, indent=2) + "\n"


def hooks(timeout: int) -> str:
    """A file of one hook with a script."""
    guard = {"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/hooks/guard.sh", "timeout": timeout}
    return json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [guard]}]}}) + "\n"


_SKILL: Final = "---\nname: pdf\ndescription: Reads PDF.\n---\nFollow the steps.\n"
_REGISTRY: Final = "registry: 1\nname: acme\npacks:\n  team: {path: packs/team}\n  ops: {path: packs/ops}\n"
_REGISTRY_WITH_TOOLS: Final = f"{_REGISTRY}  tools: {{path: packs/tools}}\n"
_OLD: Final[dict[str, str | bytes | File]] = {
    "registry.yaml": _REGISTRY_WITH_TOOLS,
    "packs/team/agents/plain.md": agent("plain"),
    "packs/team/agents/merged.md": agent("merged"),
    "packs/team/agents/clash.md": agent("clash"),
    "packs/team/agents/gone.md": agent("gone"),
    "packs/team/agents/kept.md": agent("kept"),
    "packs/team/agents/here.md": agent("here", BODY + "It moves.\n"),
    "packs/team/skills/pdf/SKILL.md": _SKILL,
    "packs/team/skills/pdf/scripts/fill.sh": File("#!/bin/sh\necho filled\n", executable=True),
    "packs/team/skills/pdf/logo.bin": bytes(range(256)) * 40,
    "packs/ops/agents/oncall.md": agent("oncall"),
    "packs/ops/commands/deploy.md": "Deploy it.\n",
    "packs/tools/.mcp.json": servers(plain=["old"], merged=["old"], gone=["old"]),
    "packs/tools/hooks/hooks.json": hooks(timeout=5),
    "packs/tools/hooks/guard.sh": File("#!/bin/sh\nexit 0\n", executable=True),
}
_NEW: Final[dict[str, str | bytes | File]] = {
    **{path: data for path, data in _OLD.items() if not path.endswith(("gone.md", "here.md"))},
    "packs/team/agents/plain.md": agent("plain", BODY + "More of it.\n"),
    "packs/team/agents/merged.md": agent("merged", BODY + "And at the end.\n"),
    "packs/team/agents/clash.md": agent("clash", BODY.replace("Line 6", "Their line 6")),
    "packs/team/agents/kept.md": agent("kept", BODY + "And at the end.\n"),
    "packs/team/agents/sub/here.md": agent("here", BODY + "It moves.\n"),
    "packs/team/agents/fresh.md": agent("fresh"),
    "packs/tools/.mcp.json": servers(plain=["new"], merged=["new"], fresh=["new"]),
    "packs/tools/hooks/hooks.json": hooks(timeout=10),
    "packs/team/skills/pdf/scripts/fill.sh": File("#!/bin/sh\necho filled well\n", executable=True),
}
EDITED: Final = {
    "project/.claude/agents/merged.md": agent("merged", "My first line.\n" + BODY),
    "project/.claude/agents/clash.md": agent("clash", BODY.replace("Line 6", "My line 6")),
    "project/.claude/agents/gone.md": agent("gone", BODY + "I want it all the same.\n"),
    "project/.claude/agents/here.md": agent("here", BODY + "It moves.\nAnd I with it.\n"),
    "project/.claude/skills/pdf/notes.txt": "A note of mine.\n",
}
BOTH: Final = "acme/team", "acme/ops"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command, and where it starts.

    Args:
        command: the arguments.
        prepare: brings an empty machine to the start.
        exit: how it ends undisturbed.
        again: what is run after the fault, the command itself by default.
        watched: files that a person may save while it runs, from the machine's folder.
        over_http: the registry is served over HTTP, so that agentsync itself fetches.
    """

    command: tuple[str, ...]
    prepare: Callable[[Machine], None]
    exit: int = 0
    again: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    over_http: bool = False


def serve(folder: Path) -> None:
    """Publish the registry that every scenario takes from."""
    registry = GitRegistry(folder / "acme.git")
    registry.publish("v1.0.0", _OLD)
    registry.publish("v2.0.0", _NEW)


def manifest(machine: Machine, version: str, *packs: str, where: str = "project", registry: str = "acme") -> None:
    """Ask for packs in one version."""
    lines = [f"  {pack}: '{version}'" for pack in packs]
    text = "\n".join(["registries:", f"  acme: {machine.url_of(registry)}", "packs:", *lines, ""])
    machine.write(f"{where}/agentsync.yaml", text)


def ran(machine: Machine, *arguments: str, exit: int = 0) -> None:
    """Run a command that is part of the way to a start."""
    run = machine.run(*arguments)
    assert run.exit == exit, f"{arguments}: exit {run.exit}\n{run.stdout}\n{run.stderr}"


def _asked(machine: Machine) -> None:
    manifest(machine, "1.0.0", *BOTH)


def _installed(machine: Machine) -> None:
    manifest(machine, "1.0.0", *BOTH)
    ran(machine, "install")


def _cloned(machine: Machine) -> None:
    _installed(machine)
    for name in ("cache", "project/.agentsync", "project/.claude"):
        _remove(machine.root / name)


def _damaged(machine: Machine) -> None:
    """The cached copy of the registry has to be fetched anew, and the project needs it."""
    _installed(machine)
    for path in (machine.root / "cache").rglob("*.idx"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:100])
    for name in ("project/.agentsync", "project/.claude"):
        _remove(machine.root / name)


def _edit(machine: Machine) -> None:
    for path, text in EDITED.items():
        machine.write(path, text)


def _edited(machine: Machine) -> None:
    _installed(machine)
    _edit(machine)


def _newer(machine: Machine) -> None:
    _installed(machine)
    manifest(machine, "2.0.0", *BOTH)


def _behind(machine: Machine) -> None:
    """A release that came after the installation: most of it is sent as differences to what was fetched before."""
    registry = GitRegistry(machine.servers / "moving.git")
    large = {size: "".join(f"Row {number} of {size}.\n" for number in range(size)) for size in (400, 8000)}
    registry.publish("v1.0.0", {**_OLD, **{f"packs/team/skills/pdf/{size}.txt": large[size] for size in large}})
    manifest(machine, "1.0.0", *BOTH, registry="moving")
    ran(machine, "install")
    _edit(machine)
    more = {f"packs/team/skills/pdf/{size}.txt": f"{text}One more.\n" for size, text in large.items()}
    registry.publish("v2.0.0", {**_NEW, **more})
    manifest(machine, ">=1", *BOTH, registry="moving")


def _newer_edited(machine: Machine) -> None:
    _edited(machine)
    manifest(machine, ">=1", *BOTH)


def _newer_edited_exactly(machine: Machine) -> None:
    _edited(machine)
    manifest(machine, "2.0.0", *BOTH)


def _in_the_way(machine: Machine) -> None:
    _edited(machine)
    manifest(machine, "2.0.0", *BOTH)
    machine.write("project/.claude/agents/fresh.md", MINE)
    _remove(machine.root / "project/.claude/skills/pdf/scripts")
    machine.write("elsewhere/fill.sh", MINE)
    (machine.root / "project/.claude/skills/pdf/scripts").symlink_to("../../../../elsewhere")


def _only_team(machine: Machine) -> None:
    manifest(machine, "1.0.0", "acme/team")
    ran(machine, "install")


def _edited_ops(machine: Machine) -> None:
    _installed(machine)
    machine.write("project/.claude/agents/oncall.md", MINE)


def _spoilt(machine: Machine) -> None:
    _edited(machine)
    (machine.root / "project/.claude/agents/plain.md").unlink()
    (machine.root / "project/.claude/skills/pdf/scripts/fill.sh").chmod(0o644)


def _kept(machine: Machine) -> None:
    _installed(machine)
    machine.write("project/.claude/agents/kept.md", agent("kept", "My first line.\n" + BODY))
    ran(machine, "keep")


def _kept_newer(machine: Machine) -> None:
    _kept(machine)
    manifest(machine, ">=1", *BOTH)


def _conflict(machine: Machine) -> None:
    _newer_edited(machine)
    ran(machine, "update", exit=1)
    machine.write("project/.agentsync/conflicts/.claude/agents/clash.md", agent("clash", "Settled by me.\n"))


def _moved_on(machine: Machine) -> None:
    _installed(machine)
    manifest(machine, ">=1", *BOTH)
    ran(machine, "update")
    machine.write("project/.claude/agents/merged.md", agent("merged", "My first line.\n" + BODY + "And at the end.\n"))


def _set_aside(machine: Machine) -> None:
    _edited(machine)
    ran(machine, "restore")
    machine.write("project/.claude/agents/merged.md", MINE)


def _user(machine: Machine) -> None:
    manifest(machine, "1.0.0", *BOTH, where="config")
    ran(machine, "install", "--user")
    machine.write("home/.claude/agents/clash.md", MINE)
    manifest(machine, "2.0.0", *BOTH, where="config")


def _published(machine: Machine) -> None:
    """Take the user scope from a repository, which then moves on: another release, and a kept edit on top of it."""
    manifest(machine, "1.0.0", *BOTH, where="config")
    ran(machine, "install", "--user")
    machine.write("home/.claude/agents/kept.md", agent("kept", "My first line.\n" + BODY))
    ran(machine, "keep", "--user")
    first = _set_up(machine)
    manifest(machine, ">=1", *BOTH, where="config")
    ran(machine, "update", "--user")
    second = _set_up(machine)
    for folder in ("home", "config"):
        _remove(machine.root / folder)
        (machine.root / folder).mkdir()
    registry = GitRegistry(machine.servers / "dotfiles.git")
    registry.publish(None, first)
    ran(machine, "init", "--user", "--from", registry.url)
    ran(machine, "install", "--user")
    registry.publish(None, second)


def _set_up(machine: Machine) -> dict[str, str | bytes | File]:
    """What a person commits of the user scope."""
    folder = machine.root / "config"
    paths = [*folder.glob("agentsync.*"), *folder.rglob("*.patch")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


_ACCEPTING: Final = ("install", "--accept-grants")
_DOCUMENT: Final = """{
  // servers that were here first
  "mcpServers": {
    "here": {"command": "here"}, // it stays

  },
}
"""
_SETTINGS: Final = """{
  "hooks": {
    "PreToolUse": [
      {"matcher": "Edit", "hooks": [{"type": "command", "command": "here.sh"}]}
    ]
  }
}
"""


def _with_documents(machine: Machine) -> None:
    manifest(machine, "1.0.0", "acme/tools")
    machine.write("project/.mcp.json", _DOCUMENT)
    machine.write("project/.claude/settings.json", _SETTINGS)


def _entries(machine: Machine) -> None:
    _with_documents(machine)
    ran(machine, *_ACCEPTING)


def _newer_entries(machine: Machine) -> None:
    _entries(machine)
    where = machine.root / "project/.mcp.json"
    data = json.loads(re.sub("//.*", "", where.read_text()).replace(",\n\n  }", "}").replace("},\n}", "}\n}"))
    data["mcpServers"]["merged"]["env"] = {"LEVEL": "1"}
    machine.write("project/.mcp.json", json.dumps(data, indent=2))
    manifest(machine, ">=1", "acme/tools")


def _copied(machine: Machine) -> None:
    """Files of the registry that a person copied by hand, two of them edited since."""
    machine.write("project/agentsync.yaml", f"registries:\n  acme: {machine.url_of('acme')}\n")
    for name in ("plain", "kept", "here", "merged", "clash"):
        machine.write(f"{_AGENTS}{name}.md", agent(name, BODY + "It moves.\n" if name == "here" else BODY))
    for name in ("merged", "clash"):
        machine.write(f"{_AGENTS}{name}.md", EDITED[f"{_AGENTS}{name}.md"])


def _nothing(machine: Machine) -> None:
    pass


def _remove(path: Path) -> None:
    shutil.rmtree(path)


_AGENTS: Final = "project/.claude/agents/"
_DOCUMENTS: Final = ("project/.mcp.json", "project/.claude/settings.json")
_ALL: Final = (f"{_AGENTS}plain.md", f"{_AGENTS}gone.md", "project/agentsync.yaml", f"{_AGENTS}fresh.md")
SCENARIOS: Final[dict[str, Scenario]] = {
    "init": Scenario(("init",), _nothing, watched=("project/agentsync.yaml",)),
    "first install": Scenario(("install",), _asked, watched=(f"{_AGENTS}plain.md", f"{_AGENTS}oncall.md")),
    "install in a clone": Scenario(("install",), _cloned, watched=(f"{_AGENTS}plain.md", f"{_AGENTS}oncall.md")),
    "mend the cache": Scenario(("install",), _damaged, watched=(f"{_AGENTS}plain.md",)),
    "install a newer version": Scenario(("install",), _newer, watched=_ALL),
    "install beside edits": Scenario(("install",), _newer_edited_exactly, exit=3, watched=_ALL),
    "install over edits": Scenario(
        # A link of the user's stays where it is, whatever is asked for.
        ("install", "--theirs"),
        _in_the_way,
        exit=3,
        watched=(f"{_AGENTS}clash.md", f"{_AGENTS}fresh.md"),
    ),
    "install over http": Scenario(("install",), _asked, watched=(f"{_AGENTS}plain.md",), over_http=True),
    "update over http": Scenario(("update",), _behind, exit=1, watched=(*_ALL, *EDITED), over_http=True),
    "lock": Scenario(("lock",), _newer, watched=("project/agentsync.yaml",)),
    "add": Scenario(("add", "acme/ops"), _only_team, watched=(f"{_AGENTS}oncall.md", "project/agentsync.yaml")),
    "remove": Scenario(("remove", "acme/ops"), _edited_ops, watched=(f"{_AGENTS}oncall.md", "project/agentsync.yaml")),
    "update": Scenario(("update",), _newer_edited, exit=1, watched=(*_ALL, *EDITED)),
    "update with kept edits": Scenario(("update",), _kept_newer, watched=(f"{_AGENTS}kept.md", f"{_AGENTS}plain.md")),
    "restore": Scenario(("restore",), _spoilt, watched=(f"{_AGENTS}merged.md", f"{_AGENTS}plain.md")),
    "put back": Scenario(
        ("restore", "--from-backup", "last"), _set_aside, again=("install",), watched=(f"{_AGENTS}merged.md",)
    ),
    "keep": Scenario(("keep",), _edited, watched=(f"{_AGENTS}merged.md",)),
    "drop": Scenario(("keep", "--drop"), _kept, watched=(f"{_AGENTS}kept.md",)),
    "resolve": Scenario(("resolve",), _conflict, watched=(f"{_AGENTS}clash.md",)),
    "resolve with theirs": Scenario(("resolve", "--theirs"), _conflict, watched=(f"{_AGENTS}clash.md",)),
    "rollback": Scenario(("rollback",), _moved_on, again=("install",), watched=(f"{_AGENTS}merged.md",)),
    "adopt": Scenario(("adopt", "--write"), _copied, watched=(f"{_AGENTS}merged.md", "project/agentsync.yaml")),
    "install entries": Scenario(_ACCEPTING, _with_documents, watched=_DOCUMENTS),
    "update entries": Scenario(("update", "--accept-grants"), _newer_entries, watched=_DOCUMENTS),
    "remove entries": Scenario(("remove", "acme/tools"), _entries, watched=_DOCUMENTS),
    "pull": Scenario(("install", "--user", "--pull"), _published, watched=("home/.claude/agents/plain.md",)),
    "user scope": Scenario(("install", "--theirs", "--user"), _user, watched=("home/.claude/agents/plain.md",)),
}
