"""Policies of the project, the user and the machine, as one."""

from __future__ import annotations

from typing import Final

from agentsync.model.outcome import Outcome
from agentsync.model.policy import TrustPolicy
from agentsync.project.workspace import Workspace

_FIELDS: Final = {"hidden_text": "allow_hidden", "residue": "deny_residue"}  # the others are called as the rule


def show(workspace: Workspace) -> Outcome:
    """Show the rules that hold, and the files that set each."""
    every = {workspace.scope.manifest.name: workspace.project.project_policy, **workspace.project.session.own_policies}
    policy, usual = workspace.project.policy, TrustPolicy()
    values: dict[str, object] = {
        "registries": [list(globs) for globs in policy.registries],
        "deny_grants": list(policy.deny_grants),
        "residue": "deny" if policy.deny_residue else "ask",
        "require_signature": policy.require_signature,
        "pinned": policy.pinned,
        "min_age": policy.min_age,
        "hidden_text": list(policy.limits.allow_hidden),
        "max_file": policy.limits.file,
        "max_pack": policy.limits.pack,
        "max_files": policy.limits.files,
        "http_hosts": list(policy.http_hosts),
        "linked_folders": list(policy.linked_folders),
    }
    sources = {
        rule: [where for where, one in every.items() if getattr(one, field) != getattr(usual, field)]
        for rule, field in ((rule, _FIELDS.get(rule, rule)) for rule in values)
    }
    width = max(map(len, values))
    return Outcome(
        data={"rules": [{"rule": rule, "value": value, "from": sources[rule]} for rule, value in values.items()]},
        lines=[
            f"{rule:<{width}}  {_shown(values[rule])}" + (f"  ({', '.join(named)})" if named else "")
            for rule, named in sources.items()
        ],
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(", ".join(one) if isinstance(one, list) else str(one) for one in value) or "-"
    return value if isinstance(value, str) else f"{value:,}"
