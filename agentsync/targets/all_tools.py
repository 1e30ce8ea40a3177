"""Every AI tool that agentsync installs for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agentsync.errors import LockError
from agentsync.model.names import ScopeName
from agentsync.targets.claude_code import CLAUDE_CODE
from agentsync.targets.tool import Tool

if TYPE_CHECKING:
    from agentsync.model.lock import Lock

TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in (CLAUDE_CODE,)}


def tools_of(lock: Lock, scope: ScopeName) -> tuple[Tool, ...]:
    """Return the AI tools that a lock is for, with the places of its scope; raise LockError for one that is unknown."""
    unknown = [name for name in lock.targets if name not in TOOLS]
    if unknown:
        raise LockError(f"the lock names the target {unknown[0]!r}, which is unknown", hint="update agentsync")
    return tuple(TOOLS[name].within(scope) for name in lock.targets)
