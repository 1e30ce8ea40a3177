"""JSON in the layouts that people write: where a new member goes, and that its removal gives back every byte."""

from __future__ import annotations

import pytest

from agentsync.documents import json as editor
from agentsync.documents.document import Twice, Unreadable, WrongContainer, member_name

SERVER = b'{"command":"x"}'
POINTER = "/servers/new"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "servers": {\n    "new": {\n      "command": "x"\n    }\n  }\n}'),
        ('{"servers":{}}', '{"servers":{"new": {"command": "x"}}}'),
        ('{"servers": { }}', '{"servers": { "new": {"command": "x"} }}'),
        ('{"servers": {"a": 1,}}', '{"servers": {"a": 1, "new": {"command": "x"},}}'),
        ('{"servers": {"a": 1} } // end', '{"servers": {"a": 1, "new": {"command": "x"}} } // end'),
        ('{"servers": {"a": 1 /* c */}}', '{"servers": {"a": 1, /* c */ "new": {"command": "x"}}}'),
        ('{"servers": {"a": 1 // c\n}}', '{"servers": {"a": 1, "new": {"command": "x"} // c\n}}'),
        ('{ /* c */ "servers": { /* d */ }}', '{ /* c */ "servers": { /* d */ "new": {"command": "x"} }}'),
        (
            '{\n  "servers": {}\n}\n',
            '{\n  "servers": {\n    "new": {\n      "command": "x"\n    }\n  }\n}\n',
        ),
        (
            '{\n  "servers": {"a": 1}\n}\n',
            '{\n  "servers": {"a": 1, "new": {"command": "x"}}\n}\n',
        ),
        (
            '{\n  "servers": {\n    // none yet\n  }\n}\n',
            '{\n  "servers": {\n    // none yet\n    "new": {\n      "command": "x"\n    }\n  }\n}\n',
        ),
        (
            "{\n    // none yet\n}",
            '{\n    // none yet\n    "servers": {\n        "new": {\n            "command": "x"\n        }\n    }\n}',
        ),
        (
            '{\n  "servers": {\n    "a": 1 /* c\n    d */\n  }\n}\n',
            '{\n  "servers": {\n    "a": 1, /* c\n    d */\n    "new": {\n      "command": "x"\n    }\n  }\n}\n',
        ),
        (
            '{\n  "servers": {\n    "a": 1 // c\n    // "b": 2\n  }\n}\n',
            '{\n  "servers": {\n    "a": 1, // c\n    "new": {\n      "command": "x"\n    }\n    // "b": 2\n  }\n}\n',
        ),
        (
            '{\n  "servers": {\n    "a": 1,  \n  }\n}\n',
            '{\n  "servers": {\n    "a": 1,  \n    "new": {\n      "command": "x"\n    },\n  }\n}\n',
        ),
        (
            '{\n  "servers": {"a": {\n    "b": 1\n  }}\n}\n',
            '{\n  "servers": {"a": {\n    "b": 1\n  }, "new": {\n    "command": "x"\n  }}\n}\n',
        ),
        (
            '{\n  "servers":\n  {\n    "a": 1 }\n}\n',
            '{\n  "servers":\n  {\n    "a": 1,\n    "new": {\n      "command": "x"\n    } }\n}\n',
        ),
        (
            '{\n"servers": {\n"a": 1\n}\n}\n',
            '{\n"servers": {\n"a": 1,\n"new": {\n  "command": "x"\n}\n}\n}\n',
        ),
        (
            '{\r  "servers": {\r    "a": 1\r  }\r}\r',
            '{\r  "servers": {\r    "a": 1,\r    "new": {\r      "command": "x"\r    }\r  }\r}\r',
        ),
        (
            '{\r\n\t"servers": /* c */ {\r\n\t\t"a": 1\n\t}\n}',
            '{\r\n\t"servers": /* c */ {\r\n\t\t"a": 1,\r\n\t\t"new": {\r\n\t\t\t"command": "x"\r\n\t\t}\n\t}\n}',
        ),
    ],
)
def test_a_member_is_added_as_its_neighbours_are(before: str, after: str) -> None:
    """Comments, commas, blanks and line ends stay, and removal gives back every byte."""
    edited = editor.insert(before.encode(), POINTER, SERVER)
    assert edited.data and edited.data.decode() == after
    removed = editor.remove(edited.data, POINTER, edited.made)
    assert removed.data and removed.data.decode() == before


@pytest.mark.parametrize("before", ["", " \n\n", "// c\n", "/* c */", "\ufeff"])
def test_a_document_without_a_value_gets_one(before: str) -> None:
    """What stands there stays above it; after removal an empty object stays, for the document is not ours."""
    edited = editor.insert(before.encode(), POINTER, SERVER)
    assert edited.data and edited.data.decode().startswith(before) and edited.made == ("/servers",)
    removed = editor.remove(edited.data, POINTER, edited.made)
    assert removed.data and removed.data.decode().rstrip() == (before + ("\n" if before == "/* c */" else "")) + "{}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"servers": {"new": 1, "b": 2}}', '{"servers": {"b": 2}}'),
        ('{"servers": {"a": 1, "new": 1, "b": 2}}', '{"servers": {"a": 1, "b": 2}}'),
        ('{"servers": {"a": 1, /* c */ "new": 1 /* d */}}', '{"servers": {"a": 1 /* c */ /* d */}}'),
        ('{"servers": {"a": 1, "new": 1 /* c */ , "b": 2}}', '{"servers": {"a": 1,  /* c */ "b": 2}}'),
        ('{"servers": {\n  "new": 1, "b": 2\n}}', '{"servers": {\n  "b": 2\n}}'),
        ('{"servers": {\n  "a": 2, "new": 1,\n  "b": 2\n}}', '{"servers": {\n  "a": 2,\n  "b": 2\n}}'),
        ('{"servers": {\n  "a": 1 // c\n  , "new": 1\n}}', '{"servers": {\n  "a": 1 // c\n  \n}}'),
        ('{"servers": {\n  // of new\n  "new": 1, // ours\n  "b": 2\n}}', '{"servers": {\n  // of new\n  "b": 2\n}}'),
        ('{"servers": {\n  "new": 1 /* c\n  d */\n}}', '{"servers": {\n /* c\n  d */\n}}'),
        ('{"servers": {\n  /* c\n  d */ "new": 1\n}}', '{"servers": {\n  /* c\n  d */\n}}'),
        ('{"servers": {"a": 1, // c\n  "new": 1}}', '{"servers": {"a": 1 // c\n}}'),
        ('{"servers": {"a": 1,\n  "new": 1}}', '{"servers": {"a": 1}}'),
        (
            '{"servers": {\n  "new": 1\n  // c\n  ,\n  "b": 2\n}}',
            '{"servers": {\n\n  // c\n  \n  "b": 2\n}}',
        ),
        ('{"servers": {\n  "new": 1\n}}', '{"servers": {}}'),
        ('{"servers": {\n  "new": 1 // ours\n\n}}', '{"servers": {}}'),
        ('{"servers": {\n  "new": 1,\n  // c\n}}', '{"servers": {\n  // c\n}}'),
    ],
)
def test_a_member_goes_with_its_lines(before: str, after: str) -> None:
    """Comments on the lines that are its own go with it, all others stay."""
    edited = editor.remove(before.encode(), POINTER)
    assert edited.data and edited.data.decode() == after
    assert '"new": 1' in edited.taken


def test_only_what_was_made_goes_when_it_is_empty() -> None:
    """A container with a comment, with another member, or that was not made, stays."""
    made = ("", "/servers")
    text = '{\n  "servers": {\n    "new": 1\n  }\n}\n'
    assert editor.remove(text.encode(), POINTER, made).data is None
    assert editor.remove(text.encode(), POINTER, ["/servers"]) == (b"{}\n", (), '    "new": 1')
    assert editor.remove(text.encode(), POINTER, [""]) == (b'{\n  "servers": {}\n}\n', ("",), '    "new": 1')
    for remark in ("// c", '"own": 2'):
        noted = text.replace('"new": 1\n', f'"new": 1,\n    {remark}\n')
        left = editor.remove(noted.encode(), POINTER, made)
        assert left.made == made and left.data and remark in left.data.decode()
    above = editor.remove(b"// mine\n" + text.encode(), POINTER, made)
    assert above == (b"// mine\n{}\n", ("",), '    "new": 1')


@pytest.mark.parametrize(
    "before",
    [
        '{\n  "hooks": {\n    "Pre": [\n      {"a": 1}\n    ]\n  }\n}\n',
        '{\n  "hooks": {\n    "Pre": [{"a": 1}]\n  }\n}\n',
        '{\n  "hooks": {\n    "Pre": []\n  }\n}\n',
        '{"hooks": {"Post": []}}',
        '{\n  "hooks": {} // none\n}',
    ],
)
def test_a_member_of_a_list_comes_and_goes(before: str) -> None:
    """It is named by its value, in whatever order its keys stand."""
    pointer = "/hooks/Pre/" + member_name({"hooks": [], "matcher": "B"})
    edited = editor.insert(before.encode(), pointer, b'{"matcher":"B","hooks":[]}')
    assert edited.data and edited.data.index(b'"matcher"') < edited.data.index(b'"hooks": []')
    assert editor.insert(edited.data, pointer, b'{"hooks":[],"matcher":"B"}').data == edited.data
    assert editor.remove(edited.data, pointer, edited.made).data == before.encode()


def test_a_value_is_replaced_where_it_stands() -> None:
    """Its key, the comments around it and its comma stay; it is laid out as a new one would be."""
    text = b'{\n\t"servers": {\n\t\t"new": /* a */ {"old": 1 /* b */} , // c\n\t\t"z": 1\n\t}\n}\n'
    edited = editor.replace(text, POINTER, SERVER)
    assert edited.data == text.replace(b'{"old": 1 /* b */}', b'{\n\t\t\t"command": "x"\n\t\t}')
    assert edited.taken == '{"old": 1 /* b */}'
    assert (
        editor.replace(b'{"servers": {"new": [1]}}', POINTER, SERVER).data == b'{"servers": {"new": {"command": "x"}}}'
    )
    assert editor.replace(edited.data, POINTER, b'{ "command": "x" }').data == edited.data


@pytest.mark.parametrize(
    "text",
    [
        "{'a': 1}",
        "{a: 1}",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 01}',
        '{"a": +1}',
        '{"a": .5}',
        '{"a": 0x1}',
        '{"a": 1 2}',
        '{"a" 1}',
        '{"a": 1}}',
        '{"a": 1,,}',
        "{,}",
        "[1",
        '{"a": "\t"}',
        '{"a": "\\x"}',
        '{"a": 1} /*',
        '{"a": "\\ud800"}',
        '{"\\udc00": 1}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        "[" * 99_999,
        "\0",
        "\xa0{}",
        '{"a": truex}',
        "# c\n{}",
        '{"a": ' * 65 + "1" + "}" * 65,
    ],
)
def test_what_is_no_json_is_unreadable(text: str) -> None:
    """Nothing is guessed, and no error of Python comes out."""
    with pytest.raises(Unreadable):
        editor.read(text.encode())


def test_the_place_of_a_fault_is_told() -> None:
    """Line and column count from 1."""
    with pytest.raises(Unreadable) as caught:
        editor.read(b'{\r\n  "a": 1,\r\n  "a": 2\r\n}')
    assert isinstance(caught.value, Twice)
    assert (caught.value.line, caught.value.column) == (3, 3)


@pytest.mark.parametrize(
    ("text", "pointer", "place"),
    [
        ("[]", POINTER, ""),
        ("null", POINTER, ""),
        ('{"servers": []}', POINTER, "/servers"),
        ('{"servers": null}', POINTER, "/servers"),
        ('{"hooks": {"Pre": {}}}', "/hooks/Pre/" + member_name(1), "/hooks/Pre"),
    ],
)
def test_another_container_is_not_touched(text: str, pointer: str, place: str) -> None:
    """An object is no list, and null is no object."""
    for edit in (editor.insert, editor.replace):
        with pytest.raises(WrongContainer) as caught:
            edit(text.encode(), pointer, b"1")
        assert caught.value.pointer == place
    with pytest.raises(WrongContainer):
        editor.remove(text.encode(), pointer)


def test_equal_members_of_a_list_are_not_told_apart() -> None:
    """A value that stands in its list twice names neither of the two."""
    with pytest.raises(Twice):
        editor.remove(b'{"hooks": [{"a": 1}, {"a": 1}]}', "/hooks/" + member_name({"a": 1}))
