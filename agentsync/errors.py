"""The expected failures of agentsync, and the exit codes they end in.

    AgentsyncError              what went wrong, why, and what to do next
    ├── UsageError              the command line asks for something that makes no sense        (2)
    │   └── ManifestError       agentsync.yaml is not what a manifest may be                   (2)
    ├── ResolutionError         no choice of versions satisfies what is asked                  (3)
    ├── ClashError              two items want one name or one path                            (3)
    ├── LockError               agentsync.lock is damaged, too new, or must not change         (3)
    ├── FetchError              a registry could not be reached or did not deliver             (3)
    │   └── GoneError           a commit that is not there any more                            (3)
    ├── IntegrityError          bytes are not the bytes that the lock names                    (3)
    ├── UnsafeError             a path, link or file that is refused for safety                (3)
    ├── RefusedError            something that this command must not do                        (3)
    └── DiskError               the file system said no                                        (3)

Anything else that reaches the command line is a bug and exits 4. Messages carry no final full
stop; `why` gives facts, `hint` names the next step. No message may hold a credential.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """What a finished process tells its caller; documented in `docs/reference/exit-codes.md`."""

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
        rule: the rule of `model/finding.py` that a finding of the same has, "" for that of the class.

    Attributes:
        pack: the one pack that it concerns, as the lock calls it; "" where it is not of one.
        registry: the alias of the registry that it concerns as a whole, "" for none.
        asked_by: the packs through which that one is asked for, from the manifest on.
    """

    code = "failed"
    exit = Exit.FAILED
    rule = "pack-unreadable"
    pack = ""
    registry = ""
    asked_by: tuple[str, ...] = ()

    def __init__(self, what: str, *, why: str = "", hint: str = "", rule: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        if rule:
            self.rule = rule

    def of(self, *, pack: str = "", registry: str = "") -> Self:
        """Return the same failure with what it concerns; what it says of that already stays."""
        if self.pack or self.registry:
            return self
        told = copy(self)
        told.pack, told.registry = pack, registry
        return told


@contextmanager
def concerning(*, pack: str = "", registry: str = "") -> Iterator[None]:
    """Let a failure of what is done here say which pack or registry it concerns."""
    try:
        yield
    except AgentsyncError as error:
        told = error.of(pack=pack, registry=registry)
        if told is error:
            raise
        raise told from error


class UsageError(AgentsyncError):
    """The command line asks for something that makes no sense here."""

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


class GoneError(FetchError):
    """A commit that its repository does not have any more.

    Attributes:
        commit: its id.
    """

    commit = ""


class IntegrityError(AgentsyncError):
    """Bytes are not the bytes that the lock names."""

    code = "integrity"


class UnsafeError(AgentsyncError):
    """A path, link or file that is refused for safety."""

    code = "unsafe"


class PolicyError(AgentsyncError):
    """A policy forbids what is asked for."""

    code = "policy"


class RefusedError(AgentsyncError):
    """A step that this command must not take."""

    code = "refused"


class DiskError(AgentsyncError):
    """The file system said no."""

    code = "disk"
