"""Start a manifest."""

from __future__ import annotations

from agentsync.errors import UsageError
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.project.first_manifest import first_manifest
from agentsync.project.workspace import Workspace


def init(workspace: Workspace) -> Outcome:
    """Write a commented manifest, where there is none."""
    scope = workspace.scope
    exists = UsageError(f"{scope.manifest} exists already", hint="add packs to it with `agentsync add SOURCE`")
    if scope.manifest.exists():
        raise exists
    in_user_scope = scope.name is ScopeName.USER
    shown, user = (str(scope.manifest), " --user") if in_user_scope else (scope.manifest.name, "")
    if not workspace.start_manifest(first_manifest(scope.name)):
        raise exists
    return Outcome({"manifest": str(scope.manifest)}, [f"wrote {shown}; next: agentsync add SOURCE{user}"])
