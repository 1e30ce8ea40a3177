"""One field of a header set or dropped: what changes, and that nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import RefusedError
from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import Document, read_document
from agentsync.packs.header_edits import set_field


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        # Only the value changes; what stands around it on its line stays.
        ("name: a\nmodel:   'b'  # c\n", "model", "d", "name: a\nmodel:   d  # c\n"),
        ("tools: # none\nname: a\n", "tools", ["b"], "tools: [b] # none\nname: a\n"),
        ("tools: [a, b] # c\n", "tools", ["d", "e f"], "tools: [d, e f] # c\n"),
        ("  name: a\n  model: b\n", "model", "c", "  name: a\n  model: c\n"),
        # A value of several lines becomes one line; comments at the margin belong to no entry.
        ("tools:\n  - a # b\n  # c\n# d\nname: e\n", "tools", ["f"], "tools: [f]\n# d\nname: e\n"),
        ("d: |\n  e\n\n  f\n\nname: a\n", "d", "g", "d: g\n\nname: a\n"),
        # A new field: the name first, others last.
        ("# a\nmodel: b\n\n", "name", "c", "name: c\n# a\nmodel: b\n\n"),
        ("name: a\n# b\n", "model", "c", "name: a\n# b\nmodel: c\n"),
        ("", "model", "a", "model: a\n"),
        ("  name: a\n", "model", "b", "  name: a\n  model: b\n"),
        # A list as the field was written: as words with commas, else in brackets.
        ("tools: a, b\n", "tools", ["c", "d"], "tools: c, d\n"),
        ("tools: a\n", "tools", ["c", "d(e, f)"], 'tools: [c, "d(e, f)"]\n'),
        ("tools: a, b\n", "tools", [], "tools: []\n"),
        ("tools: {a: b}\n", "tools", ["c"], "tools: [c]\n"),
        ("name: a\n", "tools", ["*", "b: c", ""], 'name: a\ntools: ["*", "b: c", ""]\n'),
        # Quotes only where they are needed.
        ("description: a\n", "description", "Reads: all", 'description: "Reads: all"\n'),
        ("description: a\n", "description", 'It\'s "fine"', 'description: It\'s "fine"\n'),
        ("description: a\n", "description", "a #b", 'description: "a #b"\n'),
        ("description: a\n", "description", "b\nc\td\x00é😀", 'description: "b\\nc\\td\\u0000é😀"\n'),
        ("description: a\n", "description", "b --- c", 'description: "b --\\u002d c"\n'),
        ("description: a\n", "description", "", 'description: ""\n'),
        ("name: a\n", "name", "true", 'name: "true"\n'),
        ("background: false\n", "background", "true", "background: true\n"),
        ("maxTurns: 1\n", "maxTurns", "10", "maxTurns: 10\n"),
        # Of two entries the one that counts.
        ("name: a\nname: b\n", "name", "c", "name: a\nname: c\n"),
        # In a broken header: whole entries, and lists without brackets.
        ("name: a\ndescription: b: c\ntools: *\n", "description", "d", "name: a\ndescription: d\ntools: *\n"),
        ("description: a: b\nContext: c\nd\nmodel: e\n", "description", "f", "description: f\nmodel: e\n"),
        ("description: a: b\n", "tools", ["c", "d"], "description: a: b\ntools:\n  - c\n  - d\n"),
        ("description: a: b\ntools: [c]\n", "tools", ["d"], "description: a: b\ntools:\n  - d\n"),
        ("tools: a: b\nStray text.\nmodel: c\n", "tools", "d", "tools: d\nStray text.\nmodel: c\n"),
        # Behind text that runs on an unknown key would be text.
        ("description: a: b\nc\n", "new", "d", "new: d\ndescription: a: b\nc\n"),
        # Nothing to do.
        ("name: 'a'\ntools: [ b ]\n", "tools", ["b"], "name: 'a'\ntools: [ b ]\n"),
    ],
)
def test_set(before: str, key: str, value: str | list[str], after: str) -> None:
    """The same with every line end, and with a byte order mark."""
    for end in ("\n", "\r\n"):
        for mark in (b"", b"\xef\xbb\xbf"):
            raw, expected = (mark + f"---\n{text}---\nBody.\n".replace("\n", end).encode() for text in (before, after))
            assert set_field(raw, key, value) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", b"---\nname: a\n---\n"),
        (b"Body.\r\n", b"---\r\nname: a\r\n---\r\nBody.\r\n"),
        (b"\xef\xbb\xbfBody.", b"\xef\xbb\xbf---\nname: a\n---\nBody."),
        (b"---\nnever: closed\n", b"---\nname: a\n---\n---\nnever: closed\n"),
    ],
)
def test_a_file_without_a_header_gets_one(raw: bytes, expected: bytes) -> None:
    """In front, behind the byte order mark, with the file's own line ends."""
    assert set_field(raw, "name", "a") == expected


def test_a_header_that_is_not_utf8_stays_as_it_is() -> None:
    """Its encoding is not known; new bytes are ASCII."""
    raw = b"---\nauthor: Ren\xe9\nname: a\n---\n\xff"
    assert set_field(raw, "name", "ü") == b'---\nauthor: Ren\xe9\nname: "\\u00fc"\n---\n\xff'


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("<<<<<<< HEAD\n", "name", "a"),
        ("name: a\n", "no key", "b"),
        ("name: a\n", "model", "\ud800"),
        ("{name: a}\n", "name", "b"),
        # With the broken entry gone, the line below the description would become a field.
        ("description: a\nContext: b\ntools: *\n", "tools", "c"),
    ],
)
def test_what_is_refused(text: str, key: str, value: str) -> None:
    """With the reason, and without a change."""
    with pytest.raises(RefusedError) as refusal:
        set_field(f"---\n{text}---\n".encode(), key, value)
    assert key in refusal.value.what
    assert refusal.value.why
    assert refusal.value.hint


KEYS = st.sampled_from(["name", "description", "tools", "model", "x-new", "Context"])
LINES = st.sampled_from(
    [
        *(
            "name: a",
            "name: a: b",
            "description: c",
            "description: c: d",
            'description: "c\n  d"',
            "description: >-\n  c\n  d",
        ),
        *(
            "tools: [e, f]",
            "tools: e, f",
            "tools:\n  - e\n  - f # g",
            "tools: *",
            "tools:",
            "model: h  # i",
            "# j",
            "",
            "  # k",
        ),
        *(
            "Context: l",
            "user: m",
            "Stray.",
            "  more",
            "hooks:\n  n:\n    - o: p",
            "key: |+\n  q\n",
            '"quoted key": r',
            "---s",
        ),
    ]
)
FILES = st.tuples(
    st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["---", "", "\ufeff---"])
).map(lambda parts: "\n".join([parts[2], *parts[0], "---", "Body."]).replace("\n", parts[1]).encode())
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.text(st.sampled_from("ab :#-[]{}\"'\\*&!|>%@`,?~\n\t\x85\u2028"), max_size=8),
)


def check(before: Document, raw: bytes, expected: dict[str, object]) -> None:
    """Check the properties of every changed file."""
    after = read_document(raw)
    assert after.fields == expected
    assert after.body == (before.body if before.head else before.body.removeprefix(b"\xef\xbb\xbf"))
    assert after.claude_code is not ClaudeCode.DROPPED or before.claude_code is ClaudeCode.DROPPED


@given(FILES, KEYS, st.one_of(TEXTS, st.lists(TEXTS, max_size=3)))
def test_set_field_sets_it_and_nothing_else(raw: bytes, key: str, value: str | list[str]) -> None:
    """Or is refused, which never happens in a header that is valid YAML."""
    before = read_document(raw)
    try:
        changed = set_field(raw, key, value)
    except RefusedError:
        assert before.status not in (HeaderStatus.STRICT, HeaderStatus.NONE)
        return
    read = read_document(changed).fields[key]
    assert read == value or (isinstance(before.fields.get(key), str) and read == ", ".join(value))
    check(before, changed, {**before.fields, key: read})
    kept = [raw[entry.start : entry.end] for entry in before.entries if entry.key != key]
    assert all(entry in changed for entry in kept)
    assert set_field(changed, key, read if isinstance(read, str) else value) == changed
