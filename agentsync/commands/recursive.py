"""`drift` of every project below a folder, as a monorepo has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agentsync.commands.drift import PLAIN, DriftOptions, drift
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.names import MANIFEST_NAME
from agentsync.model.outcome import Outcome
from agentsync.model.scope import STATE_FOLDER
from agentsync.project.opening import open_folder
from agentsync.project.workspace import Workspace

# Folders that hold no project of this one, and very many files.
_PASSED_OVER: Final = frozenset((".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", STATE_FOLDER))


def projects_below(top: Path) -> Iterator[Path]:
    """Yield each folder with a manifest, at or below a folder, in order; links are not followed."""
    for where, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in _PASSED_OVER)
        if MANIFEST_NAME in files:
            yield Path(where)


def drift_recursive(workspace: Workspace, options: DriftOptions) -> Outcome:
    """Check every project at or below the current folder, each by itself.

    Args:
        workspace: any scope; all projects belong to its session.
        options: as for `drift`.

    Raises:
        UsageError: for a report of one project alone, or where there is no project.
    """
    if options.form not in PLAIN:
        raise UsageError(f"--recursive has no format {options.form!r}", hint="leave it, or use --format json")
    top = Path.cwd()
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    notes: list[str] = []
    errors: list[AgentsyncError] = []
    code = Exit.OK
    for folder in projects_below(top):
        name = folder.relative_to(top).as_posix()
        try:
            found = drift(open_folder(folder, workspace.options, workspace.session), options)
        except AgentsyncError as error:
            error.what = f"{name}: {error.what}"
            found = Outcome(exit=error.exit, errors=[error])
        rows.append({"folder": name, "exit": int(found.exit), **found.data})
        lines += [name, *(f"  {line}" for line in found.lines)]
        notes += [f"{name}: {note}" for note in found.notes]
        errors += found.errors
        code = max(code, found.exit)
    if not rows:
        raise UsageError(
            f"no {MANIFEST_NAME} here or in any folder below",
            why=f"looked from {top} downwards",
            hint="start a project with `agentsync init`",
        )
    return Outcome({"projects": rows}, lines, notes, code, errors)
