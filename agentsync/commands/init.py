"""Start a manifest."""

from __future__ import annotations

from agentsync.errors import UsageError
from agentsync.model.names import ScopeName
from agentsync.model.outcome import Outcome
from agentsync.project.workspace import Workspace

MANIFEST_START = """\
# What this {scope} takes from where. How: agentsync help add

registries: {{}}
#  acme: https://git.acme.example/ai/agents.git    # alias: any git URL, or github:owner/repo

packs: {{}}
#  acme/python-backend: ">=1.2,<2"                 # alias/pack: a version range
"""


def init(workspace: Workspace) -> Outcome:
    """Write a commented manifest, where there is none."""
    scope = workspace.scope
    exists = UsageError(f"{scope.manifest} exists already", hint="add packs to it with `agentsync add SOURCE`")
    if scope.manifest.exists():
        raise exists
    in_user_scope = scope.name is ScopeName.USER
    shown, user = (str(scope.manifest), " --user") if in_user_scope else (scope.manifest.name, "")
    if not workspace.start_manifest(MANIFEST_START.format(scope=scope.name)):
        raise exists
    return Outcome({"manifest": str(scope.manifest)}, [f"wrote {shown}; next: agentsync add SOURCE{user}"])
