"""The source of the package, read and parsed once for all tests that hold rules against it.

Nothing is imported, so that imports inside functions and those for type checkers count like all others.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = Path(__file__).resolve().parent.parent / "agentsync"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))


class Source(NamedTuple):
    """A module.

    Args:
        path: its path in the package.
        nodes: all nodes of its syntax tree, as `ast.walk` yields them.
    """

    path: str
    nodes: tuple[ast.AST, ...]


@cache
def sources() -> tuple[Source, ...]:
    """Return every module of the package, in order of their paths."""
    with _without_collector():
        return tuple(Source(path_of(module), nodes_of(module.read_text(encoding="utf-8"))) for module in MODULES)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Search for no garbage, now or later: half a million nodes are made, and all of them stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def path_of(module: Path) -> str:
    """Return a module's path in the package."""
    return module.relative_to(PACKAGE).as_posix()


def nodes_of(text: str) -> tuple[ast.AST, ...]:
    """Return all nodes of a text, the outer ones first."""
    return tuple(ast.walk(ast.parse(text)))
