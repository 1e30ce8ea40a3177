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


def init(workspace: Workspace) -> Outcome:
    """Write a commented manifest, where there is none."""
    scope = workspace.scope
    exists = UsageError(f"{scope.manifest} exists already", hint="add packs to it with `agentsync add SOURCE`")
    if scope.manifest.exists():
        raise exists
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


def _seen(workspace: Workspace) -> list[str]:
    """Return the AI tools whose own folders or files are in the scope."""
    scope = workspace.scope
    found = []
    for tool in TOOLS.values():
        signs = tool.signs if scope.name is ScopeName.PROJECT else own_folders(tool.within(scope.name))
        if any((scope.root / sign).exists() for sign in signs):
            found.append(tool.name)
    return found
