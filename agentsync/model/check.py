"""Report of a check: what was looked at in a repository, and what was found wrong with it."""

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.finding import Level


class CheckFinding(NamedTuple):
    """One thing that an author should mend. Written by keyword, but for the first three.

    Args:
        rule: the identifier of the check that found it.
        what: what is wrong, in words.
        fix: what to do about it, a command line or a sentence; "" where that is plain.
        pack: the pack that it concerns, as the registry calls it; "" for the registry as a whole.
        item: the item that it concerns, as `KIND:NAME`; "" for none.
        path: the file or folder, from the folder that was checked.
        line, column: from 1; the beginning where it is about a file as a whole.
    """

    rule: str
    level: Level
    what: str
    fix: str = ""
    pack: str = ""
    item: str = ""
    path: str = ""
    line: int = 1
    column: int = 1


class CheckedPack(NamedTuple):
    """A pack that was looked at: its name, its folder, the number of its items, and what these may do together."""

    name: str
    path: str
    items: int
    grants: tuple[str, ...]


class CheckReport(NamedTuple):
    """The result of a check.

    Args:
        below: the folder that was checked, from the top of its git repository.
        is_strict: whether a warning fails.
        notes: what a person should know of the check itself.
        about: what each rule that found something is about, in a few words.
    """

    packs: tuple[CheckedPack, ...]
    findings: tuple[CheckFinding, ...]
    below: str = ""
    is_strict: bool = False
    notes: tuple[str, ...] = ()
    about: Mapping[str, str] = {}

    @property
    def summary(self) -> Mapping[str, int]:
        """The number of findings of each level."""
        return {str(level): sum(one.level is level for one in self.findings) for level in Level}

    @property
    def fails(self) -> bool:
        """True where there is an error, or where it is strict a warning."""
        return any(one.level is Level.ERROR or (self.is_strict and one.level is Level.WARNING) for one in self.findings)
