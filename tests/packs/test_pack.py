"""Contents of a pack before a choice: items, doubtful files, and files without a place."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.finding import Rule
from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.packs.pack import Pack, read_pack
from agentsync.planning.locking import examine
from agentsync.targets.all_tools import TOOLS
from tests.cli.packs import agent, skill
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

PACK = LockedPack(
    PackName("acme/p"), "1.0.0", "https://x.example/p.git", "refs/tags/v1.0.0", "c" * 40, "t" * 40, "", "*"
)


def surveyed(files: Files, **facts: object) -> Pack:
    """Return the contents of a pack with these files."""
    return read_pack(PACK._replace(**facts).root, MemoryContents(files))  # type: ignore[arg-type]


def items(files: Files, **facts: object) -> list[str]:
    """Its items, with their files."""
    return [f"{item.kind}:{item.name} {item.path}" for item in surveyed(files, **facts).items]


def rules(files: Files, **facts: object) -> dict[str, Rule]:
    """The rule of each finding, by its path."""
    return {one.path: one.rule for one in surveyed(files, **facts).findings}


def link(to: str) -> File:
    """A symlink."""
    return File(to, symlink=True)


@pytest.mark.parametrize("name", ["docs", "test", "tests", "build", "templates", "examples", "archive", "dist"])
def test_names_below_a_container_are_names_of_items(name: str) -> None:
    """Above one they are tests or examples."""
    files = {
        f"skills/{name}/SKILL.md": skill(name),
        f".claude/skills/{name}-2/{name}/SKILL.md": skill("two"),
        f"agents/{name}/a.md": agent("a"),
        f"commands/{name}/run.md": "Run.",
        f"plugins/x/rules/{name}/r.md": "Rule.",
    }
    assert len(items(files)) == 4
    assert surveyed(files).components == {"rule in no place for rules": 1}
    below = {f"{name}/{path}": text for path, text in files.items()}
    none = surveyed(below)
    assert (none.items, none.findings, none.components) == ((), (), {})


def test_a_link_to_what_is_an_item_already() -> None:
    """One file is one item, whichever way leads to it; the real place counts."""
    files: Files = {
        ".agents/skills/real/SKILL.md": skill("real"),
        ".claude/skills": link("../.agents/skills"),
        "skills/real": link("../.agents/skills/real"),
        "agents/a.md": agent("a"),
        "agents/b.md": link("a.md"),
    }
    assert items(files) == ["agent:a agents/a.md", "skill:real .agents/skills/real/SKILL.md"]
    assert rules(files) == {}


def test_a_link_makes_items_of_what_is_none_where_it_lies() -> None:
    """The place that it is linked to decides."""
    files: Files = {
        "personas/a.md": "---\ndescription: A\n---\n",
        "agents": link("personas"),
        "lib/docs/tool/SKILL.md": skill("tool"),
        "skills/tool": link("../lib/docs/tool"),
    }
    assert items(files) == ["agent:a agents/a.md", "skill:tool skills/tool/SKILL.md"]


def test_links_and_submodules_that_are_not_followed() -> None:
    """Each is told, but for those among tests and the like."""
    files: Files = {
        "agents/a.md": agent("a"),
        "agents/out.md": link("../../x.md"),
        "commands/gone.md": link("nothing.md"),
        "skills/ext": File("", gitlink="c" * 40),
        "tests/out.md": link("/etc/passwd"),
        "docs/module": File("", gitlink="c" * 40),
    }
    found = rules(files)
    assert found.pop("skills/ext") is Rule.SUBMODULE
    assert found == dict.fromkeys(["agents/out.md", "commands/gone.md"], Rule.LINK_NOT_FOLLOWED)


def test_what_is_doubtful() -> None:
    """Agents without a header, headers that the tool drops, a skill whose file has another name."""
    dropped = "---\nname: bad\ndescription: a\n  b: c: d\nfoo: [x\n---\n"
    files = {
        "agents/prose.md": "# Growth\n",
        "agents/keys.md": "---\nmodel: opus\n---\n",
        "agents/README.md": "# Ours\n",
        "agents/bad.md": dropped,
        "agents/fine.md": agent("fine"),
        "skills/low/skill.md": skill("low"),
    }
    assert rules(files) == {
        "agents/prose.md": Rule.HEADER_MISSING,
        "agents/keys.md": Rule.HEADER_MISSING,
        "agents/bad.md": Rule.HEADER_DROPPED,
        "skills/low/skill.md": Rule.FILE_RENAMED,
    }


PLUGIN = json.dumps(
    {
        "name": "x",
        "hooks": {"PreToolUse": []},
        "mcpServers": {"a": {}, "b": {}},
        "lspServers": "./config/lsp.json",
        "outputStyles": ["./voice/terse.md"],
    }
)


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        ({"x/py.mdc": "", ".clinerules/b.md": "", "x/rules/c.md": ""}, {"rule in no place for rules": 3}),
        ({"x/y.instructions.md": "", ".kiro/steering/y.md": ""}, {"rule in no place for rules": 2}),
        ({"rules/README.md": "", "docs/rules/a.md": "", "skills/s/SKILL.md": "", "skills/s/rules/a.md": ""}, {}),
        ({"rules/agents/a.md": agent("a")}, {}),
        ({"output-styles/a.md": "", ".claude/output-styles/b.md": ""}, {"output style": 2}),
        ({".lsp.json": '{"go": {}, "py": {}}', "x/.lsp.json": "{"}, {"LSP server": 3}),
        ({"prompts/a.prompt.md": "", "b.chatmode.md": ""}, {"chat mode": 1, "prompt": 1}),
        ({"commands/a.toml": "", ".codex/agents/b.toml": ""}, {"agent in TOML": 1, "command in TOML": 1}),
        ({"themes/a.json": "", "bin/x": "", "settings.json": "", "monitors/monitors.json": ""}, {}),
        (
            {
                ".claude-plugin/plugin.json": '{"name": "x"}',
                **dict.fromkeys(("themes/a.json", "bin/x", "settings.json", "monitors/monitors.json"), ""),
            },
            {"monitor": 1, "program for the PATH": 1, "settings file": 1, "theme": 1},
        ),
        (
            {"p/.claude-plugin/plugin.json": PLUGIN, "p/config/lsp.json": "{}", "p/voice/terse.md": ""},
            {"LSP server": 1, "output style": 1},
        ),
    ],
)
def test_what_has_no_place_is_counted(files: Mapping[str, str], counts: Mapping[str, int]) -> None:
    """By kind, wherever it lies or is declared."""
    assert surveyed({**files}).components == counts


def test_what_is_in_a_pack_inside_of_it() -> None:
    """An inner pack's items are its own, and a skill around it does not hold them either."""
    files = {
        "SKILL.md": skill("all"),
        "agents/a.md": agent("a"),
        "in/agents/b.md": agent("b"),
        "in/notes.txt": "",
        "in/rules/r.md": "",
        "one.md": "",
    }
    assert items(files, inner=("in",)) == ["agent:a agents/a.md", "skill:all SKILL.md"]
    found = surveyed(files, inner=("in", "one.md"))
    assert [item.files for item in found.items] == [("agents/a.md",), ("SKILL.md",)]
    assert found.components == {}


def test_flat_agents_only_where_no_pack_inside_has_any() -> None:
    """A document beside agents is one beside a pack of agents as well."""
    files = {"notes/a.md": agent("a"), "in/agents/b.md": agent("b")}
    assert items(files, inner=("in",)) == []
    assert items({"notes/a.md": agent("a"), "in/hooks/x.sh": ""}, inner=("in",)) == ["agent:a notes/a.md"]


def test_a_root_that_is_a_folder_of_items() -> None:
    """Its own name counts where the pack begins inside of it."""
    assert items({"a.md": "---\ndescription: a\n---\n", "docs/b.md": agent("b")}, path="x/agents") == [
        "agent:a a.md",
        "agent:b docs/b.md",
    ]
    assert items({"git/go.md": "Go."}, path=".claude/commands") == ["command:go git/go.md"]


PARTS = st.sampled_from(["agents", "commands", "skills", "rules", "docs", "in", "x", ".claude"])
NAMES = st.sampled_from(["SKILL.md", "skill.md", "a.md", "b.md", "x.agent.md", "hooks.json", ".mcp.json", ".lsp.json"])
PATHS = st.tuples(st.lists(PARTS, max_size=3), NAMES).map(lambda path: "/".join((*path[0], path[1])))
BODIES = st.sampled_from(["---\nname: {0}\ndescription: b\n---\n", "Prose.", "---\nmodel: x\n---\n"])
TREES = st.dictionaries(PATHS, BODIES, max_size=12).map(
    lambda files: {path: body.replace("{0}", path.replace("/", "-")) for path, body in files.items()}
)


@given(TREES)
def test_an_item_is_in_the_pack_or_in_the_one_inside_of_it(files: dict[str, str]) -> None:
    """Never in both, and never in none; only a skill around the inner pack makes content of an item."""
    whole = surveyed({**files}).items
    outer = surveyed({**files}, inner=("in",)).items
    inner = surveyed({path[3:]: text for path, text in files.items() if path.startswith("in/")}, path="in").items
    mine = {(item.kind, item.path) for item in outer}
    theirs = {(item.kind, f"in/{item.path}") for item in inner}
    assert not [path for _, path in mine if path.startswith("in/")]
    assert {(item.kind, item.path) for item in whole if item.rule != "A4-flat"} <= mine | theirs
    assert not {path for item in outer for path in item.files if path.startswith("in/")}


@given(TREES)
def test_nothing_that_is_found_is_lost_in_silence(files: dict[str, str]) -> None:
    """It is installed, or told with its path or its kind."""
    examined = examine(PACK, MemoryContents({**files}), (TOOLS["claude-code"],))
    found = surveyed({**files})
    taken = {item.path for item in examined.pack.items} | {one.path for one in examined.findings}
    taken |= {one.path for one in examined.left_out}
    twins = {files[path] for path in taken}  # of items with the same bytes on one path, one is enough
    for item in found.items:
        told = {one.item for one in examined.told}
        assert item.path in taken or item.key in told or files[item.path] in twins
    for path in files:
        if path.startswith(("agents/", "commands/")) and path.endswith(("a.md", "b.md")):
            assert path in taken | {file for item in found.items for file in item.files}
