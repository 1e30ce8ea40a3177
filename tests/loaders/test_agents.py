"""Agents: each tool loads all that is written for it, and has them with no more power than their source."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from agentsync.model.item import ClaudeCode, Kind
from agentsync.packs.frontmatter import read_document
from agentsync.packs.granting import grants_of
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FilePlace
from tests.loaders.judges import JUDGES, Seen
from tests.loaders.sources import AGENTS
from tests.rendering.agents import rendered

pytestmark = pytest.mark.long


def text_of(name: str) -> str:
    """The text of an agent in its own tool."""
    return AGENTS[name].replace("{name}", name)


def written(target: str, project: Path) -> list[str]:
    """Write every agent that a tool takes into a project, and return their names."""
    subprocess.run(["git", "init", "--quiet", project], check=True)
    (place,) = TOOLS[target].places[Kind.AGENT]
    assert isinstance(place, FilePlace)
    folder = project / place.folder
    folder.mkdir(parents=True)
    made = []
    for name in AGENTS:
        found = rendered(target, text_of(name), f"agents/{name}.md")
        # In its own tool a file is the source, and its header may be one that the tool drops.
        is_source = found.data == text_of(name).encode()
        is_dropped = is_source and read_document(found.data or b"").claude_code is ClaudeCode.DROPPED
        if found.data is not None and not is_dropped:
            (folder / f"{name}{place.suffix or '.md'}").write_bytes(found.data)
            made.append(name)
    return made


@pytest.mark.parametrize("target", JUDGES)
def test_every_agent_is_loaded(target: str, tmp_path: Path) -> None:
    """None is missing, and none is refused."""
    made = written(target, tmp_path / "project")
    seen = JUDGES[target](tmp_path / "project", tmp_path / "home")
    assert seen.get("") is None
    assert len(made) >= len(AGENTS) - 1
    assert set(made) - set(seen) == set()


@pytest.mark.parametrize("target", ["opencode", "kilo"])
def test_effective_permissions(target: str, tmp_path: Path) -> None:
    """With the user's own rules around it, an agent has the tools of its source that the user allows, and no more."""
    project = tmp_path / "project"
    written(target, project)
    user = '{"permission": {"webfetch": "ask", "edit": {"*": "allow", "secret/*": "deny"}, "websearch": "deny"}}'
    (project / f"{target}.json").write_text(user, "utf-8")
    seen = JUDGES[target](project, tmp_path / "home")
    assert action(seen["plain"]["rules"], "webfetch") == "ask"
    assert action(seen["plain"]["rules"], "websearch") == "deny"
    for name in AGENTS:
        rules = seen[name]["rules"]
        source = allowed_by(text_of(name))
        for tool, stands_for in TOOL_NAMES.items():
            found = action(rules, tool)
            if source is not None and not stands_for & source:
                assert found == "deny", (name, tool)
            else:
                assert found in ("deny", action(seen["plain"]["rules"], tool)), (name, tool)
        assert action(rules, "edit", "secret/x") == "deny", name
        assert action(rules, "read", ".env") in ("ask", "deny"), name
        if "mcp" not in grants_of("agent", text_of(name).encode(), {}) and source is not None:
            assert action(rules, "github_merge") == "deny", name


def test_opencode_grants_what_the_source_grants(tmp_path: Path) -> None:
    """Narrowing takes no more than it must: what is named and can be named there is allowed."""
    written("opencode", tmp_path / "project")
    seen = JUDGES["opencode"](tmp_path / "project", tmp_path / "home")
    assert allowed(seen, "readers") == {"read", "grep", "glob"}
    assert allowed(seen, "plans") == set(TOOL_NAMES) - {"edit", "bash", "task"}
    assert allowed(seen, "denies") == set(TOOL_NAMES) - {"edit", "bash"}
    assert allowed(seen, "no-tools") == set()
    assert allowed(seen, "plain") == allowed(seen, "no-value") == set(TOOL_NAMES)
    assert action(seen["servers"]["rules"], "github_merge") == "ask"
    assert action(seen["servers"]["rules"], "jira_close") == "deny"
    assert {one["mode"] for name, one in seen.items() if name in AGENTS} == {"subagent"}


def test_limits_that_loaders_tell(tmp_path: Path) -> None:
    """What a loader says of tools is what was written."""
    for target in ("copilot", "gemini", "qwen"):
        project = tmp_path / target
        written(target, project)
        seen = JUDGES[target](project, tmp_path / f"{target}-home")
        assert len(seen["readers"]["tools"]) == {"copilot": 2}.get(target, 3), target
        assert seen["no-tools"]["tools"] == [], target
        assert seen["plain"]["tools"] in (None, ["*"]), target
    assert seen["plans"]["approvalMode"] == "plan"
    assert seen["denies"]["disallowedTools"] == ["edit", "write_file", "notebook_edit", "run_shell_command"]


TOOL_NAMES = {
    "read": {"Read"},
    "grep": {"Grep"},
    "glob": {"Glob"},
    "list": {"LS"},
    "edit": {"Edit", "MultiEdit", "Write", "NotebookEdit"},
    "bash": {"Bash"},
    "webfetch": {"WebFetch"},
    "websearch": {"WebSearch"},
    "task": {"Task", "Agent"},
    "todowrite": {"TodoWrite"},
    "skill": {"Skill", "SlashCommand"},
    "lsp": {"LSP"},
}


def allowed_by(text: str) -> set[str] | None:
    """The tools that a header names whole, None where it names none; a simple reading of these texts."""
    from agentsync.packs.limits import limits_in, read_agent

    found = limits_in(read_agent(text.encode()).fields).allowed
    return None if found is None else set(found.whole)


def allowed(seen: Seen, name: str) -> set[str]:
    """The tools that an agent may use without a question."""
    return {tool for tool in TOOL_NAMES if action(seen[name]["rules"], tool) == "allow"}


def action(rules: list[Mapping[str, Any]], tool: str, on: str = "x") -> str:
    """What happens when an agent uses a tool on something: the last rule that fits counts."""
    found = [rule for rule in rules if fnmatchcase(tool, rule["permission"]) and fnmatchcase(on, rule["pattern"])]
    return str(found[-1]["action"]) if found else "ask"
