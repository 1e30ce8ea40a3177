"""Packs that have another name in their registry now: an update writes it into the manifest."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agentsync.errors import ResolutionError
from agentsync.model.finding import Finding, Rule
from agentsync.model.manifest import Manifest
from agentsync.model.names import PackName
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.git_catalog import GitCatalog


def new_names(catalog: GitCatalog, manifest: Manifest, names: Collection[str]) -> dict[str, str]:
    """Return the new name of each entry of a manifest whose pack has one, of the packs of these names in the lock.

    Where the manifest asks for the new name as well, a person decides which entry stays.
    """
    keys = {entry.key for entry in manifest.packs}
    found: dict[str, str] = {}
    for entry in manifest.packs:
        if entry.registry is None or entry.pack is None or entry.key not in names:
            continue
        try:
            offer = catalog.offer(entry.key)
        except ResolutionError:
            continue  # it is gone, which is told elsewhere
        new = PackName.of(entry.registry, offer.name)
        if entry.pack in offer.renamed_from and new not in keys:
            found[entry.key] = new
    return found


def under_new_names(
    workspace: Workspace, draft: ManifestDraft, decision: Decision, renamed: Mapping[str, str], *, ask: bool
) -> Decision:
    """Return a decision again under the new names of packs, at the versions that were decided, and write these names.

    Args:
        draft: the manifest that gets the names.
        decision: it was made under the old names.
        ask: whether a person is asked about what items would be allowed in a tool beyond their source.
    """
    for old, new in renamed.items():
        draft.rename_pack(old, new)
    before = decision.before.packs if decision.before is not None else {}
    exactly = {}
    for name, pack in decision.lock.packs.items():
        has_moved = name in before and before[name].commit != pack.commit
        if pack.version is not None and (name in renamed or has_moved):
            exactly[renamed.get(name, name)] = pack.version
    again = workspace.decide(draft.manifest, upgrade=Upgrade(exactly=exactly), ask=ask)
    findings = dict.fromkeys((*decision.findings, *again.findings))
    return again._replace(findings=tuple(one for one in findings if one.pack not in renamed))


def is_same_choice(decision: Decision, again: Decision, renamed: Mapping[str, str]) -> bool:
    """Return whether two decisions chose the same commits, but for the names."""
    commits = {renamed.get(name, name): pack.commit for name, pack in decision.lock.packs.items()}
    return commits == {name: pack.commit for name, pack in again.lock.packs.items()}


def rename_findings(renamed: Mapping[str, str], *, dry_run: bool) -> list[Finding]:
    """Return what is told of the names that are written."""
    is_written = "would be" if dry_run else "is"
    return [
        Finding(
            new,
            "",
            f"it was called {old}",
            rule=Rule.PACK_RENAMED,
            fix=f"{new} {is_written} written into agentsync.yaml",
        )
        for old, new in renamed.items()
    ]
