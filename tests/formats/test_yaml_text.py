"""Texts as YAML: what is written is what every reader reads back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.yaml_text import flow, scalar
from agentsync.formats.yaml_tree import plain, read_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
# What looks like something else to one reader or another.
TRAPS = st.lists(
    st.sampled_from(
        [*"0123456789._:-+eExXoObB~#&*!|>%@`'\"[]{},?=<", "true", "null", "inf", "nan", "NO", " ", "\n", "é"]
    ),
    max_size=8,
).map("".join)
KEYS = st.one_of(TEXTS, TRAPS).map(lambda text: text[:300])
VALUES = st.recursive(
    st.one_of(TEXTS, TRAPS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(st.one_of(TEXTS, TRAPS))
def test_any_text_comes_back(text: str) -> None:
    """On one line, as a text and nothing else, here and in YAML's own safe loader."""
    written = scalar(text)
    assert written.splitlines() == [written]
    assert plain(read_yaml(written)) == text
    assert yaml.safe_load(written) == text
    assert yaml.load(f"k: {written}", yaml.CSafeLoader) == {"k": text}


@given(VALUES)
def test_any_value_comes_back(value: object) -> None:
    """Lists and mappings too, alone and as the value of a key."""
    written = flow(value)
    assert written.splitlines() == [written]
    assert plain(read_yaml(written)) == value
    assert yaml.safe_load(f"k:\n  - {written}\n") == {"k": [value]}


@pytest.mark.parametrize(
    "text",
    ["acme/python-backend", "agents/a b.md".replace(" ", "_"), "v1.2.3", "1.4.2", "https://x.example/a.git", "agent:x",
     "git@host.example:a/b.git", "0a1b2c", "refs/tags/v1", "../x", "./x", ".claude/agents/x.md", "sha256:" + "a" * 64],
)  # fmt: skip
def test_plain_where_it_can_be(text: str) -> None:
    """The usual texts of a lock are written without quotes."""
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.4", "1e3", "0x1F", "0o17", "1_000", "1:30", "190:20:30.15", ".5", ".inf", "-1", "2001-12-14", "true",
     "Yes", "off", "null", "NULL", "~", "y", "...", "---", "=", "<<", "a: b", "a #b", "a:", "- a", "*a", "&a", "!a",
     "@a", "%a", "a\nb", " a", "a ", "\ufeff", "\x85", "\u2028", "\x7f", "\uffff", "é", "^1.2", ">=1", "*"],
)  # fmt: skip
def test_quoted_where_it_must_be(text: str) -> None:
    """Double quotes, in which every character can be written."""
    assert scalar(text).startswith('"') and scalar(text).endswith('"')


def test_mappings_are_sorted_if_asked() -> None:
    """The lock sorts; a header keeps its order."""
    assert flow({"b": ["x", "1"], "a": {}}) == '{a: {}, b: [x, "1"]}'
    assert flow({"b": "x", "a": []}, sort=False) == "{b: x, a: []}"
