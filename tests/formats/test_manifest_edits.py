"""Edits of a manifest: one entry changes, every other line and every comment stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.errors import ManifestError
from agentsync.formats.manifest_edits import drop_entry, set_entry
from agentsync.formats.yaml_text import scalar
from agentsync.formats.yaml_tree import plain, read_yaml

PACKS = """\
# top
registries:
  acme: https://x.example/a.git   # ours
packs:
  acme/one: "^1"   # first
  # about two
  acme/two: { version: "*", only: [a, b] }

  acme/three:
    version: ^3    # pinned
    # why only these
    only: [c]
# after
targets: [claude-code]
"""


def tree(text: str) -> Any:
    """The whole document as plain data; an empty one is an empty mapping."""
    found = plain(read_yaml(text.removeprefix("\ufeff")))
    return found if isinstance(found, dict) else {}


def test_a_new_entry_follows_the_last_one() -> None:
    """The added line stands where the section ends, before what follows it."""
    edited = set_entry(PACKS, "packs", "acme/four", '"*"')
    assert edited == PACKS.replace("    only: [c]\n", '    only: [c]\n  acme/four: "*"\n')


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("acme/one", '"^1"   #', "^2   #"),
        ("acme/two", '{ version: "*", only: [a, b] }', "^2"),
    ],
)
def test_a_value_is_replaced_where_it_stands(key: str, old: str, new: str) -> None:
    """Only the value changes; the remark behind it stays."""
    value = new.removesuffix("   #")
    assert set_entry(PACKS, "packs", key, value) == PACKS.replace(old, new)


def test_a_block_value_is_replaced_and_its_comment_lines_stay() -> None:
    """The value moves to the line of its key."""
    edited = set_entry(PACKS, "packs", "acme/three", "^4")
    body = "\n    version: ^3    # pinned\n    # why only these\n    only: [c]\n"
    assert edited == PACKS.replace(body, " ^4\n    # why only these\n")


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        ("acme/one", '  acme/one: "^1"   # first\n'),
        ("acme/two", '  acme/two: { version: "*", only: [a, b] }\n'),
    ],
)
def test_a_dropped_entry_takes_its_line_along(key: str, gone: str) -> None:
    """The comment lines around it stay."""
    assert drop_entry(PACKS, "packs", key) == PACKS.replace(gone, "")


def test_a_dropped_block_leaves_its_comment_lines() -> None:
    """A comment on a line of its own stays."""
    edited = drop_entry(PACKS, "packs", "acme/three")
    assert edited == PACKS.replace("  acme/three:\n    version: ^3    # pinned\n", "").replace("    only: [c]\n", "")


# What stands there, the key that is set to `^9`, and the whole text that comes out.
SET = {
    "nothing": ("", "a/b", "packs:\n  a/b: ^9\n"),
    "only a comment": ("# mine", "a/b", "# mine\npacks:\n  a/b: ^9\n"),
    "a document that is null": ("~  # empty\n", "a/b", "  # empty\npacks:\n  a/b: ^9\n"),
    "another section": ("targets: []\n", "a/b", "targets: []\npacks:\n  a/b: ^9\n"),
    "no final newline": ("targets: []", "a/b", "targets: []\npacks:\n  a/b: ^9\n"),
    "a last line of blanks": ("targets: []\n  ", "a/b", "targets: []\n  \npacks:\n  a/b: ^9\n"),
    "document marks": ("---\ntargets: []\n...\n", "a/b", "---\ntargets: []\npacks:\n  a/b: ^9\n...\n"),
    "an end mark at the end": ("targets: []\n...", "a/b", "targets: []\npacks:\n  a/b: ^9\n..."),
    "an indented document": ("  targets: []\n", "a/b", "  targets: []\n  packs:\n    a/b: ^9\n"),
    "a byte order mark": ("\ufeffpacks:\n  a: 1\n", "a", "\ufeffpacks:\n  a: ^9\n"),
    "a byte order mark and nothing": ("\ufeff", "a", "\ufeffpacks:\n  a: ^9\n"),
    "characters beyond the BMP": ("# \U0001f600\npacks: {x: 1}\n", "x", "# \U0001f600\npacks: {x: ^9}\n"),
    "JSON": ('{"packs": {"a/b": "1"}}\n', "a/b", '{"packs": {"a/b": ^9}}\n'),
    "JSON, a new entry": ('{"packs": {"a/b": "1"}}', "c", '{"packs": {"a/b": "1", c: ^9}}'),
    "JSON, a new section": ('{"targets": []}\n', "c", '{"targets": [], packs: {c: ^9}}\n'),
    "JSON, an empty section": ('{"packs": {}, "x": 1}\n', "c", '{"packs": {c: ^9}, "x": 1}\n'),
    "JSON, null": ('{"packs": null, "x": 1}\n', "c", '{"packs": {c: ^9}, "x": 1}\n'),
    "JSON, nothing": ("{}\n", "c", "{packs: {c: ^9}}\n"),
    "a section without value": ("packs:\ntargets: []\n", "c", "packs:\n  c: ^9\ntargets: []\n"),
    "a section without value at the end": ("packs:", "c", "packs:\n  c: ^9"),
    "a section of comments": ("packs:  # mine\n  # none yet\n", "c", "packs:\n  c: ^9  # mine\n  # none yet\n"),
    "empty braces": ("packs: {}  # mine\nx: 1\n", "c", "packs:\n  c: ^9  # mine\nx: 1\n"),
    "empty braces with a blank": ("packs: { }\n", "c", "packs:\n  c: ^9\n"),
    "empty braces below": ("packs:\n  {}\nx: 1\n", "c", "packs:\n  c: ^9\nx: 1\n"),
    "null below": ("packs:\n  ~\nx: 1\n", "c", "packs:\n  c: ^9\nx: 1\n"),
    "null beside": ("packs: null # mine\n", "c", "packs:\n  c: ^9 # mine\n"),
    "a comment in braces": ("packs: {\n  # none\n}\n", "c", "packs: {c: ^9\n  # none\n}\n"),
    "a blank before the colon": ("packs : {}\n", "c", "packs :\n  c: ^9\n"),
    "a quoted section": ('"packs": {}\n', "c", '"packs":\n  c: ^9\n'),
    "a trailing comma": ("packs: {a: 1,}\n", "c", "packs: {a: 1, c: ^9,}\n"),
    "braces over lines": ("packs: {\n  a: 1,  # one\n  b: 2   # two\n}\n", "c",
                          "packs: {\n  a: 1,  # one\n  b: 2, c: ^9   # two\n}\n"),
    "an entry without value": ("packs:\n  a:\n  b: 1\n", "a", "packs:\n  a: ^9\n  b: 1\n"),
    "an entry without value, with a remark": ("packs:\n  a:  # why\n", "a", "packs:\n  a: ^9  # why\n"),
    "an entry without value in braces": ("packs: {a, b: 1}\n", "a", "packs: {a: ^9, b: 1}\n"),
    "a text over lines": ("packs:\n  a: >-\n    1\n    2\n\n  # c\n  b: 1\n", "a",
                          "packs:\n  a: ^9\n\n  # c\n  b: 1\n"),
    "a text over lines at the end": ("packs:\n  a: |\n    1\nx: 1\n", "b", "packs:\n  a: |\n    1\n  b: ^9\nx: 1\n"),
    "a plain text over lines": ("packs:\n  a: 1\n    2\n  b: 1\n", "a", "packs:\n  a: ^9\n  b: 1\n"),
    "a # within a text": ("packs:\n  a: |\n    # no comment\n  b: 1\n", "a", "packs:\n  a: ^9\n  b: 1\n"),
    "braces with a comment line": ("packs:\n  a: {\n    # c\n    version: 1 }  # d\n  b: 1\n", "a",
                                   "packs:\n  a: ^9  # d\n    # c\n  b: 1\n"),
    "a block under a remark": ("packs:\n  a:  # why\n    version: 1\n  b: 1\n", "a",
                               "packs:\n  a: ^9  # why\n  b: 1\n"),
    "a list below": ("packs:\n  a:\n  - x\n  b: 1\n", "a", "packs:\n  a: ^9\n  b: 1\n"),
    "quoted keys": ("packs:\n  'a': 1\n  \"b\": 2\n", "b", "packs:\n  'a': 1\n  \"b\": ^9\n"),
    "CRLF": ("packs:\r\n  a: 1\r\n# c\r\n", "b", "packs:\r\n  a: 1\r\n  b: ^9\r\n# c\r\n"),
    "CRLF, no section": ("targets: []\r\n", "b", "targets: []\r\npacks:\r\n  b: ^9\r\n"),
    "CRLF, braces": ("packs: {}\r\n", "b", "packs:\r\n  b: ^9\r\n"),
    "the last line without end": ("packs:\n  a: 1", "b", "packs:\n  a: 1\n  b: ^9\n"),
    "other indentation": ("packs:\n      a: 1\n", "b", "packs:\n      a: 1\n      b: ^9\n"),
    "nested deeper": ("packs:\n  a:\n    only:\n      - x\n      - y\nz: 1\n", "b",
                      "packs:\n  a:\n    only:\n      - x\n      - y\n  b: ^9\nz: 1\n"),
    "question marks": ("packs:\n  ? a\n  : 1\n", "b", "packs:\n  ? a\n  : 1\n  b: ^9\n"),
    "old line ends": ("packs:\r  a: 1\rx: 1\r", "a", "packs:\r  a: ^9\rx: 1\r"),
    "the same key elsewhere": ("a: 1\npacks:\n  b: {a: 2}\n  a: 3\n", "a", "a: 1\npacks:\n  b: {a: 2}\n  a: ^9\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", SET)
def test_set(name: str) -> None:
    """Every way to write a section takes an entry."""
    text, key, expected = SET[name]
    assert set_entry(text, "packs", key, "^9") == expected
    before, after = tree(text), tree(expected)
    entries = before.get("packs")
    before["packs"] = {**(entries if isinstance(entries, dict) else {}), key: "^9"}
    assert after == before


# What stands there, the key that goes, and the whole text that comes out.
DROP = {
    "the only entry": ("packs:\n  a: 1\nx: 1\n", "a", "packs: {}\nx: 1\n"),
    "the only entry, remarks": ("packs:  # mine\n  # c\n  a: 1  # d\n", "a", "packs: {}  # mine\n  # c\n"),
    "the only entry, a quoted section": ('"packs" :\n  a: 1\n', "a", '"packs" : {}\n'),
    "the only entry in braces": ("packs: {a: 1}\n", "a", "packs: {}\n"),
    "the only entry, a trailing comma": ("packs: {a: 1,}\n", "a", "packs: {}\n"),
    "the only entry, braces over lines": ("packs: {\n  a: 1  # b\n}\n", "a", "packs: {\n}\n"),
    "the first in braces": ("packs: {a: 1, b: 2}\n", "a", "packs: {b: 2}\n"),
    "the last in braces": ("packs: {a: 1, b: 2}\n", "b", "packs: {a: 1}\n"),
    "the last, a trailing comma": ("packs: {a: 1, b: 2, }\n", "b", "packs: {a: 1, }\n"),
    "braces over lines": ("packs: {\n  a: 1,  # one\n  # two\n  b: 2\n}\n", "a", "packs: {\n  # two\n  b: 2\n}\n"),
    "the last of braces over lines": ("packs: {\n  a: 1,  # one\n  # two\n  b: 2\n}\n", "b",
                                      "packs: {\n  a: 1  # one\n  # two\n}\n"),
    "a comma in front": ("packs: {\n  a: 1\n  , b: 2\n}\n", "b", "packs: {\n  a: 1\n}\n"),
    "JSON": ('{"packs": {"a/b": "1", "c": "2"}}', "a/b", '{"packs": {"c": "2"}}'),
    "comments within": ("packs: {a: 1, b: {x: 1,\n# c\n  y: 2}, z: 1}\n", "b", "packs: {a: 1\n# c\n, z: 1}\n"),
    "no value": ("packs:\n  a:\n  b: 1\n", "a", "packs:\n  b: 1\n"),
    "no value in braces": ("packs: {a, b: 1}\n", "a", "packs: {b: 1}\n"),
    "no final newline": ("packs:\n  a: 1\n  b: 2", "b", "packs:\n  a: 1\n"),
    "CRLF": ("packs:\r\n  a: 1\r\n  b: 2\r\n", "a", "packs:\r\n  b: 2\r\n"),
    "a text over lines": ("packs:\n  a: |\n    1\n  b: 1\n", "a", "packs:\n  b: 1\n"),
    "a text over lines with a #": ("packs:\n  a: |\n    # 1\n\n  # c\n  b: 1\n", "a", "packs:\n\n  # c\n  b: 1\n"),
    "braces with a comment line": ("packs:\n  a: {\n    # c\n    x: 1 }\n  b: 1\n", "a",
                                   "packs:\n    # c\n  b: 1\n"),
    "a byte order mark": ("\ufeffpacks:\n  a: 1\n  b: 2\n", "a", "\ufeffpacks:\n  b: 2\n"),
    "not there": ("packs:\n  a: 1\n", "b", "packs:\n  a: 1\n"),
    "no section": ("targets: []\n", "b", "targets: []\n"),
    "nothing": ("", "b", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", DROP)
def test_drop(name: str) -> None:
    """Every way to write an entry goes away."""
    text, key, expected = DROP[name]
    assert drop_entry(text, "packs", key) == expected
    before, after = tree(text), tree(expected)
    if "packs" in before:
        before["packs"].pop(key, None)
    assert after == before


@pytest.mark.parametrize(
    ("text", "section", "key", "value", "written"),
    [
        ("a: 1\n", "packs", "x: y", "1", '"x: y"'),
        ("a: 1\n", "packs", "true", "1", '"true"'),
        ("packs: {a: 1}\n", "packs", "x, y", "{ only: [z] }", '"x, y"'),
    ],
)
def test_a_key_is_quoted_where_it_must_be(text: str, section: str, key: str, value: str, written: str) -> None:
    """No key can break out of its place."""
    edited = set_entry(text, section, key, value)
    assert written in edited
    assert tree(edited)[section][key] == tree(f"v: {value}")["v"]


def test_what_cannot_be_edited_is_told() -> None:
    """A file that is written in a way that is not understood is left alone."""
    text = "packs:\n  ? a  # colon: here\n  : 1\n"
    with pytest.raises(ManifestError, match="cannot be edited safely") as caught:
        set_entry(text, "packs", "a" * 2000, "1")
    assert "under `packs:` yourself" in caught.value.hint


# A generator of manifests that knows which line belongs to which entry.

KEYS = ["acme/one", "two", "b c", "true", "k:v", "é", "x-y"]


@dataclass
class Written:
    """A manifest with the owner of each line: a key, "" for none, "*" for a line that entries share."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    entries: dict[str, Any] = field(default_factory=dict)
    end: str = "\n"
    final: bool = True
    head: str = ""

    @property
    def text(self) -> str:
        """The file."""
        text = self.end.join(line for line, _ in self.lines)
        return self.head + text + (self.end if self.final and self.lines else "")


def quoted(draw: st.DrawFn, text: str) -> str:
    """A text in one of the ways to write it."""
    ways = [scalar(text), f"'{text}'"]
    return draw(st.sampled_from(ways))


@st.composite
def block_value(draw: st.DrawFn, key: str, indent: str) -> tuple[list[str], Any]:
    """The lines of an entry in a block, and its value."""
    name = quoted(draw, key)
    remark = draw(st.sampled_from(["", "  # remark", " # a: {b"]))
    match draw(st.sampled_from(["text", "flow", "flow lines", "block", "null", "block text", "list"])):
        case "text":
            value = draw(st.sampled_from(["^1", "*", "x # y", "1, 2"]))
            return [f"{indent}{name}: {quoted(draw, value)}{remark}"], value
        case "flow":
            return [f"{indent}{name}: {{ version: '^1', only: [a, b] }}{remark}"], {"version": "^1", "only": ["a", "b"]}
        case "flow lines":
            body = [f"{indent}{name}: {{{remark}", f"{indent}  # inside", f"{indent}  version: '#1'", f"{indent} }}"]
            return body, {"version": "#1"}
        case "block":
            body = [f"{indent}{name}:{remark}", f"{indent}  version: '*'", f"{indent}  # inside"]
            return [*body, f"{indent}  only:", f"{indent}    - a"], {"version": "*", "only": ["a"]}
        case "null":
            return [f"{indent}{name}:{remark}"], ""
        case "block text":
            return [f"{indent}{name}: >-{remark}", f"{indent}   # text", f"{indent}   more"], "# text more"
        case _:
            return [f"{indent}{name}:{remark}", f"{indent}- a", f"{indent}- b"], ["a", "b"]


@st.composite
def manifests(draw: st.DrawFn) -> Written:
    """A manifest with a section `packs` in any style, between other lines."""
    made = Written(end=draw(st.sampled_from(["\n", "\r\n"])), final=draw(st.booleans()))
    made.head = draw(st.sampled_from(["", "\ufeff"]))
    made.lines += draw(st.sampled_from([[], [("# top", "")], [("---", ""), ("", "")], [("targets: [a]  # t", "")]]))
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
    if not keys:
        empty = draw(
            st.sampled_from([["packs:"], ["packs: {}"], ["packs: ~  # no"], ["packs:", "  {}"], [], ["packs:  # c"]])
        )
        made.lines += [(line, "*") for line in empty]
    elif draw(st.booleans()):
        indent = draw(st.sampled_from(["  ", "    "]))
        made.lines.append((draw(st.sampled_from(["packs:", "'packs':  # all"])), "*"))
        for key in keys:
            made.lines += draw(st.sampled_from([[], [(f"{indent}# about {key}", "")], [("", ""), ("# left", "")]]))
            lines, made.entries[key] = draw(block_value(key, indent))
            made.lines += [(line, "" if line.strip() == "# inside" else key) for line in lines]
    elif draw(st.booleans()):
        parts = []
        for key in keys:
            made.entries[key] = draw(st.sampled_from(["^1", "*"]))
            parts.append(f"{quoted(draw, key)}: {quoted(draw, made.entries[key])}")
        comma = draw(st.sampled_from(["", ","]))
        made.lines.append((f"packs: {{{', '.join(parts)}{comma}}}", "*"))
    else:
        made.lines.append(("packs: {  # open", "*"))
        for number, key in enumerate(keys):
            made.lines += draw(st.sampled_from([[], [(f"  # about {key}", "")]]))
            made.entries[key] = draw(st.sampled_from(["^1", "*"]))
            comma = "," if number + 1 < len(keys) else draw(st.sampled_from(["", ","]))
            remark = draw(st.sampled_from(["", "  # remark"]))
            made.lines.append((f"  {quoted(draw, key)}: {quoted(draw, made.entries[key])}{comma}{remark}", f"={key}"))
        made.lines.append(("}", "*"))
    made.lines += draw(
        st.sampled_from([[], [("# end", "")], [("overrides: {}", "")], [("", ""), ("z:", ""), ("  y: 1", "")]])
    )
    return made


def survivors(made: Written, changed: str) -> list[str]:
    """The lines that an edit of one entry must leave as they are: all that it does not share."""
    return [line for line, owner in made.lines if owner == "" or (owner not in ("*", changed) and owner[0] != "=")]


def is_within(some: list[str], lines: list[str]) -> bool:
    """Return whether these lines occur in this order."""
    rest = iter(lines)
    return all(line in rest for line in some)


def lines_of(text: str) -> list[str]:
    """A text as lines without their ends."""
    return re.split("\r?\n", text.removeprefix("\ufeff"))


def assert_edited(made: Written, edited: str, key: str, value: Any) -> None:
    """One entry is changed, and nothing else."""
    before, after = tree(made.text), tree(edited)
    entries = dict(made.entries) if value is None else {**made.entries, key: value}
    if value is None:
        del entries[key]
    assert after == {**before, "packs": entries}
    if list(before) == list(after):
        assert [name for name in after["packs"] if name != key] == [name for name in made.entries if name != key]
    assert is_within(survivors(made, key), lines_of(edited)), "a line was lost"
    assert edited.startswith(made.head)
    assert (made.end == "\r\n") or "\r" not in edited
    assert "\r\n" not in made.text or edited.count("\n") == edited.count("\r\n")


@given(manifests(), st.sampled_from(KEYS), st.sampled_from(["^9", '{ version: "*" }', '"a # b"']))
def test_setting_changes_one_entry(made: Written, key: str, value: str) -> None:
    """In any style; what is there already is changed, what is not is added."""
    edited = set_entry(made.text, "packs", key, value)
    assert_edited(made, edited, key, tree(f"v: {value}")["v"])
    assert set_entry(edited, "packs", key, value) == edited


@given(manifests(), st.data())
def test_dropping_changes_one_entry(made: Written, data: st.DataObject) -> None:
    """In any style; setting it again brings the tree back."""
    if not made.entries:
        assert drop_entry(made.text, "packs", "two") == made.text
        return
    key = data.draw(st.sampled_from(sorted(made.entries)))
    edited = drop_entry(made.text, "packs", key)
    assert_edited(made, edited, key, None)
    again = set_entry(edited, "packs", key, "^9")
    assert tree(again)["packs"] == {**made.entries, key: "^9"}


@given(manifests())
def test_adding_and_dropping_leaves_no_trace(made: Written) -> None:
    """Adding and dropping an entry restores the bytes where the section has entries and the file ends with a line."""
    edited = drop_entry(set_entry(made.text, "packs", "new", "^9"), "packs", "new")
    assert tree(edited) == {**tree(made.text), "packs": made.entries}
    if made.entries and made.final:
        assert edited == made.text


@given(manifests(), st.lists(st.tuples(st.booleans(), st.sampled_from(KEYS)), max_size=6))
def test_many_edits_in_a_row(made: Written, steps: list[tuple[bool, str]]) -> None:
    """No comment line is lost on the way, whatever is set and dropped."""
    text, entries = made.text, dict(made.entries)
    for number, (adding, key) in enumerate(steps):
        if adding:
            text, entries[key] = set_entry(text, "packs", key, f"^{number}"), f"^{number}"
        else:
            text = drop_entry(text, "packs", key)
            entries.pop(key, None)
    found = tree(text).get("packs")
    assert (found if isinstance(found, dict) else {}) == entries
    comments = [line for line, owner in made.lines if line.strip().startswith("#") and owner == ""]
    assert is_within(comments, lines_of(text))
