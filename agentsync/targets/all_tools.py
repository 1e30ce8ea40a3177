"""Every AI tool that agentsync installs for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from agentsync.errors import LockError
from agentsync.model.names import ScopeName

if TYPE_CHECKING:
    from agentsync.model.lock import Lock
    from agentsync.targets.tool import Tool

# In the order in which they are shown. The file of `kiro-cli` is `kiro_cli.py`, and the tool in it is `KIRO_CLI`.
_NAMES: Final = tuple(
    """claude-code copilot cursor codex opencode gemini qwen cline kiro kiro-cli windsurf devin factory junie
    antigravity kilo amp zed goose""".split()
)


class _Tools(Mapping[str, "Tool"]):
    """Every tool by its name; its file is loaded when it is asked for, since most projects use one or two."""

    def __init__(self) -> None:
        self._loaded: dict[str, Tool] = {}

    def __getitem__(self, name: str) -> Tool:
        if name not in self._loaded:
            if name not in _NAMES:
                raise KeyError(name)
            module = name.replace("-", "_")
            tool: Tool = getattr(import_module(f"agentsync.targets.{module}"), module.upper())
            self._loaded[name] = tool
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


TOOLS: Final[Mapping[str, Tool]] = _Tools()


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
