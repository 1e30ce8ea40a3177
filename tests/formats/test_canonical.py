"""The line reader of the lock: what it takes is what YAML reads, and it takes every lock that was written."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.formats.canonical import read_canonical
from agentsync.formats.lock_writer import dump_lock
from agentsync.formats.yaml_text import flow, scalar
from agentsync.formats.yaml_tree import YamlError, plain, read_yaml
from agentsync.model.lock import Lock
from tests.strategies import ANY_TEXT, locks

LOCK: Final = """\
lockfile: 1
targets: [claude-code, other]
packs:
  acme/team:
    version: 1.4.0
    "odd: key": "a \\"quoted\\" text"
    rename: {agent:a: agent-b, "x y": [a, "b c"]}
    overrides: {agent:a: {model: opus, tools: [Read, Bash]}}
    requires: {}
    items:
      agent:a: {path: agents/a.md, header: strict, grants: [read, write]}
    files:
      .claude/agents/a.md: sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
      .claude/x.sh: sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d +x
  other:
    path: "null"
"""
# What damages a text in ways that a reader of lines could mistake.
PIECES: Final = (
    *"{}[]:,#'\"&*!|>-?%@`~ \n\t\0\x85\u2028éa0",
    "null",
    "...",
    "---",
    ": ",
    ", ",
    " #",
    "\n  ",
    "\\u0041",
)


def agrees(text: str) -> bool:
    """Return whether the text is read; fail where YAML reads something else."""
    found = read_canonical(text)
    if found is None:
        return False
    root = read_yaml(text)
    assert found == plain(root)
    assert list(map(str, _leaves(found))) == list(map(str, _leaves(plain(root))))
    return True


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for key, below in value.items() for leaf in (key, *_leaves(below))]
    return [leaf for below in value for leaf in _leaves(below)] if isinstance(value, list) else [value]


def test_a_lock_is_taken() -> None:
    """Every form that a line may have."""
    assert agrees(LOCK)


@given(locks())
def test_every_lock_is_taken(lock: Lock) -> None:
    """Every lock that we write, with lines of a usual length."""
    assert agrees(dump_lock(lock))


@given(st.lists(st.tuples(st.integers(0, len(LOCK)), st.integers(0, 20), st.sampled_from(PIECES)), max_size=4))
@example([(0, 0, "\n")])
@example([(12, 0, "packs: 2\n")])
@example([(LOCK.index("1.4.0"), 5, "null")])
@example([(LOCK.index("1.4.0"), 5, "...")])
def test_damage_is_left_to_yaml(changes: list[tuple[int, int, str]]) -> None:
    """A lock with anything cut out and put in is refused, or read as YAML reads it."""
    text = LOCK
    for place, length, other in changes:
        text = text[:place] + other + text[place + length :]
    agrees(text)


@given(st.permutations(LOCK.splitlines(keepends=True)), st.integers(1, 20))
def test_lines_that_went_astray(lines: list[str], count: int) -> None:
    """The same for any order of lines."""
    agrees("".join(lines[:count]))


BLOCK_KEYS: Final = (
    "a",
    "b",
    "a/b.md",
    ".claude/a.md",
    "agent:a",
    "null",
    "null:a",
    "a:b:c",
    "-a",
    "a:",
    "1",
    "é",
    '"q"',
)
BLOCK_VALUES: Final = (
    "sha256:ab",
    "sha256:ab +x",
    "b",
    "null",
    "a: b",
    "",
    "{path: a}",
    "{path: a, header: strict}",
    "{path: a, header: strict, grants: [read, write]}",
    '{path: a/b.md, header: "a b"}',
    "{path: null, header: strict}",
    "{path: nullified, header: null}",
    "{path: a, path: b}",
    "{path: a, header: b, header: c}",
    "{path: a, b: c}, d: {e: f}",
    "{path: [a], b: c}",
    "{header: strict, path: a}",
    "[a, b]",
)


@given(
    st.sampled_from(("a:\n  b:\n    c:\n", "a:\n  b:\n    c: d\n", "a:\n  c:\n", "c:\n", "a:\n    b:\n    c:\n")),
    st.lists(st.tuples(st.sampled_from(BLOCK_KEYS), st.sampled_from(BLOCK_VALUES)), max_size=4),
    st.sampled_from(
        ("", "    d: e\n", "  d: e\n", "        d: e\n", "       d: e\n", "\n", "      d:\n        e: f\n")
    ),
)
@example("a:\n  b:\n    c:\n", [("a", "sha256:ab"), ("b", "sha256:ab +x")], "    d: e\n")
@example("a:\n  b:\n    c:\n", [("agent:a", "{path: a, header: strict}")], "")
@example("a:\n  b:\n    c:\n", [("null", "sha256:ab")], "")
@example("a:\n  b:\n    c:\n", [("agent:a", "{path: null, header: strict}")], "")
@example("a:\n  b:\n    c:\n", [("a", "sha256:ab"), ("a", "sha256:ab")], "")
@example("a:\n  c:\n", [("a", "sha256:ab")], "")
def test_blocks(above: str, lines: list[tuple[str, str]], below: str) -> None:
    """Lines on the third level, which are read together where all of them are plain."""
    text = above + "".join(f"      {key}: {value}".rstrip() + "\n" for key, value in lines) + below
    try:
        agrees(text)
    except YamlError as error:
        pytest.fail(f"YAML refuses what was taken: {error}")


def test_a_block_with_a_mark_of_ours() -> None:
    """A document must not hold the mark of a block that was taken out."""
    assert read_canonical("a:\n  b:\n    c: \0\n") is None
    assert read_canonical("a:\n  b:\n    c: \0\n    d:\n      e: f:g\n") is None


@pytest.mark.parametrize("length", [400, 481, 482, 900, 1000, 1100])
def test_a_long_key_in_a_block(length: int) -> None:
    """Read, or left to YAML, which takes a key of no more than 1,024 characters."""
    assert agrees(f"a:\n  b:\n    c:\n      {'x' * length}: d:e\n") == (length < 1000 - 12)
    assert agrees(f"a:\n  b:\n    c:\n      x:{'x' * length}: d:e\n") == (length < 1000 - 14)


def test_a_long_line_is_left_to_yaml() -> None:
    """A key of YAML has an end."""
    assert read_canonical(f"a: {'x' * 990}\n") == {"a": "x" * 990}
    assert read_canonical(f"a: {'x' * 1000}\n") is None


TREES: Final = st.recursive(
    ANY_TEXT | st.sampled_from(("null", "~", "yes", "...", "---", "a:b", "a: b")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(ANY_TEXT, TREES, min_size=1, max_size=4))
def test_any_mapping_on_lines(table: dict[str, object]) -> None:
    """Whatever stands behind a key on its line."""
    agrees("".join(f"{scalar(key)}: {flow(value)}\n" for key, value in table.items()))


@given(st.text(st.sampled_from('ab:0 .-{}[],"\\\n'), max_size=30))
def test_any_text(text: str) -> None:
    """Random documents of the same marks."""
    try:
        agrees(text)
    except YamlError as error:
        pytest.fail(f"YAML refuses what was taken: {error}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a: 1",
        "a:\n",
        "a: \n",
        "a:\n   b: c\n",
        "a:\n    b: c\n",
        "a:\nb: c\n",
        "a: b\n  c: d\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a: null\n",
        "a: ~\n",
        "a: [null]\n",
        "a: {b: null}\n",
        "a: b # c\n",
        "a: 'b'\n",
        "a: b: c\n",
        "a: [b,c]\n",
        "a: {b:c}\n",
        "a: [b, ]\n",
        "a: b\r\n",
        "a: b c\n",
        "? a\n: b\n",
        "- a\n",
        "a: &b c\n",
        'a: "\\ud800"\n',
        'a: "\\x41"\n',
        f"{'x' * 1025}: a\n",
    ],
)
def test_what_is_left_to_yaml(text: str) -> None:
    """Other forms, whether YAML takes them or not."""
    assert read_canonical(text) is None
