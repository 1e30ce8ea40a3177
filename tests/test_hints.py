"""Hints can be executed: every command that a hint in the source names is one that the command line takes.

Where a test sees a hint, `tests/sandbox.py` checks it as it was printed. Here all of them are read
from the source, those that no test meets included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Final

from tests.hints import check, commands_in
from tests.sources import sources

_NAMES: Final = frozenset(("hint", "fix", "next_step", "step"))


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may come to; what is filled in is `X`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    elif isinstance(node, ast.BinOp):
        for left in _texts(node.left):
            for right in list(_texts(node.right)) or [""]:
                yield left + right
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _texts(child)


@cache
def hints() -> tuple[tuple[str, str], ...]:
    """Return every text that is given as a hint, with its file and line."""
    return tuple(
        (f"{path}:{value.lineno}", text)
        for path, nodes in sources()
        for node in nodes
        for value in _values(node)
        for text in _texts(value)
        if "agentsync" in text and text.strip() != "agentsync"
    )


def _values(node: ast.AST) -> list[ast.expr]:
    """Return what a node gives as a hint."""
    if isinstance(node, ast.Call):
        return [word.value for word in node.keywords if word.arg in _NAMES]
    if isinstance(node, ast.Assign) and any(getattr(goal, "id", "") in _NAMES for goal in node.targets):
        return [node.value]
    return []


def test_hints_are_found() -> None:
    """The reader of the source finds what is there, in every form that it is written in."""
    assert len([1 for _, text in hints() if list(commands_in(text))]) > 30


def test_every_command_of_a_hint_is_one() -> None:
    """A command that is there, with options that it has and as many words as it takes, between backticks."""
    wrong: dict[str, str] = {}
    for where, text in hints():
        try:
            check(text)
        except AssertionError as error:
            wrong[where] = str(error)
    assert wrong == {}
