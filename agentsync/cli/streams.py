"""Standard output and standard error: closed, full, or not read to the end."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agentsync.errors import DiskError
from agentsync.reporting.failure import shown


def is_attended(*, as_json: bool) -> bool:
    """Return whether a person can be asked: a terminal at both ends, and no program that reads the output."""
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def writing() -> Iterator[None]:
    """Print everything at the end; a reader that goes away, as `| head` does, has read enough.

    Raises:
        DiskError: where the output cannot be written.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        _drop_stdout()
        # On Windows it is EINVAL.
        if isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL:
            return
        raise DiskError(
            "cannot write the output",
            why=(error.strerror or str(error)).lower(),
            hint="what was to be done is done; send the output elsewhere and look with `agentsync status`",
        ) from error


def _drop_stdout() -> None:
    """Let go of standard output, so that nothing is written to it again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def to_stdout(line: str, *, verbatim: bool = False) -> None:
    """Print one line of data, escaped as `shown` does; bytes stay bytes in a patch that no terminal shows."""
    if verbatim and not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape") + b"\n")
    else:
        print_text(shown(line))


def print_text(text: str) -> None:
    """Print a text that is fit for any reader as it is."""
    sys.stdout.write(f"{text}\n")


def to_stderr(line: str) -> None:
    """Print one line for a person; where it cannot be written, the exit code still tells."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.write(shown(line) + "\n")
        sys.stderr.flush()
