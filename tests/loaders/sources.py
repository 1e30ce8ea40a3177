"""Agents as people write them, and as they should not: every tool must load them once they are rendered."""

from __future__ import annotations

from typing import Final

BODY: Final = "\nYou review the code, and report what you find.\n"
_LONG: Final = (
    "Use this agent when you need to review Python code: style, types, tests. Examples: <example>Context: a new "
    "endpoint. user: 'I wrote the login' assistant: \"I'll use the reviewer\" <commentary>It's #1 of {three} [steps]"
    "</commentary></example>"
)


def _agent(*lines: str, description: str = "Reviews code.", body: str = BODY) -> str:
    return "\n".join(["---", "name: {name}", f"description: {description}", *lines, "---", body])


AGENTS: Final = {
    "plain": _agent(),
    "example-in-description": _agent("model: sonnet", "color: blue", description=_LONG),
    "folded-description": _agent("color: red", description=f">\n  {_LONG}\n  And more."),
    "quoted-description": _agent(description=r'"say \"hi\"\n\tto \u2028 \x07 \ufeff 😀 --- # all"'),
    "long-description": _agent(description="words and " * 900),
    "full-list": _agent(
        "tools: Read, Write, Edit, MultiEdit, NotebookEdit, Grep, Glob, LS, Bash, BashOutput, KillShell, WebFetch, "
        "WebSearch, TodoWrite, Task, Agent, Skill, SlashCommand, LSP, ListMcpResourcesTool, mcp__context7__get-docs"
    ),
    "readers": _agent("tools: Read, Grep, Glob", "maxTurns: 12"),
    "no-tools": _agent("tools: []"),
    "no-value": _agent("tools:"),
    "yaml-list": _agent("tools:", "  - Read", "  - Bash", "memory: project", "skills: [a, b]"),
    "scoped": _agent("tools: Read, Bash(git diff:*), Task(helper)"),
    "denies": _agent("disallowedTools: Write, Edit, NotebookEdit, Bash(rm:*)"),
    "denies-servers": _agent("disallowedTools: mcp__github__merge, mcp__jira, mcp__*"),
    "unknown-tools": _agent("tools: Read, Frobnicate, bash", "disallowedTools: Wobble"),
    "servers": _agent("tools: Read, mcp__github, mcp__context7__*, mcp__my_server, mcp__a.b__c_d, mcp__s__get_*"),
    "every-server": _agent("tools: Read, mcp__*"),
    "plans": _agent("permissionMode: plan"),
    "plans-with-tools": _agent("permissionMode: plan", "tools: Read, Edit, Bash, WebFetch, Task"),
    "bypasses": _agent("permissionMode: bypassPermissions", "tools: Read, Bash"),
    "runs-hooks": _agent("hooks:", "  Stop: [{hooks: [{type: command, command: echo}]}]"),
    "dashes-in-body": _agent(body=f"{BODY}---\nkey: value\n---\n"),
    "quotes-in-body": _agent(body=f'{BODY}"""doc""" \\d \x0b and\r\nfour """"'),
    "no-line-end": _agent(body=BODY.rstrip()),
    "long-body": _agent(body=BODY * 400),
    "windows": _agent("tools: Read").replace("\n", "\r\n"),
    "marked": f"\ufeff{_agent('tools: Read')}",
}
"""Texts of agents by their names; `{name}` stands for the name."""
