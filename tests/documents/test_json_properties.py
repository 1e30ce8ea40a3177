"""Random JSON in random layouts: edits are inverse, nothing else moves, and another reader agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from agentsync.documents import json as editor
from agentsync.documents.document import content_of, member_name, names_member, pointer_of
from tests.documents.json_texts import comments_of, documents, value_of

NEW: Final[list[Any]] = [
    {"command": "npx", "args": ["-y"], "env": {}},
    {"matcher": "B", "hooks": [{"type": "command", "timeout": 1}]},
    [],
    1,
    "s",
]
MANY: Final = settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
FEW: Final = settings(max_examples=40)


def places(value: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the steps to every place in a value that a pointer names alone."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*steps, key)
            yield from places(inner, (*steps, key))
    elif isinstance(value, list):
        names = [member_name(inner) for inner in value]
        for name, inner in zip(names, value, strict=True):
            if names.count(name) == 1:
                yield (*steps, name)
                yield from places(inner, (*steps, name))


def at(value: Any, steps: tuple[str, ...]) -> Any:
    """Return what stands at a place."""
    for step in steps:
        value = next(one for one in value if member_name(one) == step) if isinstance(value, list) else value[step]
    return value


def text(value: Any) -> str:
    """Return a value as text, which tells 1 from true and one order of keys from another."""
    return json.dumps(value)


def copied(value: Any) -> Any:
    """Return a value that can be changed."""
    return json.loads(text(value))


def is_within(part: str, whole: str) -> bool:
    """Return true where a text stands in another one, with more in between."""
    rest = iter(whole)
    return all(one in rest for one in part)


def check_insert(data: bytes, value: Any, random: Random, *, tidy: bool) -> None:
    """Insert a value somewhere, again, and take it out."""
    new = random.choice(NEW)
    tables = [(), *(steps for steps in places(value) if isinstance(at(value, steps), dict))]
    steps = random.choice([one for one in tables if not any(map(names_member, one))])
    more = random.choice([("ours",), ("~/more", "ours"), ("more", "list", member_name(new))])
    pointer = pointer_of((*steps, *more))
    expected = copied(value)
    wrapped = new
    for step in reversed(more[1:]):
        wrapped = [wrapped] if names_member(step) else {step: wrapped}
    at(expected, steps)[more[0]] = wrapped

    edited = editor.insert(data, pointer, content_of(new))
    assert edited.data
    assert text(value_of(edited.data)) == text(expected)
    assert comments_of(edited.data) == comments_of(data)
    if at(value, steps):
        assert is_within(data.decode(), edited.data.decode())
    assert edited.made == tuple(pointer_of((*steps, *more[:depth])) for depth in range(1, len(more)))
    assert editor.insert(edited.data, pointer, content_of(new)).data == edited.data

    removed = editor.remove(edited.data, pointer, edited.made)
    assert removed.data
    assert removed.made == ()
    if tidy:
        assert removed.data == data
    assert removed.data.split() == data.split() or "".join(removed.data.decode().split()) == "".join(
        data.decode().split()
    )
    assert comments_of(removed.data) == comments_of(data)


def check_append(data: bytes, value: Any, random: Random, *, tidy: bool) -> None:
    """Append a member to a list, and take it out."""
    new = {"matcher": "ours", "hooks": []}
    lists = [steps for steps in places(value) if isinstance(at(value, steps), list)]
    lists = [steps for steps in lists if not any(map(names_member, steps))]
    if not lists:
        return
    steps = random.choice(lists)
    pointer = pointer_of((*steps, member_name(new)))
    expected = copied(value)
    at(expected, steps).append(new)
    edited = editor.insert(data, pointer, content_of(new))
    assert edited.data and text(value_of(edited.data)) == text(expected)
    removed = editor.remove(edited.data, pointer).data
    assert removed and text(value_of(removed)) == text(value)
    assert removed == data or not tidy


def check_others(data: bytes, value: Any, random: Random) -> None:
    """Replace and remove a member that was there."""
    found = list(places(value))
    if not found:
        return
    steps = random.choice(found)
    pointer = pointer_of(steps)
    before = at(value, steps)
    found_there = editor.read(data).find(pointer)
    assert found_there and found_there.content == content_of(before)
    new = random.choice(NEW)
    for change in ([], [new]):
        expected = copied(value)
        table = at(expected, steps[:-1])
        if isinstance(table, list):
            number = [member_name(one) for one in table].index(steps[-1])
            table[number : number + 1] = change
        elif change:
            table[steps[-1]] = new
        else:
            del table[steps[-1]]
        edited = editor.replace(data, pointer, content_of(new)) if change else editor.remove(data, pointer)
        assert edited.data and text(value_of(edited.data)) == text(expected)
        assert edited.taken in data.decode()
        kept = comments_of(edited.data) + comments_of(edited.taken.encode())
        assert sorted(kept) == sorted(comments_of(data))


def check(drawn: tuple[bytes, Any, Random], *, tidy: bool) -> None:
    """Hold every promise on one document."""
    data, value, random = drawn
    assert text(value_of(data)) == text(value)
    check_insert(data, value, random, tidy=tidy)
    check_append(data, value, random, tidy=tidy)
    check_others(data, value, random)


@given(documents(tidy=True))
@FEW
def test_members_on_lines_of_their_own(drawn: tuple[bytes, Any, Random]) -> None:
    """Every byte comes back."""
    check(drawn, tidy=True)


@given(documents(tidy=False))
@FEW
def test_members_anywhere(drawn: tuple[bytes, Any, Random]) -> None:
    """Blanks at the place may change, and no value and no comment."""
    check(drawn, tidy=False)


@pytest.mark.long
@given(documents(tidy=True))
@MANY
def test_many_members_on_lines_of_their_own(drawn: tuple[bytes, Any, Random]) -> None:
    """The same, many times."""
    check(drawn, tidy=True)


@pytest.mark.long
@given(documents(tidy=False))
@MANY
def test_many_members_anywhere(drawn: tuple[bytes, Any, Random]) -> None:
    """The same, many times."""
    check(drawn, tidy=False)
