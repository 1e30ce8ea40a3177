"""Clashes of items of several packs, and the names that settle them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest

from agentsync.model.digest import digest_of
from agentsync.model.item import Choice
from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName
from agentsync.planning.clashing import PacksClashError, find_clashes
from agentsync.planning.locking import examine
from agentsync.targets.claude_code import CLAUDE_CODE
from tests.cli.packs import agent, skill
from tests.git_registry import Files
from tests.memory_contents import MemoryContents

CLAUDE = (CLAUDE_CODE,)


def pack(name: str, files: Files, choice: Choice | None = None) -> LockedPack:
    """One pack as it would be locked."""
    empty = LockedPack(PackName(name), "1", "u", "", "c" * 40, "t" * 40, "", "*", choice=choice or Choice())
    return examine(empty, MemoryContents(files), CLAUDE).pack


def settled(packs: Sequence[LockedPack], error: PacksClashError, all_files: dict[str, Files]) -> list[LockedPack]:
    """The packs with the new names that an error proposes."""
    names = error.renames()
    return [
        pack(
            one.name, all_files[one.name], one.choice._replace(rename={**one.choice.rename, **names.get(one.name, {})})
        )
        for one in packs
    ]


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        ({"agents/a.md": agent("x")}, {"agents/b.md": agent("X")}, "two agents are named `x`: a/p (agents/a.md)"),
        ({"agents/x.md": agent("a")}, {"agents/X.md": agent("b")}, "two files on .claude/agents/x.md: a/p"),
        ({"skills/s/SKILL.md": skill("s")}, {"a/s/SKILL.md": skill("s", "Other\n")}, "two skills are named `s`: a/p"),
        (
            {"skills/s/SKILL.md": skill("s"), "skills/s/a.txt": "a"},
            {"skills/s/SKILL.md": skill("s")},
            "two skills are named `s`: a/p (skills/s/SKILL.md) and a/q (skills/s/SKILL.md)",
        ),
        ({"commands/go.md": "Go\n"}, {"commands/go.md": "Run\n"}, "two files on .claude/commands/go.md"),
    ],
)
def test_other_bytes(one: Files, other: Files, sentence: str) -> None:
    """One name or one path, in any case of letters, and new names for what is new."""
    packs = [pack("a/p", one), pack("a/q", other)]
    clashes = find_clashes(packs, CLAUDE)
    assert len(clashes) == 1 and clashes[0].sentence.startswith(sentence)
    assert find_clashes(packs[::-1], CLAUDE) == clashes
    error = PacksClashError(clashes, packs, CLAUDE, {"a/p": "a/p", "a/q": "a/q"})
    assert list(error.renames()) == ["a/q"]
    assert find_clashes(settled(packs, error, {"a/p": one, "a/q": other}), CLAUDE) == ()
    kept = PacksClashError(clashes, packs, CLAUDE, {"a/p": "a/p", "a/q": "a/q"}, installed=("a/q",))
    assert list(kept.renames()) == ["a/p"]


def test_the_same_bytes() -> None:
    """On one path they are one file of both packs; on two paths one name is still a clash."""
    files: Files = {"agents/x.md": agent("x"), "skills/s/SKILL.md": skill("s"), "skills/s/a.txt": "a"}
    assert find_clashes([pack("a/p", files), pack("a/q", files), pack("a/r", files)], CLAUDE) == ()
    other = pack("a/q", {"agents/team/x.md": agent("x")})
    assert len(find_clashes([pack("a/p", files), other], CLAUDE)) == 1
    assert len(find_clashes([pack("a/p", files), pack("a/q", files, Choice(prefix=True))], CLAUDE)) == 2


def test_two_owners_and_a_third() -> None:
    """Those that agree keep the file; the one that does not gets a new name."""
    packs = [pack(f"a/{name}", {"agents/x.md": agent("x", body)}) for name, body in zip("pqr", "112", strict=True)]
    (clash,) = find_clashes(packs, CLAUDE)
    assert [len(party) for party in clash.parties] == [2, 1]
    error = PacksClashError([clash], packs, CLAUDE, {name: name for name in ("a/p", "a/q", "a/r")})
    assert error.renames() == {"a/r": {"agent:x": "r-x"}}
    assert error.hint == "agentsync add a/r --rename agent:x=r-x"


def test_an_own_edit_is_no_other_byte() -> None:
    """A kept edit of one owner does not part the two."""
    one, other = (pack(f"a/{name}", {"agents/x.md": agent("x")}) for name in "pq")
    ((path, digest),) = one.files.items()
    assert find_clashes([one._replace(files={path: digest_of(b"mine")}, kept={path: digest}), other], CLAUDE) == ()


def test_a_new_name_is_free() -> None:
    """It is that of no item and no file, and can be a file's name."""
    first: Files = {"agents/x.md": agent("x"), "agents/q-x.md": agent("other"), "agents/o.md": agent("Q-X-2")}
    second: Files = {"agents/a.md": agent("X"), "commands/git/undo.md": "Undo\n"}
    third: Files = {"commands/git/undo.md": "Redo\n"}
    packs = [pack("a/p", first), pack("a/q", second), pack("b/q", third)]
    words = {name: name for name in ("a/p", "a/q", "b/q")}
    error = PacksClashError(find_clashes(packs, CLAUDE), packs, CLAUDE, words)
    assert error.renames() == {"a/q": {"agent:X": "q-X-3"}, "b/q": {"command:git:undo": "q-undo"}}
    assert find_clashes(settled(packs, error, {"a/p": first, "a/q": second, "b/q": third}), CLAUDE) == ()
    assert shlex.split(error.hint) == [
        *("agentsync", "add", "a/q", "b/q", "--rename", "a/q/agent:X=q-X-3"),
        *("--rename", "b/q/command:git:undo=q-undo"),
    ]


def test_a_new_name_that_clashes() -> None:
    """It is the renamed item that gets another name, by the word that renames it now."""
    one = pack("a/p", {"agents/x.md": agent("x")})
    for key in ("agent:y", "agents/y.md"):
        other = pack("a/q", {"agents/y.md": agent("y")}, Choice(rename={key: "x"}))
        clashes = find_clashes([one, other], CLAUDE)
        error = PacksClashError(clashes, [one, other], CLAUDE, {"a/p": "a/p", "a/q": "a/q"})
        assert error.renames() == {"a/q": {key: "q-x"}}


def test_every_clash_is_told() -> None:
    """The first in the error's own line, the others behind it."""
    names = [f"n{number}" for number in range(30)]
    one = pack("a/p", {f"agents/{name}.md": agent(name) for name in names})
    other = pack("a/q", {f"agents/{name}.md": agent(name, "Other\n") for name in names})
    error = PacksClashError(find_clashes([one, other], CLAUDE), [one, other], CLAUDE, {"a/p": "a/p", "a/q": "a/q"})
    for name in names:
        assert f"`{name}`" in error.what + error.why
        assert f"--rename agent:{name}=q-{name}" in error.hint
