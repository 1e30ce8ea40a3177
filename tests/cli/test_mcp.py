"""`mcp`: a real client asks over standard input and output, and nothing of the scope is changed."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from agentsync.assistants import QUESTIONS
from tests.cli.project import snapshot, succeed
from tests.git_registry import GitRegistry
from tests.output import check
from tests.sandbox import AGENTSYNC, Sandbox

pytestmark = pytest.mark.slow
AGENT = "---\nname: helper\ndescription: Helps with {}.\ntools: Read\n---\nHelp.\n"
HELPER = ".claude/agents/helper.md"


def test_a_client_asks(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Every tool answers with a text and the document of its command; a mistake is an answer, too."""
    from mcp import Client, StdioServerParameters  # half a second, which no other test needs

    git_registry.publish("v1.0.0", {"agents/helper.md": AGENT.format("tests")})
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", git_registry.url)
    succeed(sandbox, "add", "acme/agents")
    git_registry.publish("v1.1.0", {"agents/helper.md": AGENT.format("tests and types")})
    with (sandbox.project / HELPER).open("a") as file:
        file.write("Ours.\n")
    before = snapshot(sandbox.project, sandbox.config)
    said: dict[str, tuple[str, dict[str, Any]]] = {}

    async def talk() -> None:
        program, *arguments = AGENTSYNC
        server = StdioServerParameters(
            command=program, args=[*arguments, "mcp"], env=sandbox.environment(), cwd=sandbox.project
        )
        async with Client(server) as client:
            assert "change nothing" in (client.instructions or "")
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools) == list(QUESTIONS)
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
            for name, given in (
                ("status", {}),
                ("drift", {}),
                ("diff", {"words": [HELPER]}),
                ("outdated", {}),
                ("search", {"words": ["helps"]}),
                ("info", {"source": "acme/agents"}),
                ("why", {"word": "agent:helper"}),
                ("update", {"packs": ["acme/agents"]}),
            ):
                result = await client.call_tool(name, given)
                assert not result.is_error and result.structured_content is not None
                check(result.structured_content)
                said[name] = result.content[0].text, result.structured_content  # type: ignore[union-attr]
            for wrong in ({"word": 3}, {"word": "x", "more": 1}, {}, {"word": "agent:none"}):
                result = await client.call_tool("why", wrong)
                assert result.is_error and result.content[0].text.startswith("error: ")  # type: ignore[union-attr]

    anyio.run(talk)
    assert said["drift"][1]["exit"] == 1 and f"edited    {HELPER}" in said["drift"][0]
    assert "+Ours." in said["diff"][0]
    assert said["outdated"][1]["data"]["packs"][0]["allowed"] == "1.1.0"
    assert "1.0.0 -> 1.1.0" in said["update"][0] and said["update"][1]["command"] == "update"
    assert snapshot(sandbox.project, sandbox.config) == before


def test_what_is_no_request(sandbox: Sandbox) -> None:
    """A client that sends a message of another shape gets an answer to it, and does not wait for ever."""
    asked = (
        '{"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": []}',
        '{"jsonrpc": "2.0", "id": "c", "method": 7}',
        '{"id": 3, "method": "ping"}',
        '{"jsonrpc": "2.0", "method": "notifications/x", "params": 3}',
        "",
        "no JSON",
        "[]",
    )
    run = sandbox.run("mcp", input="".join(f"{line}\n" for line in asked))
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.exit == 0
    assert [(one["id"], one["error"]["code"]) for one in answers] == [
        (2, -32602),
        ("c", -32600),
        (3, -32600),
        (None, -32700),
        (None, -32600),
    ]
