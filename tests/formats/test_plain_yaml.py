"""The quick reader of YAML: what it takes is what YAML reads, but for the places."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.formats.plain_yaml import NOWHERE, read_plain
from agentsync.formats.yaml_tree import Items, Node, Table, Text, YamlError, read_yaml

MANIFEST: Final = """\
# What this project takes from where.

registries:
  acme: https://git.acme.example:8443/ai/agents.git    # the team's
  theirs: github:owner/repo
  mine: git@host:me/agents.git

targets: [claude-code, codex , x_y.z]  # three
packs:
  acme/python-backend: ">=1.2,<2"
  acme/docs: ^1
  acme/old: ~1.4
  "theirs/x y": '1.x || 2.x'
  loose:
      git: ../packs
      tag: v1.0.0
      rename:
        agent:a: b
        agent:c: "d"

policy:
  pinned: true
"""
LIST: Final = """\
registry: 1
name: "Team: a"
packs:
  one:
    path: packs/one
    description: Does this, and x:y (z), as it's fine    # é
    keywords: [one two, three, 1.0]
  'two':
    since: 2020-01-01
    owner: ''
"""
WORDS: Final = (
    *("a", "b: c", "a:b", "key:", "'x'", '"y"', "~", "null", "true", "1", "^1", "~1.2", ".", "...", "---", "- a"),
    *("[a]", "[a, b]", "[~ ,1.0]", ", c"),
    *("b c", "b  c", "(b), c?", "b #c", "b#c", "b:c d", "b :c", "b:", "it's", 'say "b"', "[a b, c]", "\U0001f600 é"),
    *("-", "=", "<<: x", ": ", " ", "  ", "\n", "\n  ", "\n    ", " # c", "#", "? a", "&a", "*a", "!t", "|", ">"),
    *("%", "@", "`", "{", "}", "[", "]", ",", "\t", "\r", "\0", "\x85", "\ufeff", "é", "\\", "'", '"', "''"),
)


def agrees(text: str) -> bool:
    """Return whether the text is read; fail where YAML reads something else."""
    found = read_plain(text)
    if found is None:
        return False
    assert found == placeless(read_yaml(text))
    return True


def placeless(node: Node | None) -> Node:
    """The same tree without places."""
    assert node is not None
    if isinstance(node, Text):
        return node._replace(start=NOWHERE, end=NOWHERE)
    if isinstance(node, Items):
        return Items(tuple(map(placeless, node.value)), NOWHERE, NOWHERE, node.flow)
    entries = []
    for key, value in node.value:
        bare = placeless(key)
        assert isinstance(bare, Text)
        entries.append((bare, placeless(value)))
    return Table(tuple(entries), NOWHERE, NOWHERE, node.flow)


def test_a_manifest_is_taken() -> None:
    """With comments, quotes, other indents, and keys without a value."""
    assert agrees(MANIFEST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a\n",
        "- a\n",
        "a: []\n",
        "a: [b,]\n",
        "a: [b, [c]]\n",
        "a: [b: c]\n",
        "a: [b]\n  c: d\n",
        "a: {b: c}\n",
        "a: b: c\n",
        "a: b\n  c\n",
        "a: - b\n",
        "a: b\u2028c\n",
        "a: 1\na: 2\n",
        "a:\n  b: 1\n c: 2\n",
        " a: 1\n",
    ],
)
def test_what_is_left_to_yaml(text: str) -> None:
    """Everything that is not keys with texts or mappings, and every mistake."""
    assert read_plain(text) is None


@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
@example("a:\n")
@example("a: [ b,c ,d ] # e\nf: [g]\n")
@example("a: ...\n")
@example("...: a\n")
@example("a:\n\n  # c\n  b: c\n d: e\n")
@example("a: b\n#c\n  d: e\n")
@example("a: 'b' #c\n")
@example("a: 'b'#c\n")
@example("a: b#c\n")
@example("a:#c\n")
def test_agreement_on_any_text(text: str) -> None:
    """Whatever is taken is YAML, and the same."""
    _agrees_or_refuses(text)


def _agrees_or_refuses(text: str) -> None:
    try:
        agrees(text)
    except YamlError as error:
        pytest.fail(f"{text!r} was taken, and is no YAML: {error}")


@given(st.lists(st.tuples(st.integers(0, len(MANIFEST)), st.integers(0, 20), st.sampled_from(WORDS)), max_size=4))
def test_agreement_on_damaged_manifests(damage: list[tuple[int, int, str]]) -> None:
    """Something else in place of a part of it."""
    text = MANIFEST
    for at, length, word in damage:
        text = text[:at] + word + text[at + length :]
    test_agreement_on_any_text.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@given(
    st.recursive(
        st.sampled_from(["x", "1.0", "true", "null", "~", "https://a.b/c", '"q"', "'s: t'", ""]),
        lambda below: st.dictionaries(st.sampled_from(["a", "b/c", "d:e", '"f g"']), below, min_size=1, max_size=4),
        max_leaves=12,
    )
)
def test_every_tree_of_this_kind_is_taken(tree: object) -> None:
    """Mappings below mappings."""
    lines = list(written({"top": tree}, 0))
    assert agrees("\n".join(lines))


def written(tree: dict[str, object], indent: int) -> list[str]:
    """A tree as lines."""
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{' ' * indent}{key}:", *written(value, indent + 3)]
        else:
            lines.append(f"{' ' * indent}{key}: {value}")
    return lines


@given(st.integers(0, len(LIST)), st.integers(0, 3), st.sampled_from(WORDS))
def test_agreement_on_a_list_that_is_mostly_well(at: int, instead_of: int, word: str) -> None:
    """With any word at any place of it, between others or instead of some characters."""
    _agrees_or_refuses(LIST[:at] + word + LIST[at + instead_of :])


def test_a_list_is_taken() -> None:
    """With sentences."""
    assert agrees(LIST)
