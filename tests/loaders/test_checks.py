"""Checks find all that the default tool's own validator finds in agents, skills, commands, hooks and marketplaces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from agentsync.checking.check import check
from agentsync.model.finding import Level
from tests.loaders.packages import PACKAGES, package
from tests.loaders.running import run

pytestmark = pytest.mark.long

PLUGIN: Final = {"name": "kit", "version": "1.0.0", "description": "d", "author": {"name": "a"}}
MANIFEST: Final = ".claude-plugin/plugin.json"
MARKET: Final = ".claude-plugin/marketplace.json"

HEADERS: Final[Mapping[str, str]] = {
    "good": "name: {0}\ndescription: d",
    "colon": "name: {0}\ndescription: a: b",
    "broken": "name: {0}\ndescription: When\n  asked: x",
    "unclosed": 'name: {0}\ndescription: "a',
    "list": "name: {0}\ndescription: [a, b]",
    "mapping": "name: {0}\ndescription: {{a: b}}",
    "number": "name: {0}\ndescription: 3",
    "name-number": "name: 3\ndescription: d",
    "name-list": "name: [a]\ndescription: d",
    "no-description": "name: {0}",
    "empty-description": "name: {0}\ndescription:",
    "allowed-number": "name: {0}\ndescription: d\nallowed-tools: 3",
    "allowed-mapping": "name: {0}\ndescription: d\nallowed-tools: {{a: b}}",
    "allowed-numbers": "name: {0}\ndescription: d\nallowed-tools: [Read, 3]",
    "shell": "name: {0}\ndescription: d\nshell: fish",
    "shell-number": "name: {0}\ndescription: d\nshell: 3",
    "metadata": "name: {0}\ndescription: d\nmetadata: x",
    "tab": "name: {0}\n\tdescription: d",
    "twice": "name: {0}\nname: y\ndescription: d",
    "model": "name: {0}\ndescription: d\nmodel: [a]",
    "unknown": "name: {0}\ndescription: d\nfrobnicate: 1",
}
COMMAND: Final = {"type": "command", "command": "true"}
HOOKS: Final[Mapping[str, Any]] = {
    "good": {"hooks": {"Stop": [{"hooks": [COMMAND]}]}},
    "a list": [],
    "no hooks": {"Stop": []},
    "hooks are a list": {"hooks": []},
    "event": {"hooks": {"PreTool": [{"hooks": [COMMAND]}]}},
    "groups": {"hooks": {"Stop": {}}},
    "type": {"hooks": {"Stop": [{"hooks": [{"type": "comand", "command": "x"}]}]}},
    "no command": {"hooks": {"Stop": [{"hooks": [{"type": "command"}]}]}},
    "matcher": {"hooks": {"Stop": [{"matcher": 3, "hooks": [COMMAND]}]}},
    "timeout": {"hooks": {"Stop": [{"hooks": [{**COMMAND, "timeout": "x"}]}]}},
    "group": {"hooks": {"Stop": ["x"]}},
    "no list": {"hooks": {"Stop": [COMMAND]}},
}
ENTRY: Final = {"name": "kit", "source": "./kit", "description": "d"}
LISTED: Final = {"name": "m", "owner": {"name": "o"}, "description": "d", "plugins": [ENTRY]}
MARKETS: Final[Mapping[str, Any]] = {
    "good": LISTED,
    "empty": {},
    "no owner": {**LISTED, "owner": None},
    "owner without a name": {**LISTED, "owner": {}},
    "owner is a text": {**LISTED, "owner": "o"},
    "a blank in its name": {**LISTED, "name": "a b"},
    "unknown field": {**LISTED, "frobnicate": 1},
    "no description": {key: value for key, value in LISTED.items() if key != "description"},
    "no list": {**LISTED, "plugins": {}},
    "no plug-ins": {**LISTED, "plugins": []},
    "twice": {**LISTED, "plugins": [ENTRY, ENTRY]},
    "no entry": {**LISTED, "plugins": [3]},
    "renames": {**LISTED, "renames": {"a": "b"}},
    **{
        f"entry: {json.dumps(changes)}": {**LISTED, "plugins": [{**ENTRY, **changes}]}
        for changes in (
            {"name": "a b"},
            {"name": 3},
            {"source": "../kit"},
            {"source": "kit"},
            {"source": 3},
            {"source": {"source": "github"}},
            {"source": {"source": "svn", "url": "x"}},
            {"source": {"source": "url", "url": "https://x.example/y.git", "sha": "abc"}},
            {"source": {"source": "git-subdir", "url": "https://x.example/y.git", "path": "../x"}},
            {"version": "2.0.0"},
            {"version": 3},
            {"frobnicate": 1},
            {"strict": "x"},
            {"category": 3},
            {"tags": "x"},
            {"agents": "./nope"},
            {"skills": ["../x"]},
            {"author": "x"},
        )
    },
}


def said(folder: Path, home: Path) -> list[tuple[str, bool]]:
    """Return the file of each thing that the validator says, and whether it is an error."""
    program = package(PACKAGES["claude-code"]) / "claude"
    answer = json.loads(run(folder, home, program, "plugin", "validate", "--json", folder).out)
    parts = [*(answer.get("contents") or []), *([answer["manifest"]] if answer.get("manifest") else [])]
    return [
        (Path(part["file"]).resolve().relative_to(folder.resolve()).as_posix(), key == "errors")
        for part in parts
        for key in ("errors", "warnings")
        for _ in part[key]
    ]


def missed(folder: Path, told: Sequence[tuple[str, bool]]) -> list[str]:
    """Return the files in which the validator finds what a check does not: for an error an error, else anything."""
    found = [(one.path, one.level) for one in check(folder).findings]
    return sorted(
        {
            f"{path}: {'an error' if is_error else 'a warning'}"
            for path, is_error in told
            if not any(where == path and (not is_error or level is Level.ERROR) for where, level in found)
        }
    )


def write(folder: Path, files: Mapping[str, Any]) -> None:
    """Write files; what is no text as JSON."""
    for path, content in files.items():
        where = folder / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8", newline="")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home for the validator."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_headers(tmp_path: Path, home: Path) -> None:
    """Of agents, skills and commands, with and without a header."""
    files: dict[str, Any] = {MANIFEST: PLUGIN}
    for name, header in HEADERS.items():
        text = f"---\n{header}\n---\nDo it.\n"
        files[f"agents/{name}.md"] = text.format(f"agent-{name}")
        files[f"skills/{name}/SKILL.md"] = text.format(name)
        files[f"commands/{name}.md"] = text.format(name)
    for place in ("agents/none.md", "skills/none/SKILL.md", "commands/none.md"):
        files[place] = "Do it.\n"
    files["agents/crlf.md"] = "---\r\nname: crlf\r\ndescription: a: b\r\n---\r\nDo it.\r\n"
    files |= {"agents/empty.md": "", "commands/empty.md": ""}
    write(tmp_path / "kit", files)
    told = said(tmp_path / "kit", home)
    assert len(told) > 25, "the validator says what there is to be found"
    assert missed(tmp_path / "kit", told) == []


@pytest.mark.parametrize("name", HOOKS)
def test_hooks(name: str, tmp_path: Path, home: Path) -> None:
    """Of a plug-in."""
    write(tmp_path / "kit", {MANIFEST: PLUGIN, "hooks/hooks.json": HOOKS[name]})
    told = said(tmp_path / "kit", home)
    assert bool(told) == (name != "good") and missed(tmp_path / "kit", told) == []


@pytest.mark.parametrize("name", MARKETS)
def test_marketplaces(name: str, tmp_path: Path, home: Path) -> None:
    """With a plug-in that is there."""
    agent = "---\nname: x\ndescription: d\n---\nDo it.\n"
    write(tmp_path / "all", {MARKET: MARKETS[name], f"kit/{MANIFEST}": PLUGIN, "kit/agents/x.md": agent})
    told = said(tmp_path / "all", home)
    assert bool(told) == (name != "good") and missed(tmp_path / "all", told) == []
