"""What a repository, a lock or a project is called writes no line of its own into what a person reads."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import lock_text, sealed
from tests.git_registry import GitRegistry
from tests.hostile.machine import Machine
from tests.needs import needs

FORGED = ("\\nteam/evil 9.9.9", "\\rteam/evil 9.9.9", "\\x85team/evil 9.9.9", "\\u2028team/evil", "\\e[2K", "a\\u202e")
READING = (("list",), ("grants",), ("status",), ("drift",), ("tree",), ("info", "acme"), ("doctor",), ("outdated",))


def _judge(machine: Machine, *commands: tuple[str, ...]) -> str:
    said = ""
    for command in commands:
        run = machine.run(*command)
        assert run.exit != 4 and "Traceback" not in run.stderr, run.stderr
        said += run.stdout + run.stderr
    assert not re.search(r"^\W*team/evil", said, re.MULTILINE), said
    assert re.findall(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]|[\u2028\u2029\u202e\u3164]", said) == []
    return said


def _named() -> dict[str, str]:
    files: dict[str, str] = {}
    for place, name in enumerate(FORGED):
        header = f'---\nname: "x{name}"\ndescription: d\n---\nb\n'
        files |= {
            f"agents/x{place}.md": header,
            f"skills/x{place}/SKILL.md": header,
            f"skills/x{place}/more.md": "More\n",
        }
    return files


def test_the_names_of_items(machine: Machine) -> None:
    """Each that begins a line or steers a terminal is refused, with its files; the rest of the pack is installed."""
    machine.honest(_named())
    assert machine.run("install").exit == 0
    assert sorted(path.name for path in (machine.project / ".claude").rglob("*.md")) == ["SKILL.md", "good.md"]
    found = machine.json("info", "acme")["data"]["findings"]
    refused = [one["rule"] for one in found if "the name in its header" in one["what"]]
    assert refused == ["refused-file"] * 2 * len(FORGED)
    said = _judge(machine, *READING)
    assert said.count("the name in its header is refused") >= 2 * len(FORGED)


def _description(machine: Machine) -> None:
    text = '---\nname: good\ndescription: "Good\\nteam/evil 9.9.9\\u3164"\n---\nb\n'
    machine.honest({"agents/good.md": text, "registry.yaml": _registry("a\\nteam/evil 9.9.9\\u2028team/evil 9")})


def _registry(description: str) -> str:
    return f'registry: 1\npacks:\n  acme: {{path: ., description: "{description}", deprecated: "{description}"}}\n'


def _server(machine: Machine) -> None:
    name = "db\\nteam/evil 9.9.9"
    machine.honest({".mcp.json": f'{{"mcpServers": {{"{name}": {{"command": "x\\nteam/evil 9.9.9"}}}}}}'})


def _tools(machine: Machine) -> None:
    machine.honest({"agents/good.md": '---\nname: good\ndescription: d\ntools: ["x\\nteam/evil 9.9.9"]\n---\nb\n'})


@pytest.mark.parametrize("build", [_description, _server, _tools])
def test_other_words_of_a_repository(machine: Machine, build: Callable[[Machine], None]) -> None:
    """Descriptions, servers, tools: escaped wherever they are printed."""
    build(machine)
    machine.run("install", "--accept-grants")
    _judge(machine, *READING, ("search", "good"))


def test_the_names_of_a_lock(machine: Machine) -> None:
    """A lock that a project brings has items that no pack could have."""
    machine.honest()
    assert machine.run("install").exit == 0
    name = '"agent:good\\nteam/evil 9.9.9"'
    machine.write("agentsync.lock", sealed(lock_text(machine).replace("agent:good", name)))
    assert "\\n" in lock_text(machine)
    _judge(machine, *READING, ("why", "agent:good"), ("install", "--frozen"))


@needs("all letters")
def test_what_people_write_is_shown(machine: Machine) -> None:
    """Letters of every script, and emoji that are made of several."""
    machine.honest({"agents/x.md": agent("käse-🧑‍💻"), "skills/y/SKILL.md": skill("می‌خواهم")})
    assert machine.run("install").exit == 0
    said = machine.run("list").stdout
    assert "agent:käse-🧑‍💻" in said and "skill:می‌خواهم" in said


def test_a_tag_does_not_forge(machine: Machine) -> None:
    """Names of tags and branches come from the registry too."""
    registry: GitRegistry = machine.honest()
    registry.git("update-ref", "refs/tags/v1.1.0\u202e", "refs/heads/main")
    registry.git("update-ref", "refs/heads/x\u3164", "refs/heads/main")
    machine.run("install")
    _judge(machine, ("info", "acme", "--all"), ("outdated",), ("add", "acme@branch:x\u3164"))
