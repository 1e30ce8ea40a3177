"""The header reader: what each way to write a header, well or badly, comes out as."""

from __future__ import annotations

import pytest

from agentsync.formats.yaml_tree import Plain
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import LARGEST_HEADER, Document, read_document

STRICT, REPAIRED, PARTIAL = HeaderStatus.STRICT, HeaderStatus.REPAIRED, HeaderStatus.PARTIAL
NONE, UNREADABLE = HeaderStatus.NONE, HeaderStatus.UNREADABLE
PLAIN = ("utf-8", False)
OK, QUOTED, DROPPED = ClaudeCode.OK, ClaudeCode.QUOTED, ClaudeCode.DROPPED


def header(text: str) -> Document:
    """A file with this header, read."""
    return read_document(f"---\n{text}---\nBody.\n".encode())


@pytest.mark.parametrize(
    ("text", "key", "value", "claude_code"),
    [
        # A colon in a plain text.
        (
            "description: Reviews code. This includes: tests\n",
            "description",
            "Reviews code. This includes: tests",
            QUOTED,
        ),
        # An asterisk in front.
        ("tools: *\n", "tools", "*", QUOTED),
        ("globs: **/*.py\n", "globs", "**/*.py", QUOTED),
        # Brackets and more behind them.
        ("argument-hint: [what] [where]\n", "argument-hint", "[what] [where]", QUOTED),
        ("argument-hint: [on|off] <file>\n", "argument-hint", "[on|off] <file>", QUOTED),
        # A colon in an indented line.
        ("description: Use it\n  when asked: now\n", "description", "Use it\n  when asked: now", DROPPED),
        # Quotes within quotes, behind quotes, and not closed.
        ('description: "Reads "all" of it"\n', "description", 'Reads "all" of it', DROPPED),
        ('description: "Deep" reader\n', "description", '"Deep" reader', DROPPED),
        ("title: 'Reader\n", "title", "'Reader", DROPPED),
        # Templates, back quotes, unindented block text.
        ("model: {{model}}\n", "model", "{{model}}", QUOTED),
        ("tools: [`read`, `write`]\n", "tools", "[`read`, `write`]", QUOTED),
        ("description: |\nAll of it.\nAnd more.\n", "description", "All of it.\nAnd more.", DROPPED),
        # What YAML 1.1 takes for the end of a line must not make a key of text.
        ("description: a\u2028tools: Read\n", "description", "a\u2028tools: Read", DROPPED),
        # Anchors and aliases are not used in headers.
        ("description: &here it is\n", "description", "&here it is", QUOTED),
    ],
)
def test_a_bad_value_is_read_as_it_stands(text: str, key: str, value: str, claude_code: ClaudeCode) -> None:
    """One bad value costs nothing but its own meaning as YAML."""
    document = header(f"name: reader\n{text}color: red\n")
    assert document.fields == {"name": "reader", key: value, "color": "red"}
    assert (document.status, document.claude_code) == (REPAIRED, claude_code)
    assert document.error


def test_text_that_runs_on_in_the_first_column() -> None:
    """Dialogue below a description is part of it, up to the next documented key."""
    document = header(
        "name: reader\ndescription: Reads. Examples:\n<example>\nContext: a report\nuser: read it\n"
        "assistant: done\nNote: all of it\n</example>\nmodel: opus\n"
    )
    assert document.fields["description"] == (
        "Reads. Examples:\n<example>\nContext: a report\nuser: read it\nassistant: done\nNote: all of it\n</example>"
    )
    assert document.fields["model"] == "opus"
    assert (document.status, document.claude_code) == (REPAIRED, DROPPED)


def test_body_text_in_the_header_is_told_as_lost() -> None:
    """Below other keys only the key's own line counts."""
    document = header("name: reader\ntools: Read, Grep\n\nYou read everything.\n  And more.\nmodel: opus\n")
    assert document.fields == {"name": "reader", "tools": "Read, Grep", "model": "opus"}
    assert document.status is PARTIAL


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tools:\n  - Read\n  - *\n  - Bash(git: *)\n  # more later\n", ["Read", "*", "Bash(git: *)"]),
        ("hooks:\n  before: a: b\n  after:\n    - x\n", {"before": "a: b", "after": ["x"]}),
        ("hooks:\n  before: a\n  before: b\n", {"before": "b"}),
        ("tools:\n- Read\n- @all\n# about the model\n", ["Read", "@all"]),
    ],
)
def test_bad_lists_and_mappings_are_read_inside(text: str, value: Plain) -> None:
    """A bad item leaves the items beside it alone."""
    document = header(f"{text}model: opus\n")
    assert document.fields == {text.partition(":")[0]: value, "model": "opus"}
    assert document.status is REPAIRED


def test_of_a_key_that_occurs_twice_the_last_value_counts() -> None:
    """Both entries are told."""
    document = header("name: a\nmodel: opus\nname: b\n")
    assert document.fields == {"name": "b", "model": "opus"}
    assert (document.status, document.claude_code) == (REPAIRED, DROPPED)
    assert [entry.key for entry in document.entries] == ["name", "model", "name"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name: a\n<<<<<<< HEAD\nmodel: b\n=======\nmodel: c\n>>>>>>> theirs\n", "line 3: git conflict markers"),
        ("name: a\ndescription: b\x00\n", "line 3: a control character"),
        ("name: a\ndescription: \x1b[31mred\n", "line 3: a control character"),
        ("name: !!python/object/apply:os.system [ls]\n", "the tag"),
        ("Just prose here.\nname: a\n", "line 3, column 5"),
        ("- a\n- b\n", "line 2, column 1: not a mapping"),
        ("{" * 100 + "\n", "nested deeper"),
        (f"name: {'a' * LARGEST_HEADER}\n", "more than 65,536"),
        ("a: b\n" * 3000, "more than 2,000 lines"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_header_is_unreadable(text: str, why: str) -> None:
    """Nothing is guessed, and the error says where and why."""
    document = header(text)
    assert document.status is UNREADABLE
    assert why in document.error
    assert (document.fields, document.entries) == ({}, ())


def test_every_scalar_is_the_text_that_is_written() -> None:
    """No dates, no booleans, no numbers, no null."""
    document = header("version: 1.10\ndate: 2025-01-02\non: yes\nid: 0435\nempty:\nnothing: ~\nlist: [1, {a: 2.50}]\n")
    assert document.status is STRICT
    assert document.fields == {
        "version": "1.10",
        "date": "2025-01-02",
        "on": "yes",
        "id": "0435",
        "empty": "",
        "nothing": "~",
        "list": ["1", {"a": "2.50"}],
    }


@pytest.mark.parametrize(
    ("raw", "status", "claude_code", "odd"),
    [
        (b"---\nname: a\n---\n", STRICT, OK, PLAIN),
        (b"---\n---\n", STRICT, OK, PLAIN),
        (b"---\n# only a comment\n---", STRICT, OK, PLAIN),
        (b"--- \nname: a\n---\t\nx", STRICT, OK, PLAIN),
        (b"\xef\xbb\xbf---\nname: a\n---\n", STRICT, OK, PLAIN),
        (b"\n \n---\nname: a\n---\n", STRICT, DROPPED, PLAIN),
        (b"---\r\nname: a\r\n---\r\nx", STRICT, OK, PLAIN),
        (b"---\rname: a\r---\rx", STRICT, DROPPED, PLAIN),
        (b"---\nname: \xff\n---\n", STRICT, OK, ("latin-1", False)),
        (b"---\nname: a # b\n---\n", STRICT, OK, PLAIN),
        (b"---\nname: a\n# --- more\nmodel: b\n---\n", STRICT, OK, ("utf-8", True)),
        (b'---\nname: "a\nb"\n---\n', STRICT, DROPPED, PLAIN),
        (b"---\r\nname: a: b\r\n---\r\nx", REPAIRED, DROPPED, PLAIN),
    ],
)
def test_lines_around(raw: bytes, status: HeaderStatus, claude_code: ClaudeCode, odd: tuple[str, bool]) -> None:
    """With unusual text around it, a header is still read."""
    document = read_document(raw)
    assert (document.status, document.claude_code) == (status, claude_code)
    assert (document.encoding, document.has_dashes) == odd


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "---",
        "# Reader\n",
        "name: a\n---\n",
        "---\nname: a\n",
        "---\nname: a\n-----\n",
        "---\nname: a\n...\n",
        " ---\nname: a\n---\n",
        "----\nname: a\n---\n",
        "```\n---\nname: a\n---\n",
        "<!-- -->\n---\nname: a\n---\n",
    ],
)
def test_everything_else_has_no_header(text: str) -> None:
    """Only two lines of three dashes make a header, and nothing before them."""
    document = read_document(text.encode())
    assert (document.status, document.claude_code, document.head) == (NONE, ClaudeCode.NONE, b"")
    assert document.body == text.encode()


def test_entries_are_the_lines_of_their_values() -> None:
    """Indented comments belong to an entry; blank lines and comments at the margin to none."""
    raw = (
        b"---\r\n# about\r\nname: a # here\r\ntools:\r\n  - b\r\n  # and c\r\n\r\n# next\r\n"
        b"d: |\r\n  e\r\n\r\n  # f\r\nmodel: g\r\n\r\n---\r\nh"
    )
    document = read_document(raw)
    assert {entry.key: raw[entry.start : entry.end] for entry in document.entries} == {
        "name": b"name: a # here\r\n",
        "tools": b"tools:\r\n  - b\r\n  # and c\r\n",
        "d": b"d: |\r\n  e\r\n\r\n  # f\r\n",
        "model": b"model: g\r\n",
    }
    assert raw[document.start : document.end] == raw[5:-6]


def test_entries_of_a_broken_header_leave_stray_lines_out() -> None:
    """The same, where entries are told apart line by line."""
    raw = b"---\nname: a: b\ntools: c\nstray\n# more\nmodel: d\ndescription: e: f\n\ng\n\n---\n"
    document = read_document(raw)
    assert {entry.key: raw[entry.start : entry.end] for entry in document.entries} == {
        "name": b"name: a: b\n",
        "tools": b"tools: c\n",
        "model": b"model: d\n",
        "description": b"description: e: f\n\ng\n",
    }
