"""The words that a shell offers for a parameter: from the program itself, and from manifest, lock and disk.

Nothing is asked of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from agentsync.project.opening import Start, open_workspace
from agentsync.project.session import Options
from agentsync.project.workspace import Workspace

Words = Iterable[tuple[str, str]]

SHELLS: Final = ("bash", "fish", "powershell", "zsh")
_OF_EDITS: Final = frozenset(("restore", "keep", "diff", "contribute", "resolve"))
_OF_PROJECT: Final = frozenset(("packs", "words", "requests", "alias", "word", "source", "only", "registries"))


def words(parameter: str, command: str, *, is_user: bool) -> Words:
    """Return the words that a parameter of a command may be, each with what it is, "" where that is plain."""
    own = _OWN.get((command, parameter)) or _OWN.get(("", parameter))
    if own is not None:
        return own()
    if parameter not in _OF_PROJECT:
        return ()
    return _of_project(open_workspace(Options(user=is_user, offline=True), Start.UP), parameter, command)


def _of_project(workspace: Workspace, parameter: str, command: str) -> Iterator[tuple[str, str]]:
    lock = workspace.project.lock
    packs = list(lock.packs.values()) if lock is not None else []
    if parameter not in ("alias", "registries", "requests"):
        yield from ((pack.name, pack.version or pack.commit[:12]) for pack in packs)
    if parameter != "word":
        yield from ((alias, one.git.text) for alias, one in workspace.project.manifest.registries.items())
    if parameter not in ("words", "word"):
        return
    yield from ((item.key, pack.name) for pack in packs for item in pack.items)
    if command in _OF_EDITS:
        yield from _drifted(workspace)
    else:
        yield from ((path, pack.name) for pack in packs for path in pack.slots)


def _drifted(workspace: Workspace) -> Words:
    from agentsync.model.lock import Lock
    from agentsync.model.plan import READING

    plan = workspace.plan(workspace.project.lock or Lock(), READING)
    return [(change.path, str(change.drift)) for change in plan.drifted]


def _targets() -> Words:
    from agentsync.targets.all_tools import TOOLS

    return [(name, "") for name in sorted(TOOLS)]


def _forms() -> Words:
    from agentsync.reporting.formats import FORMS

    return [(name, "") for name in FORMS]


def _drifts() -> Words:
    from agentsync.model.drift import Drift

    return [(str(drift), drift.meaning) for drift in Drift]


def _schemas() -> Words:
    from agentsync.model.schemas import SCHEMAS

    return SCHEMAS.items()


def _rules() -> Words:
    from agentsync.checking.rules import CHECKS

    return [(f"{name}=", "") for name in CHECKS]


def _shells() -> Words:
    return [(shell, "") for shell in SHELLS]


_OWN: Final[dict[tuple[str, str], Callable[[], Words]]] = {
    ("", "form"): _forms,
    ("", "ignore"): _drifts,
    ("", "target"): _targets,
    ("", "rule"): _rules,
    ("targets", "name"): _targets,
    ("schema", "name"): _schemas,
    ("completion", "shell"): _shells,
}
