"""Failures of the file system, in the words of agentsync."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agentsync.errors import AgentsyncError, DiskError

_HINTS: Final = {
    errno.EACCES: "give yourself permission to write there",
    errno.EPERM: "give yourself permission to write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "free some space and run the command again",
}


def disk_error(what: str, error: OSError) -> AgentsyncError:
    """Return the failure that tells a person about an error of the file system."""
    hint = _HINTS.get(error.errno or 0, "run the command again when this is mended")
    return DiskError(what, why=reason(error), hint=hint)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Raise each OSError of a block as a DiskError; `what` is its first sentence."""
    try:
        yield
    except OSError as error:
        raise disk_error(what, error) from error


def reason(error: OSError) -> str:
    """Return the system's own word for an error."""
    return (error.strerror or str(error)).lower()
