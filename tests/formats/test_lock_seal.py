"""The seal of each entry: it is of content, and an entry that was put together does not have it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.errors import LockError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import digest_of
from agentsync.model.lock import Lock
from agentsync.model.names import PackName
from agentsync.model.rel_path import RelPath
from tests.formats.test_lock import LOCK, PACK, TEXT
from tests.strategies import locks

LINES = TEXT.splitlines(keepends=True)
HEAD = 3  # lines before the facts of the pack


@settings(max_examples=30)
@given(locks())
def test_a_formatter_breaks_no_seal(lock: Lock) -> None:
    """Another order, other quotes, other line ends: the seal is of what the lock says."""
    document = yaml.load(dump_lock(lock), yaml.CBaseLoader)
    upside_down = {**document, "packs": dict(reversed(document["packs"].items()))}
    for flow in (True, False):
        assert parse_lock(yaml.safe_dump(upside_down, width=5000, sort_keys=False, default_flow_style=flow)) == lock
    assert parse_lock(dump_lock(lock).replace("\n", "\r\n")) == lock


def test_the_seal_is_the_last_key_of_an_entry() -> None:
    """So that git has one more line that differs, beside everything else."""
    assert LINES[-1].startswith("    seal: sha256:")


@pytest.mark.parametrize("place", range(HEAD, len(LINES)))
def test_a_line_less_is_seen(place: int) -> None:
    """In any line of an entry."""
    try:
        assert parse_lock("".join([*LINES[:place], *LINES[place + 1 :]])).broken == (PACK.name,)
    except LockError:
        pass  # without it, it is no lock


@pytest.mark.parametrize("place", range(HEAD, len(LINES) - 1))
def test_a_line_behind_the_seal_is_seen(place: int) -> None:
    """An entry is read as a whole, and so is compared as a whole."""
    lines = [*LINES[:place], *LINES[place + 1 :], LINES[place]]
    try:
        lock = parse_lock("".join(lines))
    except LockError:
        return
    # A fact in another place says the same.
    assert lock == LOCK or lock.broken == (PACK.name,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.4.0\n", "1.4.1\n"),
        (" repaired", " strict"),
        ("[exec, read]", "[read]"),
        (" +x\n", "\n"),
        ("lockfile: 2\n", "lockfile: 2\ntargets: [claude-code, cursor]\n"),
        ("acme/python-backend:", "acme/other:"),
        ("name: author, ", ""),
    ],
)
def test_another_word_is_seen(old: str, new: str) -> None:
    """In a fact, an item, a digest, the targets, and the name of the pack."""
    (name,) = parse_lock(TEXT.replace(old, new)).broken
    assert name in (PACK.name, "acme/other")


def test_a_missing_seal_is_a_broken_one() -> None:
    """But in a lock of version 1, which has none; there a seal that stands counts."""
    unsealed = "".join(LINES[:-1])
    assert parse_lock(unsealed).broken == (PACK.name,)
    old = parse_lock(unsealed.replace("lockfile: 2", "lockfile: 1"))
    assert (old.number, old.broken, old.packs) == (1, (), LOCK.packs)
    mixed = TEXT.replace("lockfile: 2", "lockfile: 1")
    assert parse_lock(mixed).broken == ()
    assert parse_lock(mixed.replace("1.4.0\n", "1.4.1\n")).broken == (PACK.name,)


def test_only_the_entry_that_was_touched_is_broken() -> None:
    """The others stay as they were decided."""
    other = PACK._replace(name=PackName("acme/zebra"))
    text = dump_lock(Lock({PACK.name: PACK, other.name: other}))
    first, second = text.index("1.4.0\n"), text.rindex("1.4.0\n")
    for place, name in ((first, PACK.name), (second, other.name)):
        assert parse_lock(f"{text[:place]}1.4.1{text[place + 5 :]}").broken == (name,)


@settings(max_examples=30)
@given(st.data())
def test_two_branches_that_touch_a_pack_conflict(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """However far apart in the entry: git never merges two changes of one pack by itself."""
    files = {RelPath(f".claude/agents/a{number:02}.md"): digest_of(b"old") for number in range(30)}
    pack = PACK._replace(files=files)
    changed = st.sampled_from(
        [
            *(pack._replace(files={**files, path: digest_of(b"new")}) for path in files),
            pack._replace(version="1.5.0"),
            pack._replace(choice=pack.choice._replace(prefix=False)),
            pack._replace(items=pack.items[:1]),
        ]
    )
    ours, theirs = data.draw(changed), data.draw(changed)
    folder = tmp_path_factory.mktemp("merge")
    for name, side in (("base", pack), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(dump_lock(Lock({pack.name: side})))
    assert _conflicts(folder) == (ours != theirs)


def _conflicts(folder: Path) -> bool:
    """Return whether git finds a conflict; its exit code is the number of conflicts."""
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode > 0
