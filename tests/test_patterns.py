"""Regular expressions mean the same on every Python, and take time that grows with the text alone."""

from __future__ import annotations

import importlib
import re
import signal
from collections.abc import Callable, Iterator
from functools import cache
from types import FrameType
from typing import Any, Final

import pytest

from agentsync.late import LatePattern
from tests.sources import MODULES, PACKAGE, path_of

ROOMS: Final = sorted({path_of(module).partition("/")[0].removesuffix(".py") for module in MODULES} - {"__main__"})
SEARCHING: Final = frozenset(("search", "finditer", "findall", "sub", "subn", "split"))
LENGTH: Final = 8 * 1024
# Patterns that are only held against texts of a bounded length, with that length.
BOUNDED: Final = {("agentsync.formats.canonical", "_TOKEN"): 4_096}
# Of the processor. A time that grows with the square of the length is longer, one that grows with it a hundredth.
SECONDS: Final = 0.4


def compiled(room: str) -> Iterator[tuple[str, str, re.Pattern[Any]]]:
    """Yield every compiled pattern of a room, with the name of its module and its own."""
    for module in modules(room):
        for name, value in vars(importlib.import_module(module)).items():
            if isinstance(value, LatePattern):
                yield module, name, value.compiled
            elif isinstance(value, re.Pattern):
                yield module, name, value


def modules(room: str) -> Iterator[str]:
    """Yield the dotted name of each module of a room."""
    for path in map(path_of, MODULES):
        if path.startswith((f"{room}/", f"{room}.")) and not path.endswith("__main__.py"):
            yield f"agentsync.{path[:-3].replace('/', '.').removesuffix('.__init__')}".removesuffix(".__init__")


@cache
def called() -> dict[str, set[str]]:
    """Return how the package calls each name that may be a pattern's: its methods."""
    methods = "|".join(("match", "fullmatch", *sorted(SEARCHING)))
    found: dict[str, set[str]] = {}
    for module in MODULES:
        for name, method in re.findall(rf"\b(\w+)\.({methods})\b", module.read_text("utf-8")):
            found.setdefault(name, set()).add("search" if method in SEARCHING else method)
    return found


def source(pattern: re.Pattern[Any]) -> str:
    """Return the text of a pattern."""
    return pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")


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
    return [getattr(pattern, method) for method in sorted(called().get(name, {"fullmatch"}))]


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_time_grows_with_the_length(room: str) -> None:
    """No text of a stranger keeps a pattern busy."""
    busy = ""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(busy)

    before = signal.signal(signal.SIGPROF, stop)
    try:
        for module, name, pattern in compiled(room):
            busy = f"{module}.{name}"
            used = uses(name, pattern)
            for text in long_texts(pattern, BOUNDED.get((module, name), LENGTH)):
                given = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "ignore")
                for use in used:
                    signal.setitimer(signal.ITIMER_PROF, SECONDS)
                    use(given)
                    signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


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


def test_no_possessive_quantifiers() -> None:
    """Python 3.11 before 3.11.4 gets those behind a group wrong (gh-101955)."""
    parse: Any = re._parser.parse  # type: ignore[attr-defined]
    found = [
        f"{module}.{name}"
        for room in ROOMS
        for module, name, pattern in compiled(room)
        if "POSSESSIVE_REPEAT" in set(operators(parse(source(pattern))))
    ]
    assert found == []


def test_every_module_is_read() -> None:
    """The rooms above hold all modules but the entry point."""
    assert sorted(name for room in ROOMS for name in modules(room)) == sorted(
        module.relative_to(PACKAGE.parent).as_posix()[:-3].replace("/", ".").removesuffix(".__init__")
        for module in MODULES
        if module.name != "__main__.py"
    )


def test_one_is_found() -> None:
    """The check above sees what it is there to see."""
    parse: Any = re._parser.parse  # type: ignore[attr-defined]
    assert "POSSESSIVE_REPEAT" in set(operators(parse(r"(?:a(b++)c)*")))
