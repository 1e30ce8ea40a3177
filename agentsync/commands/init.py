"""Start a manifest."""

from __future__ import annotations

from agentsync.errors import UsageError
from agentsync.model.item import DEFAULT_TARGETS
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.project.first_manifest import first_manifest
from agentsync.project.workspace import Workspace
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.described import own_folders

_OFFERED = """
# AI tools that were seen here. Take the # away to install packs for them; else it is {default} alone.
#targets: [{seen}]
"""


def init(workspace: Workspace, source: str = "") -> Outcome:
    """Write a commented manifest where there is none, or take the user's own from the repository `source`."""
    scope = workspace.scope
    if source and scope.name is not ScopeName.USER:
        raise UsageError("--from is for the user scope", hint="add --user; a project comes with its own repository")
    exists = UsageError(f"{scope.manifest} exists already", hint="add packs to it with `agentsync add SOURCE`")
    if scope.manifest.exists():
        raise exists
    if source:
        return _from(workspace, source)
    in_user_scope = scope.name is ScopeName.USER
    shown, user = (str(scope.manifest), " --user") if in_user_scope else (scope.manifest.name, "")
    seen = _seen(workspace)
    is_default = tuple(seen) in ((), DEFAULT_TARGETS)
    offered = "" if is_default else _OFFERED.format(default=", ".join(DEFAULT_TARGETS), seen=", ".join(seen))
    if not workspace.start_manifest(first_manifest(scope.name) + offered):
        raise exists
    lines = [f"wrote {shown}; next: agentsync add SOURCE{user}"]
    if offered:
        lines.append(f"seen here: {', '.join(seen)}; to install for these, take the # of the manifest's last line away")
    return Outcome({"manifest": str(scope.manifest), "seen": seen}, lines)


def _from(workspace: Workspace, source: str) -> Outcome:
    from agentsync.project.origin import begin  # asks a remote, which a plain `init` never does

    origin = begin(workspace, source)
    data = {"manifest": str(workspace.scope.manifest), "seen": _seen(workspace), "origin": origin._asdict()}
    lines = [f"took {name}" for name in origin.digests]
    return Outcome(data, [*lines, f"from {origin}; next: agentsync install --user"])


def _seen(workspace: Workspace) -> list[str]:
    """Return the AI tools whose own folders or files are in the scope."""
    scope = workspace.scope
    found = []
    for tool in TOOLS.values():
        signs = tool.signs if scope.name is ScopeName.PROJECT else own_folders(tool.within(scope.name))
        if any((scope.root / sign).exists() for sign in signs):
            found.append(tool.name)
    return found
