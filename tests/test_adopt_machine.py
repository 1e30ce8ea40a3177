"""Adopt over random histories and random copies: no byte changes, and drift says how each copy was made."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.packs import agent
from tests.cli.project import drifts, files_below
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

NAMES = "abcd"
# Which files each commit writes anew, and whether it is a release.
HISTORIES = st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.booleans()), min_size=1, max_size=6)
# Of some files: how many commits back they were copied, and what was done to them.
COPIES = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.integers(0, 5), st.sampled_from(("plain", "crlf", "edited"))),
    min_size=1,
)
FILLING = "".join(f"Line {number} of every version.\n" for number in range(10))


def _run(root: Path, history: list[tuple[set[str], bool]], copies: dict[str, tuple[int, str]]) -> None:
    registry, sandbox = GitRegistry(root / "r.git"), Sandbox(root / "machine")
    files = {f"agents/{name}.md": agent(name, f"{name} begins.\n{FILLING}") for name in NAMES}
    for number, (changed, released) in enumerate(history):
        files |= {f"agents/{name}.md": agent(name, f"{name} at {number}.\n{FILLING}") for name in changed}
        registry.publish(f"v1.{number}.0" if released else None, files)
    folder = sandbox.project / ".claude/agents"
    folder.mkdir(parents=True)
    made = {}
    for name, (back, what) in copies.items():
        data = registry.read(f"main~{min(back, len(history) - 1)}", f"agents/{name}.md")
        made[name] = data
        edited = data + b"My own line.\n" if what == "edited" else data
        (folder / f"{name}.md").write_bytes(edited.replace(b"\n", b"\r\n") if what == "crlf" else edited)
    before = files_below(folder)
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert files_below(folder) == before
    rows = {Path(one["path"]).stem: one for one in document["data"]["items"]}
    assert {name: row["standing"] for name, row in rows.items()} == {
        name: "edited" if what == "edited" else "exact" for name, (_, what) in copies.items()
    }
    (commit,) = {row["commit"] for row in rows.values()}
    expected = {}
    for name, (_, what) in copies.items():
        is_locked = registry.read(commit, f"agents/{name}.md") == made[name]
        if what == "edited" or not is_locked:
            state = ("edited" if is_locked else "diverged") if what == "edited" else "behind"
            expected[f".claude/agents/{name}.md"] = state
    assert drifts(sandbox) == expected
    run = sandbox.run("update")
    assert run.exit == 0, run.stderr
    for name, (_, what) in copies.items():
        text = (folder / f"{name}.md").read_bytes().replace(b"\r\n", b"\n")
        assert text.endswith(b"My own line.\n") == (what == "edited")


def _check(history: list[tuple[set[str], bool]], copies: dict[str, tuple[int, str]]) -> None:
    with TemporaryDirectory() as name:
        _run(Path(name), history, copies)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES, COPIES)
def test_copies_stay_as_they_are(history: list[tuple[set[str], bool]], copies: dict[str, tuple[int, str]]) -> None:
    """A few of them."""
    _check(history, copies)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HISTORIES, COPIES)
def test_many_copies_stay_as_they_are(history: list[tuple[set[str], bool]], copies: dict[str, tuple[int, str]]) -> None:
    """Many of them."""
    _check(history, copies)
