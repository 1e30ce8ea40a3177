"""Each rule finds what it is there to find, and nothing in a pack that is as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest

from agentsync.checking.engine import Source, check_registry
from agentsync.formats.git_url import parse_git_url
from agentsync.model.check import CheckFinding
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

AGENT: Final = "---\nname: reader\ndescription: Reads code.\ntools: Read, Grep\n---\nRead the code.\n"
REGISTRY: Final = "registry: 1\npacks:\n  docs: { path: docs, description: About documents. }\n"
GOOD: Final[Files] = {"registry.yaml": REGISTRY, "docs/agents/reader.md": AGENT}


class Case(NamedTuple):
    """A registry in which a rule finds something, beside the good one.

    Args:
        files: what differs from the good registry; None for a file that is not there.
        at: path, line and column of what is found.
        level: of the finding.
        says: part of its words and of its fix.
    """

    rule: str
    files: Mapping[str, str | bytes | File | None]
    at: tuple[str, int, int]
    level: str
    says: str = ""


CASES: Final = (
    Case("registry-invalid", {"registry.yaml": f"{REGISTRY}nmae: x\n"}, ("registry.yaml", 4, 1), "error", "`name`"),
    Case("registry-invalid", {"registry.yaml": "registry: 1\npacks: [\n"}, ("registry.yaml", 3, 1), "error", "YAML"),
    Case("registry-invalid", {"docs/pack.yaml": "names: x\n"}, ("docs/pack.yaml", 1, 1), "error", "`name`"),
    Case("pack-path-missing", {"docs/agents/reader.md": None}, ("registry.yaml", 3, 11), "error", "no folder 'docs'"),
    Case("pack-empty", {"docs/agents/reader.md": None, "docs/x.txt": "x\n"}, ("docs", 1, 1), "error", "agents/"),
    Case(
        "refused-file",
        {"docs/skills/s/SKILL.md": "---\nname: s\ndescription: d\n---\nx\n", "docs/skills/s/aux.md": "x\n"},
        ("docs/skills/s/aux.md", 1, 1),
        "error",
        "Windows",
    ),
    Case(
        "hidden-text", {"docs/agents/reader.md": f"{AGENT}a\u202eb\n"}, ("docs/agents/reader.md", 7, 2), "error", "202E"
    ),
    Case("hidden-text", {"docs/agents/reader.md": f"{AGENT}ab\u200b\n"}, ("docs/agents/reader.md", 7, 3), "warning"),
)


def found(files: Mapping[str, str | bytes | File | None], **rules: str) -> list[CheckFinding]:
    """Return what is found in the good registry with other files in it."""
    whole = {path: data for path, data in {**GOOD, **files}.items() if data is not None}
    source = Source(MemoryContents(whole), parse_git_url("https://git.example/agents.git"))
    return list(check_registry(source, {name.replace("_", "-"): level for name, level in rules.items()}).findings)


def test_a_good_registry() -> None:
    """Nothing is to be mended in it."""
    assert found({}) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.level}")
def test_rule(case: Case) -> None:
    """A rule finds what it says, where it is, and how much it weighs."""
    told = [one for one in found(case.files) if one.rule == case.rule]
    assert [(one.path, one.line, one.column) for one in told] == [case.at]
    assert told[0].level == case.level and case.says in f"{told[0].what} {told[0].fix}"
