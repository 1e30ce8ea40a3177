"""Tables of TOML: own ones are found by their header, and whatever else stands in the document stays."""

from __future__ import annotations

import tomllib
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsync.documents import toml as editor
from agentsync.documents.document import (
    Fixed,
    Occupied,
    Unreadable,
    Unwritable,
    WrongContainer,
    content_of,
    member_name,
    pointer_of,
)

POINTER: Final = "/servers/db"
SERVER: Final = b'{"command":"x","args":["a"]}'
TABLE: Final = '[servers.db]\ncommand = "x"\nargs = ["a"]\n'


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n",
        "# c\n",
        "\ufeffa = 1\n",
        "a = 1\n\n\n",
        "[servers]\n",
        '[servers]\nmine = {command = "y"}\n',
        'servers.mine.command = "y"\n',
        '[servers.mine]\n[servers.mine.env]\nA = "b" # c\n# end\n',
        "[servers.db2]\n",
        "[[projects]]\nname = 1\n[projects.sub]\n",
        '["servers.db"]\nx = 1\n',
        "[a.b]\n[a]\n",
        "a = nan\nd = 2020-01-01\n",
        'x = """\n[servers.db]\n"""\ny = \'\'\'\n[servers.db]\'\'\'\nz = [\n  "[servers.db]", # [servers.db]\n]\n',
        'x = """a"""""\ny = \'\'\'\'b\'\'\'\'\'\nz = "\\"[" # "\n',
        "a = {b = [{}, {c = 1}]}\n",
        '\'a."b\' . "c\\"" = 1\n',
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_comes_and_goes(before: str, end: str) -> None:
    """It stands at the end, behind one blank line; its removal gives back every byte."""
    data = before.replace("\n", end).encode()
    edited = editor.insert(data, POINTER, SERVER)
    assert edited.data == data + ((("\n" if before else "") + TABLE).replace("\n", end) if data else TABLE).encode()
    assert edited.made == ()
    assert editor.insert(edited.data, POINTER, SERVER).data == edited.data
    assert editor.remove(edited.data, POINTER).data == data
    more = editor.insert(edited.data, "/servers/z", SERVER).data
    first = editor.remove(more, POINTER).data
    assert editor.remove(first, "/servers/z").data == data


def test_a_missing_line_end_is_added_and_stays() -> None:
    """Nothing else of the last line changes."""
    edited = editor.insert(b"a = 1\r\nb = 2", POINTER, SERVER)
    assert edited.data == b'a = 1\r\nb = 2\r\n\r\n[servers.db]\r\ncommand = "x"\r\nargs = ["a"]\r\n'
    assert editor.remove(edited.data, POINTER).data == b"a = 1\r\nb = 2\r\n"


def test_a_header_may_end_the_document() -> None:
    """Values come below it; a blank line above it goes with it, at the top of the document too."""
    for before in ("", "\n"):
        data = f"{before}[servers.db]".encode()
        assert editor.replace(data, POINTER, SERVER).data == (before + TABLE).encode()
        assert editor.remove(data, POINTER).data == b""
    assert editor.remove(TABLE.encode() + b"\n[b]\n", POINTER).data == b"[b]\n"


def test_sub_tables_go_with_it_and_comments_of_the_next_table_do_not() -> None:
    """Also where they stand elsewhere; what was taken holds the comments in it."""
    own = '[servers.db] # head\ncommand = "y"\n# inside\n\n# of env\n[servers.db.env]\nK = "v"\n'
    text = f"# top\n\n{own}# of tui\n[tui]\nx = 1\n\n  [servers . 'db' . more]\n  y = 1\n# end\n"
    edited = editor.remove(text.encode(), POINTER)
    assert edited.data == b"# top\n# of tui\n[tui]\nx = 1\n# end\n"
    assert edited.taken == own + "  [servers . 'db' . more]\n  y = 1\n"
    replaced = editor.replace(text.encode(), POINTER, SERVER)
    assert (
        replaced.data == b"# top\n\n" + TABLE.replace("]", "] # head", 1).encode() + b"# of tui\n[tui]\nx = 1\n# end\n"
    )
    assert replaced.taken == edited.taken


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('servers = { db = { command = "y" } }\n', b'{"command":"y"}'),
        ('servers.db.command = "y"\n', b'{"command":"y"}'),
        ('[servers]\ndb.command = "y"\n', b'{"command":"y"}'),
        ('[servers]\ndb = { command = "y" }\n', b'{"command":"y"}'),
        ('[servers.db.env]\nK = "v"\n', b'{"env":{"K":"v"}}'),
        ("[[servers.db]]\nx = 1\n", b'[{"x":1}]'),
        ("[servers]\ndb = 1\n", b"1"),
    ],
)
def test_another_form_is_read_and_not_edited(text: str, content: bytes) -> None:
    """An inline table, dotted keys and arrays of tables belong to who wrote them."""
    found = editor.read(text.encode()).find(POINTER)
    assert found and found.content == content and not found.editable
    with pytest.raises(Occupied):
        editor.insert(text.encode(), POINTER, SERVER)
    with pytest.raises(Fixed):
        editor.replace(text.encode(), POINTER, SERVER)
    with pytest.raises(Fixed):
        editor.remove(text.encode(), POINTER)


def test_a_parent_in_another_form_is_stopped() -> None:
    """No table can be added to an inline table, nor to what is none."""
    for text in ("servers = {}\n", "servers = { mine = {} }\n"):
        with pytest.raises(Fixed) as caught:
            editor.insert(text.encode(), POINTER, SERVER)
        assert caught.value.pointer == "/servers"
        with pytest.raises(Fixed):
            editor.read(text.encode()).find(POINTER)
        assert editor.remove(text.encode(), POINTER).data == text.encode()
    for text in ("[[servers]]\n", 'servers = "s"\n', "servers = []\n"):
        with pytest.raises(WrongContainer):
            editor.insert(text.encode(), POINTER, SERVER)


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        "a = 1\na = 2\n",
        "a=1\rb=2",
        "[a]\n[a]\n",
        "x = " + "[" * 50_000,
        "x = " + "9" * 5_000,
        "x = " + "[" * 70 + "]" * 70,
        "a" + ".a" * 50_000 + " = 1",
        '"a"' + ".'a'" * 50_000 + " = 1",
        "[" + "a." * 99 + "a]",
        "\0",
        "{}",
    ],
)
def test_what_is_no_toml_is_unreadable(text: str) -> None:
    """No error of Python comes out, and no text takes long."""
    with pytest.raises(Unreadable):
        editor.read(text.encode())


def test_the_place_of_a_fault_is_told() -> None:
    """Line and column count from 1."""
    with pytest.raises(Unreadable) as caught:
        editor.read(b"a = 1\nb = \n")
    assert (caught.value.line, caught.value.column) == (2, 5)


def test_what_json_cannot_hold_is_no_entry() -> None:
    """A date, or a number that is none; elsewhere in the document they do no harm."""
    for value in ("2020-01-01", "nan"):
        with pytest.raises(Unreadable):
            editor.read(f"[servers.db]\nx = {value}\n".encode()).find(POINTER)


@pytest.mark.parametrize("content", [b"1", b"[]", b'{"a":null}', b'{"a":[99999999999999999999]}'])
def test_what_toml_cannot_hold_is_refused(content: bytes) -> None:
    """Nothing is written."""
    with pytest.raises(Unwritable):
        editor.insert(b"", POINTER, content)


def test_values_stand_on_one_line_each() -> None:
    """Keys are quoted where they must be, and inner tables are inline."""
    content = b'{"a b":{"c":{},"d":[]},"n":1.5,"t":true,"s":"l\\n\\u007f\\u0001\\\\\\""}'
    edited = editor.insert(None, '/servers/a.b "q"', content)
    assert edited.data and edited.made == ("",)
    assert edited.data.decode() == (
        '[servers."a.b \\"q\\""]\n"a b" = { c = {}, d = [] }\nn = 1.5\nt = true\ns = "l\\n\\u007f\\u0001\\\\\\""\n'
    )
    assert editor.remove(edited.data, '/servers/a.b "q"', edited.made).data is None


LINES: Final = (
    "# c",
    "",
    "  ",
    "# [servers.db]",
    "k{n} = 1",
    "'k{n}' = [ # c\n  '''\n[servers.db]''',\n]",
    'k{n}.a = """\n# "[x]\n"""',
    '"k{n}" = {{ a = "#", b = [1, 2.5] }} # c',
    "[t{n}] # c",
    "[[array]]",
    "[array.t{n}]",
    "[servers.own{n}]",
    "[ servers.'x{n}' ]",
)
FLAT: Final = (
    st.booleans() | st.integers(-9, 2**62) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
INNER: Final = FLAT | st.lists(FLAT, max_size=2) | st.dictionaries(st.text(max_size=3), FLAT, max_size=2)
JSON: Final = INNER | st.lists(INNER, max_size=2) | st.dictionaries(st.text(max_size=3), INNER, max_size=2)
TABLES: Final = st.dictionaries(st.text(max_size=4), JSON, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Draw a valid document."""
    random: Random = draw(st.randoms(use_true_random=False))
    lines: list[str] = []
    for number in range(random.randrange(9)):
        line = random.choice(LINES).format(n=number)
        try:
            tomllib.loads("\n".join([*lines, line]))
        except tomllib.TOMLDecodeError:
            continue
        lines.append(line)
    text = "".join(line + "\n" for line in lines)
    return random.choice(["", "\ufeff"]).encode() + text.replace("\n", random.choice(["\n", "\r\n"])).encode()


def value_of(data: bytes | None) -> str:
    """Return the values of a document by Python's own reader, without tables that hold nothing else."""
    table: dict[str, Any] = tomllib.loads((data or b"").decode().removeprefix("\ufeff"))
    return repr({key: value for key, value in table.items() if value or key != "servers"})


def check(data: bytes, one: dict[str, Any], other: dict[str, Any], name: str) -> None:
    """Hold every promise on one document."""
    pointer = pointer_of(("servers", name))
    edited = editor.insert(data, pointer, content_of(one))
    assert edited.data and edited.data.startswith(data)
    assert tomllib.loads(edited.data.decode().removeprefix("\ufeff"))["servers"][name] == one
    assert editor.insert(edited.data, pointer, content_of(one)).data == edited.data
    found = editor.read(edited.data).find(pointer)
    assert found and found.editable and found.content == content_of(one)
    more = editor.insert(edited.data, "/servers/another", b'{"a":{"b":[]}}').data
    changed = editor.replace(more, pointer, content_of(other)).data
    assert editor.replace(changed, pointer, content_of(one)).data == more or member_name(one) == member_name(other)
    last = editor.remove(changed, pointer).data
    assert last and value_of(last) == value_of(editor.insert(data, "/servers/another", b'{"a":{"b":[]}}').data)
    assert editor.remove(last, "/servers/another").data == data
    assert editor.remove(edited.data, pointer).data == data


NAMES: Final = st.text(min_size=1, max_size=4).filter(lambda name: name != "another")


@given(documents(), TABLES, TABLES, NAMES)
@settings(max_examples=30)
def test_any_document(data: bytes, one: dict[str, Any], other: dict[str, Any], name: str) -> None:
    """Edits are inverse, and nothing else moves."""
    check(data, one, other, name)


@pytest.mark.long
@given(documents(), TABLES, TABLES, NAMES)
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
def test_very_many_documents(data: bytes, one: dict[str, Any], other: dict[str, Any], name: str) -> None:
    """The same, many times."""
    check(data, one, other, name)
