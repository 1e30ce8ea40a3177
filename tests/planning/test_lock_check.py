"""Each entry of a lock follows from what it says itself: one clause after the other, broken alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from agentsync.model.digest import digest_of
from agentsync.model.item import Choice, ClaudeCode, HeaderStatus
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.rel_path import RelPath
from agentsync.planning.lock_check import entry_faults
from agentsync.targets.all_tools import TOOLS
from agentsync.versions.release import may_name
from agentsync.versions.version import parse_range

TARGET = [TOOLS["claude-code"]]
COMMIT = "3f2a91c0" * 5


def item(key: str, path: str, own: str = "") -> LockedItem:
    """An item of a lock."""
    return LockedItem(ItemKey(key), path, HeaderStatus.STRICT, ClaudeCode.OK, own=own)


PACK = LockedPack(
    name=PackName("r/p"),
    version="1.2.0",
    git="https://git.acme.example/r.git",
    ref="refs/tags/v1.2.0",
    commit=COMMIT,
    tree="9c1d77e2" * 5,
    path="p",
    requested="^1",
    choice=Choice(only=("agent:*", "skill:pdf"), excluded=("agent:bad*",), rename={"agent:a": "our-a"}),
    items=(item("agent:our-a", "agents/a.md", "a"), item("skill:pdf", "skills/pdf/SKILL.md")),
    files={
        RelPath(".claude/agents/our-a.md"): digest_of(b"a"),
        RelPath(".claude/skills/pdf/SKILL.md"): digest_of(b"s"),
        RelPath(".claude/skills/pdf/scripts/deep/fill.py"): digest_of(b"f", executable=True),
    },
)
OTHER = PACK._replace(
    name=PackName("r/q"),
    choice=Choice(),
    items=(item("agent:q", "agents/q.md"),),
    files={RelPath(".claude/agents/q.md"): digest_of(b"q")},
)


def faults(*packs: LockedPack, **facts: object) -> list[str]:
    """Return the faults of a lock of these packs."""
    return [one.why for one in entry_faults(Lock({one.name: one for one in packs})._replace(**facts), TARGET)]  # type: ignore[arg-type]


def test_a_lock_that_follows() -> None:
    """Nothing is found in one that was decided."""
    assert faults(PACK, OTHER) == []


PINS: list[tuple[str, str | None, str, str, bool]] = [
    # requested, version, ref, commit, and whether they go together
    ("^1", "1.2.0", "refs/tags/v1.2.0", COMMIT, True),
    ("^1", "2.0.0", "refs/tags/v2.0.0", COMMIT, False),
    ("^1", "1.2.0", "refs/tags/v2.0.0", COMMIT, False),
    ("^1", "1.2.0", "refs/tags/v11.2.0", COMMIT, False),
    ("^1", "1.2.0", "refs/heads/v1.2.0", COMMIT, False),
    ("^1", "1.2.0", "", COMMIT, False),
    ("^1", None, "refs/heads/main", COMMIT, False),
    ("^1", "1.3.0rc1", "refs/tags/v1.3.0-rc.1", COMMIT, False),
    (">=1.3.0rc1", "1.3.0rc1", "refs/tags/v1.3.0-rc.1", COMMIT, True),
    ("*", None, "refs/heads/main", COMMIT, True),
    ("*", "1.2.0", "refs/tags/p@1.2.0", COMMIT, True),
    ("1.0 || 2.0", "2.0", "refs/tags/p/2.0", COMMIT, True),
    ("1.0 || 2.0", "3.0", "refs/tags/p/3.0", COMMIT, False),
    ("", None, "refs/heads/main", COMMIT, True),
    ("tag:v1.2.0", "1.2.0", "refs/tags/v1.2.0", COMMIT, True),
    ("tag:nightly", None, "refs/tags/nightly", COMMIT, True),
    ("tag:v1.2.0", "1.3.0", "refs/tags/v1.3.0", COMMIT, False),
    ("tag:v1.2.0", None, "refs/heads/v1.2.0", COMMIT, False),
    ("branch:main", None, "refs/heads/main", COMMIT, True),
    ("branch:main", None, "refs/heads/other", COMMIT, False),
    ("branch:main", "1.2.0", "refs/tags/v1.2.0", COMMIT, False),
    (f"commit:{COMMIT}", None, "", COMMIT, True),
    (f"commit:{COMMIT}", None, "", "1" * 40, False),
    (f"commit:{COMMIT}", None, "refs/heads/main", COMMIT, False),
    ("commit:nonsense", None, "", COMMIT, False),
]


@pytest.mark.parametrize(("requested", "version", "ref", "commit", "fits"), PINS)
def test_commit_ref_and_version_satisfy_the_pin(
    requested: str, version: str | None, ref: str, commit: str, fits: bool
) -> None:
    """Whatever kind of pin it is."""
    found = faults(PACK._replace(requested=requested, version=version, ref=ref, commit=commit))
    assert (found == []) == fits
    assert all("r/p" in why for why in found)


def more_items(*items: LockedItem) -> LockedPack:
    """The pack with more items, their files where they belong."""
    files = {RelPath(f".claude/agents/{one.name}.md"): digest_of(b"x") for one in items}
    return PACK._replace(items=(*PACK.items, *items), files={**PACK.files, **files})


BROKEN: list[tuple[Callable[[], LockedPack], str]] = [
    (lambda: more_items(item("agent:bad-one", "agents/bad-one.md")), "does not choose agent:bad-one"),
    (lambda: PACK._replace(choice=PACK.choice._replace(only=("agent:b",))), "does not choose agent:a"),
    (lambda: PACK._replace(choice=PACK.choice._replace(rename={"agent:a": "x"})), "not the name that `rename` gives"),
    (lambda: PACK._replace(choice=PACK.choice._replace(rename={})), "renames nothing"),
    (lambda: PACK._replace(items=PACK.items[1:]), ".claude/agents/our-a.md locked, where none of its items is"),
    (lambda: PACK._replace(items=PACK.items[:1]), ".claude/skills/pdf/SKILL.md locked"),
    (
        lambda: PACK._replace(files={**PACK.files, RelPath(".claude/agents/a.md"): digest_of(b"a")}),
        "agents/a.md locked",
    ),
    (
        lambda: PACK._replace(files={**PACK.files, RelPath(".claude/skills/pdf2"): digest_of(b"a")}),
        "skills/pdf2 locked",
    ),
    (lambda: PACK._replace(registry="https://git.acme.example/m.git"), "no commit of"),
]


@pytest.mark.parametrize(("broken", "told"), BROKEN)
def test_an_entry_that_does_not_follow(broken: Callable[[], LockedPack], told: str) -> None:
    """Items, names, files and the source of a pack."""
    found = faults(broken(), OTHER)
    assert any(told in why for why in found), found


def test_what_two_packs_have() -> None:
    """One path or one name with other bytes is a fault of both; the same bytes are one file of two packs."""
    path = RelPath(".claude/agents/q.md")
    twin = OTHER._replace(name=PackName("r/z"))
    assert faults(OTHER, twin) == []
    assert len(faults(OTHER, twin._replace(files={path: digest_of(b"other")}))) == 2
    named = twin._replace(
        items=(item("agent:Q", "agents/z.md"),), files={RelPath(".claude/agents/z.md"): digest_of(b"z")}
    )
    assert [one.pack for one in entry_faults(Lock({"r/q": OTHER, "r/z": named}), TARGET)] == ["r/q", "r/z"]


def test_a_broken_seal_and_a_lock_without_seals() -> None:
    """The first is a fault; what only the present format has is none of an older lock."""
    assert "seal" in faults(PACK, broken=("r/p",))[0]
    elsewhere = PACK._replace(registry="https://git.acme.example/m.git")
    assert faults(elsewhere, number=1) == []
    assert faults(elsewhere._replace(offer=COMMIT)) == []
    old = PACK._replace(items=(item("agent:our-a", "agents/a.md"), PACK.items[1]))
    assert faults(old, number=1) == []


@given(
    st.lists(
        st.tuples(st.sampled_from([">=", "<=", "==", "!=", ">", "<"]), st.lists(st.integers(0, 3), min_size=1)),
        max_size=3,
    ),
    st.lists(st.integers(0, 3), min_size=1),
)
def test_ranges_are_what_pep_440_says(clauses: list[tuple[str, list[int]]], numbers: list[int]) -> None:
    """Also where nothing is loaded to compare them."""
    text = ",".join(f"{how}{'.'.join(map(str, theirs))}" for how, theirs in clauses)
    version = ".".join(map(str, numbers))
    assert parse_range(text).allows(Version(version)) == SpecifierSet(text).contains(version)


@pytest.mark.parametrize("tag", ["v1.2.0", "1.2.0", "p-1.2.0", "p3/v1.2", "@a/p@1.2.0", "1.2.0-p", "r.p.1.2", "p3.1.2"])
def test_a_tag_may_name_its_version(tag: str) -> None:
    """By any template; a part of another number is none."""
    assert may_name(tag, Version("1.2.0"), "p3")
    assert not may_name(tag, Version("2.0"), "p3")
    assert not may_name(tag.replace("1.2", "11.2"), Version("1.2.0"), "p3")
