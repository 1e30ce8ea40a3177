"""Retries after failures that may pass, such as a lost connection or a busy server, and never after a refusal.

The text of git's errors, in English, is all that tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from agentsync.git.git import GitFailure, Progress, is_ending

T = TypeVar("T")

# Seconds before the second and the third try.
WAITS: Final = (0.5, 2.0)
_REFUSED: Final = re.compile(
    r"Authentication failed|Permission denied|[Nn]ot found|could not read (Username|Password)|[Aa]ccess denied"
    r"|not our ref|does not appear to be a git repository|returned error: 4(?!08|25|29)|not valid: is this a git repo"
)
_PASSES: Final = re.compile(
    r"RPC failed|early EOF|hung up|Connection (reset|closed|timed out)|[Tt]imed out|Operation too slow|Empty reply"
    r"|transfer closed|returned error: (408|425|429|5\d\d)|unexpected disconnect|bad line length|expected flush"
    r"|index-pack (failed|died)|inflate|Recv failure|Send failure|SSL_read|GnuTLS recv|HTTP/2 stream"
    r"|Temporary failure|invalid server response|protocol error|expected packfile|bad pack|unexpected response"
)


def may_pass(failure: GitFailure) -> bool:
    """Return whether the same request may succeed in a moment."""
    return not _REFUSED.search(failure.message) and bool(_PASSES.search(failure.message))


def with_retries(ask: Callable[[], T], progress: Progress | None = None) -> T:
    """Run a request up to three times, with growing waits.

    Args:
        progress: called before each further try.

    Raises:
        GitFailure: the last one.
    """
    for number, wait in enumerate(WAITS, start=2):
        try:
            return ask()
        except GitFailure as failure:
            if not may_pass(failure) or is_ending(wait):
                raise
            if progress is not None:
                progress(f"{failure.message}: trying again, {number} of {len(WAITS) + 1}")
    return ask()
