"""The expected failures of agentsync, and the exit codes they end in.

An error of the system that no part of the program expects exits 3 too; any other exception that reaches the command
line is a bug and exits 4. Messages carry no final full stop and no credential. The words of an error, its hint too,
are written where it is raised; `reporting/failure.py` prints them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """Exit code of the process; documented in `docs/reference/exit-codes.md`."""

    OK = 0
    DIFFERS = 1
    USAGE = 2
    FAILED = 3
    BUG = 4
    INTERRUPTED = 130
    TERMINATED = 143


class AgentsyncError(Exception):
    """An expected failure.

    Args:
        what: one line, what could not be done.
        why: the facts behind it.
        hint: the next step for the user.
        rule: the rule of `model/finding.py` for a finding of the same fault, "" for that of the class.

    Attributes:
        pack: the one pack that it concerns, as the lock calls it; "" where it is not of one.
        registry: the alias of the registry that it concerns as a whole, "" for none.
        asked_by: the packs through which that one is asked for, from the manifest on.
        line, column: where in a file, from 1; 0 where it is about no place in one.
        problem: what is wrong at that place, without the place.
    """

    code = "failed"
    exit = Exit.FAILED
    rule = "pack-unreadable"
    pack = ""
    registry = ""
    asked_by: tuple[str, ...] = ()
    line = 0
    column = 0
    problem = ""

    def __init__(self, what: str, *, why: str = "", hint: str = "", rule: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        if rule:
            self.rule = rule

    def at(self, line: int, column: int, problem: str) -> Self:
        """Return the same failure with its place in a file."""
        self.line, self.column, self.problem = line, column, problem
        return self

    def of(self, *, pack: str = "", registry: str = "") -> Self:
        """Return the same failure with the pack or registry it concerns, unless it names one already."""
        if self.pack or self.registry:
            return self
        from copy import copy  # takes long to load, and most commands do not fail

        located = copy(self)
        located.pack, located.registry = pack, registry
        return located


@contextmanager
def concerning(*, pack: str = "", registry: str = "") -> Iterator[None]:
    """Name the pack or registry in each failure that is raised here."""
    try:
        yield
    except AgentsyncError as error:
        located = error.of(pack=pack, registry=registry)
        if located is error:
            raise
        raise located from error


class UsageError(AgentsyncError):
    """The command line asks for something that is not possible here."""

    code = "usage"
    exit = Exit.USAGE


class ManifestError(UsageError):
    """`agentsync.yaml` is missing, is not valid, or names what does not exist."""

    code = "manifest"


class ResolutionError(AgentsyncError):
    """No choice of versions satisfies what is asked for."""

    code = "resolution"


class ClashError(AgentsyncError):
    """Two items want the same name or the same path in one scope."""

    code = "clash"


class LockError(AgentsyncError):
    """The lock is damaged, made by a newer agentsync, or would change where it must not."""

    code = "lock"


class FetchError(AgentsyncError):
    """A registry could not be reached, or did not deliver what it promised."""

    code = "fetch"
    rule = "source-unreachable"


class BusyError(FetchError):
    """The host of a repository is too busy to answer, or takes no connection now."""


class DeniedError(FetchError):
    """A repository does not let us read it."""


class NoRepositoryError(FetchError):
    """There is no repository where one should be, or it does not show itself to us."""


class EmptyRepositoryError(FetchError):
    """A repository has no commit, or not the branch that was asked for."""


class GoneError(FetchError):
    """A commit, whose id this has, is no longer in its repository."""

    commit = ""


class IntegrityError(AgentsyncError):
    """Bytes differ from the digest in the lock."""

    code = "integrity"


class UnsafeError(AgentsyncError):
    """A path, link or file is refused for safety."""

    code = "unsafe"


class PolicyError(AgentsyncError):
    """A policy forbids what is asked for, and perhaps `others`, a number of more things that `why` names."""

    code = "policy"
    others = 0


class RefusedError(AgentsyncError):
    """The command must not take this step."""

    code = "refused"


class DiskError(AgentsyncError):
    """The file system refused an operation."""

    code = "disk"
