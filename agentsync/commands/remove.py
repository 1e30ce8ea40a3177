"""Take packs out of the manifest, and their files away."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.commands.install import Extras, InstallOptions, install_decision
from agentsync.commands.outcomes import headed
from agentsync.errors import UsageError
from agentsync.model.manifest import Manifest
from agentsync.model.names import PackName, nearest
from agentsync.model.outcome import Outcome
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.reporting.words import done_line


def remove(workspace: Workspace, packs: Sequence[str], *, dry_run: bool = False) -> Outcome:
    """Remove packs: what is ours and unedited goes, the rest is kept and told."""
    draft = ManifestDraft(workspace.project)
    keys = [_key(workspace.project.manifest, name) for name in packs]
    for key in keys:
        draft.drop_pack(key)
    decision = workspace.decide(draft.manifest)
    outcome = install_decision(workspace, decision, InstallOptions(dry_run=dry_run), Extras(draft.text))
    return headed(outcome, *(done_line("remove", key, dry_run=dry_run) for key in keys))


def _key(manifest: Manifest, name: str) -> str:
    """Return the manifest's key for a pack; an alias alone names the one pack of its registry."""
    keys = [entry.key for entry in manifest.packs]
    if name in keys:
        return name
    alias = PackName(name).alias
    of_alias = [entry.key for entry in manifest.packs if entry.registry in (name, alias)]
    same = [key for key in of_alias if key == alias or name == key.alias]
    if len(same) == 1:
        return same[0]
    raise UsageError(f"the manifest has no pack {name!r}", hint=nearest(name, keys))
