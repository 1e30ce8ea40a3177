"""Limits of an agent in other tools: never wider, and told where they are narrower."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rendering.agents import limits, told

READONLY = {"readonly": True}
SANDBOX = {"sandbox_mode": "read-only"}
OFFLINE = {**SANDBOX, "web_search": "disabled"}
COPILOT = ["read", "search", "edit", "execute", "web", "agent", "todo"]
OPENCODE = "read grep glob list edit bash webfetch websearch task todowrite skill lsp".split()
MCP_OFF = ("narrowed", "mcp")


def denying(*granted: str, asked: tuple[str, ...] = ()) -> dict[str, Any]:
    """The rules of an agent with an allow list."""
    servers = {"*_*": "deny", **dict.fromkeys(asked, "ask")}
    return {"permission": {**servers, **{name: "deny" for name in OPENCODE if name not in granted}}}


@pytest.mark.parametrize(
    "written", ["Read, Grep", "[Read, Grep]", '"[Read, Grep]"', "Read Grep", "\n  - Read\n  - Grep"]
)
def test_a_list_of_readers(written: str) -> None:
    """However the list is written, each tool gets it in its own way."""
    header = f"tools: {written}"
    assert limits("copilot", header) == {"tools": ["read", "search"]}
    assert limits("gemini", header) == {"tools": ["read_file", "grep_search"]}
    assert limits("qwen", header) == {"tools": ["read_file", "grep_search"]}
    assert limits("opencode", header) == denying("read", "grep")
    assert (limits("cursor", header), told("cursor", header)) == (READONLY, [("residue", "net, spawn, mcp")])
    assert (limits("codex", header), told("codex", header)) == (OFFLINE, [("residue", "spawn, mcp")])


@pytest.mark.parametrize("header", ["tools:", "tools: ~", "tools: '*'", "tools: *", "tools: All", "tools: [Read, '*']"])
def test_all_tools_are_no_limit(header: str) -> None:
    """Nothing is written: the user's own settings count."""
    for target in ("copilot", "cursor", "codex", "opencode", "gemini", "qwen"):
        assert (limits(target, header), told(target, header)) == ({}, [])


@pytest.mark.parametrize(
    "header",
    [
        "tools: []",
        "tools: '[]'",
        "disallowedTools: '*'",
        "tools: [{a: b}]",
        "tools: ','",
        "tools: Read\ndisallowedTools: [read]",
    ],
)
def test_no_tools_are_none(header: str) -> None:
    """An empty list is no missing one, and what cannot be read gives nothing."""
    assert limits("copilot", header) == limits("gemini", header) == limits("qwen", header) == {"tools": []}
    assert limits("opencode", header) == denying()
    assert limits("cursor", header) == READONLY
    assert limits("codex", header) == OFFLINE


def test_names_that_a_tool_does_not_have() -> None:
    """They are not granted, and told; a name in other letters is an unknown one."""
    header = "tools: Read, Frobnicate, bash, NotebookEdit"
    assert limits("gemini", header) == {"tools": ["read_file"]}
    assert told("gemini", header) == [("narrowed", "Frobnicate, bash, NotebookEdit")]
    assert told("qwen", header) == [("narrowed", "Frobnicate, bash")]
    assert ("narrowed", "Frobnicate, bash") in told("cursor", header)


def test_what_serves_a_shell() -> None:
    """It comes with the shell, and is nothing alone."""
    for target in ("copilot", "opencode", "gemini", "qwen"):
        assert told(target, "tools: Bash, BashOutput, KillShell") == []
        assert told(target, "tools: Read, BashOutput, KillShell") == [("narrowed", "BashOutput, KillShell")]
    assert ("narrowed", "KillShell") in told("codex", "tools: KillShell")
    assert limits("codex", "tools: Edit, KillShell, WebFetch") == SANDBOX


def test_some_uses_of_a_tool() -> None:
    """An allowed use is not granted, a denied use denies the tool."""
    header = "tools: Read, Bash(git diff:*), Bash(git log:*), Edit"
    assert limits("copilot", header) == {"tools": ["read", "edit"]}
    assert told("copilot", header) == [("narrowed", "Bash(git diff:*), Bash(git log:*)")]
    header = "tools: Read, Bash, Edit\ndisallowedTools: Bash(rm:*)"
    assert limits("copilot", header) == {"tools": ["read", "edit"]}
    assert told("copilot", header) == [("narrowed", "Bash(rm:*)")]
    assert limits("opencode", "disallowedTools: Bash(rm:*)") == {"permission": {"bash": "deny"}}
    assert told("copilot", "tools: Bash, Bash(git:*)") == []
    assert limits("copilot", "tools: Read, Bash(a(b(c)))") == limits("copilot", "tools: Bash(git") == {"tools": []}


def test_what_is_denied() -> None:
    """Without an allow list the rest stays, and servers only where the tool can say so."""
    header = "disallowedTools: Write, Edit, NotebookEdit"
    assert limits("copilot", header) == {"tools": [name for name in COPILOT if name != "edit"]}
    assert told("copilot", header) == [MCP_OFF]
    assert limits("qwen", header) == {"disallowedTools": ["edit", "write_file", "notebook_edit"]}
    assert limits("opencode", header) == {"permission": {"edit": "deny"}}
    assert told("opencode", header) == told("qwen", header) == []
    assert (limits("cursor", header), told("cursor", header)) == (READONLY, [("narrowed", "exec")])
    assert limits("codex", header) == SANDBOX


def test_one_name_for_several_tools() -> None:
    """It goes when one of them is denied, and the others are told."""
    assert limits("copilot", "tools: Read, Edit\ndisallowedTools: Write") == {"tools": ["read"]}
    assert told("copilot", "tools: Read, Edit\ndisallowedTools: Write") == [("narrowed", "Edit")]
    assert told("copilot", "disallowedTools: Glob") == [("narrowed", "Grep"), MCP_OFF]
    assert told("opencode", "disallowedTools: Write") == [("narrowed", "Edit")]
    assert limits("gemini", "tools: Edit, Write\ndisallowedTools: Write") == {"tools": ["replace"]}
    assert limits("copilot", "tools: Agent\ndisallowedTools: Task") == {"tools": []}


def test_one_class_for_several_tools() -> None:
    """Where only a class can be taken away, one denied tool of it denies the class."""
    assert limits("codex", "disallowedTools: WebSearch") == {"web_search": "disabled"}
    assert told("codex", "disallowedTools: WebSearch") == [("narrowed", "net")]
    assert told("cursor", "disallowedTools: WebSearch") == [("residue", "net")]
    assert limits("cursor", "tools: Read, Edit, Write, Bash") == {}
    assert limits("cursor", "disallowedTools: bash") == READONLY
    assert told("cursor", "disallowedTools: Grep, TodoWrite") == [("dropped", "disallowedTools Grep, TodoWrite")]


def test_a_mode_that_plans() -> None:
    """It takes away writing, the shell and other agents, on top of every list; the other modes are dropped."""
    plan = ("narrowed", "permissionMode plan")
    assert limits("opencode", "permissionMode: plan") == {"permission": dict.fromkeys(("edit", "bash", "task"), "deny")}
    assert limits("copilot", "permissionMode: plan\ntools: Read, Bash, Task") == {"tools": ["read"]}
    assert limits("qwen", "permissionMode: plan\ntools: Read, Edit") == {"tools": ["read_file"], "approvalMode": "plan"}
    assert told("codex", "permissionMode: plan") == [plan, ("residue", "spawn")]
    assert told("copilot", "permissionMode: plan") == [plan, MCP_OFF]
    for mode in ("bypassPermissions", "acceptEdits", "default"):
        assert limits("qwen", f"permissionMode: {mode}") == {}
        assert told("qwen", f"permissionMode: {mode}") == [("dropped", f"permissionMode {mode}")]


def test_tools_of_servers() -> None:
    """One, and all of a server, in the names that each tool has for them."""
    header = "tools: Read, mcp__context7__get-docs, mcp__github, mcp__jira__*"
    assert limits("copilot", header) == {"tools": ["read", "context7/get-docs", "github/*", "jira/*"]}
    gemini = ["read_file", "mcp_context7_get-docs", "mcp_github_*", "mcp_jira_*"]
    assert limits("gemini", header) == {"tools": gemini}
    qwen = ["read_file", "mcp__context7__get-docs", "mcp__github", "mcp__jira__*"]
    assert limits("qwen", header) == {"tools": qwen}
    assert limits("opencode", header) == denying("read", asked=("context7_get-docs", "github_*", "jira_*"))
    assert told("codex", header) == [
        ("dropped", "tools mcp__context7__get-docs, mcp__github, mcp__jira__*"),
        ("residue", "spawn"),
    ]


def test_tools_of_servers_that_cannot_be_written() -> None:
    """Patterns are granted nowhere; a name that a tool would refuse its file for is left out."""
    header = "tools: Read, mcp__github__get_*, mcp__my_server, mcp__"
    assert limits("gemini", header) == {"tools": ["read_file"]}
    assert limits("copilot", header) == {"tools": ["read", "my_server/*"]}
    assert told("copilot", header) == [("narrowed", "mcp__github__get_*, mcp__")]
    assert sorted(told("gemini", header)) == [("narrowed", "mcp__github__get_*, mcp__"), ("narrowed", "mcp__my_server")]
    every = "tools: Read, mcp__*"
    assert limits("gemini", every) == {"tools": ["read_file", "mcp_*"]}
    assert limits("qwen", every) == {"tools": ["read_file", "mcp__*"]}
    assert (limits("copilot", every), told("copilot", every)) == ({"tools": ["read"]}, [("narrowed", "mcp__*")])
    assert "*_*" not in limits("opencode", every)["permission"]


def test_denied_tools_of_servers() -> None:
    """A denial of one takes the whole server where it cannot be written; a single one leaves its class as residue."""
    header = "disallowedTools: mcp__github__merge, mcp__jira"
    assert limits("copilot", header) == {"tools": COPILOT}
    assert limits("qwen", header) == {"disallowedTools": ["mcp__github__merge", "mcp__jira"]}
    assert limits("opencode", header) == {"permission": {"github_merge": "deny", "jira_*": "deny"}}
    assert told("cursor", header) == told("codex", header) == [("residue", "mcp")]
    header = "tools: Read, mcp__github, mcp__jira__a\ndisallowedTools: mcp__github__merge, mcp__jira__*"
    assert (limits("copilot", header), told("copilot", header)) == ({"tools": ["read"]}, [("narrowed", "mcp__github")])
    rules = limits("opencode", header)["permission"]
    assert [*rules.items()][:2] == [("*_*", "deny"), ("github_*", "ask")]
    assert [*rules][-2:] == ["github_merge", "jira_*"]
    assert limits("opencode", "disallowedTools: mcp__*") == {"permission": {"*_*": "deny"}}
    assert told("copilot", "disallowedTools: mcp__*") == []


def test_aliases_of_yaml_are_followed() -> None:
    """A tool that follows them has their limits."""
    assert limits("copilot", "x: &only [Read]\ntools: *only") == {"tools": ["read"]}


def test_tools_of_the_second_wave() -> None:
    """Words for what comes together, servers in the own spelling, and no servers where none can be granted."""
    header = "tools: Read, WebFetch, Task, mcp__github, mcp__context7__get-docs, mcp__*"
    servers = ["@github", "@context7/get-docs"]
    assert limits("kiro", header) == {"tools": ["read", "web", "subagent", *servers, "@mcp"]}
    assert limits("kiro-cli", header)["tools"] == ["read", "web_fetch", *servers]
    assert limits("cline", header) == {"tools": ["read_files", "fetch_web_content"]}
    assert told("cline", header) == [
        ("narrowed", "Task"),
        ("narrowed", "mcp__github, mcp__context7__get-docs, mcp__*"),
    ]
    assert limits("kilo", "tools: Read, mcp__github") == limits("opencode", "tools: Read, mcp__github")
    assert limits("cline", "maxTurns: 7") == {"maxIterations": 7}


@pytest.mark.parametrize("name", ["Task", "Agent"])
def test_two_names_of_one_tool(name: str) -> None:
    """Denied under one of them it is gone, and no more than that is lost."""
    header = f"disallowedTools: {name}"
    assert (limits("opencode", header), told("opencode", header)) == ({"permission": {"task": "deny"}}, [])
    assert (limits("qwen", header), told("qwen", header)) == ({"disallowedTools": ["agent"]}, [])
    assert told("copilot", header) == [MCP_OFF]


@pytest.mark.parametrize("granted", ["", "tools: mcp__x, ReadMcpResourceTool\n"])
def test_a_denied_tool_that_reads_from_servers(granted: str) -> None:
    """It denies the class where only the class can be written."""
    assert ("residue", "mcp") in [
        (code, about.rpartition(", ")[2])
        for code, about in told("cursor", f"{granted}disallowedTools: ReadMcpResourceTool")
    ]
