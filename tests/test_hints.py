"""Hints can be executed: every command that a hint in the source names is one that the command line takes.

Where a test sees a hint, `tests/sandbox.py` checks it as it was printed. Here all of them are read
from the source, those that no test meets included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.hints import check, commands_in

PACKAGE: Final = Path(__file__).resolve().parent.parent / "agentsync"
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


def _hints() -> Iterator[tuple[str, str]]:
    """Every text that is given as a hint, with its file and line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            values: list[ast.expr] = []
            if isinstance(node, ast.Call):
                values = [word.value for word in node.keywords if word.arg in _NAMES]
            elif isinstance(node, ast.Assign) and any(getattr(goal, "id", "") in _NAMES for goal in node.targets):
                values = [node.value]
            for value in values:
                for text in _texts(value):
                    if "agentsync" in text and text.strip() != "agentsync":
                        yield f"{path.relative_to(PACKAGE)}:{value.lineno}", text


HINTS: Final = list(_hints())


def test_hints_are_found() -> None:
    """The reader of the source finds what is there, in every form that it is written in."""
    assert len([1 for _, text in HINTS if list(commands_in(text))]) > 30


@pytest.mark.parametrize(("where", "text"), HINTS, ids=[where for where, _ in HINTS])
def test_every_command_of_a_hint_is_one(where: str, text: str) -> None:
    """A command that is there, with options that it has and as many words as it takes, between backticks."""
    check(text)
