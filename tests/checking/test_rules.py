"""Each rule finds what it is there to find, where it is; and nothing in what only looks like it."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

import pytest

from agentsync.checking.rules import CHECKS
from tests.checking.registries import AGENT, COMMAND, GOOD, REGISTRY, SKILL, Changes, checked, header, skill
from tests.git_registry import File

READER: Final = "code/agents/reader.md"
NOTES: Final = "docs/skills/notes/SKILL.md"
SUM: Final = "docs/commands/sum.md"
PACK: Final = "code/pack.yaml"
HOOKS: Final = "code/hooks/hooks.json"
SERVERS: Final = "code/.mcp.json"


class Case(NamedTuple):
    """A registry in which a rule finds something.

    Args:
        at: path, line and column of what is found; for the column a text that begins there, the last one of the line.
        says: part of its words and of its fix.
    """

    rule: str
    changes: Changes
    at: tuple[str, int, int | str]
    level: str
    says: str = ""


OVERLAP: Final = f"{REGISTRY}  all: {{ path: ., description: All. }}\n"
CAPITAL: Final = REGISTRY.replace("code:", "Co_de:")
BARE: Final = REGISTRY.replace(", description: About code.", "")
# What only a repository with tags shows, see test_releases.py.
OF_RELEASES: Final = frozenset(
    "yanked-unknown renamed-gone grant-gained release-unchanged tag-ambiguous changes-unreleased".split()
)
REGISTRIES: Final = (
    Case("registry-invalid", {"registry.yaml": f"{REGISTRY}nmae: x\n"}, ("registry.yaml", 5, 1), "error", "`name`"),
    Case("registry-invalid", {"registry.yaml": "registry: 1\npacks: [\n"}, ("registry.yaml", 3, 1), "error", "YAML"),
    Case("registry-invalid", {"docs/pack.yaml": "names: x\n"}, ("docs/pack.yaml", 1, 1), "error", "`name`"),
    Case("pack-path-missing", {READER: None}, ("registry.yaml", 4, 11), "error", "no folder 'code'"),
    Case(
        "pack-path-missing",
        {"registry.yaml": REGISTRY.replace("path: code", "path: ../code")},
        ("registry.yaml", 4, "../code"),
        "error",
        "..",
    ),
    Case(
        "pack-path-missing",
        {READER: None, "code": File("docs", symlink=True)},
        ("registry.yaml", 4, 11),
        "error",
        "is a link",
    ),
    Case("pack-empty", {READER: None, "code/x.txt": "x\n"}, ("code", 1, 1), "error", "agents/"),
)
MARKET: Final = {
    "name": "acme",
    "owner": {"name": "Acme"},
    "description": "Packs of Acme.",
    "plugins": [
        {"name": "docs", "source": "./docs", "description": "About documents."},
        {"name": "code", "source": "./code", "description": "About code."},
    ],
}
LIST: Final = ".claude-plugin/marketplace.json"
PLUGIN: Final = "code/.claude-plugin/plugin.json"


def market(**changes: object) -> Changes:
    """Return the good registry with a marketplace in which some keys differ; None takes one away."""
    return {LIST: json.dumps({key: value for key, value in {**MARKET, **changes}.items() if value is not None})}


def entry(**changes: object) -> Changes:
    """Return a marketplace with a further plug-in, which is elsewhere, of which some keys differ."""
    known = {"name": "more", "source": {"source": "github", "repo": "acme/more"}, "description": "x", **changes}
    return market(plugins=[*MARKET["plugins"], known])


def plugin(**changes: object) -> Changes:
    """Return the good registry with a plug-in that describes itself."""
    return {PLUGIN: json.dumps({"name": "code", "version": "1.0.0", "author": {"name": "Acme"}, **changes})}


def hooks(text: str) -> Changes:
    """Return the good registry with hooks."""
    return {HOOKS: text}


def servers(text: str) -> Changes:
    """Return the good registry with MCP servers."""
    return {SERVERS: f'{{"mcpServers": {text}}}\n'}


MARKETS: Final = (
    Case("pack-unlisted", {"more/agents/x.md": header(name="x")}, ("more", 1, 1), "warning", "more: { path: more }"),
    Case("pack-overlap", {"registry.yaml": OVERLAP}, ("registry.yaml", 5, 3), "warning", "exclude: [code, docs]"),
    Case("pack-name", {"registry.yaml": CAPITAL}, ("registry.yaml", 4, 3), "warning", "co-de"),
    Case("pack-undescribed", {"registry.yaml": BARE}, ("registry.yaml", 4, 3), "warning", "`description:`"),
    Case("requires-unknown", {PACK: "requires:\n  dcos: 1.x\n"}, (PACK, 2, 3), "error", "`docs`"),
    Case(
        "requires-unknown",
        {PACK: "requires: { code: 1.x }\n"},
        ("registry.yaml", 4, 3),
        "error",
        "requires itself",
    ),
    Case("marketplace-differs", market(plugins=MARKET["plugins"][:1]), ("registry.yaml", 4, 3), "warning", "does not"),  # type: ignore[index]
    Case(
        "marketplace-differs",
        market(plugins=[{**MARKET["plugins"][0], "source": "./code"}, MARKET["plugins"][1]]),  # type: ignore[index]
        ("registry.yaml", 3, 3),
        "warning",
        "code in",
    ),
    Case("marketplace-invalid", market(owner=None), (LIST, 1, 1), "error", "no `owner`"),
    Case("marketplace-invalid", {LIST: '{\n"name": }\n'}, (LIST, 2, 9), "error", "cannot be read"),
    Case("marketplace-invalid", entry(name="a b"), (LIST, 1, '"a b"'), "error", "'a b'"),
    Case("marketplace-invalid", entry(name="code"), (LIST, 1, '"code", "source": {'), "error", "listed twice"),
    Case("marketplace-invalid", entry(source={"source": "svn"}), (LIST, 1, '{"source": "svn"'), "error", "github, url"),
    Case(
        "marketplace-invalid",
        entry(source={"source": "url", "url": "u", "sha": "ab"}),
        (LIST, 1, '"ab"'),
        "error",
        "40",
    ),
    Case("marketplace-invalid", market(mood="glad"), (LIST, 1, '"glad"'), "note", "`mood`"),
    Case(
        "marketplace-invalid",
        entry(source={"source": "npm", "package": "x"}),
        (LIST, 1, '"more"'),
        "warning",
        "'npm' is not known",
    ),
    Case(
        "version-differs",
        {**market(plugins=[MARKET["plugins"][0], {**MARKET["plugins"][1], "version": "2"}]), **plugin()},  # type: ignore[index]
        (LIST, 1, '"2"'),
        "warning",
        '"version": "1.0.0"',
    ),
    Case("plugin-invalid", plugin(version=3), (PLUGIN, 1, "3"), "error", "is a number"),
    Case("plugin-invalid", plugin(agents=["./agents/x.md"]), (PLUGIN, 1, '"./agents'), "error", "not there"),
    Case("plugin-invalid", plugin(strict=True), (PLUGIN, 1, "true"), "note", "`strict`"),
    Case(
        "check-unknown",
        {PACK: "checks: { skill-nmae: off }\n"},
        (PACK, 1, 11),
        "warning",
        "skill-name",
    ),
    Case("except-unused", {PACK: "checks-except: { skill-name: [x] }\n"}, (PACK, 1, "x]"), "note"),
    Case("hook-event", hooks('{"hooks": {\n"PreTool": []}}\n'), (HOOKS, 2, "[]"), "error", "PreToolUse"),
    Case("hook-invalid", hooks('{"Stop": []}\n'), (HOOKS, 1, 1), "error", "`hooks`"),
    Case(
        "hook-invalid",
        hooks('{"hooks": {"Stop": [{"hooks": [{"type": "x"}]}]}}\n'),
        (HOOKS, 1, '{"type"'),
        "error",
        "'x'",
    ),
    Case("server-invalid", servers('{"db": {"url": "https://x.example"}}'), (SERVERS, 1, '{"url"'), "error", "type"),
    Case("json-invalid", {SERVERS: "{\n"}, (SERVERS, 2, 1), "error", "cannot be read"),
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
    Case("header-dropped", {READER: "---\nname: x\na: \x07\n---\nRead.\n"}, (READER, 3, 4), "error", "cannot be read"),
    Case(
        "header-dropped",
        {READER: "---\nname: x\nname: y\ndescription: Reads.\n---\nRead.\n"},
        (READER, 3, 1),
        "error",
        "keep one `name:`",
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
    Case("skill-link-broken", {NOTES: skill(body="[x](references/more)\n")}, (NOTES, 5, 5), "warning", "leads nowhere"),
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
        {HOOKS: '{"hooks": {\n"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}\n'},
        (HOOKS, 2, 1),
        "note",
        "hook:Stop:",
    ),
    Case(
        "hook-told",
        {SERVERS: '{"mcpServers": {"db": {"command": "db"}}}\n'},
        (SERVERS, 1, 17),
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
CASES: Final = (*REGISTRIES, *MARKETS, *HEADERS, *SKILLS, *TEXTS, *TRUST)

# What looks like a fault and is none, by the rule that is not to find it.
FINE: Final[tuple[tuple[str, Changes], ...]] = (
    ("pack-unlisted", {".claude/agents/x.md": header(name="x")}),
    ("pack-overlap", {"registry.yaml": OVERLAP, "pack.yaml": "exclude: [code, docs]\n"}),
    ("pack-undescribed", {"registry.yaml": BARE, PACK: "description: About code.\n"}),
    ("requires-unknown", {PACK: "requires: { docs: ^1 }\n"}),
    ("marketplace-differs", market()),
    ("marketplace-invalid", entry(source={"source": "url", "url": "https://x.example/y", "sha": "a" * 40})),
    ("plugin-invalid", plugin(agents=["./agents/reader.md"], keywords=["x"])),
    ("hook-event", {".github/hooks/x.json": '{"hooks": {"sessionStart": []}}'}),
    ("hook-invalid", hooks('{"hooks": {"Stop": [{"matcher": "x", "hooks": [{"type": "http", "url": "u"}]}]}}')),
    ("server-invalid", servers('{"a": {"command": "x"}, "b": {"type": "http", "url": "https://x.example"}}')),
    ("header-repaired", {READER: header(description="'a: b'")}),
    ("field-type", {READER: header(description="3")}),
    ("field-type", {NOTES: skill(name="'3'", allowed_tools="Read Grep")}),
    ("field-unknown", {READER: header(license="MIT", permission="x", temperature="0.1")}),
    ("field-value", {READER: header(model="claude-sonnet-4-5", effort="7")}),
    ("description-long", {NOTES: skill(description="a" * 1024)}),
    ("name-clash", {"docs/agents/reader.md": AGENT, "docs/.github/agents/reader.md": AGENT}),
    ("skill-name", {NOTES: skill("größe-2")}),
    ("skill-link-broken", {NOTES: skill(body="[x](https://x.example) [y](#z) `[a](b.md)`\n```\n[c](d.md)\n```\n")}),
    ("skill-link-broken", {NOTES: skill(body="[x](scripts) [y](<references/form.md>#a) [z]({name}.md)\n")}),
    ("skill-link-broken", {NOTES: skill(body="as in [x](url) or [y](wiki/page), [z](./LICENSE)\n")}),
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
    assert [(one.path, one.line, one.column) for one in told] == [(*case.at[:2], column(case))]
    assert told[0].level == case.level and case.says in f"{told[0].what} {told[0].fix}"


@pytest.mark.parametrize(("rule", "changes"), FINE, ids=lambda value: value if isinstance(value, str) else "")
def test_no_false_alarm(rule: str, changes: Changes) -> None:
    """A rule finds nothing in what only looks like a fault."""
    assert [one for one in checked(changes).findings if one.rule == rule] == []


def column(case: Case) -> int:
    """Return the column that a case names, by its number or by the text that begins there."""
    path, line, there = case.at
    if isinstance(there, int):
        return there
    text = case.changes[path]
    assert isinstance(text, str)
    return text.split("\n")[line - 1].rindex(there) + 1


def test_every_rule_has_a_case() -> None:
    """One in which it finds something at each of its levels."""
    known = {(case.rule, case.level) for case in CASES}
    every = {(check.id, str(level)) for check in CHECKS.values() for level in (check.level, *check.others.values())}
    assert {one for one in every - known if one[0] not in OF_RELEASES} == set() and GOOD
