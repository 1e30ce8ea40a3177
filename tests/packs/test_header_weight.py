"""Headers that are refused for what they would cost or do elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.packs.yaml_powers import TooHeavy, weigh_header

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in ("ab", "bc", "cd", "de")
)


def weigh(header: str, limits: Limits = DEFAULT_LIMITS) -> TooHeavy | None:
    """Return the reason why a document with this header is refused."""
    return weigh_header(f"---\n{header}\n---\nBody\n".encode(), limits)


@pytest.mark.parametrize(
    "header",
    [
        "name: a\ndescription: b",
        "name: &a x\nother: *a",
        "tools: [Read, *, Bash(git:*)]",
        "description: *bold* and !important",
        "description: use <x>: !wow: [[[[[[[[[",
        "a: !!str 1",
        "a: ! x",
        'a: "!tag &a *a"',
        f"a: {'[' * 30}{']' * 30}",
        f"a: {'x' * 65_000}",
        "",
    ],
)
def test_what_is_light(header: str) -> None:
    """Real headers, broken ones too, and small uses of anchors."""
    assert weigh(header) is None


@pytest.mark.parametrize(
    ("header", "reason", "line", "column"),
    [
        (BOMB, "its header stand for more than 10,000 values", 5, 44),
        ("a: &a {b: *a}", "stand for more than 10,000 values", 2, 11),
        ("a: !!python/name:os.system", "'tag:yaml.org,2002:python/name:os.system'", 2, 4),
        ("x: y\na: !mine {b: c}", "'!mine'", 3, 4),
        (f"a: {'[' * 33}", "nested deeper than 32 levels", 2, 35),
        (f"a: {'x' * 65_536}", "larger than 64 KiB", 2, 1),
    ],
)
def test_what_is_heavy(header: str, reason: str, line: int, column: int) -> None:
    """Refused, with its place."""
    found = weigh(header)
    assert found is not None and reason in found.reason
    assert (found.line, found.column) == (line, column)


def test_the_limits_can_be_set() -> None:
    """Both sizes are a policy's to choose."""
    assert weigh("a: &a [x, x]\nb: [*a, *a]", Limits(aliased=5)) is not None
    assert weigh("a: &a [x, x]\nb: [*a, *a]", Limits(aliased=50)) is None
    assert weigh("a: 12345678901234567890", Limits(header=20)) is not None


def test_a_file_without_a_header() -> None:
    """Has none to weigh."""
    assert weigh_header(b"# Title\n\n!!python/x &a *a\n", DEFAULT_LIMITS) is None


@given(st.binary())
def test_any_bytes_will_do(data: bytes) -> None:
    """Nothing is raised."""
    weigh_header(b"---\n" + data + b"\n---\n", DEFAULT_LIMITS)


@given(st.text("&*ab: \n[]{}-!,"))
def test_any_yaml_will_do(text: str) -> None:
    """Nothing is raised, whatever the marks."""
    weigh(f"a: !x\n{text}")
    weigh(f"a: ! x\n{text}")
