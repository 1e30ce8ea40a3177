"""The lock: one canonical text for each decision, and damage is never taken for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsync.errors import LockError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import digest_of
from agentsync.model.item import Choice, ClaudeCode, HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.rel_path import RelPath
from tests.strategies import locks

PACK = LockedPack(
    name=PackName("acme/python-backend"),
    version="1.4.0",
    git="https://git.acme.example/ai/agents.git",
    ref="refs/tags/python-backend/v1.4.0",
    commit="3f2a91c0" * 5,
    tree="9c1d77e2" * 5,
    path="packs/python-backend",
    requested=">=1.2,<2",
    choice=Choice(only=("agent:*",), excluded=("agent:x",), rename={"agent:author": "writer"}, prefix=True),
    requires={"acme/base": ">=1"},
    items=(
        LockedItem(
            ItemKey("agent:writer"),
            "agents/writer.md",
            HeaderStatus.REPAIRED,
            ClaudeCode.QUOTED,
            ("exec", "read"),
            "author",
        ),
        LockedItem(ItemKey("skill:pdf"), "skills/pdf/SKILL.md", HeaderStatus.STRICT, ClaudeCode.OK),
    ),
    files={
        RelPath(".claude/skills/pdf/scripts/fill.py"): digest_of(b"b", executable=True),
        RelPath(".claude/agents/writer.md"): digest_of(b"a"),
    },
)
LOCK = Lock({PACK.name: PACK})
TEXT = """\
lockfile: 2
packs:
  acme/python-backend:
    version: 1.4.0
    git: https://git.acme.example/ai/agents.git
    ref: refs/tags/python-backend/v1.4.0
    commit: 3f2a91c03f2a91c03f2a91c03f2a91c03f2a91c0
    tree: 9c1d77e29c1d77e29c1d77e29c1d77e29c1d77e2
    path: packs/python-backend
    requested: ">=1.2,<2"
    only: ["agent:*"]
    except: [agent:x]
    rename: {agent:author: writer}
    prefix: true
    requires: {acme/base: ">=1"}
    items:
      agent:writer: {path: agents/writer.md, name: author, header: repaired, claude_code: quoted, grants: [exec, read]}
      skill:pdf: {path: skills/pdf/SKILL.md, header: strict}
    files:
      .claude/agents/writer.md: sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
      .claude/skills/pdf/scripts/fill.py: sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d +x
    seal: sha256:d1126fe8de16c8eb569c00b87c9303f7f65f1aa0f82f51af4cdddd667ddd588b
"""


def test_the_text_of_a_lock() -> None:
    """Sorted, one line for each file, nothing said that needs not be said."""
    assert dump_lock(LOCK) == TEXT
    assert parse_lock(TEXT) == LOCK


def test_the_text_of_an_empty_lock() -> None:
    """No packs are a decision, too."""
    assert dump_lock(Lock()) == "lockfile: 2\npacks: {}\n"
    assert parse_lock("lockfile: 2\npacks: {}\n") == Lock()


@settings(max_examples=40)
@given(locks())
def test_any_lock_comes_back(lock: Lock) -> None:
    """Every name, path and text survives."""
    assert parse_lock(dump_lock(lock)) == lock


def turned(value: Any) -> Any:
    """The same value with every mapping in the opposite order."""
    if isinstance(value, Mapping):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return value


@settings(max_examples=40)
@given(locks())
def test_order_does_not_matter(lock: Lock) -> None:
    """One decision has one text, however it was arrived at."""
    upside_down = {
        name: pack._replace(
            choice=pack.choice._replace(
                rename=turned(pack.choice.rename),
                edits=turned(pack.choice.edits),
                own_edits=turned(pack.choice.own_edits),
            ),
            declared=turned(pack.declared),
            requires=turned(pack.requires),
            items=pack.items[::-1],
            files=turned(pack.files),
            kept=turned(pack.kept),
        )
        for name, pack in reversed(list(lock.packs.items()))
    }
    assert dump_lock(Lock(upside_down, turned(lock.targets))) == dump_lock(lock)


@settings(max_examples=40)
@given(locks())
def test_every_reader_of_yaml_reads_the_same(lock: Lock) -> None:
    """Texts are quoted wherever a reader would make something else of them."""
    strict, loose = yaml.load(dump_lock(lock), yaml.CSafeLoader), yaml.load(dump_lock(lock), yaml.CBaseLoader)
    assert strict.pop("lockfile") == 2
    loose.pop("lockfile")
    forms = strict.pop("targets", {})
    assert {name: str(form) for name, form in forms.items()} == loose.pop("targets", {})
    for text in (strict, loose):
        for pack in text["packs"].values():
            pack.pop("prefix", None)
    assert strict == loose


def test_two_packs_with_one_path() -> None:
    """All files of all packs are known by their path."""
    other = PACK._replace(name=PackName("acme/other"), files={RelPath(".claude/x.md"): digest_of(b"x")})
    assert Lock({PACK.name: PACK, other.name: other}).files() == {**PACK.files, **other.files}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no `lockfile:` line"),
        ("\n# nothing\n", "no `lockfile:` line"),
        ("packs: {}\n", "no `lockfile:` line"),
        ("lockfile: 3\npacks: {}\n", "made by a newer agentsync"),
        ("lockfile: 10\nnew: [things]\n", "made by a newer agentsync"),
        ("lockfile: 0\npacks: {}\n", "'0' is no version number"),
        ("lockfile: 1.0\npacks: {}\n", "'1.0' is no version number"),
        ("lockfile: {}\n", "lockfile must be a text"),
        ("lockfile: 1\npacks: []\n", "line 2, column 8: packs must be a mapping"),
        ("lockfile: 1\npacks: {}\npacks: {}\n", "line 3, column 1: duplicate key 'packs'"),
        ("lockfile: 1\npakcs: {}\n", "line 2, column 1: unknown key 'pakcs'"),
        ("- lockfile\n", "expected `key: value` lines"),
        ("lockfile: 1\npacks: {a: &x {}}\n", "anchors"),
        (TEXT.replace("    version:", "<<<<<<< ours\n    version:", 1), "git conflict markers"),
        (TEXT + ">>>>>>> theirs\n", "git conflict markers"),
        (TEXT.replace("commit: 3f", "commit: 3F"), "is no git object id"),
        (TEXT.replace("    tree: 9c", "    tree: "), "is no git object id"),
        (TEXT.replace("    version: 1.4.0", "    version: [1]"), "version must be a text"),
        (TEXT.replace("    version:", "    verison:"), "unknown key 'verison' in packs.acme/python-backend"),
        (TEXT.replace(".claude/agents/writer.md: s", "../writer.md: s"), "unsafe path '../writer.md'"),
        (TEXT.replace(".claude/agents/writer.md: s", "/etc/passwd: s"), "unsafe path '/etc/passwd'"),
        (TEXT.replace("sha256:ca", "sha256:CA"), "is not a digest"),
        (TEXT.replace(" +x", " +w"), "is not a digest"),
        (TEXT.replace("header: strict", "header: fine"), "'fine' is not a valid HeaderStatus"),
        (TEXT.replace("      skill:pdf:", "      pdf:"), "'pdf' is no item"),
        (TEXT.replace("prefix: true", "prefix: yes"), "prefix must be true or false"),
    ],
)
def test_damage_is_told(text: str, told: str) -> None:
    """With its place, and a way out; a lock that is damaged is no empty lock."""
    with pytest.raises(LockError) as caught:
        parse_lock(text)
    assert told in caught.value.what
    assert caught.value.hint


def test_the_name_in_messages() -> None:
    """Of another file, such as one side of a merge."""
    with pytest.raises(LockError, match=r"old\.lock, line 1, column 1"):
        parse_lock("x: 1\nlockfile: 1\n", name="old.lock")


@given(
    st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 30), st.text("{}[]:,#'\"&*!| \n\0ab0é", max_size=4)))
)
def test_no_damage_is_a_bug(changes: list[tuple[int, int, str]]) -> None:
    """A lock with anything cut out and put in is read or refused; what is read can be written."""
    text = TEXT
    for place, length, other in changes:
        text = text[:place] + other + text[place + length :]
    read_or_refused(text)


@given(st.permutations(TEXT.splitlines(keepends=True)), st.integers(0, 20))
def test_no_order_of_lines_is_a_bug(lines: list[str], count: int) -> None:
    """The same for lines that went astray."""
    read_or_refused("".join(lines[:count]))


def read_or_refused(text: str) -> None:
    """Nothing but a lock or a LockError; and a lock has its text."""
    try:
        lock = parse_lock(text)
    except LockError:
        return
    assert parse_lock(dump_lock(lock)) == lock._replace(
        packs={
            name: pack._replace(items=tuple(sorted(pack.items, key=lambda item: item.key)))
            for name, pack in lock.packs.items()
        },
        number=2,
        broken=(),
    )


@pytest.mark.parametrize("version", ["²", "9" * 5000])
def test_odd_version_numbers(version: str) -> None:
    """No number of a lock format, so damage or a newer agentsync."""
    with pytest.raises(LockError):
        parse_lock(f"lockfile: {version}\n")


def test_an_unknown_kind_of_item() -> None:
    """Damage: nothing would know what to do with it."""
    with pytest.raises(LockError):
        parse_lock(TEXT.replace("skill:pdf", "skil:pdf"))


def test_a_long_name_comes_back() -> None:
    """A lock that was written can be read."""
    item = LockedItem(ItemKey(f"agent:{'x' * 1100}"), "agents/x.md", HeaderStatus.STRICT, ClaudeCode.OK)
    lock = Lock({"a": PACK._replace(name=PackName("a"), items=(item,))})
    assert parse_lock(dump_lock(lock)) == lock
