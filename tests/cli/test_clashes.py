"""Two items of one name, or two files on one path: refused with both sides named, and ways out that work."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.cli.packs import agent, skill
from tests.cli.project import (
    drifts,
    fail,
    files_below,
    lock_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

Documents = Mapping[str, str]


def _packs(sandbox: Sandbox, one: Documents, two: Documents) -> None:
    for name, files in (("one", one), ("two", two)):
        GitRegistry(sandbox.root / f"{name}.git").publish(None, files)


def _ask(sandbox: Sandbox, one: str = "", two: str = "", *, backwards: bool = False) -> None:
    lines = [
        f"  {name}: {{git: ../{name}.git, branch: main{f', {more}' if more else ''}}}\n"
        for name, more in (("one", one), ("two", two))
    ]
    write_manifest(sandbox, f"packs:\n{''.join(reversed(lines) if backwards else lines)}")


CLASHES: list[tuple[Documents, Documents, tuple[str, ...]]] = [
    (
        {"agents/a.md": agent("helper")},
        {"agents/b.md": agent("helper")},
        ("`helper`", "one (agents/a.md)", "two (agents/b.md)"),
    ),
    (
        {"agents/x.md": agent("first")},
        {"agents/x.md": agent("second")},
        (".claude/agents/x.md", "one (agents/x.md)", "two (agents/x.md)"),
    ),
    (
        {"agents/a.md": agent("Helper")},
        {"agents/b.md": agent("helper")},
        ("helper", "one (agents/a.md)", "two (agents/b.md)"),
    ),
    (
        {"agents/Reviewer.md": agent("first")},
        {"agents/reviewer.md": agent("second")},
        ("eviewer.md", "one (agents/Reviewer.md)", "two (agents/reviewer.md)"),
    ),
    (
        {"agents/caf\u00e9.md": agent("first")},
        {"agents/cafe\u0301.md": agent("second")},
        ("one (agents/caf", "two (agents/caf"),
    ),
    (
        {"skills/pdf/SKILL.md": skill("pdf")},
        {"other/pdf/SKILL.md": skill("pdf", "Other steps.\n")},
        ("pdf", "one (skills/pdf/SKILL.md)", "two (other/pdf/SKILL.md)"),
    ),
    (
        {"commands/deploy.md": "Deploy\n"},
        {"commands/deploy.md": "Ship\n"},
        ("deploy", "one (commands/deploy.md)", "two (commands/deploy.md)"),
    ),
]


@pytest.mark.parametrize(("one", "two", "told"), CLASHES)
def test_two_packs(sandbox: Sandbox, one: Documents, two: Documents, told: tuple[str, ...]) -> None:
    """Exit 3, both packs and files named, nothing written."""
    _packs(sandbox, one, two)
    _ask(sandbox)
    said = fail(sandbox, "install", exit=3, code="clash")
    for part in told:
        assert part in said
    assert not (sandbox.project / ".claude").exists()
    settle(sandbox, said)
    assert len(files_below(sandbox.project / ".claude")) == 2


def settle(sandbox: Sandbox, said: str) -> None:
    """Run the command that a hint names."""
    run = sandbox.shell(said.splitlines()[-1].removeprefix("hint: "))
    assert run.exit == 0, run.stdout


@pytest.mark.parametrize(
    ("files", "taken", "left"),
    [
        ({"agents/a/x.md": agent("helper"), "agents/b/y.md": agent("Helper")}, "agents/a/x.md", "agents/b/y.md"),
        ({"p/agents/x.md": agent("first"), "q/agents/x.md": agent("second")}, "p/agents/x.md", "q/agents/x.md"),
        ({"a/pdf/SKILL.md": skill("pdf"), "b/pdf/SKILL.md": skill("pdf", "B")}, "a/pdf/SKILL.md", "b/pdf/SKILL.md"),
        ({"agents/a/x.md": agent("Straße"), "agents/b/y.md": agent("STRASSE")}, "agents/a/x.md", "agents/b/y.md"),
    ],
)
def test_twins_within_one_pack(sandbox: Sandbox, files: Documents, taken: str, left: str) -> None:
    """One is taken, and the command that is told takes the other as well."""
    _packs(sandbox, files, {"agents/other.md": agent("other")})
    _ask(sandbox)
    document = sandbox.json("install")
    (told,) = document["data"]["findings"]
    assert (told["rule"], told["path"]) == ("item-twice", left) and taken in told["what"]
    assert len(files_below(sandbox.project / ".claude")) == 2
    settle(sandbox, told["fix"].split("`")[1])
    assert len(files_below(sandbox.project / ".claude")) == 3
    assert sandbox.json("install")["data"]["findings"] == []
    assert drifts(sandbox) == {}
    succeed(sandbox, "verify", "--deep")


def test_a_clash_with_what_is_installed_changes_nothing(sandbox: Sandbox) -> None:
    """Lock, files and receipt of the packs that were there stay as they are."""
    _packs(sandbox, {"agents/a.md": agent("helper")}, {"agents/b.md": agent("helper")})
    write_manifest(sandbox, "packs:\n  one: {git: ../one.git, branch: main}\n")
    succeed(sandbox, "install")
    _ask(sandbox)
    fail(sandbox, "install", exit=3, code="clash")
    fail(sandbox, "lock", exit=3, code="clash")
    _ask(sandbox, two="only: []")
    fail(sandbox, "install", exit=3, code="clash")


def test_one_skill_and_one_agent_of_a_name_are_no_clash(sandbox: Sandbox) -> None:
    """Names are told apart by kind."""
    _packs(sandbox, {"agents/pdf.md": agent("pdf")}, {"skills/pdf/SKILL.md": skill("pdf")})
    _ask(sandbox)
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/pdf.md", "skills/pdf/SKILL.md"}


@pytest.mark.parametrize("only", ['["agent:other"]', '["agents/o*.md"]', '["agent:o*", "skill:none*", "agent:o?her"]'])
def test_only_settles_it(sandbox: Sandbox, only: str) -> None:
    """Items are chosen by name, by path, by glob; a glob that names nothing is told."""
    _packs(
        sandbox,
        {"agents/a.md": agent("helper")},
        {"agents/b.md": agent("helper"), "agents/other.md": agent("other")},
    )
    _ask(sandbox, two=f"only: {only}")
    if "none" in only:
        assert "skill:none*" in fail(sandbox, "install", exit=3, code="resolution")
        return
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/a.md", "agents/other.md"}


@pytest.mark.parametrize("key", ["agent:helper", "agents/x.md"])
def test_rename_settles_it(sandbox: Sandbox, key: str) -> None:
    """The file gets the new name and so does its header; every other byte is upstream's."""
    text = "---\r\nname: helper\r\ndescription: It: helps  \r\n---\r\nBody name: helper\r\n"
    _packs(sandbox, {"agents/x.md": agent("helper")}, {"agents/x.md": text})
    _ask(sandbox, two=f'rename: {{"{key}": second-helper}}')
    succeed(sandbox, "install")
    installed = files_below(sandbox.project / ".claude")
    assert installed["agents/x.md"].decode() == agent("helper")
    assert installed["agents/second-helper.md"].decode() == text.replace("name: helper", "name: second-helper", 1)
    assert drifts(sandbox) == {}
    items = [item["item"] for pack in sandbox.json("list")["data"]["packs"] for item in pack["items"]]
    assert sorted(items) == ["agent:helper", "agent:second-helper"]
    (sandbox.project / ".claude/agents/second-helper.md").write_text("Mine\n")
    succeed(sandbox, "restore", "agent:second-helper")
    assert files_below(sandbox.project / ".claude") == installed


def test_renaming_a_skill_and_a_command(sandbox: Sandbox) -> None:
    """A skill's folder is renamed whole; a command is known by its file alone, and keeps its bytes."""
    files = {"skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/a.txt": "a\n", "commands/go.md": "Go\n"}
    _packs(sandbox, files, files)
    _ask(sandbox, two='rename: {"skill:pdf": forms, "command:go": run}')
    succeed(sandbox, "install")
    installed = files_below(sandbox.project / ".claude")
    assert installed["skills/forms/SKILL.md"].decode() == skill("pdf").replace("name: pdf", "name: forms")
    assert installed["skills/forms/a.txt"] == b"a\n"
    assert installed["commands/run.md"] == b"Go\n"
    assert len(installed) == 6


def test_prefix_settles_a_path(sandbox: Sandbox) -> None:
    """`prefix: true` gives every file of the pack a path of its own, and leaves the bytes alone."""
    _packs(
        sandbox,
        {"agents/x.md": agent("first"), "agents/deep/y.md": agent("y")},
        {"agents/x.md": agent("second")},
    )
    _ask(sandbox, one="prefix: true")
    succeed(sandbox, "install")
    assert {path: data.decode() for path, data in files_below(sandbox.project / ".claude").items()} == {
        "agents/one--x.md": agent("first"),
        "agents/deep/one--y.md": agent("y"),
        "agents/x.md": agent("second"),
    }


def test_prefix_does_not_settle_a_name(sandbox: Sandbox) -> None:
    """A tool loads agents by `name:`, whatever their files are called."""
    _packs(sandbox, {"agents/x.md": agent("helper")}, {"agents/x.md": agent("helper", "Otherwise.\n")})
    _ask(sandbox, one="prefix: true")
    assert "`helper`" in fail(sandbox, "install", exit=3, code="clash")


def test_a_rename_that_names_nothing_or_clashes_again(sandbox: Sandbox) -> None:
    """A new name that is taken, unsafe or for no item is refused."""
    _packs(sandbox, {"agents/a.md": agent("helper")}, {"agents/b.md": agent("other")})
    for rename, code in (
        ('{"agent:other": helper}', "clash"),
        ('{"agent:othr": x}', "resolution"),
        ('{"agent:other": "../../up"}', "resolution"),
        ('{"agent:other": "con"}', "resolution"),
    ):
        _ask(sandbox, two=f"rename: {rename}")
        fail(sandbox, "install", exit=3, code=code)


def test_order_never_matters(sandbox: Sandbox) -> None:
    """Both orders give the same message, and once it is settled the same lock and the same files."""
    _packs(sandbox, {"agents/x.md": agent("helper")}, {"agents/x.md": agent("helper", "Otherwise.\n")})
    said = []
    for backwards in (False, True):
        _ask(sandbox, backwards=backwards)
        said.append(fail(sandbox, "install", exit=3, code="clash"))
    assert said[0] == said[1]
    found = []
    for backwards in (False, True):
        _ask(sandbox, two='rename: {"agent:helper": second}', backwards=backwards)
        (sandbox.project / "agentsync.lock").unlink(missing_ok=True)
        succeed(sandbox, "install")
        found.append((lock_text(sandbox), files_below(sandbox.project / ".claude")))
    assert found[0] == found[1]


def test_a_settled_clash_moves_the_files(sandbox: Sandbox) -> None:
    """Choosing another name later takes the old file away and puts the new one in place."""
    _packs(sandbox, {"agents/x.md": agent("helper")}, {"agents/other.md": agent("other")})
    _ask(sandbox)
    succeed(sandbox, "install")
    _ask(sandbox, one='rename: {"agent:helper": aide}')
    succeed(sandbox, "install")
    assert set(files_below(sandbox.project / ".claude")) == {"agents/aide.md", "agents/other.md"}
    before = snapshot(sandbox.project)
    succeed(sandbox, "install", "--locked")
    assert snapshot(sandbox.project) == before
