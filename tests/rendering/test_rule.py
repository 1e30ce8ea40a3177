"""Rules in the forms of other tools: what a rule means, what a tool writes for it, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.yaml_tree import YamlError, plain, read_yaml
from agentsync.model.item import Kind
from agentsync.model.names import ItemKey
from agentsync.packs.frontmatter import read_document
from agentsync.rendering.rendered import Rendered, Source
from agentsync.rendering.rule import Rule, read_rule
from agentsync.rendering.rule_form import Meaning
from agentsync.targets.all_tools import TOOLS

WITH_RULES = sorted(name for name, tool in TOOLS.items() if Kind.RULE in tool.places)


def rendered(tool: str, path: str, text: str) -> Rendered:
    """A rule as a tool reads it."""
    (place,) = TOOLS[tool].places[Kind.RULE]
    return place.render(Source(ItemKey("rule:team:style"), path, text.encode()))


def text_of(tool: str, path: str, text: str) -> str:
    """The text of a rule that is not refused."""
    data = rendered(tool, path, text).data
    assert data is not None
    return data.decode()


def lost(tool: str, path: str, text: str) -> list[tuple[str, str]]:
    """Code and subject of all that is told."""
    return [(one.code, one.about) for one in rendered(tool, path, text).lost]


@pytest.mark.parametrize(
    ("path", "header", "meaning", "globs"),
    [
        ("a.md", "", Meaning.ALWAYS, ()),
        ("a.md", "paths:", Meaning.ALWAYS, ()),
        ("a.md", "paths: []", Meaning.ALWAYS, ()),
        ("a.md", "description: d", Meaning.ALWAYS, ()),
        ("a.md", 'paths: "**"', Meaning.ALWAYS, ("**",)),
        ("a.md", 'paths: ["src/*", "**/*"]', Meaning.ALWAYS, ("src/*", "**/*")),
        ("a.md", "paths: src/**/*.{ts,tsx}", Meaning.FILES, ("src/**/*.{ts,tsx}",)),
        ("a.md", 'globs: "*.py"', Meaning.ALWAYS, ()),
        ("a.mdc", "globs: **/*.ts,**/*.tsx", Meaning.FILES, ("**/*.ts", "**/*.tsx")),
        ("a.mdc", "globs: *.py\nalwaysApply: true", Meaning.ALWAYS, ("*.py",)),
        ("a.mdc", "globs: [*.py, *.pyi]\nalwaysApply: false", Meaning.FILES, ("*.py", "*.pyi")),
        ("a.mdc", "globs:\n  - *.py\n  - 'b c.py'", Meaning.FILES, ("*.py", "b c.py")),
        ("a.mdc", 'globs: "*.py, , *.pyi,"', Meaning.FILES, ("*.py", "*.pyi")),
        ("a.mdc", "description: d\nglobs:\nalwaysApply: false", Meaning.FITS, ()),
        ("a.mdc", "description:\nglobs:\nalwaysApply: false", Meaning.MANUAL, ()),
        ("a.mdc", "", Meaning.MANUAL, ()),
        ("a.mdc", "paths: x\ndescription: d", Meaning.FITS, ()),
        ("a.instructions.md", 'applyTo: "**"', Meaning.ALWAYS, ("**",)),
        ("a.instructions.md", 'applyTo: "**/*.sql,db/**"', Meaning.FILES, ("**/*.sql", "db/**")),
        ("a.instructions.md", "description: d", Meaning.ALWAYS, ()),
    ],
)
def test_meaning(path: str, header: str, meaning: Meaning, globs: tuple[str, ...]) -> None:
    """Of the three dialects, also where the header is no YAML."""
    found = read_rule(path, f"---\n{header}\n---\nBe brief.\n".encode() if header else b"Be brief.\n")
    assert isinstance(found, Rule)
    assert (found.meaning, found.globs, found.body) == (meaning, globs, b"Be brief.\n")


@pytest.mark.parametrize(
    "header", ["globs: {a: b}", 'globs: "a\\nalwaysApply: true"', "globs: !x y", "globs: [[a]]", "text\nglobs: a"]
)
def test_what_cannot_be_read(header: str) -> None:
    """Everywhere but in its own tool, which gets the bytes that are there."""
    text = f"---\n{header}\n---\nBe brief.\n"
    for tool in WITH_RULES:
        found = rendered(tool, "a.mdc", text)
        assert (found.data, [one.code for one in found.lost]) == (
            (text.encode(), []) if tool == "cursor" else (None, ["refused"])
        )


SOME = "description: SQL, mostly\nglobs: *.sql,db/**\nowner: me"
FILES = {
    "claude-code": 'paths:\n  - "*.sql"\n  - "db/**"',
    "copilot": 'applyTo: "*.sql,db/**"\ndescription: "SQL, mostly"',
    "qwen": 'description: "SQL, mostly"\npaths:\n  - "*.sql"\n  - "db/**"',
    "cline": 'paths:\n  - "*.sql"\n  - "db/**"',
    "windsurf": 'trigger: glob\nglobs: "*.sql,db/**"',
    "devin": 'trigger: glob\nglobs: "*.sql,db/**"',
    "antigravity": 'trigger: glob\nglobs: "*.sql,db/**"',
    "kiro": 'inclusion: fileMatch\nfileMatchPattern:\n  - "*.sql"\n  - "db/**"',
}


@pytest.mark.parametrize("tool", sorted(FILES))
def test_for_some_files(tool: str) -> None:
    """The globs in the words of each tool; a key that it does not have is told."""
    assert text_of(tool, "a.mdc", f"---\n{SOME}\n---\nBe brief.\n") == f"---\n{FILES[tool]}\n---\nBe brief.\n"
    keeps = "description" in FILES[tool]
    assert lost(tool, "a.mdc", f"---\n{SOME}\n---\nBe brief.\n") == [
        *([] if keeps else [("dropped", "description")]),
        ("dropped", "owner"),
    ]


def test_the_own_dialect_is_taken_as_it_is() -> None:
    """Whatever it means."""
    for tool, path in (("cursor", "a.mdc"), ("copilot", "a.instructions.md"), ("claude-code", "a.md")):
        for text in (f"---\r\n{SOME}\r\n---\r\nB\r\n", "\ufeff---\nowner: me\n---\n", ""):
            assert rendered(tool, path, text) == Rendered(text.encode())


@pytest.mark.parametrize(
    ("header", "having"),
    [
        ("description: d", {"windsurf": "trigger: model_decision\ndescription: d"}),
        ("description: d", {"kiro": "inclusion: auto\nname: style\ndescription: d"}),
        ("owner: me", {"windsurf": "trigger: manual"}),
        ("owner: me", {"kiro": "inclusion: manual"}),
        ("description: d", {"cursor": "description: d"}),
    ],
)
def test_where_it_fits_and_by_hand(header: str, having: dict[str, str]) -> None:
    """Few tools have such rules, and no other gets one that holds more often."""
    text = f"---\n{header}\n---\nBe brief.\n"
    for tool, wanted in having.items():
        assert text_of(tool, "a.mdc", text) == f"---\n{wanted}\n---\nBe brief.\n"
    for tool in {*WITH_RULES} - {"windsurf", "devin", "antigravity", "kiro", "cursor"}:
        assert lost(tool, "a.mdc", text) == [("refused", "")]


@pytest.mark.parametrize("tool", ["codex", "opencode", "gemini"])
def test_a_section(tool: str) -> None:
    """Blank lines at its start are cut, its line ends are LF, and one is at its end."""
    for text in ("\n \n  Be\n\nbrief.", "\ufeff---\r\n---\r\n\r\n  Be\r\n\r\nbrief.\r\n\r\n"):
        assert text_of(tool, "a.md", text) == "  Be\n\nbrief.\n"
    for text in ("", " \n", "a <!-- agentsync:end x --> b", '---\npaths: "*.py"\n---\nb'):
        assert lost(tool, "a.md", text) == [("refused", "")]


@pytest.mark.parametrize("tool", ["claude-code", "qwen", "cline"])
def test_a_body_that_looks_like_a_header(tool: str) -> None:
    """An empty header stands before it, so that it stays the body."""
    body = "---\npaths: x\n---\nBe brief.\n"
    written = text_of(tool, "a.mdc", f"---\nalwaysApply: true\n---\n{body}")
    assert read_document(written.encode()).body == body.encode()


LETTERS = st.text(st.sampled_from("ab*/{},[]!\"'# :-\\\u00e9\u2028\t"), max_size=12)


@given(LETTERS, st.lists(LETTERS, max_size=3), st.sampled_from(["a.md", "a.mdc", "a.instructions.md"]))
def test_every_header_is_strict(description: str, globs: list[str], path: str) -> None:
    """What is written reads back by strict YAML with the same globs, and rendering it again changes nothing."""
    key = {"a.md": "paths", "a.mdc": "globs"}.get(path, "applyTo")
    text = f"---\ndescription: {description}\n{key}: {', '.join(globs)}\n---\nBe brief.\n"
    source = read_rule(path, text.encode())
    for tool in ("claude-code", "copilot", "qwen", "cline", "windsurf", "kiro"):
        found = rendered(tool, path, text)
        native = TOOLS[tool].places[Kind.RULE][0].render
        if found.data is None or found.data == text.encode() or isinstance(source, str):
            continue
        assert found == rendered(tool, path, text)
        assert native is not None
        head = read_document(found.data)
        assert head.body == b"Be brief.\n"
        try:
            fields = plain(read_yaml(found.data[head.start : head.end].decode())) if head.head else {}
        except YamlError as error:
            raise AssertionError(found.data) from error
        assert isinstance(fields, dict)
        named = fields.get("paths") or fields.get("fileMatchPattern")
        assert named is None or tuple(named) == source.globs
