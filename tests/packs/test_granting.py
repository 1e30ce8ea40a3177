"""From headers to grants: the eight forms of `tools`, and everything beside tools that is power."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.packs.granting import commands_at_load, grants_of, is_program, tools_in


def agent(*lines: str, body: str = "Body.\n") -> bytes:
    """An agent with more lines in its header."""
    return "\n".join(("---", "name: a", "description: d", *lines, "---", body)).encode()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ["*"]),
        (["tools:"], ["*"]),
        (["tools: ''"], ["*"]),
        (["tools: null"], ["*"]),
        (["tools: '*'"], ["*"]),
        (["tools: *"], ["*"]),
        (["tools: []"], []),
        (["tools: Read"], ["read"]),
        (["tools: Read, Grep, Bash"], ["exec", "read"]),
        (["tools: Read Write"], ["read", "write"]),
        (["tools: [Read, WebFetch]"], ["net", "read"]),
        (["tools: '[Read, Bash]'"], ["exec", "read"]),
        (["tools:", "  - Read", "  - mcp__github__merge"], ["mcp", "read"]),
        (["tools: {bash: true, edit: false, read: true}"], ["exec", "read"]),
        (["tools: Agent(a, b), Read"], ["read", "spawn"]),
        (["tools: Bash(git:*)"], ["exec"]),
        (["tools: Frobnicate"], ["tool:Frobnicate"]),
        (["tools: TodoWrite"], []),
        (["allowedTools: Read"], ["*"]),
        (["allowed-tools: Read"], ["*"]),
        (["tools: Read, Bash", "disallowedTools: Bash"], ["read"]),
        (["disallowedTools: Bash, Write"], ["*", "without:Bash", "without:Write"]),
        (["tools: Read", "permissionMode: bypassPermissions"], ["permission:bypassPermissions", "read"]),
        (["tools: Read", "permissionMode: default"], ["read"]),
        (["tools: Read", "memory: project"], ["memory:project", "read"]),
        (["tools: Read", "background: true"], ["background", "read"]),
        (["tools: Read", "skills: [pdf, xlsx]"], ["preload:pdf", "preload:xlsx", "read"]),
        (["tools: Read", "mcpServers: [slack]"], ["mcp-server:slack", "read"]),
    ],
)
def test_agents(lines: list[str], expected: list[str]) -> None:
    """Grants from the header of an agent."""
    assert list(grants_of("agent", agent(*lines), {})) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"No header.\n",
        b"---\nname: [a\n  b: !!x\n---\nBody.\n",
        b"\n---\nname: a\ndescription: d\ntools: Read\n---\nBody.\n",
        b"---\nname: a\ndescription: a --- b\ntools: Read\n---\nBody.\n",
        b"---\nname: a\ntools: Read\ndescription: a: b\r\n---\r\nBody.\n",
    ],
)
def test_a_header_that_is_dropped_limits_nothing(data: bytes) -> None:
    """The tool does not see its `tools`, whatever we can read in it."""
    assert "*" in grants_of("agent", data, {})


def test_hooks_and_servers_are_known_by_their_content() -> None:
    """Another command is another grant; the way it is written is not."""
    one = agent("hooks:", "  Stop:", "    - hooks: [{type: command, command: ls}]", "tools: Read")
    same = agent("hooks: {Stop: [{hooks: [{command: ls, type: command}]}]}", "tools: Read")
    other = agent("hooks:", "  Stop:", "    - hooks: [{type: command, command: rm}]", "tools: Read")
    hook, read = grants_of("agent", one, {})
    assert hook.startswith("hook:Stop:") and read == "read"
    assert grants_of("agent", same, {}) == (hook, read) != grants_of("agent", other, {})
    inline = agent("tools: Read", "mcpServers:", "  - slack:", "      command: npx")
    assert grants_of("agent", inline, {})[0].startswith("mcp-server:slack:")


def skill(*lines: str, body: str = "Body.\n") -> bytes:
    """A skill with more lines in its header."""
    return agent(*lines, body=body)


@pytest.mark.parametrize(
    ("lines", "body", "expected"),
    [
        ([], "", ["model-invocable"]),
        (["disable-model-invocation: true"], "", []),
        (["disable-model-invocation: true", "allowed-tools: Read, Bash"], "", ["exec", "read"]),
        (["disable-model-invocation: true", "allowed-tools:"], "", []),
        (["disable-model-invocation: true", "allowed-tools: '*'"], "", ["*"]),
        (
            ["disable-model-invocation: true", "allowed-tools: Bash(git log:*), Bash(git show:*)"],
            "",
            ["exec", "only:Bash(git log:*)", "only:Bash(git show:*)"],
        ),
        (["disable-model-invocation: true", "context: fork"], "", ["context:fork"]),
    ],
)
def test_skills(lines: list[str], body: str, expected: list[str]) -> None:
    """Grants from the header of a skill or a command."""
    for kind in ("skill", "command"):
        assert list(grants_of(kind, skill(*lines, body=body), {})) == expected


@pytest.mark.parametrize("body", ["Now: !`git status`\n", "!`ls`", "- !`ls`\n", "```!\nls\n```\n"])
def test_commands_that_run_as_it_is_loaded(body: str) -> None:
    """Each by what it runs; code that is only shown is none."""
    head = ("disable-model-invocation: true",)
    (run,) = grants_of("command", skill(*head, body=body), {})
    assert run.startswith("auto-run:")
    assert grants_of("command", skill(*head, body="```sh\nls\n```\nWow!`x`\n"), {}) == ()


def test_programs() -> None:
    """By the executable bit, and by name."""
    data = skill("disable-model-invocation: true")
    assert grants_of("skill", data, {"SKILL.md": False, "a.txt": False}) == ()
    assert grants_of("skill", data, {"a.txt": True}) == ("executable",)
    assert grants_of("skill", data, {"scripts/a.PY": False}) == ("executable",)
    assert is_program("x/run.sh") and not is_program("notes.md")


def test_hook_and_server_files() -> None:
    """The items that are files of their own."""
    hooks = b'{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "ls"}]}]}}'
    assert grants_of("hook", hooks, {})[0].startswith("hook:Stop:")
    assert grants_of("mcp", b'{"mcpServers": {"s": {"command": "npx"}}}', {})[0].startswith("mcp-server:s:")
    assert grants_of("mcp", b"not json", {}) == ()


@given(st.binary(max_size=300), st.sampled_from(["agent", "skill", "command", "hook", "mcp"]))
def test_any_bytes(data: bytes, kind: str) -> None:
    """Nothing is raised, and the answer is the same each time."""
    assert grants_of(kind, data, {}) == grants_of(kind, data, {})


@given(st.lists(st.sampled_from(["Read", "Bash(git log:*)", "Task", "mcp__a__b"]), min_size=1))
def test_every_way_to_write_a_list(tools: list[str]) -> None:
    """One meaning, however it is written."""
    assert tools_in(tools) == tools_in(", ".join(tools)) == tools_in(f"[{', '.join(tools)}]") == tools


@pytest.mark.parametrize(
    "text",
    [
        "Status:!`id`",
        "-!`id`",
        "**!`id`**",
        "[!`id`]",
        "a,!`id`",
        "|!`id`|",
        "=!`id`",
        "!`id`",
        "\u00e9!`id`",
        "!`a\nb`",
        "```!\nid\n```",
        "  ```!\nid\n  ```",
        "text ```! id ``` text",
        "> ```!id```",
        "````!\nid\n````",
    ],
)
def test_what_runs_at_load(text: str) -> None:
    """Wherever Claude Code finds a command."""
    assert len(list(commands_at_load(text))) == 1


@pytest.mark.parametrize("text", ["word!`id`", "$!`id`", "! `id`", "!``", "```!\nid", "`!id`", "``` !\nid\n```"])
def test_what_does_not_run_at_load(text: str) -> None:
    """Behind a word or a dollar sign, or without an end."""
    assert list(commands_at_load(text)) == []


@pytest.mark.parametrize("text", ["```!" + "\n" * 2**20, "```!\n" * 2**18, "!`" * 2**19, "```" * 2**18, "`!" * 2**19])
def test_a_long_text_is_read_in_time(text: str) -> None:
    """A mebibyte of what nearly is a command."""
    list(commands_at_load(text))


@pytest.mark.parametrize(
    ("header", "grants"),
    [
        ("x: &t [Bash, WebFetch]\ntools: *t", {"exec", "net"}),
        ("x: &t Bash\ntools: [Read, *t]", {"exec", "read"}),
        ("x: &m {tools: [Bash], permissionMode: plan}\n<<: *m", {"*", "permission:plan"}),
        ("<<: {tools: Bash}", {"exec"}),
        ("<<: [{tools: Bash}, {tools: Read}]\ntools: Write", {"write"}),
        ("tools: !!str Bash", {"*"}),
        ("tools: &t Bash", {"exec"}),
        ("tools: *unknown", {"*"}),
        ("x: : y\ntools: *t", {"*"}),
        ("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ntools: Read", {"*"}),
    ],
)  # fmt: skip
def test_what_yaml_makes_of_a_header_counts(header: str, grants: set[str]) -> None:
    """An alias, a tag or a merged mapping gives what it stands for, or all."""
    data = f"---\nname: a\ndescription: b\n{header}\n---\n".encode()
    found = set(grants_of("agent", data, {"a.md": False}))
    assert found >= grants, found
    assert ("*" in found) == ("*" in grants)


def test_a_hook_behind_an_alias_is_a_hook() -> None:
    """Hooks and MCP servers too."""
    header = "x: &h {PreToolUse: [{command: id}]}\nhooks: *h\ny: &m {db: {command: id}}\nmcpServers: *m\ntools: Read"
    found = grants_of("agent", f"---\nname: a\ndescription: b\n{header}\n---\n".encode(), {"a.md": False})
    assert any(grant.startswith("hook:PreToolUse:") for grant in found)
    assert any(grant.startswith("mcp-server:db:") for grant in found)
