"""The promises that all editors of documents keep, on one example of each kind."""

from __future__ import annotations

import json

import pytest

from agentsync.documents.document import FILE, DocumentError, Missing, Occupied, Unreadable, Unwritable
from agentsync.documents.editors import editor_for

SERVER = b'{"command":"npx","args":["-y","db"]}'
OTHER = b'{"command":"other"}'

JSON = b'{\n  // mine\n  "servers": {\n    "own": {"command": "x"} // keep\n  }\n}\n'
JSON_WITH = b"""\
{
  // mine
  "servers": {
    "own": {"command": "x"}, // keep
    "db": {
      "command": "npx",
      "args": [
        "-y",
        "db"
      ]
    }
  }
}
"""
TOML = b'# mine\n[servers.own] # keep\ncommand = "x"\n'
TOML_WITH = TOML + b'\n[servers.db]\ncommand = "npx"\nargs = ["-y", "db"]\n'
TEXT = b"# Mine\n\nWords.\n"
TEXT_WITH = TEXT + b"\n<!-- agentsync:begin acme/p rule:r -->\nBe brief.\n<!-- agentsync:end acme/p rule:r -->\n"
KINDS = pytest.mark.parametrize(
    ("name", "before", "after", "pointer", "content", "other"),
    [
        ("a.json", JSON, JSON_WITH, "/servers/db", SERVER, OTHER),
        ("b.TOML", TOML, TOML_WITH, "/servers/db", SERVER, OTHER),
        ("C.md", TEXT, TEXT_WITH, "acme/p rule:r", b"Be brief.\n", b"Be long.\n"),
    ],
)


@KINDS
def test_an_entry_comes_and_goes(
    name: str, before: bytes, after: bytes, pointer: str, content: bytes, other: bytes
) -> None:
    """Insert adds it, a second insert changes nothing, replace there and back and remove give the bytes from before."""
    editor = editor_for(name)
    assert editor.insert(before, pointer, content) == (after, (), "")
    assert editor.insert(after, pointer, content) == (after, (), "")
    found = editor.read(after).find(pointer)
    assert found and found.content == content and found.editable
    changed = editor.replace(after, pointer, other)
    assert changed.data and changed.data != after and changed.taken
    assert editor.replace(changed.data, pointer, content).data == after
    removed = editor.remove(after, pointer)
    assert removed.data == before
    assert removed.taken.strip() in after.decode()
    assert editor.remove(before, pointer) == (before, (), "")


@KINDS
def test_a_document_of_its_own_comes_and_goes(
    name: str, before: bytes, after: bytes, pointer: str, content: bytes, other: bytes
) -> None:
    """A document that was made is said to be made, and goes with its last entry; another one stays, empty."""
    editor = editor_for(name)
    made = editor.insert(None, pointer, content)
    assert made.data and made.data.endswith(b"\n") and made.made[0] == FILE
    gone = editor.remove(made.data, pointer, made.made)
    assert gone.data is None and not gone.made and gone.taken
    kept = editor.remove(made.data, pointer)
    assert kept.data is not None
    assert editor.read(kept.data).find(pointer) is None


@KINDS
def test_what_is_not_asked_for_is_not_done(
    name: str, before: bytes, after: bytes, pointer: str, content: bytes, other: bytes
) -> None:
    """Nothing is put over another value, and nothing in the place of none."""
    editor = editor_for(name)
    with pytest.raises(Occupied):
        editor.insert(after, pointer, other)
    with pytest.raises(Missing):
        editor.replace(before, pointer, content)
    with pytest.raises(Missing):
        editor.replace(None, pointer, content)
    assert editor.read(None).find(pointer) is None
    assert editor.remove(None, pointer) == (None, (), "")


@KINDS
def test_what_is_no_text_is_unreadable(
    name: str, before: bytes, after: bytes, pointer: str, content: bytes, other: bytes
) -> None:
    """Bytes that are not UTF-8, and documents that are too large, are refused."""
    editor = editor_for(name)
    for data in (b"\xff\xfe{\x00}\x00", before + b"\xff", b" " * (4 << 20) + after):
        with pytest.raises(Unreadable):
            editor.insert(data, pointer, content)


@pytest.mark.parametrize("name", ["a.json", "a.toml"])
@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b'{"a": NaN}', b'"\\ud800"', b"[" * 9999, b"\xff", b"1e999"])
def test_content_that_is_no_json_is_refused(name: str, content: bytes) -> None:
    """What cannot be read is not written."""
    with pytest.raises(Unwritable):
        editor_for(name).insert(None, "/servers/db", content)


def test_members_are_told_by_their_pointers() -> None:
    """The members of a container have pointers, those of a list by their value."""
    data = b'{"servers": {"a/b": 1, "c": 2}, "hooks": [{"x": 1}]}'
    document = editor_for("a.json").read(data)
    assert document.members("") == ("/servers", "/hooks")
    assert document.members("/servers") == ("/servers/a~1b", "/servers/c")
    (hook,) = document.members("/hooks")
    found = document.find(hook)
    assert found and json.loads(found.content) == {"x": 1}
    assert document.members("/none") == document.members("/none/of/these") == ()
    assert editor_for("a.toml").read(b"[a.b]\n[a.c]\n").members("/a") == ("/a/b", "/a/c")
    assert editor_for("a.md").read(TEXT_WITH).members("") == ("acme/p rule:r",)


def test_every_failure_is_a_document_error() -> None:
    """One `except` is enough, and it has a reason."""
    with pytest.raises(DocumentError) as caught:
        editor_for("a.json").insert(b"{nope}", "/a", b"1")
    assert caught.value.problem == "line 1, column 2: a key in double quotes is expected"
