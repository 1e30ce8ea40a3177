"""The gate: bytes are judged alike, wherever they come from."""

from __future__ import annotations

from typing import Final

import pytest

from agentsync.errors import IntegrityError, PolicyError, UnsafeError
from agentsync.model.finding import Rule
from agentsync.model.item import Choice, Kind
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName
from agentsync.model.policy import DEFAULT_LIMITS, TrustPolicy
from agentsync.model.rel_path import RelPath
from agentsync.planning.gate import Gate
from agentsync.planning.locking import examine
from agentsync.rendering.rendered import Rendered, Source
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FilePlace, Tool
from tests.git_registry import File, Files
from tests.memory_contents import MemoryContents

CLAUDE: Final = (TOOLS["claude-code"],)
PACK: Final = LockedPack(PackName("acme/p"), "1", "https://x.example/p", "", "c" * 40, "t" * 40, "", "*")
READS: Final = "---\nname: a\ndescription: d\ntools: Read\n---\nDo it.\n"
WIDE: Final = READS.replace("Read", "Read, Bash").encode()
HIDDEN: Final = READS.replace("Do it", "Do \u202e it").encode()
AGENT: Final = RelPath(".claude/agents/a.md")
SKILL: Final = RelPath(".claude/skills/s/SKILL.md")
SCRIPT: Final = RelPath(".claude/skills/s/run.sh")
FILES: Final[Files] = {
    "agents/a.md": READS,
    "skills/s/SKILL.md": "---\nname: s\ndescription: d\n---\n",
    "skills/s/notes": File("x\n"),
}


def locked(choice: Choice | None = None, files: Files = FILES, tools: tuple[Tool, ...] = CLAUDE) -> LockedPack:
    """The entry of a pack with these files."""
    return examine(PACK._replace(choice=choice or Choice()), MemoryContents(files), tools).pack


def grants_of(pack: LockedPack, key: str) -> tuple[str, ...]:
    """What the lock grants an item."""
    return next(item.grants for item in pack.items if item.key == key)


@pytest.mark.parametrize("edited", [(), (AGENT,)], ids=["upstream", "an edit"])
@pytest.mark.parametrize("data", [HIDDEN, b"x" * (DEFAULT_LIMITS.file + 1)], ids=["hidden text", "too large"])
def test_content(data: bytes, edited: tuple[RelPath, ...]) -> None:
    """Hidden text and sizes are refused in upstream's bytes and in an edit."""
    lock = Lock({PACK.name: locked()})
    with pytest.raises(UnsafeError, match=r"agents/a\.md.* is refused"):
        Gate(TrustPolicy(), CLAUDE).check(lock, {AGENT: data}, edited)
    allowed = TrustPolicy(allow_hidden=("acme/*",), max_file=1 << 30)
    Gate(allowed, CLAUDE).check(lock, {AGENT: data}, edited)


def test_an_override_is_inspected() -> None:
    """A declared change is no way to hide text either."""
    with pytest.raises(UnsafeError, match=r"the edit of \.claude/agents/a\.md is refused: hidden character"):
        locked(Choice(edits={"agent:a": {"description": "x\u202ey"}}))


def test_an_override_that_widens_is_in_the_lock() -> None:
    """So that the yes to a gain, and the policy, are asked as for upstream's own bytes."""
    upstream = locked(files={**FILES, "agents/a.md": WIDE.decode()})
    override = locked(Choice(edits={"agent:a": {"tools": ("Read", "Bash")}}))
    assert grants_of(override, "agent:a") == grants_of(upstream, "agent:a") == ("exec", "read")


def test_a_rendered_file_asks_for_what_its_source_does() -> None:
    """The words of a tool say nothing to us; what it adds to the source is its residue, which waits for a yes."""

    def render(source: Source) -> Rendered:
        return Rendered(source.data.replace(b"tools: Read", b"tools: WebFetch"), residue=("net",))

    tool = Tool("t", "", {Kind.AGENT: (FilePlace(".t/agents", render=render),)})
    item = locked(tools=(tool,)).items[0]
    assert (item.grants, item.waits, item.not_for) == (("read",), ("residue:t:net",), ("t",))


@pytest.mark.parametrize(
    ("path", "data", "grant"),
    [(AGENT, WIDE, "exec"), (SCRIPT, b"#!/bin/sh\n", "executable")],
)
def test_power(path: RelPath, data: bytes, grant: str) -> None:
    """What the lock does not name is refused; what a policy denies is refused in an edit too."""
    pack = locked()
    with pytest.raises(IntegrityError, match="asks for more than the lock says") as told:
        Gate(TrustPolicy(), CLAUDE).check_lock(pack, {path: data})
    assert told.value.why == f"the lock does not name {grant}"
    lock, policy = Lock({PACK.name: pack}), TrustPolicy(deny_grants=(grant,))
    with pytest.raises(PolicyError, match=rf"the policy forbids {path} with the edit in it"):
        Gate(policy, CLAUDE).check(lock, {path: data}, (path,))
    Gate(TrustPolicy(), CLAUDE).check(lock, {path: data}, (path,))


def test_a_skill_under_a_name_in_small_letters() -> None:
    """Its own file is installed as `SKILL.md`, and is looked at there."""
    files = {"skills/s/skill.md": "---\nname: s\ndescription: d\nallowed-tools: Bash\n---\n"}
    pack = locked(files=files)
    assert "exec" in grants_of(pack, "skill:s")
    forged = pack._replace(items=tuple(item._replace(grants=("model-invocable",)) for item in pack.items))
    with pytest.raises(IntegrityError, match="asks for more than the lock says"):
        Gate(TrustPolicy(), CLAUDE).check_lock(forged, {SKILL: files["skills/s/skill.md"].encode()})


def test_what_upstream_hides_is_a_finding() -> None:
    """Where a pack is locked, its file is left out and told."""
    found = examine(
        PACK, MemoryContents({**FILES, "agents/b.md": HIDDEN.decode().replace("name: a", "name: b")}), CLAUDE
    )
    assert [one.rule for one in found.findings] == [Rule.HIDDEN_TEXT]
