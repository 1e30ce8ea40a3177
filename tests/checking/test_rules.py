"""Each rule finds what it is there to find, where it is; and nothing in what only looks like it."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest

from agentsync.checking.rules import CHECKS
from tests.checking.registries import AGENT, COMMAND, GOOD, REGISTRY, SKILL, Changes, checked, header, skill
from tests.git_registry import File

READER: Final = "code/agents/reader.md"
NOTES: Final = "docs/skills/notes/SKILL.md"
SUM: Final = "docs/commands/sum.md"


class Case(NamedTuple):
    """A registry in which a rule finds something.

    Args:
        at: path, line and column of what is found.
        says: part of its words and of its fix.
    """

    rule: str
    changes: Changes
    at: tuple[str, int, int]
    level: str
    says: str = ""


REGISTRIES: Final = (
    Case("registry-invalid", {"registry.yaml": f"{REGISTRY}nmae: x\n"}, ("registry.yaml", 5, 1), "error", "`name`"),
    Case("registry-invalid", {"registry.yaml": "registry: 1\npacks: [\n"}, ("registry.yaml", 3, 1), "error", "YAML"),
    Case("registry-invalid", {"docs/pack.yaml": "names: x\n"}, ("docs/pack.yaml", 1, 1), "error", "`name`"),
    Case("pack-path-missing", {READER: None}, ("registry.yaml", 4, 11), "error", "no folder 'code'"),
    Case("pack-empty", {READER: None, "code/x.txt": "x\n"}, ("code", 1, 1), "error", "agents/"),
)
HEADERS: Final = (
    Case("header-dropped", {READER: header(description="When\n  asked: x")}, (READER, 4, 8), "error", 'description: "'),
    Case(
        "header-dropped",
        {READER: header(description="Context: x").replace("\n", "\r\n")},
        (READER, 3, 21),
        "error",
        "eol=lf",
    ),
    Case("header-repaired", {READER: header(description="a: b")}, (READER, 3, 15), "warning", 'description: "a: b"'),
    Case("header-missing", {NOTES: "Write.\n"}, (NOTES, 1, 1), "error", "name: notes"),
    Case("header-missing", {"code/agents/x.md": "Write.\n"}, ("code/agents/x.md", 1, 1), "error", "name: x"),
    Case("header-missing", {SUM: "Sum up.\n"}, (SUM, 1, 1), "note", "description:"),
    Case("field-type", {READER: header(description="[a, b]")}, (READER, 3, 1), "error", "is a list"),
    Case("field-type", {READER: header(name="3")}, (READER, 2, 1), "error", "is a number"),
    Case("field-type", {NOTES: skill(allowed_tools="3")}, (NOTES, 4, 1), "error", "is a number"),
    Case("field-type", {NOTES: skill(allowed_tools="[Read, 3]")}, (NOTES, 4, 1), "error", "holds a number"),
    Case("field-type", {NOTES: skill(metadata="x")}, (NOTES, 4, 1), "warning", "is a text"),
    Case("field-unknown", {READER: header(vibe="glad")}, (READER, 5, 1), "note", "`vibe`"),
    Case("field-unknown", {READER: header(tools="", tool="Read")}, (READER, 4, 1), "warning", "`tools`"),
    Case("field-value", {READER: header(color="mauve")}, (READER, 5, 1), "warning", "orange"),
    Case("field-value", {READER: header(permissionMode="wild")}, (READER, 5, 1), "warning", "acceptEdits"),
    Case("field-value", {NOTES: skill(shell="fish")}, (NOTES, 4, 1), "error", "powershell"),
    Case("description-missing", {READER: header(description="")}, (READER, 1, 1), "error"),
    Case("description-missing", {SUM: COMMAND.replace("Sum up.\nall", "\nall")}, (SUM, 2, 1), "warning"),
    Case("description-long", {NOTES: skill(description="ab " * 400)}, (NOTES, 3, 1), "warning", "by 175 characters"),
    Case(
        "name-clash",
        {"code/agents/x/other.md": header(name="READER")},
        ("code/agents/x/other.md", 2, 1),
        "error",
        "agents/reader.md",
    ),
    Case("name-clash", {"docs/agents/x.md": header(model="opus")}, (READER, 2, 1), "warning", "docs has"),
)
SKILLS: Final = (
    Case("skill-name", {NOTES: skill("Notes")}, (NOTES, 2, 1), "warning", "name: notes"),
    Case("skill-name", {NOTES: skill("no_tes")}, (NOTES, 2, 1), "warning", "name: no-tes"),
    Case("skill-name", {NOTES: skill("")}, (NOTES, 1, 1), "warning", "name: notes"),
    Case("skill-name-folder", {NOTES: skill("letters")}, (NOTES, 2, 1), "warning", "name: notes"),
    Case("skill-field", {NOTES: skill(version="1.0")}, (NOTES, 4, 1), "warning", "metadata"),
    Case("skill-compatibility", {NOTES: skill(compatibility="[a]")}, (NOTES, 4, 1), "warning", "no text"),
    Case("skill-compatibility", {NOTES: skill(compatibility="a" * 501)}, (NOTES, 4, 1), "warning", "by 1 char"),
    Case("skill-long", {NOTES: skill(body="x\n" * 501)}, (NOTES, 1, 1), "note", "references/"),
    Case("skill-link-broken", {NOTES: skill(body="a [x](from.md)\n")}, (NOTES, 5, 7), "warning", "'from.md'"),
    Case("skill-link-broken", {NOTES: skill(body="[x](references/from.md)\n")}, (NOTES, 5, 5), "warning", "form.md"),
    Case(
        "file-renamed",
        {NOTES: None, "docs/skills/notes/skill.md": SKILL},
        ("docs/skills/notes/skill.md", 1, 1),
        "note",
        "git mv docs/skills/notes/skill.md",
    ),
    Case(
        "reference-dangling",
        {NOTES: skill(body="[x](../../shared.md)\n"), "docs/shared.md": "x\n"},
        (NOTES, 5, 1),
        "warning",
        "not installed",
    ),
)
TEXTS: Final = (
    Case("text-ends", {SUM: COMMAND.replace("up $", "up\r\n$")}, (SUM, 5, 7), "warning", f"sed -i 's/\\r$//' {SUM}"),
    Case("text-ends", {SUM: f"\ufeff{COMMAND}"}, (SUM, 1, 1), "warning", "byte order mark"),
    Case("text-ends", {SUM: COMMAND.rstrip("\n")}, (SUM, 5, 19), "warning", f"echo >> {SUM}"),
    Case("text-ends", {SUM: COMMAND.encode() + b"\xe4\n"}, (SUM, 6, 1), "error", "iconv"),
    Case("text-empty", {READER: AGENT.replace("Read the code.\n", "\n")}, (READER, 1, 1), "error"),
    Case("path-personal", {SUM: f"{COMMAND}In /home/karin/x.\n"}, (SUM, 6, 4), "warning", "/home/karin"),
    Case("path-personal", {SUM: f"{COMMAND}C:\\Users\\Karin\\x\n"}, (SUM, 6, 1), "warning", "Karin"),
    Case("path-personal", {SUM: f"{COMMAND}a ghp_{'9aB3xK7qLm2Z' * 3}\n"}, (SUM, 6, 3), "error", "GitHub"),
)
TRUST: Final = (
    Case("refused-file", {"docs/skills/notes/aux.md": "x\n"}, ("docs/skills/notes/aux.md", 1, 1), "error", "Windows"),
    Case(
        "refused-file",
        {"docs/skills/notes/x.md": File("/etc/passwd", symlink=True)},
        ("docs/skills/notes/x.md", 1, 1),
        "error",
        "symlink",
    ),
    Case("hidden-text", {READER: f"{AGENT}a\u202eb\n"}, (READER, 7, 2), "error", "202E"),
    Case("hidden-text", {READER: f"{AGENT}ab\u200b\n"}, (READER, 7, 3), "warning", "200B"),
    Case("grant-everything", {READER: header(tools="")}, (READER, 1, 1), "warning", "Read, Grep"),
    Case(
        "hook-told",
        {"code/hooks/hooks.json": '{"hooks": {\n"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}\n'},
        ("code/hooks/hooks.json", 2, 1),
        "note",
        "hook:Stop:",
    ),
    Case(
        "hook-told",
        {"code/.mcp.json": '{"mcpServers": {"db": {"command": "db"}}}\n'},
        ("code/.mcp.json", 1, 17),
        "note",
        "mcp-server:db:",
    ),
    Case("executable-odd", {SUM: File(COMMAND, executable=True)}, (SUM, 1, 1), "warning", f"--chmod=-x {SUM}"),
    Case(
        "executable-odd",
        {"docs/skills/notes/scripts/sum.py": "#!/bin/sh\n"},
        ("docs/skills/notes/scripts/sum.py", 1, 1),
        "warning",
        "--chmod=+x",
    ),
)
CASES: Final = (*REGISTRIES, *HEADERS, *SKILLS, *TEXTS, *TRUST)

# What looks like a fault and is none, by the rule that is not to find it.
FINE: Final[tuple[tuple[str, Changes], ...]] = (
    ("header-repaired", {READER: header(description="'a: b'")}),
    ("field-type", {READER: header(description="3")}),
    ("field-type", {NOTES: skill(name="'3'", allowed_tools="Read Grep")}),
    ("field-unknown", {READER: header(license="MIT")}),
    ("field-value", {READER: header(model="claude-sonnet-4-5", effort="7")}),
    ("description-long", {NOTES: skill(description="a" * 1024)}),
    ("name-clash", {"docs/agents/reader.md": AGENT, "docs/.github/agents/reader.md": AGENT}),
    ("skill-name", {NOTES: skill("größe-2")}),
    ("skill-link-broken", {NOTES: skill(body="[x](https://x.example) [y](#z) `[a](b.md)`\n```\n[c](d.md)\n```\n")}),
    ("skill-link-broken", {NOTES: skill(body="[x](scripts) [y](<references/form.md>#a) [z]({name}.md)\n")}),
    ("reference-dangling", {NOTES: skill(body="1. so:\n   ```\n   [x](../../y.md)\n   ```\n")}),
    ("text-ends", {"docs/skills/notes/run.bat": "echo\r\n"}),
    ("path-personal", {SUM: f"{COMMAND}/home/user/x https://x.example/home/karin/ AKIAIOSFODNN7EXAMPLE\n"}),
    ("path-personal", {SUM: f"{COMMAND}ghp_{'x' * 36} sk-ant-your-key-goes-here-and-is-very-long-indeed\n"}),
    ("hidden-text", {READER: f"{AGENT}\U0001f468\u200d\U0001f469\u200d\U0001f467\n"}),
    ("grant-everything", {READER: header(tools="[]")}),
    ("executable-odd", {"docs/skills/notes/run": File(b"\x7fELF\0", executable=True)}),
)


def test_a_good_registry() -> None:
    """Nothing is to be mended in it, and all of it was looked at."""
    report = checked({})
    assert report.findings == ()
    assert [(pack.name, pack.path, pack.items) for pack in report.packs] == [("docs", "docs", 2), ("code", "code", 1)]
    assert report.packs[1].grants == ("read",) and not report.fails


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.level}")
def test_rule(case: Case) -> None:
    """A rule finds what it says, where it is, and how much it weighs."""
    told = [one for one in checked(case.changes).findings if one.rule == case.rule]
    assert [(one.path, one.line, one.column) for one in told] == [case.at]
    assert told[0].level == case.level and case.says in f"{told[0].what} {told[0].fix}"


@pytest.mark.parametrize(("rule", "changes"), FINE, ids=lambda value: value if isinstance(value, str) else "")
def test_no_false_alarm(rule: str, changes: Changes) -> None:
    """A rule finds nothing in what only looks like a fault."""
    assert [one for one in checked(changes).findings if one.rule == rule] == []


def test_every_rule_has_a_case() -> None:
    """One in which it finds something at each of its levels."""
    known = {(case.rule, case.level) for case in CASES}
    every = {(check.id, str(level)) for check in CHECKS.values() for level in (check.level, *check.others.values())}
    assert every - known == set() and GOOD
