"""Regular expressions mean the same on every Python, and take time that grows with the text alone."""

from __future__ import annotations

import importlib
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from agentsync.late import LatePattern

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = sorted(
    path.relative_to(ROOT).as_posix()[:-3].replace("/", ".").removesuffix(".__init__")
    for path in (ROOT / "agentsync").rglob("*.py")
    if path.name != "__main__.py"
)


SOURCES: Final = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "agentsync").rglob("*.py")))
SEARCHING: Final = frozenset(("search", "finditer", "findall", "sub", "subn", "split"))
LENGTH: Final = 24 * 1024
# Patterns that are only held against texts of a bounded length, with that length.
BOUNDED: Final = {("agentsync.formats.canonical", "_TOKEN"): 4_096}
SECONDS: Final = 4  # A time that grows with the square of the length is longer, one that grows with it a hundredth.


def compiled(module: str) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield every compiled pattern of a module, with its name."""
    for name, value in vars(importlib.import_module(module)).items():
        if isinstance(value, LatePattern):
            yield name, value.compiled
        elif isinstance(value, re.Pattern):
            yield name, value


def source(pattern: re.Pattern[Any]) -> str:
    """Return the text of a pattern."""
    return pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")


def patterns(module: str) -> Iterator[tuple[str, str]]:
    """Yield the text of every compiled pattern of a module, with its name."""
    return ((name, source(pattern)) for name, pattern in compiled(module))


def letters(parsed: Any) -> Iterator[str]:
    """Yield a character for each thing that a pattern looks for, in order."""
    if hasattr(parsed, "data"):
        yield from letters(parsed.data)
    elif isinstance(parsed, tuple) and len(parsed) == 2 and hasattr(parsed[0], "name"):
        operator, argument = parsed
        if operator.name == "LITERAL":
            yield chr(argument)
        elif operator.name == "RANGE":
            yield chr(argument[0])
        elif operator.name in ("NOT_LITERAL", "ANY"):
            yield "x"
        elif operator.name == "CATEGORY":
            yield {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "0"}.get(argument.name, "a")
        else:
            yield from letters(argument)
    elif isinstance(parsed, (tuple, list)):
        for part in parsed:
            yield from letters(part)


def long_texts(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Yield texts that nearly fit, again and again: one or two of the pattern's own characters, repeated."""
    parse: Any = re._parser.parse  # type: ignore[attr-defined]
    ordered = "".join(letters(parse(source(pattern), pattern.flags & ~re.UNICODE)))
    single = list(dict.fromkeys([*ordered, " ", "\n", "x"]))[:12]
    starts = [ordered[:count] for count in range(min(len(ordered), 3))]
    yield from (start + one * length + "\0" for one in single for start in starts)
    pairs = [one + other for one in single[:4] for other in single[:4] if one != other]
    yield from (unit * (length // len(unit)) + "\0" for unit in [*pairs, ordered] if unit)


def uses(name: str, pattern: re.Pattern[Any]) -> list[Callable[[Any], object]]:
    """Return how the program holds a pattern against a text."""
    named = set(re.findall(rf"\b{name}\.(\w+)\b", SOURCES)) & {"match", "fullmatch", *SEARCHING}
    methods = {"search" if method in SEARCHING else method for method in named} or {"fullmatch"}
    return [getattr(pattern, method) for method in sorted(methods)]


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_time_grows_with_the_length(module: str) -> None:
    """No text of a stranger keeps a pattern busy."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        for name, pattern in compiled(module):
            used = uses(name, pattern)
            for text in long_texts(pattern, BOUNDED.get((module, name), LENGTH)):
                given = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "ignore")
                for use in used:
                    signal.alarm(SECONDS)
                    use(given)
                    signal.alarm(0)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_a_slow_one_is_found() -> None:
    """The texts above keep a pattern busy whose time grows with the square of the length."""
    assert any(set(text[:100]) == {"a"} for text in long_texts(re.compile("a*b"), 1000))


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
