"""Sbom and attest: the lock as other programs take it. Nothing is asked but the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from agentsync import __version__
from agentsync.commands.drift import DriftOptions, look
from agentsync.errors import IntegrityError, UsageError
from agentsync.model.lock import Lock
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.schemas import INSTALLED_BY
from agentsync.project.output import write_output
from agentsync.project.workspace import Workspace
from agentsync.reporting.provenance import statement
from agentsync.reporting.sbom import cyclonedx, spdx

_FORMATS: Final[Mapping[str, Callable[[Lock, bytes, str, str], dict[str, Any]]]] = {
    "cyclonedx": cyclonedx,
    "spdx": spdx,
}


def sbom(workspace: Workspace, *, form: str = "cyclonedx", name: str = "", output: str = "") -> Outcome:
    """Return the packs and files of the lock as a bill of materials.

    Args:
        form: `cyclonedx` or `spdx`.
        name: what the packs are installed in; the name of the scope by default, which is the same on every machine.
        output: the file that it is written into; "" prints it.
    """
    if form not in _FORMATS:
        raise UsageError(f"there is no format {form!r}", hint=nearest(form, _FORMATS))
    lock = workspace.project.require_lock()
    workspace.project.refuse_broken_lock(lock)
    data = workspace.project.state.lock_text().encode()
    document = _FORMATS[form](lock, data, name or str(workspace.scope.name), __version__)
    return _written(workspace, lock, document, output, {"format": form})


def attest(workspace: Workspace, *, output: str = "") -> Outcome:
    """Return a statement of provenance about the installed files; it is for a program that signs.

    Raises:
        IntegrityError: where a file is not as the lock has it: a statement would say what is not so.
    """
    lock = workspace.project.require_lock()
    workspace.project.refuse_broken_lock(lock)
    report, _ = look(workspace, DriftOptions())
    if not report.is_clean:
        raise IntegrityError(
            "the installed files are not those of the lock",
            why="a statement of provenance says that they are",
            hint="`agentsync restore` brings them back, `agentsync drift` says that it did",
        )
    digest = hashlib.sha256(workspace.project.state.lock_text().encode()).hexdigest()
    document = statement(lock, digest, INSTALLED_BY, __version__)
    return _written(workspace, lock, document, output, {"subjects": len(lock.slots())})


def _written(workspace: Workspace, lock: Lock, document: dict[str, Any], output: str, data: dict[str, Any]) -> Outcome:
    """Return the outcome of a document: its text, or the file that it is in now."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    lines = text.splitlines()
    if output:
        _refuse_ours(workspace, lock, Path(output))
        write_output(Path(output), f"{text}\n".encode())
        lines = [f"wrote     {output}"]
    return Outcome({**data, "output": output or None, "document": document}, lines)


def _refuse_ours(workspace: Workspace, lock: Lock, output: Path) -> None:
    """Refuse a file that the document is about, or that says what is installed."""
    scope, goal = workspace.scope, output.resolve()
    ours = {scope.manifest, scope.lock, *(scope.root / path for path in lock.files())}
    if goal in {path.resolve() for path in ours} or scope.state.resolve() in goal.parents:
        raise UsageError(f"{output} is a file of agentsync's own", hint="name another file with --output")
