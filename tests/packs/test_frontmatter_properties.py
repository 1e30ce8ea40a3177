"""The header reader: what holds for any bytes, and for real files where there are some."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.item import ClaudeCode, HeaderStatus
from agentsync.packs.frontmatter import LARGEST_HEADER, Document, read_document
from agentsync.packs.header_edits import parsed_entry

# Read before the tests get an environment of their own.
CORPUS = os.environ.get("AGENTSYNC_TEST_CORPUS")

WORDS = ("name: ", "description: ", "tools:", "Context: ", "user: ", "key:", "word", "- ", "---", "<<<<<<< ", "...")
SIGNS = (*"\t\n\r[]{}\"'#|>*%@?,é\x85\u2028\x00", "  ", ": ", " #", "&a ", "!b ", "\n\n", "\r\n")
FRAGMENTS = st.sampled_from((*WORDS, *SIGNS))
HEADERS = st.lists(FRAGMENTS, max_size=40).map(lambda parts: f"---\n{''.join(parts)}\n---\nBody\n".encode())


def check(raw: bytes) -> Document:
    """Properties of any bytes."""
    document = read_document(raw)
    assert document.head + document.body == raw
    assert 0 <= document.start <= document.end <= len(document.head)
    ends = document.start
    for entry in document.entries:
        assert ends <= entry.start < entry.end <= document.end
        ends = entry.end
    assert (document.status is HeaderStatus.NONE) == (document.claude_code is ClaudeCode.NONE) == (not document.head)
    assert bool(document.error) == (document.status not in (HeaderStatus.NONE, HeaderStatus.STRICT))
    return document


@given(st.binary())
def test_any_bytes(raw: bytes) -> None:
    """Whatever the bytes, and also as the text of a header."""
    check(raw)
    check(b"---\n" + raw + b"\n---\n" + raw)


@given(HEADERS)
def test_any_header(raw: bytes) -> None:
    """Header-like text: every line of a repaired value stands in the header."""
    document = check(raw)
    text = raw[document.start : document.end].decode().replace("\r\n", "\n").replace("\r", "\n")
    keys = [entry.key for entry in document.entries]
    for entry in document.entries:
        value = document.fields[entry.key]
        is_repaired = parsed_entry(raw[entry.start : entry.end].decode())[0] is None
        if is_repaired and isinstance(value, str) and keys.count(entry.key) == 1:
            assert all(line in text for line in value.split("\n"))


@given(st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), st.text(st.characters(codec="utf-8"))))
def test_written_as_yaml_it_reads_back(fields: dict[str, str]) -> None:
    """Any texts, written by a YAML library."""
    text = yaml.safe_dump(fields, default_style='"', allow_unicode=False) if fields else ""
    document = check(f"---\n{text}---\n".encode())
    assert (document.fields, document.status) == (fields, HeaderStatus.STRICT)
    assert {entry.key for entry in document.entries} == fields.keys()


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c\n",
        "- *\n",
        "[",
        "{a: ",
        "? ",
        "- ",
        '"',
        "a:" + " " * 50,
        ": ",
        " #",
        "\n",
        "\r",
        "k:\n ",
        "!x ",
        "&x ",
        "?\u2028: ",
    ],
)
def test_hostile_headers_end(text: str) -> None:
    """The largest headers, of one thing over and over."""
    for lead in ("tools:\n", "description: ", ""):
        raw = f"---\n{lead}{text * ((LARGEST_HEADER - 100) // len(text))}\r \n---\n".encode()
        check(raw)


@pytest.mark.skipif(CORPUS is None, reason="AGENTSYNC_TEST_CORPUS names no folder")
class TestRealFiles:
    """The folder that AGENTSYNC_TEST_CORPUS names: `seeds/*.md`, and `files/` with `files.tsv`."""

    def test_examples(self) -> None:
        documents = [check(path.read_bytes()) for path in sorted(Path(CORPUS or "", "seeds").glob("*.md"))]
        found = sorted((str(document.status), str(document.claude_code)) for document in documents)
        assert found == [("repaired", "quoted")] * 4 + [("strict", "ok")]
        assert all({"name", "description"} <= document.fields.keys() for document in documents)

    def test_files(self) -> None:
        lines = Path(CORPUS or "", "files.tsv").read_text(encoding="utf-8").splitlines()
        rows = [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]
        reads = {"ok": "ok", "ok-after-quoting": "quoted", "dropped": "dropped", "-": "none"}
        found, expected = {}, {}
        for row in rows:
            if row["reader"] != "-":
                document = check(Path(CORPUS or "", "files", row["file"]).read_bytes())
                found[row["file"]] = (str(document.status), str(document.claude_code))
                expected[row["file"]] = (row["reader"], reads[row["claude"]])
        assert found == expected
        assert len(expected) > 40
