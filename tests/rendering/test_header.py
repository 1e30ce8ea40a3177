"""Headers and TOML: what is written is what strict readers read back, and the body stays as it is."""

from __future__ import annotations

import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.yaml_tree import plain, read_yaml
from agentsync.packs.frontmatter import read_document
from agentsync.rendering.header import scalar, with_header
from agentsync.rendering.toml_text import toml_document

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
QUOTES = st.lists(st.sampled_from(['"', "'", "\\", "\n", "\r", "\t", "a", "\x00", "\x7f", "é", "---"])).map("".join)
ANY_TEXT = TEXTS | QUOTES
FIELDS = st.dictionaries(ANY_TEXT, ANY_TEXT | st.lists(ANY_TEXT, max_size=3).map(tuple), min_size=1, max_size=4)


@pytest.mark.parametrize("text", ["code-auditor", "a", "Nonesuch", "mcp__context7__get-library-docs"])
def test_a_plain_word_is_bare(text: str) -> None:
    """A word that no reader takes for something else needs no quotes."""
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text", ["true", "No", "Y", "OFF", "nan", "Inf", "none", "1a", "-a", "a b", "a.b", "a:b", "", "é", "a\n"]
)
def test_all_else_is_quoted(text: str) -> None:
    """Words with a meaning in some YAML, and all that is not a word of ASCII letters."""
    assert scalar(text).startswith('"')
    assert yaml.safe_load(scalar(text)) == text


@given(FIELDS, st.binary(max_size=40))
def test_a_header_comes_back(fields: dict[str, str | tuple[str, ...]], body: bytes) -> None:
    """Our own reader and YAML's safe loader agree on it, each text is on one line, and no byte behind it moves."""
    data = with_header(fields, body)
    head, wanted = data[: len(data) - len(body)], {key: _listed(value) for key, value in fields.items()}
    assert data.endswith(body)
    text = head.decode().removeprefix("---\n").removesuffix("---\n")
    assert plain(read_yaml(text)) == wanted
    assert yaml.load(text, yaml.CSafeLoader) == wanted
    assert text.count("\n") == len(text.splitlines()) == sum(_lines(value) for value in fields.values())
    assert read_document(data).body == body


@given(st.dictionaries(st.sampled_from(["name", "description", "model"]), ANY_TEXT), ANY_TEXT)
def test_a_toml_document_comes_back(fields: dict[str, str], text: str) -> None:
    """A reader of TOML has equal values, and a line of the text is a line of the file."""
    data = toml_document(fields, "prompt", text).decode()
    assert tomllib.loads(data) == {**fields, "prompt": text}
    assert data.count("\n") == len(fields) + 2 + text.count("\n")
    assert "\r" not in data


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\\d\n", "a\\\\d\n"),
        ('"""doc"""\n', '""\\"doc""\\"\n'),
        ('ends with "', 'ends with \\"'),
        ('four """"', 'four ""\\"\\"'),
        ("one\r\ntwo\ttabs", "one\\r\ntwo\ttabs"),
        ("bell \x07", "bell \\u0007"),
    ],
)
def test_a_long_text_in_toml(text: str, written: str) -> None:
    """What TOML gives a meaning is escaped where it stands; all else is as it was."""
    data = toml_document({}, "text", text).decode()
    assert data == f'text = """\n{written}"""\n'
    assert tomllib.loads(data) == {"text": text}


def _listed(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _lines(value: str | tuple[str, ...]) -> int:
    return 1 if isinstance(value, str) else 1 + len(value)
