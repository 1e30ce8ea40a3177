"""Small registries in memory: a good one in which nothing is to be mended, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agentsync.checking.engine import Source, check_registry
from agentsync.formats.git_url import parse_git_url
from agentsync.model.check import CheckReport
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

Changes = Mapping[str, str | bytes | File | None]
"""Files that differ from those of the good registry; None for one that is not there."""

AGENT: Final = "---\nname: reader\ndescription: Reads code.\ntools: Read, Grep\n---\nRead the code.\n"
SKILL: Final = "---\nname: notes\ndescription: Write notes.\n---\nSee [the form](references/form.md).\n"
COMMAND: Final = "---\ndescription: Sum up.\nallowed-tools: [Read]\n---\nSum up $ARGUMENTS.\n"
REGISTRY: Final = """registry: 1
packs:
  docs: { path: docs, description: About documents. }
  code: { path: code, description: About code. }
"""
GOOD: Final[Files] = {
    "registry.yaml": REGISTRY,
    "docs/skills/notes/SKILL.md": SKILL,
    "docs/skills/notes/references/form.md": "A form. Back to [the skill](../SKILL.md), or `[x](y.md)`.\n",
    "docs/skills/notes/scripts/sum.py": File("#!/usr/bin/env python3\n", executable=True),
    "docs/commands/sum.md": COMMAND,
    "code/agents/reader.md": AGENT,
    "README.md": "Packs.\r\n",
}


def checked(changes: Changes, rules: Mapping[str, str] | None = None) -> CheckReport:
    """Check the good registry with some files changed."""
    whole = {path: data for path, data in {**GOOD, **changes}.items() if data is not None}
    source = Source(MemoryContents(whole), parse_git_url("https://git.example/agents.git"))
    return check_registry(source, rules)


def header(**fields: str) -> str:
    """Return an agent with other fields in its header; "" takes one away."""
    known = {"name": "reader", "description": "Reads code.", "tools": "Read, Grep", **fields}
    lines = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in known.items() if value)
    return f"---\n{lines}---\nRead the code.\n"


def skill(name: str = "notes", body: str = "Write them.\n", **fields: str) -> str:
    """Return a skill with other fields in its header; "" takes one away."""
    known = {"name": name, "description": "Write notes.", **fields}
    lines = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in known.items() if value)
    return f"---\n{lines}---\n{body}"
