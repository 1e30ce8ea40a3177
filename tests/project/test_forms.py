"""Forms: what an older or a newer agentsync locked for a tool."""

from __future__ import annotations

import pytest

from agentsync.errors import IntegrityError, LockError, RefusedError
from agentsync.model.item import Kind
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.names import PackName, ScopeName
from agentsync.planning.locking import examine
from agentsync.project.rendered_files import rendered_files
from agentsync.rendering.rendered import Rendered, Source
from agentsync.targets.all_tools import TOOLS, forms_of, is_older, tools_of
from agentsync.targets.tool import FilePlace, Tool
from tests.cli.packs import agent
from tests.memory_contents import MemoryContents

FILES = MemoryContents({"agents/a.md": agent("a")})
PACK = LockedPack(PackName("acme/p"), "1", "u", "refs/tags/v1", "c" * 40, "b" * 40, "", "*")


def tool(form: int, line: bytes) -> Tool:
    """A tool that gets a line of its own."""

    def render(source: Source) -> Rendered:
        return Rendered(source.data + line)

    return Tool("t", "", {Kind.AGENT: (FilePlace(".t/agents", render=render),)}, form=form)


def test_an_older_form_is_written_as_far_as_it_comes_out_the_same() -> None:
    """What has other bytes now is refused, with the command that locks it anew; else the lock was changed."""
    old = examine(PACK, FILES, [tool(1, b"1")]).pack
    made = rendered_files(old, FILES, [tool(2, b"1")], {"t": 1})
    assert made.installed == {".t/agents/a.md": (agent("a") + "1").encode()}
    assert made.graded == {".t/agents/a.md": agent("a").encode()}
    with pytest.raises(RefusedError, match="locked in form 1 of t") as told:
        rendered_files(old, FILES, [tool(2, b"2")], {"t": 1})
    assert "`agentsync lock`" in told.value.hint
    with pytest.raises(IntegrityError, match="is not what the lock says"):
        rendered_files(old, FILES, [tool(2, b"2")], {"t": 2})


def test_a_newer_form_is_of_a_newer_agentsync() -> None:
    """Nothing can be said of its files here."""
    lock = Lock(targets={"codex": TOOLS["codex"].form + 1})
    with pytest.raises(LockError, match="made by a newer agentsync"):
        tools_of(lock, ScopeName.PROJECT)
    assert not is_older(Lock(targets=forms_of(TOOLS)))
    assert is_older(Lock(targets={"codex": TOOLS["codex"].form - 1}))
