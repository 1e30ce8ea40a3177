"""Power: whatever stands in a header, no tool gives a class of power that the source lacks, unless a person is asked.

What a file gives is told here from the file alone, by what the tools themselves say about their names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.model.grant import CLASSES, class_of
from agentsync.packs.frontmatter import read_document
from agentsync.packs.granting import grants_of
from agentsync.rendering.rendered import Rendered
from tests.rendering.agents import RENDERING, rendered

MANY: Final = settings(max_examples=4000)
FEW: Final = settings(max_examples=40)

# What each tool's own names give, and which of them take a class away where nothing else is said.
GIVES: Final[Mapping[str, Mapping[str, str]]] = {
    "copilot": {"read": "read", "search": "read", "edit": "write", "execute": "exec", "web": "net", "agent": "spawn"},
    "gemini": {
        **dict.fromkeys(("read_file", "grep_search", "glob", "list_directory"), "read"),
        **dict.fromkeys(("replace", "write_file"), "write"),
        **dict.fromkeys(("web_fetch", "google_web_search"), "net"),
        "run_shell_command": "exec",
    },
    "qwen": {
        **dict.fromkeys(("read_file", "grep_search", "glob", "list_directory"), "read"),
        **dict.fromkeys(("edit", "write_file", "notebook_edit"), "write"),
        **dict.fromkeys(("web_fetch", "web_search"), "net"),
        "run_shell_command": "exec",
        "agent": "spawn",
    },
    "opencode": {
        **dict.fromkeys(("read", "grep", "glob", "list", "lsp"), "read"),
        **dict.fromkeys(("webfetch", "websearch"), "net"),
        "edit": "write",
        "bash": "exec",
        "task": "spawn",
    },
}
HARMLESS: Final = {"todo", "write_todos", "todo_write", "activate_skill"}

TOOLS: Final = st.sampled_from(
    """Read Grep Glob LS Edit MultiEdit Write NotebookEdit Bash BashOutput KillShell WebFetch WebSearch Task Agent
    TodoWrite Skill SlashCommand LSP AskUserQuestion Frobnicate bash read mcp__github mcp__github__merge mcp__github__*
    mcp__github__get_* mcp__my_server__a__b mcp__* mcp__ mcp__x.y ListMcpResourcesTool * all Bash(git:*) Bash(a(b(c)))
    Edit(src/**) Task(one,two) mcp__github(x)""".split()
)
ODD: Final = st.text(st.sampled_from("RTeadBash_,:*()[]{}\"'-&!|>#~ \n\té\u2028mcp"), max_size=14)
NAMED: Final = st.lists(TOOLS, max_size=6)


def _written(tools: list[str], form: int) -> str:
    if form == 0:
        return ", ".join(tools)
    if form == 1:
        return "[" + ", ".join(f'"{tool}"' for tool in tools) + "]"
    if form == 2:
        return "".join(f"\n  - '{tool}'" for tool in tools)
    if form == 3:
        return "".join(f"\n  '{tool}': {'yes' if place % 2 else 'no'}" for place, tool in enumerate(tools))
    return " ".join(tools)


LINES: Final = st.one_of(
    st.builds(
        lambda key, tools, form: f"{key}: {_written(tools, form)}",
        st.sampled_from(["tools", "tools", "disallowedTools", "allowed-tools", "Tools", "x: &a\ntools"]),
        NAMED,
        st.integers(0, 4),
    ),
    st.sampled_from(["permissionMode: plan", "permissionMode: bypassPermissions", "permissionMode: 'plan'", "tools:"]),
    st.sampled_from(
        ["hooks:\n  Stop: []", "hooks:\n  PreToolUse: []", "maxTurns: 3", "model: opus", "mcpServers: {a: b}"]
    ),
    st.sampled_from(
        ["a: &t [Read]\ntools: *t", "<<: {tools: Read}", "tools: !!str Read", "---", "tools: [Read", "- x"]
    ),
    st.builds(
        "{}: {}".format, st.sampled_from(["tools", "disallowedTools", "permissionMode", "description", "x"]), ODD
    ),
    ODD,
)
AGENTS: Final = st.builds(
    lambda lines, end, body: end.join(["---", "name: auditor", "description: d", *lines, "---", ""]).encode() + body,
    st.lists(LINES, max_size=4),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.binary(max_size=30).map(lambda body: b"Review the code.\n" + body),
)


def lacking(data: bytes) -> set[str]:
    """The classes of power that an agent does not have in its own tool."""
    grants = set(grants_of("agent", data, {}))
    if "*" in grants:
        left = {tool for tool in _ALL_TOOLS if f"without:{tool}" not in grants}
        has = {class_of(tool) for tool in left} | {"mcp"}
    else:
        has = {grant for grant in grants if grant in CLASSES}
    if "permission:plan" in grants:
        has -= {"write", "exec", "spawn"}
    return set(CLASSES) - has


_ALL_TOOLS: Final = "Read Grep Glob LS Edit MultiEdit Write NotebookEdit Bash WebFetch WebSearch Task Agent".split()


def given_by(target: str, data: bytes) -> set[str]:
    """The classes of power that a file gives in a tool."""
    if target == "codex":
        fields: dict[str, Any] = tomllib.loads(data.decode())
        off = {"write", "exec"} if fields.get("sandbox_mode") == "read-only" else set()
        return set(CLASSES) - off - ({"net"} if fields.get("web_search") == "disabled" else set())
    header = data.split(b"\n---\n", 1)[0].removeprefix(b"---\n")
    fields = yaml.load(header.decode(), yaml.CSafeLoader)
    if target == "cursor":
        return set(CLASSES) - ({"write", "exec"} if fields.get("readonly") is True else set())
    gives = GIVES["opencode" if target == "kilo" else target]
    if "permission" in fields:
        return set(_not_denied(gives, fields["permission"]))
    if "tools" in fields:
        assert all(name in gives or name in HARMLESS or _is_of_server(name) for name in fields["tools"])
        return {gives.get(name, "" if name in HARMLESS else "mcp") for name in fields["tools"]} - {""}
    denied = fields.get("disallowedTools", ())
    return {power for name, power in gives.items() if name not in denied} | (
        {"mcp"} if "mcp__*" not in denied else set()
    )


def _is_of_server(name: str) -> bool:
    return "/" in name or name.startswith("mcp_")


def _not_denied(gives: Mapping[str, str], rules: Mapping[str, str]) -> Iterator[str]:
    assert set(rules.values()) <= {"deny", "ask"}
    yield from (power for name, power in gives.items() if rules.get(name) != "deny")
    if rules.get("*_*") != "deny" or "ask" in rules.values():
        yield "mcp"
    assert not any(rule == "ask" for name, rule in rules.items() if name in gives)


def check(data: bytes) -> None:
    """No tool gives what the source lacks; render is pure; the body stays."""
    missing = lacking(data)
    for target in RENDERING:
        if target not in (*GIVES, "cursor", "codex", "kilo"):
            continue
        found = rendered(target, data)
        assert found == rendered(target, data)
        if found.data is None:
            assert [loss.code for loss in found.lost] == ["refused"]
            continue
        more = given_by(target, found.data) & missing - set(found.residue)
        assert more <= ({"read"} if target in ("cursor", "codex") else set()), (target, more)
        if target != "codex":
            assert found.data.endswith(b"\n---\n" + read_document(data).body)


@FEW
@given(AGENTS)
def test_no_class_is_given_that_the_source_lacks(data: bytes) -> None:
    """Whatever a header says, well formed or not."""
    check(data)


@pytest.mark.long
@MANY
@given(AGENTS)
def test_no_class_is_given_in_thousands(data: bytes) -> None:
    """The same, with very many headers."""
    check(data)


@FEW
@given(NAMED, NAMED, st.booleans())
def test_each_granted_tool_is_granted_by_the_source(allowed: list[str], denied: list[str], plans: bool) -> None:
    """Where a tool has names, each one that is granted stands for a tool of the source that is granted whole."""
    check_names(allowed, denied, plans=plans)


@pytest.mark.long
@MANY
@given(NAMED, NAMED, st.booleans())
def test_each_granted_tool_in_thousands(allowed: list[str], denied: list[str], plans: bool) -> None:
    """The same, with very many lists."""
    check_names(allowed, denied, plans=plans)


def check_names(allowed: list[str], denied: list[str], *, plans: bool) -> None:
    """Compare the names in the files with the lists, which are read here in the simplest way."""
    lines = [f"tools: {_written(allowed, 2)}" if allowed else "tools: []", f"disallowedTools: {_written(denied, 2)}"]
    data = "\n".join(
        ["---", "name: auditor", "description: d", *lines, *["permissionMode: plan"] * plans, "---", "b" * 20]
    )
    free = {"*", "all"} & {tool.lower() for tool in allowed}
    none = {"*", "all"} & {tool.lower() for tool in denied}
    whole = {tool for tool in allowed if "(" not in tool}
    taken = {tool.partition("(")[0].lower() for tool in denied}
    for target in ("copilot", "gemini", "qwen"):
        found = rendered(target, data)
        fields = _header(found)
        granted = set(fields.get("tools", ())) & (GIVES[target].keys() | HARMLESS)
        for name in granted:
            sources = SOURCES[target][name]
            assert free or sources & whole, (target, name)
            assert not none
            assert not {source.lower() for source in sources} & taken, (target, name)
            assert not (plans and GIVES[target].get(name) in ("write", "exec", "spawn"))
    rules = _header(rendered("opencode", data)).get("permission", {})
    for name, sources in SOURCES["opencode"].items():
        if rules.get(name) != "deny":
            assert free or sources & whole, name
            assert not none
            assert not {source.lower() for source in sources} & taken, name


EDITS: Final = {"Edit", "MultiEdit", "Write", "NotebookEdit"}
SOURCES: Final[Mapping[str, Mapping[str, set[str]]]] = {
    "copilot": {
        "read": {"Read"},
        "search": {"Grep", "Glob"},
        "edit": EDITS,
        "execute": {"Bash"},
        "web": {"WebFetch", "WebSearch"},
        "agent": {"Task", "Agent"},
        "todo": {"TodoWrite"},
    },
    "gemini": {
        "read_file": {"Read"},
        "grep_search": {"Grep"},
        "glob": {"Glob"},
        "list_directory": {"LS"},
        "replace": {"Edit", "MultiEdit"},
        "write_file": {"Write"},
        "run_shell_command": {"Bash"},
        "web_fetch": {"WebFetch"},
        "google_web_search": {"WebSearch"},
        "write_todos": {"TodoWrite"},
        "activate_skill": {"Skill"},
    },
    "qwen": {
        "read_file": {"Read"},
        "grep_search": {"Grep"},
        "glob": {"Glob"},
        "list_directory": {"LS"},
        "edit": {"Edit", "MultiEdit"},
        "write_file": {"Write"},
        "notebook_edit": {"NotebookEdit"},
        "run_shell_command": {"Bash"},
        "web_fetch": {"WebFetch"},
        "web_search": {"WebSearch"},
        "agent": {"Task", "Agent"},
        "todo_write": {"TodoWrite"},
    },
    "opencode": {
        "read": {"Read"},
        "grep": {"Grep"},
        "glob": {"Glob"},
        "list": {"LS"},
        "edit": EDITS,
        "bash": {"Bash"},
        "webfetch": {"WebFetch"},
        "websearch": {"WebSearch"},
        "task": {"Task", "Agent"},
        "todowrite": {"TodoWrite"},
        "skill": {"Skill", "SlashCommand"},
        "lsp": {"LSP"},
    },
}


def _header(found: Rendered) -> dict[str, Any]:
    assert found.data is not None, found.lost
    header = yaml.load(found.data.split(b"\n---\n", 1)[0].removeprefix(b"---\n").decode(), yaml.CSafeLoader)
    assert isinstance(header, dict)
    return header
