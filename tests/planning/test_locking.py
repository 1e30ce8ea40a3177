"""From a pack's contents to its entry in the lock: what is chosen, refused, renamed, and what clashes."""

from __future__ import annotations

import pytest

from agentsync.errors import ResolutionError, UnsafeError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.lock_writer import dump_lock
from agentsync.model.digest import digest_of
from agentsync.model.item import Choice, FieldEdits, HeaderStatus
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import file_of
from agentsync.packs.pack import read_pack
from agentsync.planning.filling import Examined
from agentsync.planning.locking import examine
from agentsync.planning.placing import placed_files, render, tools_for
from agentsync.targets.all_tools import TOOLS
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

CLAUDE = (TOOLS["claude-code"],)
PACK = LockedPack(
    PackName("acme/p"), "1.0.0", "https://x.example/p.git", "refs/tags/v1.0.0", "c" * 40, "t" * 40, "", "*"
)


def agent(name: str, body: str = "Do it.\n") -> str:
    """An agent's file."""
    return f"---\nname: {name}\ndescription: The {name} of the team\n---\n{body}"


FILES: Files = {
    "README.md": "# A pack\n",
    "agents/writer.md": agent("writer"),
    "agents/team/reader.md": agent("reader"),
    "commands/ship.md": "Ship it.\n",
    "skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads PDF files\n---\nRead.\n",
    "skills/pdf/scripts/fill.py": File("print(1)\n", executable=True),
}


def examined(files: Files = FILES, choice: Choice | None = None) -> Examined:
    """The entry of a pack with these files."""
    return examine(PACK._replace(choice=choice or Choice()), MemoryContents(files), CLAUDE)


def test_items_and_files() -> None:
    """Every item, and the digest of every file, by its place."""
    found = examined()
    assert [(item.key, item.path, item.header) for item in found.pack.items] == [
        ("agent:reader", "agents/team/reader.md", HeaderStatus.STRICT),
        ("agent:writer", "agents/writer.md", HeaderStatus.STRICT),
        ("command:ship", "commands/ship.md", HeaderStatus.NONE),
        ("skill:pdf", "skills/pdf/SKILL.md", HeaderStatus.STRICT),
    ]
    assert found.pack.files == {
        ".claude/agents/team/reader.md": digest_of(agent("reader").encode()),
        ".claude/agents/writer.md": digest_of(agent("writer").encode()),
        ".claude/commands/ship.md": digest_of(b"Ship it.\n"),
        ".claude/skills/pdf/SKILL.md": digest_of(str(FILES["skills/pdf/SKILL.md"]).encode()),
        ".claude/skills/pdf/scripts/fill.py": digest_of(b"print(1)\n", executable=True),
    }
    assert found.findings == () and found.told == ()


def test_only_what_is_needed_is_read() -> None:
    """A README is no item, so its bytes are not read."""
    contents = MemoryContents(FILES)
    examine(PACK, contents, CLAUDE)
    assert "README.md" not in contents.read_paths


@pytest.mark.parametrize(
    ("only", "items"),
    [
        (("agent:writer",), ["agent:writer"]),
        (("agent:*",), ["agent:reader", "agent:writer"]),
        (("agents/team/*",), ["agent:reader"]),
        (("skill:p?f", "command:ship"), ["command:ship", "skill:pdf"]),
        (("*",), ["agent:reader", "agent:writer", "command:ship", "skill:pdf"]),
    ],
)
def test_a_choice(only: tuple[str, ...], items: list[str]) -> None:
    """Globs over names, or over paths."""
    assert [item.key for item in examined(choice=Choice(only=only)).pack.items] == items


@pytest.mark.parametrize(
    ("choice", "items"),
    [
        (Choice(excluded=("agent:reader",)), ["agent:writer", "command:ship", "skill:pdf"]),
        (Choice(excluded=("agents/*", "skill:p?f")), ["command:ship"]),
        (Choice(only=("agent:*",), excluded=("agents/team/*",)), ["agent:writer"]),
        (Choice(excluded=("*",)), []),
    ],
)
def test_what_is_left_out(choice: Choice, items: list[str]) -> None:
    """`except` takes globs of the same form away from what `only` lets in."""
    found = examined(choice=choice).pack
    assert [item.key for item in found.items] == items
    assert (not found.files) == (not items)


def test_an_exception_of_nothing() -> None:
    """A word that fits nothing is most likely a mistake."""
    with pytest.raises(ResolutionError, match="acme/p has nothing that `except: skill:pfd` names") as caught:
        examined(choice=Choice(excluded=("skill:pfd",)))
    assert caught.value.hint == "did you mean `skill:pdf`?"


def test_a_choice_of_nothing() -> None:
    """Names the nearest item that is there."""
    with pytest.raises(ResolutionError, match="acme/p has nothing that `only: agent:writter` names") as caught:
        examined(choice=Choice(only=("agent:writer", "agent:writter")))
    assert caught.value.hint == "did you mean `agent:writer`?"


def test_a_rename() -> None:
    """The installed copy has its new name in its header, its path and its key; nothing else changes."""
    found = examined(choice=Choice(only=("agent:*",), rename={"agent:writer": "scribe"}))
    assert [item.key for item in found.pack.items] == ["agent:reader", "agent:scribe"]
    expected = agent("writer").replace("name: writer", "name: scribe").encode()
    assert found.pack.files[placed(found.pack)["agents/writer.md"]] == digest_of(expected)
    assert placed(found.pack)["agents/writer.md"] == ".claude/agents/scribe.md"


def placed(pack: LockedPack) -> dict[str, RelPath]:
    """Each file has its place."""
    return {file.source: file_of(file.path) for file in placed_files(pack, CLAUDE, list(FILES))}


def test_a_rename_of_nothing() -> None:
    """Names the nearest item that is there."""
    with pytest.raises(ResolutionError, match="acme/p has no agent:writter, which `rename` names") as caught:
        examined(choice=Choice(rename={"agent:writter": "x"}))
    assert caught.value.hint == "did you mean `agent:writer`?"


def test_overrides() -> None:
    """Header fields are set in the installed copy."""
    edits: dict[str, FieldEdits] = {"agent:writer": {"model": "haiku", "tools": ("Read", "Grep")}}
    pack = PACK._replace(choice=Choice(only=("agent:writer",), edits=edits))
    locked = examine(pack, MemoryContents(FILES), CLAUDE).pack
    (file,) = placed_files(locked, CLAUDE, ["agents/writer.md"])
    installed = render(file, agent("writer").encode()).data
    assert installed is not None
    assert b"model: haiku\n" in installed and b"tools: [Read, Grep]\n" in installed
    assert locked.slots[file.path] == digest_of(installed)
    assert installed.endswith(b"---\nDo it.\n")


def test_overrides_of_nothing() -> None:
    """A slip of the pen, told as one."""
    with pytest.raises(ResolutionError, match="agent:writter"):
        examined(choice=Choice(edits={"agent:writter": {"model": "haiku"}}))


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("skills/pdf/link", File("../../x", symlink=True), "a symlink"),
        ("skills/pdf/module", File(gitlink="1" * 40), "a submodule"),
        ("skills/pdf/model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:x\n", "Git LFS"),
        ("skills/pdf/large", b"x" * (1024 * 1024 + 1), "larger than 1 MiB"),
        ("skills/pdf/aux.md", "x", "device on Windows"),
        ("skills/pdf/a:b", "x", "colon"),
        ("skills/pdf/SCRIPTS/fill.py", "x", "the same file"),
    ],
)
def test_one_bad_file_is_one_finding(path: str, content: str | bytes | File, reason: str) -> None:
    """The rest of its skill is installed."""
    found = examined({**FILES, path: content})
    (finding,) = found.findings
    assert reason in finding.what and finding.pack == "acme/p"
    assert found.pack.files.keys() >= {".claude/skills/pdf/SKILL.md"}
    assert sum(name.casefold() == f".claude/{path}".casefold() for name in found.pack.files) <= 1
    assert (f".claude/{path}" in found.pack.files) == (finding.path != path)


def test_a_refused_name_that_is_not_utf8() -> None:
    """The lock names it, and can be read again."""
    found = examined({**FILES, "skills/pdf/caf\udce9.txt": "x"}).pack
    assert found.refused == (r"skills/pdf/caf\xe9.txt",)
    locked = found._replace(commit="1" * 40, tree="2" * 40)
    assert parse_lock(dump_lock(Lock({found.name: locked}))).packs[found.name].refused == found.refused


def test_an_item_that_is_refused() -> None:
    """One of many is a finding; one that was asked for by its name is an error."""
    files: Files = {"agents/writer.md": agent("writer"), "agents/big.md": agent("big", "x" * 1024 * 1024)}
    found = examined(files)
    assert [item.key for item in found.pack.items] == ["agent:writer"]
    assert [finding.path for finding in found.findings] == ["agents/big.md"]
    with pytest.raises(ResolutionError, match="agent:big is refused"):
        examined(files, Choice(only=("agent:big",)))


def test_a_pack_that_is_too_large() -> None:
    """As a whole, it is refused as a whole."""
    files: Files = {"skills/s/SKILL.md": "---\nname: s\ndescription: d\n---\n"}
    many = {f"skills/s/{number}": "" for number in range(5001)}
    with pytest.raises(UnsafeError, match="acme/p is too large to install"):
        examined({**files, **many})


def test_what_has_no_place() -> None:
    """Counted, so that it can be told; what is empty has none either."""
    found = examined({**FILES, "hooks/hooks.json": '{"hooks": {}}', ".mcp.json": '{"mcpServers": {"a": {}, "b": {}}}'})
    assert {(one.item, one.code) for one in found.told} == {
        (key, "refused") for key in ("hook:hooks", "mcp:a", "mcp:b")
    }
    assert all(not path.endswith(".json") for path in found.pack.slots)
    (other,) = examined({**FILES, "output-styles/a.md": "x"}).told
    assert (other.about, other.number) == ("output style", 1)


def test_the_packs_own_word() -> None:
    """`pack.yaml` leaves items out; a registry's list lets in no others."""
    files = {**FILES, "pack.yaml": "name: p\nexclude: [agents/team]\n"}
    assert [item.key for item in examined(files).pack.items] == ["agent:writer", "command:ship", "skill:pdf"]
    declared = {"agents": ("agents/team",)}
    found = read_pack(PACK._replace(declared=declared).root, MemoryContents(FILES)).items
    assert [item.name for item in found] == ["reader"]


def test_words_that_were_right_once() -> None:
    """An item that upstream removed stops no update; a new word that fits nothing is an error."""
    choice = Choice(excluded=("agent:gone",), rename={"agent:lost": "x"}, edits={"agent:left": {"model": "haiku"}})
    pack = PACK._replace(choice=choice)
    found = examine(pack, MemoryContents(FILES), CLAUDE, before=pack)
    assert [(one.key, one.word) for one in found.unmatched] == [
        *(("except", "agent:gone"), ("rename", "agent:lost"), ("overrides", "agent:left"))
    ]
    assert [item.key for item in found.pack.items] == ["agent:reader", "agent:writer", "command:ship", "skill:pdf"]
    for other in (Choice(), Choice(excluded=("agent:other",), rename={"agent:other": "x"})):
        with pytest.raises(ResolutionError):
            examine(pack, MemoryContents(FILES), CLAUDE, before=pack._replace(choice=other))


def test_for_which_tools() -> None:
    """A pack's own choice of them, else all."""
    assert tools_for(PACK, CLAUDE) == list(CLAUDE)
    assert tools_for(PACK._replace(choice=Choice(targets=("claude-code",))), CLAUDE) == list(CLAUDE)
    assert tools_for(PACK._replace(choice=Choice(targets=("other",))), CLAUDE) == []


def test_the_same_for_any_order_of_files() -> None:
    """A decision does not depend on how a tree is listed."""
    assert examined(dict(reversed(list(FILES.items())))).pack == examined().pack
