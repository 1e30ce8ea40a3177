"""The chooser of `add` on a terminal, and its state without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.data_structures import Size
from prompt_toolkit.utils import get_cwidth

from agentsync.cli.chooser import Choosing
from tests.cli.packs import agent, registry_yaml
from tests.cli.project import files_below, manifest_text, snapshot
from tests.cli.terminal import pressed
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

DOWN, ESCAPE, ENTER, CTRL_A, CTRL_C, CTRL_U, BACKSPACE = "\x1b[B", "\x1b", "\r", "\x01", "\x03", "\x15", "\x7f"
NAMES = [f"pack-{number:02}" for number in range(40)]


@pytest.fixture
def many(sandbox: Sandbox) -> GitRegistry:
    """A registry of forty packs; the last one is about databases."""
    registry = GitRegistry(sandbox.root / "acme.git")
    about = {NAMES[-1].replace("-", "_"): "description: All about databases"}
    text = registry_yaml(*NAMES, **about)
    files = {f"packs/{name}/agents/agent-of-{name}.md": agent(f"agent-of-{name}") for name in NAMES}
    registry.publish("v1.0.0", {"registry.yaml": text.replace("All about", "all about"), **files})
    return registry


def installed(sandbox: Sandbox) -> list[str]:
    """The packs whose agents are there, by their numbers."""
    return [path[-5:-3] for path in files_below(sandbox.project / ".claude")]


@pytest.mark.parametrize(
    ("keys", "packs"),
    [
        (f" {ENTER}", ["00"]),
        (f"{DOWN} {DOWN}{DOWN} {ENTER}", ["01", "03"]),
        (f"pack-1{CTRL_A}{CTRL_U}pack-12 {ENTER}", ["10", "11", *[str(number) for number in range(13, 20)]]),
        (f"{ENTER}x{BACKSPACE}-39 {ENTER}", ["39"]),
    ],
)
def test_keys(sandbox: Sandbox, many: GitRegistry, keys: str, packs: list[str]) -> None:
    """Arrows, space and a search choose; Enter alone takes nothing."""
    code, drawn = pressed(sandbox, keys, "add", many.url)
    assert code == 0, drawn
    assert sorted(installed(sandbox)) == packs
    assert "chosen: pack-" in drawn and "40 of 40 packs" in drawn


@pytest.mark.parametrize("keys", [ESCAPE, CTRL_C, f" {ESCAPE}", f"nothing-fits{CTRL_C}"])
def test_a_cancelled_choice(sandbox: Sandbox, many: GitRegistry, keys: str) -> None:
    """Exit 130, and nothing changes."""
    before = snapshot(sandbox.project)
    code, drawn = pressed(sandbox, keys, "add", many.url)
    assert code == 130, drawn
    assert snapshot(sandbox.project) == before
    assert "\x1b[?25h" in drawn  # the cursor is there again


@pytest.mark.parametrize("size", [(6, 20), (3, 12), (50, 200)])
def test_any_size_without_colours(sandbox: Sandbox, many: GitRegistry, size: tuple[int, int]) -> None:
    """The keys work where little or much is shown."""
    code, drawn = pressed(sandbox, f"{DOWN} {ENTER}", "add", many.url, size=size, NO_COLOR="1")
    assert code == 0, drawn
    assert installed(sandbox) == ["01"]


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw(sandbox: Sandbox, many: GitRegistry, term: str) -> None:
    """Numbers and names are typed."""
    code, drawn = pressed(sandbox, "3 pack-39\n", "add", many.url, term=term)
    assert code == 0, drawn
    assert sorted(installed(sandbox)) == ["02", "39"] and "\x1b[A" not in drawn
    assert "acme/pack-39" in manifest_text(sandbox)


@given(
    described=st.dictionaries(st.text(max_size=30), st.text(max_size=90), min_size=1, max_size=30),
    steps=st.lists(st.one_of(st.integers(-40, 40), st.text(max_size=2), st.sampled_from([True, False])), max_size=12),
    rows=st.integers(1, 60),
    columns=st.integers(1, 120),
)
def test_every_state_fits_the_terminal(
    described: dict[str, str], steps: list[int | str | bool], rows: int, columns: int
) -> None:
    """Whatever is pressed: what is chosen was offered, in its order, and the rows fit and are one line each."""
    choosing = Choosing(described)
    for step in steps:
        if isinstance(step, bool):
            (choosing.mark if step else choosing.mark_all)()
        elif isinstance(step, int):
            choosing.move(step)
        else:
            choosing.look_for(step)
        lines = [part[1] for part in choosing.fragments(Size(rows, columns))]
        assert len(lines) <= max(4, rows - 1) and all(line.count("\n") == 1 for line in lines)
        assert all(get_cwidth(line.rstrip("\n")) <= max(columns - 1, 1) for line in lines)
        assert not choosing.found or sum(line.startswith(">"[:columns]) for line in lines) >= (columns > 4)
    assert choosing.chosen == [name for name in described if name in choosing.marked]
    assert choosing.marked <= described.keys()


def test_a_mark_is_taken_away_again() -> None:
    """Of one, and of all that are found."""
    choosing = Choosing({"one": "", "two": "of databases"})
    choosing.look_for("DATA")
    choosing.mark_all()
    assert choosing.chosen == ["two"]
    choosing.mark_all()
    assert choosing.chosen == []
    choosing.look_for("")
    choosing.mark()
    choosing.move(1)
    choosing.mark()
    choosing.mark()
    assert choosing.chosen == ["one"]
