"""Regular expressions mean the same on every Python that is supported."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = sorted(
    path.relative_to(ROOT).as_posix()[:-3].replace("/", ".").removesuffix(".__init__")
    for path in (ROOT / "agentsync").rglob("*.py")
    if path.name != "__main__.py"
)


def patterns(module: str) -> Iterator[tuple[str, str]]:
    """Every compiled pattern of a module, with its name."""
    for name, value in vars(importlib.import_module(module)).items():
        if isinstance(value, re.Pattern):
            pattern = value.pattern
            yield name, pattern if isinstance(pattern, str) else pattern.decode("latin-1")


def operators(parsed: Any) -> Iterator[str]:
    """The names of everything that a pattern is made of."""
    if isinstance(parsed, (list, tuple)) or hasattr(parsed, "data"):
        for part in parsed:
            yield from operators(part)
    elif hasattr(parsed, "name"):
        yield str(parsed.name)


@pytest.mark.parametrize("module", MODULES)
def test_no_possessive_quantifiers(module: str) -> None:
    """Python 3.11 before 3.11.4 gets those behind a group wrong (gh-101955)."""
    parse: Any = re._parser.parse  # type: ignore[attr-defined]
    found = [name for name, pattern in patterns(module) if "POSSESSIVE_REPEAT" in set(operators(parse(pattern)))]
    assert found == []


def test_one_is_found() -> None:
    """The check above sees what it is there to see."""
    parse: Any = re._parser.parse  # type: ignore[attr-defined]
    assert "POSSESSIVE_REPEAT" in set(operators(parse(r"(?:a(b++)c)*")))
