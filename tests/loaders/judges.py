"""Questions to the tools' own loaders: which agents of a project they see, and with which limits."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.loaders.packages import PACKAGES, node, package
from tests.loaders.running import run, server

HERE: Final = Path(__file__).parent

Seen = Mapping[str, Mapping[str, Any]]
"""The agents that a loader sees, by the name that it has for them, with what it says of each; under "" its errors."""

_ROLE: Final = re.compile(r"^(\S.*): \{$", re.MULTILINE)


def claude_code(project: Path, home: Path) -> Seen:
    """Agents of a plugin, as its own validator counts them; the project's are copied into one."""
    plugin = home / "plugin"
    (plugin / ".claude-plugin").mkdir(parents=True)
    (plugin / ".claude-plugin" / "plugin.json").write_text(
        json.dumps({"name": "x", "version": "1.0.0", "description": "d", "author": {"name": "x"}}), "utf-8"
    )
    shutil.copytree(project / ".claude" / "agents", plugin / "agents")
    program = package(PACKAGES["claude-code"]) / "claude"
    answer = json.loads(run(plugin, home, program, "plugin", "validate", "--json", plugin).out)
    return {
        **{str(name).rpartition(":")[2]: {} for name in answer["provides"]["agents"]},
        **_errors(answer.get("errors")),
    }


def codex(project: Path, home: Path) -> Seen:
    """Roles that a session may give to another agent."""
    (home / ".codex").mkdir(parents=True)
    (home / ".codex" / "config.toml").write_text(f'[projects."{project}"]\ntrust_level = "trusted"\n', "utf-8")
    (program,) = package(PACKAGES["codex"]).glob("**/bin/codex")
    said = run(project, home, program, "debug", "prompt-input", "hi")
    texts = [text for text in _texts(json.loads(said.out)) if "Available roles:" in text]
    assert texts, said.all[-2000:]
    return {name: {} for name in _ROLE.findall(texts[0].partition("Available roles:")[2])}


def opencode(project: Path, home: Path, name: str = "opencode") -> Seen:
    """Agents with their rules in the order in which they count, the user's own among them."""
    said = run(project, home, package(PACKAGES[name]) / "bin" / name, "agent", "list")
    found: dict[str, Mapping[str, Any]] = {}
    for match in re.finditer(r"^(\S[^\n]*) \((primary|subagent|all)\)\n(.*?^\])$", said.out, re.MULTILINE | re.DOTALL):
        found[match[1]] = {"mode": match[2], "rules": json.loads(match[3])}
    return {**found, **_errors([] if found else [said.all[-2000:]])}


def kilo(project: Path, home: Path) -> Seen:
    """Kilo has the commands of OpenCode."""
    return opencode(project, home, "kilo")


def copilot(project: Path, home: Path) -> Seen:
    """Agents by the stem of their file."""
    program = package(PACKAGES["copilot"]) / "copilot"
    with server(project, home, program, "--headless", "--no-auto-update", "--stdio") as headless:
        found = headless.ask("agents.discover", {"projectPaths": [str(project)]})["agents"]
    return {one["id"]: one for one in found if str(one.get("path", "")).startswith(str(project))}


def gemini(project: Path, home: Path) -> Seen:
    """Agents of a folder, loaded by the program's own function."""
    bundle = package(PACKAGES["gemini"]) / "bundle"
    return _lines(run(project, home, node(), HERE / "gemini_agents.mjs", bundle, project / ".gemini" / "agents").out)


def qwen(project: Path, home: Path) -> Seen:
    """Agents, read by the program's own reader and judged by its own validator."""
    files = sorted((project / ".qwen" / "agents").glob("*.md"))
    return _lines(run(project, home, node(), HERE / "qwen_agents.mjs", package(PACKAGES["qwen"]), *files).out)


def cline(project: Path, home: Path) -> Seen:
    """Agents that its command line lists."""
    said = run(project, home, package(PACKAGES["cline"]) / "bin" / "cline", "config", "agents", "--json")
    return {one["name"]: one for one in json.loads(said.out)}


def copilot_lists(project: Path, home: Path) -> tuple[set[str], list[dict[str, Any]]]:
    """The names of skills, and the rules, that its command line lists."""
    program = package(PACKAGES["copilot"]) / "copilot"
    skills = json.loads(run(project, home, program, "skill", "list", "--json").out)
    rules = json.loads(run(project, home, program, "instruction", "list", "--json").out)
    return {one["name"] for one in skills if one["source"] == "project"}, rules


def opencode_config(project: Path, home: Path) -> tuple[dict[str, Any], set[str]]:
    """The commands of the effective configuration, and the names of skills."""
    program = package(PACKAGES["opencode"]) / "bin" / "opencode"
    commands = json.loads(run(project, home, program, "debug", "config").out).get("command", {})
    skills = json.loads(run(project, home, program, "debug", "skill").out)
    return commands, {one["name"] for one in skills}


def codex_skills(project: Path, home: Path) -> set[str]:
    """The names of skills that a session is told of."""
    (program,) = package(PACKAGES["codex"]).glob("**/bin/codex")
    said = run(project, home, program, "debug", "prompt-input", "hi")
    told = "\n".join(_texts(json.loads(said.out)))
    return set(re.findall(r"^- ([\w-]+): ", told.partition("<skills_instructions>")[2], re.MULTILINE))


def gemini_skills(project: Path, home: Path) -> set[str]:
    """The names of skills of a folder, loaded by the program's own function."""
    bundle = package(PACKAGES["gemini"]) / "bundle"
    said = run(project, home, node(), HERE / "gemini_skills.mjs", bundle, project / ".agents" / "skills")
    return set(said.out.split())


def listed_by_cline(project: Path, home: Path, kind: str) -> list[dict[str, Any]]:
    """What its command line lists of a kind: `skills`, `rules`, `workflows`, `hooks`, `mcp`."""
    program = package(PACKAGES["cline"]) / "bin" / "cline"
    found: list[dict[str, Any]] = json.loads(run(project, home, program, "config", kind, "--json").out)
    return found


JUDGES: Final[Mapping[str, Callable[[Path, Path], Seen]]] = {
    "claude-code": claude_code,
    "codex": codex,
    "opencode": opencode,
    "copilot": copilot,
    "gemini": gemini,
    "qwen": qwen,
    "cline": cline,
    "kilo": kilo,
}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def _lines(text: str) -> Seen:
    told = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    seen = {one["name"]: one for one in told if "error" not in one}
    return {**seen, **_errors([f"{one['file']}: {one['error']}" for one in told if "error" in one])}


def _errors(errors: list[Any] | None) -> Mapping[str, Mapping[str, Any]]:
    return {"": {"errors": errors}} if errors else {}
