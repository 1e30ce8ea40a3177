"""Power that an edit of a rendered file adds: none where it is as it was made, told where it has more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.grant import gained
from agentsync.model.item import Kind
from agentsync.packs.granting import grants_of
from agentsync.planning.consent import residue_grants
from agentsync.rendering.renderers import added_power
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FilePlace
from tests.rendering.agents import RENDERING, agent, rendered

TOOL_NAMES = (
    "Read Grep Edit Write Bash WebFetch Task TodoWrite Skill NotebookEdit mcp__db mcp__db__ask Nonsense".split()
)
NAMES = st.lists(st.sampled_from(TOOL_NAMES), unique=True, max_size=5)


def added(target: str, header: str, edited: bytes, kind: Kind = Kind.AGENT) -> set[str]:
    """What an edited file has beyond the grants of its source, and the residue that was agreed to."""
    (place,) = TOOLS[target].places[kind]
    assert isinstance(place, FilePlace)
    residue = residue_grants(target, rendered(target, agent(header)).residue) if kind is Kind.AGENT else ()
    return added_power(place.render, target, (*grants_of(kind, agent(header).encode(), {}), *residue), edited)


@given(
    target=st.sampled_from(RENDERING),
    tools=st.none() | NAMES,
    denied=NAMES,
    plans=st.booleans(),
)
def test_what_is_as_it_was_made_adds_nothing(
    target: str, tools: list[str] | None, denied: list[str], plans: bool
) -> None:
    """Whatever the source allows and denies, also after an edit of the body."""
    header = f"tools: [{', '.join(tools)}]\n" if tools is not None else ""
    header += f"disallowedTools: {', '.join(denied)}\n" if denied else ""
    header += "permissionMode: plan\n" if plans else ""
    made = rendered(target, agent(header)).data
    if made is not None:
        assert added(target, header, made.replace(b"Review", b"Look at")) == set()


@pytest.mark.parametrize(
    ("target", "header", "old", "new", "more"),
    [
        ("copilot", "tools: Read\n", "- read\n", "- read\n  - execute\n", {"exec"}),
        ("copilot", "tools: Read\n", "- read\n", "- read\n  - db/*\n", {"mcp"}),
        ("copilot", "tools: Read\n", "- read\n", "- read\n  - odd\n", {"unread:copilot"}),
        ("copilot", "tools: Read\n", "tools:\n  - read\n", "", {"*"}),
        ("copilot", "tools: Read\n", "tools:\n", "mcp-servers: {x: {}}\ntools:\n", {"unread:copilot"}),
        ("copilot", "disallowedTools: Bash\n", "- edit\n", "- edit\n  - execute\n", {"tool:Bash"}),
        ("gemini", "tools: Read\n", "- read_file\n", "- read_file\n  - run_shell_command\n", {"exec"}),
        ("qwen", "tools: Read\n", "- read_file\n", "- read_file\n  - mcp__db__ask\n", {"mcp"}),
        ("qwen", "disallowedTools: Bash\n", "disallowedTools:\n  - run_shell_command\n", "", {"tool:Bash"}),
        ("qwen", "permissionMode: plan\n", "approvalMode: plan\n", "approvalMode: yolo\n", {"permission:yolo"}),
        ("opencode", "tools: Read\n", "  bash: deny\n", "", {"exec"}),
        ("opencode", "tools: Read\n", "  bash: deny\n", "  bash: allow\n", {"exec", "permission:allow"}),
        ("opencode", "tools: Read\n", '  "*_*": deny\n', "", {"mcp"}),
        ("opencode", "tools: Read\n", "mode: subagent\n", "mode: primary\n", {"unread:opencode"}),
        ("codex", "tools: Read\n", "read-only", "workspace-write", {"write", "exec", "permission:workspace-write"}),
        ("codex", "tools: Read\n", 'web_search = "disabled"\n', "", {"net"}),
        ("codex", "tools: Read\n", "name =", "[mcp_servers]\nname =", {"unread:codex", "write", "exec", "net"}),
        ("cursor", "tools: Read\n", "readonly: true\n", "", {"write", "exec"}),
        ("kiro-cli", "tools: Read\n", "{", "{,", {"unread:kiro-cli"}),
    ],
)
def test_what_adds_power_is_told(target: str, header: str, old: str, new: str, more: set[str]) -> None:
    """In the words of grants; what is not read is told as such."""
    made = rendered(target, agent(header)).data
    assert made is not None
    text = made.decode()
    assert old in text, text
    found = added(target, header, text.replace(old, new, 1).encode())
    assert found == more
    assert gained(grants_of(Kind.AGENT, agent(header).encode(), {}), found) or found == set()


@pytest.mark.parametrize(
    ("target", "edited", "more"),
    [
        ("gemini", 'prompt = """\nRun !{ls} now.\n"""\n', "auto-run:"),
        ("gemini", 'prompt = """\nSee @{secret}.\n"""\n', "unread:"),
        ("gemini", 'prompt = """\n{{args}}\n"""\n', ""),
        ("gemini", "prompt = ", "unread:"),
        ("opencode", "---\ndescription: d\n---\nRun !`ls`.\n", "auto-run:"),
        ("opencode", "---\ndescription: d\nagent: build\n---\nRun.\n", "unread:"),
        ("copilot", "---\ndescription: d\nagent: agent\n---\n${input:arguments}\n", ""),
        ("copilot", '---\ndescription: d\nagent: agent\ntools: ["*"]\n---\nx\n', "unread:"),
    ],
)
def test_commands(target: str, edited: str, more: str) -> None:
    """What would run at load, and what the tool would do that is not read here."""
    found = added(target, "", edited.encode(), Kind.COMMAND)
    assert [word[: word.index(":") + 1] for word in found] == ([more] if more else [])
