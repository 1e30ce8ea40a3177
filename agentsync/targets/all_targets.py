"""Every AI tool that agentsync installs for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agentsync.errors import LockError
from agentsync.targets.claude_code import CLAUDE_CODE
from agentsync.targets.target import Target

if TYPE_CHECKING:
    from agentsync.model.lock import Lock

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in (CLAUDE_CODE,)}


def known_targets(lock: Lock) -> tuple[Target, ...]:
    """The AI tools that a lock is for.

    Raises:
        LockError: where it names one that is not known.
    """
    unknown = [name for name in lock.targets if name not in TARGETS]
    if unknown:
        raise LockError(f"the lock names the target {unknown[0]!r}, which is unknown", hint="update agentsync")
    return tuple(TARGETS[name] for name in lock.targets)
