"""Every AI tool that agentsync installs for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from agentsync.errors import LockError
from agentsync.model.names import ScopeName
from agentsync.targets.amp import AMP
from agentsync.targets.antigravity import ANTIGRAVITY
from agentsync.targets.claude_code import CLAUDE_CODE
from agentsync.targets.cline import CLINE
from agentsync.targets.codex import CODEX
from agentsync.targets.copilot import COPILOT
from agentsync.targets.cursor import CURSOR
from agentsync.targets.devin import DEVIN
from agentsync.targets.factory import FACTORY
from agentsync.targets.gemini import GEMINI
from agentsync.targets.goose import GOOSE
from agentsync.targets.junie import JUNIE
from agentsync.targets.kilo import KILO
from agentsync.targets.kiro import KIRO
from agentsync.targets.kiro_cli import KIRO_CLI
from agentsync.targets.opencode import OPENCODE
from agentsync.targets.qwen import QWEN
from agentsync.targets.tool import Tool
from agentsync.targets.windsurf import WINDSURF
from agentsync.targets.zed import ZED

if TYPE_CHECKING:
    from agentsync.model.lock import Lock

_ALL: Final = (
    CLAUDE_CODE,
    COPILOT,
    CURSOR,
    CODEX,
    OPENCODE,
    GEMINI,
    QWEN,
    CLINE,
    KIRO,
    KIRO_CLI,
    WINDSURF,
    DEVIN,
    FACTORY,
    JUNIE,
    ANTIGRAVITY,
    KILO,
    AMP,
    ZED,
    GOOSE,
)
TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in _ALL}


def tools_of(lock: Lock, scope: ScopeName) -> tuple[Tool, ...]:
    """Return the AI tools that a lock is for, with the places of its scope; raise LockError for one that is unknown."""
    unknown = [name for name in lock.targets if name not in TOOLS]
    if unknown:
        raise LockError(f"the lock names the target {unknown[0]!r}, which is unknown", hint="update agentsync")
    newer = [name for name, form in lock.targets.items() if form > TOOLS[name].form]
    if newer:
        name = newer[0]
        raise LockError(
            "the lock was made by a newer agentsync",
            why=f"it has form {lock.targets[name]} of {name}, this agentsync writes up to form {TOOLS[name].form}",
            hint="update agentsync",
        )
    return tuple(TOOLS[name].within(scope) for name in lock.targets)


def forms_of(targets: Iterable[str]) -> dict[str, int]:
    """Return AI tools with the forms in which their files are written now."""
    return {name: TOOLS[name].form for name in targets}


def is_older(lock: Lock) -> bool:
    """Return whether the files of a lock are in an older form than those that are written now."""
    return any(form < TOOLS[name].form for name, form in lock.targets.items() if name in TOOLS)
