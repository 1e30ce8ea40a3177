"""A repository with two projects, `svc` and `web`, and the registry that both take packs from."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from tests.cli.packs import agent, registry_yaml
from tests.git_registry import PERSON, GitRegistry
from tests.sandbox import Sandbox

READER: Final = agent("b").replace("---\nHelp", "tools: Read\n---\nHelp")
FIRST: Final = {
    "registry.yaml": registry_yaml("a", "b"),
    "packs/a/agents/a.md": agent("a", "One.\n"),
    "packs/b/agents/b.md": READER,
}
SECOND: Final = FIRST | {"packs/a/agents/a.md": agent("a", "Two.\n")}
AGENT: Final = ".claude/agents/a.md"


def git(folder: Path, *words: str) -> str:
    """Run git as a person; what it prints."""
    name, _, mail = PERSON.removesuffix(">").partition(" <")
    person = ("-c", f"user.name={name}", "-c", f"user.email={mail}")
    return subprocess.run(["git", *person, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def as_cloned(shop: Sandbox) -> None:
    """Make the checkout what a fresh clone of main is."""
    git(shop.project, "checkout", "--quiet", "--force", "-B", "main", "origin/main")
    git(shop.project, "clean", "--quiet", "-fdx")


def newer(registry: GitRegistry) -> None:
    """Publish a release of each pack; that of `b` asks for more power."""
    registry.publish("a/v1.1.0", SECOND, message="Say two | <b>")
    registry.publish("b/v1.1.0", SECOND | {"packs/b/agents/b.md": READER.replace("Read", "Read, Bash")})
