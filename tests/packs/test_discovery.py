"""Discovery of items: every rule, and the look-alikes that must stay out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.item import ClaudeCode, HeaderStatus, Kind
from agentsync.packs.discovery import FoundItem, candidates, survey

BOTH = "---\nname: {0}\ndescription: Does {0}.\n---\nBody.\n"


def full(name: str) -> str:
    """A file with a name and a description."""
    return BOTH.format(name)


def found_in(files: Mapping[str, str], root_name: str = "pack") -> tuple[FoundItem, ...]:
    """The items of a tree; nothing is read that `candidates` did not announce."""
    announced = candidates(files.keys())

    def read(path: str) -> bytes:
        assert path in announced
        return files[path].encode("utf-8", "surrogateescape")

    return survey(files.keys(), read, root_name=root_name).items


def rules(files: Mapping[str, str]) -> dict[str, str]:
    """The rule that found each `KIND:NAME`."""
    return {f"{item.kind}:{item.name}": item.rule for item in found_in(files)}


@pytest.mark.parametrize(
    ("path", "text", "item"),
    [
        ("agents/a.md", full("reader"), "agent:reader"),
        ("agents/a.md", "---\ndescription: b\n---\n", "agent:a"),
        ("agents/a.md", "---\nname: [x]\n---\n", "agent:a"),
        ("agents/a.md", "---\nname: ' '\n---\n", "agent:a"),
        ("agents/a.md", "---\ndescription: b: c\n---\n", "agent:a"),
        ("plugins/x/agents/deep/down/a.md", full("a/b c#"), "agent:a/b c#"),
        (".claude/agents/workflows/a.md", full("a"), "agent:a"),
        (".x/subagents/a.MD", "---\nname:\ndescription: b\n---\n", "agent:a"),
        ("opencode/agent/a.md", "---\ndescription: b\n---\n", "agent:a"),
        ("agents/readme-generator.md", full("r"), "agent:r"),
        ("agents/security-auditor.md", full("s"), "agent:s"),
        ("agents/security.md", full("s"), "agent:s"),
    ],
)
def test_an_agent_in_a_folder(path: str, text: str, item: str) -> None:
    """A2: below `agents`, with a name or a description."""
    assert rules({path: text}) == {item: "A2-folder"}


def test_an_agent_by_its_suffix() -> None:
    """A3: any header will do."""
    assert rules({"x/a.agent.md": "---\ntools: [x]\n---\n", "x/b.agent.md": "none"}) == {"agent:a": "A3-suffix"}


def test_flat_agents_only_where_nothing_else_is() -> None:
    """A4: name and description, and neither an agent by another rule nor a skill."""
    flat = {"one/a.md": full("a"), "b.md": full("b"), "one/c.md": "---\nname: c\n---\n", "README.md": full("d")}
    assert rules(flat) == {"agent:a": "A4-flat", "agent:b": "A4-flat"}
    assert rules(flat | {"agents/e.md": full("e")}) == {"agent:e": "A2-folder"}
    assert rules(flat | {"skills/s/SKILL.md": full("s")}) == {"skill:s": "S1"}
    assert rules(flat | {"tests/s/SKILL.md": full("s")}) == {"agent:a": "A4-flat", "agent:b": "A4-flat"}


@pytest.mark.parametrize(
    "path",
    [
        "hooks/logger/README.md",
        ".github/workflows/a.md",
        "workflows/a.md",
        "tools/catalog/fetch.md",
        "x/rules/a.md",
        "prompts/a.md",
        "docs/ja-JP/agents/a.md",
        "backups/agents/a.md",
        "examples/a.md",
        "node_modules/x/agents/a.md",
        "agents/README.md",
        "agents/readme.zh-CN.md",
        "agents/CLAUDE.md",
        "agents/SKILLS.txt",
        "agents/skill.md",
        "evals/prompts/agents/a.md",
        ".hidden/a.md",
        "a.local.txt",
    ],
)
def test_what_only_looks_like_an_agent(path: str) -> None:
    """A header does not make an agent of a page, a workflow, a translation or a copy."""
    assert rules({path: full("a")}) == {}


def test_files_without_a_header_are_no_agents() -> None:
    """Nor are empty ones, or those whose header cannot be read."""
    files = {"agents/a.md": "Prose.", "agents/b.md": "", "agents/c.md": "---\n<<<<<<< x\n---\n"}
    assert rules(files) == {}


def test_a_skill_is_its_whole_folder() -> None:
    """S1, with the skills in it (S2); what lies in a skill is nothing else."""
    files = {
        "skills/pdf/SKILL.md": full("pdf"),
        "skills/pdf/agents/reader.agent.md": full("reader"),
        "skills/pdf/commands/go.md": "go",
        "skills/pdf/hooks/hooks.json": "{}",
        "skills/pdf/references/a.md": full("a"),
        "skills/pdf/forms/SKILL.md": full("forms"),
        "skills/pdf-more/skill.md": "No header.",
        "skills/README.md": "",
    }
    other, pdf = found_in(files)
    assert (other.kind, other.name, other.path, other.rule) == (
        Kind.SKILL,
        "pdf-more",
        "skills/pdf-more/skill.md",
        "S1",
    )
    assert (other.header, other.claude_code) == (HeaderStatus.NONE, ClaudeCode.NONE)
    assert (pdf.kind, pdf.name, pdf.path, pdf.rule) == (Kind.SKILL, "pdf", "skills/pdf/SKILL.md", "S1")
    assert (pdf.header, pdf.claude_code) == (HeaderStatus.STRICT, ClaudeCode.OK)
    assert pdf.files == tuple(sorted(path for path in files if path.startswith("skills/pdf/")))
    assert candidates(files.keys()) == {"skills/pdf/SKILL.md", "skills/pdf-more/skill.md"}


def test_what_desktops_write_is_in_no_pack() -> None:
    """Neither beside an agent nor in a skill, in any case."""
    litter = (".DS_Store", "._SKILL.md", "Desktop.ini", "thumbs.db")
    files = {"skills/s/SKILL.md": full("s"), "agents/a.md": full("a"), "agents/._a.md": full("b")}
    found = found_in(files | {f"skills/s/{name}": "x" for name in litter})
    assert [(item.name, item.files) for item in found] == [("a", ("agents/a.md",)), ("s", ("skills/s/SKILL.md",))]


def test_a_pack_that_is_one_skill() -> None:
    """A skill in the root is called as the caller says, and holds neither the items beside it nor git's own files."""
    own = ("SKILL.md", "docs/x.md", "run.py", "sub/.gitignore")
    git = (".gitignore", ".github/workflows/x.yml", ".gitlab-ci.yml", "agentsync.lock", ".circleci/config.yml")
    files = dict.fromkeys((*own, *git), "No header.") | {"agents/a.md": full("a"), "skills/b/SKILL.md": full("b")}
    files["skills/b/c.txt"] = ""
    assert [(item.name, item.files) for item in found_in(files)] == [
        ("a", ("agents/a.md",)),
        ("pack", own),
        ("b", ("skills/b/SKILL.md", "skills/b/c.txt")),
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("commands/go.md", "go"),
        ("plugins/x/commands/git/commit.md", "git:commit"),
        (".claude/commands/agents/go.md", "agents:go"),
        ("commands/skill.md", "skill"),
        ("commands/security.md", "security"),
        ("commands/index.md", "index"),
        (".agents/command/go.md", "go"),
        (".opencode/command/go.md", "go"),
    ],
)
def test_a_command(path: str, name: str) -> None:
    """C2: below `commands`, the outermost container deciding; no header needed, and none heard on names."""
    for text in ("Do it.", full("other")):
        assert rules({path: text}) == {f"command:{name}": "C2-folder"}


@pytest.mark.parametrize("path", ["command/go.md", "agents/commands/go.md", "commands/README.md", "commands/go.txt"])
def test_what_is_no_command(path: str) -> None:
    """`command` is an everyday word, and `agents` around `commands` makes agents."""
    assert rules({path: "Do it."}) == {}


def test_a_manifest_declares_items() -> None:
    """A1 and C1: files as they are, folders with what has a header, nothing outside of the tree."""
    plugin = {
        "agents": ["./one.md", "./team", "../../../etc/x.md", "/team/c.md", "gone.md", 3, "README.md"],
        "commands": "./do/go.md",
    }
    files = {
        "p/.claude-plugin/plugin.json": json.dumps(plugin),
        "p/one.md": "Prose.",
        "p/two.md": full("two"),
        "p/team/a.md": full("a"),
        "p/team/b.md": "Prose.",
        "p/team/s/SKILL.md": full("s"),
        "p/team/s/c.md": full("c"),
        "p/do/go.md": "Do it.",
        "p/README.md": "",
    }
    assert rules(files) == {"agent:one": "A1-declared", "agent:a": "A1-declared", "skill:s": "S1"} | {
        "command:go": "C1-declared"
    }


def test_a_marketplace_declares_items() -> None:
    """Its entries speak for folders of the tree; the shared root is put in front only where it is needed."""
    market = {
        "metadata": {"pluginRoot": "./plugins"},
        "plugins": [
            {"source": "./plugins/a", "agents": "./x.md"},
            {"source": "b", "agents": ["x.md"]},
            {"source": {"source": "github", "repo": "a/b"}, "agents": "./plugins/c/x.md"},
            {"source": "https://x.example/y", "agents": "./plugins/c/x.md"},
            {"source": "../..", "agents": "./x.md"},
            "nonsense",
        ],
    }
    files = {f"plugins/{name}/x.md": full(name) for name in "abc"}
    for manifest in (".claude-plugin/marketplace.json", ".github/plugin/marketplace.json"):
        assert rules(files | {manifest: json.dumps(market)}) == {"agent:a": "A1-declared", "agent:b": "A1-declared"}


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "\udcff", "[" * 100_000, '{"agents": {"a": 1}}', '{"agents": 1}'),
        '{"plugins": 5, "metadata": 6}',
        '{"agents": ["\\u0000", "a/../../.."]}',
        '{"agents": "./' + "a" * (1 << 20) + '"}',
    ],
    ids=lambda text: text[:20],
)
def test_a_bad_manifest_declares_nothing(text: str) -> None:
    """And does not stand in the way of the other rules."""
    manifests = (".claude-plugin/plugin.json", ".claude-plugin/marketplace.json", ".mcp.json")
    files = dict.fromkeys(manifests, text) | {"agents/a.md": full("a")}
    assert rules(files)["agent:a"] == "A2-folder"


def test_hooks_and_servers() -> None:
    """H and M: the files in their places, and never a repository's own settings."""
    servers = {"web": {"url": "x"}, " db ": {}}
    files = {
        "hooks/hooks.json": "{}",
        "plugins/audit/hooks/hooks.json": "not read",
        "hooks/logger/hooks.json": "{}",
        ".github/hooks/lint.json": "{}",
        "tests/hooks/hooks.json": "{}",
        ".mcp.json": json.dumps({"mcpServers": servers}),
        "a/.mcp.json": json.dumps(servers | {"$schema": "x"}),
        "b/.mcp.json": "{",
        "c/.mcp.json": '{"mcpServers": {}}',
        ".claude/settings.json": '{"hooks": {}}',
        ".claude/settings.local.json": "{}",
    }
    assert [(item.kind.value, item.name, item.path) for item in found_in(files)] == [
        ("hook", "lint", ".github/hooks/lint.json"),
        ("hook", "hooks", "hooks/hooks.json"),
        ("hook", "logger", "hooks/logger/hooks.json"),
        ("hook", "audit", "plugins/audit/hooks/hooks.json"),
        ("mcp", "db", ".mcp.json"),
        ("mcp", "web", ".mcp.json"),
        ("mcp", "db", "a/.mcp.json"),
        ("mcp", "web", "a/.mcp.json"),
        ("mcp", "mcp", "b/.mcp.json"),
    ]
    assert candidates(files.keys()) == {path for path in files if path.endswith((".mcp.json", "hooks/lint.json"))} | {
        path for path in files if path.endswith("hooks.json") and not path.startswith("tests/")
    }


def test_files_that_are_gone() -> None:
    """A read that fails is a file without content; other failures are the caller's."""

    def gone(path: str) -> bytes:
        raise FileNotFoundError(path)

    paths = ["commands/a.md", "agents/b.md", ".mcp.json", ".claude-plugin/plugin.json", "s/SKILL.md"]
    assert [item.name for item in survey(paths, gone).items] == ["a", "mcp", "s"]
    with pytest.raises(ZeroDivisionError):
        survey(paths, lambda path: bytes(1 // 0))


def test_paths_are_not_trusted() -> None:
    """Whatever they look like."""
    names = ["", "/", "agents//a.md", "agents/.md", "../agents/a.md", "agents/\udcff.md", "agents/\0\n.md", "/SKILL.md"]
    assert len(found_in(dict.fromkeys(names, "---\ndescription: a\n---\n"))) == 6


PARTS = ["agents", "commands", "skills", "hooks", ".claude-plugin", "docs", "a", "b", "", "opencode", "agent"]
NAMES = ["SKILL.md", "skill.md", "x.md", "y.agent.md", "README.md", "plugin.json", "marketplace.json", ".mcp.json"]
TEXTS = ["", full("n"), "---\nname: m\n---\n", '{"agents": ["./", "./a/x.md"], "commands": "a"}', '{"mcpServers": 1}']
PATHS = st.tuples(st.lists(st.sampled_from(PARTS), max_size=4), st.sampled_from([*NAMES, "hooks.json"])).map(
    lambda path: "/".join((*path[0], path[1]))
)
TREES = st.dictionaries(PATHS, st.sampled_from([*TEXTS, '{"plugins": [{"source": "./a", "agents": "./"}]}']))


@given(TREES, st.randoms())
def test_any_tree(files: dict[str, str], random: Random) -> None:
    """The order of paths does not matter, nothing unannounced is read, and items are sorted and own their files."""
    items = found_in(files)
    shuffled = random.sample(sorted(files), len(files))
    assert survey(shuffled, lambda path: files[path].encode(), root_name="pack").items == items
    assert list(items) == sorted(items, key=lambda item: (item.kind, item.path, item.name))
    for item in items:
        assert item.name
        assert item.path in item.files
        assert list(item.files) == sorted(set(item.files) & files.keys())


def test_large_trees_end() -> None:
    """Ten thousand paths, and manifests that name each of them many times."""
    folders = [f"plugins/p{number % 100}" for number in range(10_000)]
    files = {f"{folder}/agents/a{number}.md": "" for number, folder in enumerate(folders)}
    listed = json.dumps({"agents": ["./", "./agents", "../", "../../"] * 100})
    files |= {f"{folder}/.claude-plugin/plugin.json": listed for folder in set(folders)}
    assert found_in(files) == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("rules/style.md", "style"),
        ("rules/python/style.md", "python:style"),
        (".claude/rules/style.md", "style"),
        (".cursor/rules/style.mdc", "style"),
        ("rules/style.mdc", "style"),
        ("rules/sql.instructions.md", "sql"),
        ("instructions/sql.instructions.md", "sql"),
        (".github/instructions/db/sql.instructions.md", "db:sql"),
        ("rules/docs/a.md", "docs:a"),
    ],
)
def test_rules(path: str, name: str) -> None:
    """A rule needs no header, and is called after its file."""
    assert rules({path: "Be brief."}) == {f"rule:{name}": "R"}


@pytest.mark.parametrize(
    "path",
    [
        "rules/README.md",
        "rules/AGENTS.md",
        ".claude/rules/CLAUDE.md",
        "rules/GEMINI.md",
        ".github/copilot-instructions.md",
        "rules/copilot-instructions.md",
        "instructions/a.md",
        ".github/instructions/a.md",
        "docs/rules/a.md",
        "x/rules/a.md",
        "tools/a.mdc",
        "rules/a.txt",
    ],
)
def test_what_only_looks_like_a_rule(path: str) -> None:
    """A pack's own instructions, pages, and what lies elsewhere."""
    assert rules({path: "Be brief."}) == {}


def test_a_skill_in_the_root_keeps_its_rules() -> None:
    """But for those in the folder of a tool."""
    files = {"SKILL.md": full("s"), "rules/a.md": "A", ".cursor/rules/b.mdc": "B"}
    skill, rule = sorted(found_in(files), key=lambda item: item.kind, reverse=True)
    assert (skill.key, skill.files, rule.key) == ("skill:s", ("SKILL.md", "rules/a.md"), "rule:b")


def test_files_in_the_format_of_one_tool() -> None:
    """By their folder or their ending; of a rule only beside one of its name, for any tool can have a rule."""
    files = {
        "agents/a.md": full("a"),
        ".cursor/agents/a.md": full("a"),
        ".github/agents/b.agent.md": full("b"),
        ".opencode/command/c.md": "C",
        "rules/d.md": "D",
        ".cursor/rules/d.mdc": "D",
        ".cursor/rules/e.mdc": "E",
        ".github/instructions/d.instructions.md": "D",
    }
    assert {item.path: item.target for item in found_in(files) if item.target} == {
        ".cursor/agents/a.md": "cursor",
        ".github/agents/b.agent.md": "copilot",
        ".opencode/command/c.md": "opencode",
        ".cursor/rules/d.mdc": "cursor",
        ".github/instructions/d.instructions.md": "copilot",
    }


def test_what_one_tool_alone_can_read_is_no_item() -> None:
    """It is native to that tool, and counted."""
    files = {
        ".codex/agents/a.toml": 'name = "auditor"',
        ".codex/agents/b.toml": "name =",
        ".gemini/commands/git/fix.toml": 'prompt = ""',
        ".github/prompts/c.prompt.md": "C",
        "agents/d.toml": "",
    }
    found = survey(files, lambda path: files[path].encode())
    assert found.items == ()
    assert [(item.key, item.target) for item in found.natives] == [
        ("agent:auditor", "codex"),
        ("agent:b", "codex"),
        ("command:git:fix", "gemini"),
        ("command:c", "copilot"),
    ]
    assert sum(found.components.values()) == 5
