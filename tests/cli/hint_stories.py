"""The machine on which the stories of hints play, and how a story is told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.cli.packs import TEAM
from tests.cli.project import succeed
from tests.git_registry import GitRegistry
from tests.sandbox import Run, Sandbox

DESIGNER: Final = ".claude/agents/designer.md"


class Story:
    """A machine with a registry of its own, in which one thing goes wrong."""

    def __init__(self, root: Path) -> None:
        self.sandbox = Sandbox(root / "sandbox")
        self.registry = GitRegistry(root / "team.git")
        self.registry.publish("v1.0.0", TEAM)
        # What stands in the hint for a word of the reader's own, and what is done by hand, which is given the hint.
        self.words: dict[str, str] = {}
        self.by_hand: Callable[[str], object] = str
        # How the last of its commands ends: 1 where the hint leads to a conflict.
        self.ends = 0
        # The version of the pack that is locked then, "" where the hint promises none.
        self.version = ""

    def installed(self) -> Sandbox:
        """The project with the pack installed."""
        succeed(self.sandbox, "init")
        succeed(self.sandbox, "add", self.registry.url)
        return self.sandbox


class Stories(dict[Callable[[Story], Run], str]):
    """Each story with its hint as the source has it: what is filled in is `X`; "" where no one text makes it."""

    def of(self, hint: str = "") -> Callable[[Callable[[Story], Run]], Callable[[Story], Run]]:
        """Tell which hint a story meets."""

        def keep(go_wrong: Callable[[Story], Run]) -> Callable[[Story], Run]:
            self[go_wrong] = hint
            return go_wrong

        return keep


def lock_of_a_colleague(story: Story) -> None:
    """Take the manifest and the lock of a machine on which the update was made."""
    mate = Sandbox(story.sandbox.root / "mate")
    for name in ("agentsync.yaml", "agentsync.lock"):
        (mate.project / name).write_bytes((story.sandbox.project / name).read_bytes())
    succeed(mate, "update")
    (story.sandbox.project / "agentsync.lock").write_bytes((mate.project / "agentsync.lock").read_bytes())
