"""Registries that move: to another address, or to another alias. Packs stay at the versions that are locked."""

from __future__ import annotations

from agentsync.commands.install import Extras, InstallOptions, install_decision
from agentsync.commands.outcomes import headed
from agentsync.commands.version_findings import locked_releases
from agentsync.errors import IntegrityError, UsageError
from agentsync.model.lock import Lock
from agentsync.model.manifest import Registry
from agentsync.model.nearest import nearest
from agentsync.model.outcome import Outcome
from agentsync.project.arguments import typed_url
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.versions.requirement import check_alias


def registry_set_url(workspace: Workspace, alias: str, url: str, *, dry_run: bool = False) -> Outcome:
    """Give a registry another URL in manifest and lock.

    A release that is there too stays what is locked; what is not there is decided anew. A pack that is called after
    its repository is called after the new one.

    Raises:
        UsageError: where the manifest has no such registry.
        FetchError: where the new URL cannot be reached; nothing is changed.
        IntegrityError: where a locked tag names another commit there; nothing is changed.
    """
    old = _known(workspace, alias).git
    parsed = typed_url(url)
    workspace.cache.repository(parsed)
    written = workspace.written(parsed)
    draft = ManifestDraft(workspace)
    draft.set_url(alias, written)
    manifest = draft.manifest
    git = manifest.registries[alias].git
    offers = workspace.catalog(manifest).offers(manifest.registries[alias])
    renamed = {}
    if offers.named(old.repository_name) is None and offers.named(git.repository_name) is not None:
        renamed = {f"{alias}/{old.repository_name}": f"{alias}/{git.repository_name}"}
        for name, new in renamed.items():
            draft.rename_pack(name, new)
    tags = workspace.cache.repository(git).refs().tags
    exactly = {}
    for name, pack in locked_releases(workspace.lock or Lock(), alias).items():
        if pack.git != old.text or pack.tag not in tags:
            continue
        if tags[pack.tag] != pack.commit:
            raise IntegrityError(
                f"{name}: the tag {pack.tag} names another commit at {written}",
                why=f"it is locked as {pack.commit}, and is {tags[pack.tag]} there",
                hint="check whether this is the same registry; `agentsync registry add ALIAS URL` adds another one",
            )
        exactly[renamed.get(name, name)] = str(pack.version)
    decision = workspace.decide(draft.manifest, exactly=exactly)
    outcome = install_decision(workspace, decision, InstallOptions(dry_run=dry_run), Extras(draft.text))
    return headed(outcome, f"registry  {alias}: {written}", registry=alias, git=written)


def registry_set_alias(workspace: Workspace, alias: str, name: str, *, dry_run: bool = False) -> Outcome:
    """Give a registry another alias in the manifest, with its packs and their overrides, and in the lock.

    Raises:
        UsageError: where the manifest has no such registry, or has the new alias already.
    """
    _known(workspace, alias)
    try:
        check_alias(name)
    except ValueError as error:
        raise UsageError(str(error), hint="choose another one") from error
    if (taken := workspace.manifest.registries.get(name)) is not None:
        why = f"it stands for {taken.git.text}"
        raise UsageError(f"the alias {name!r} is taken", why=why, hint="choose another one")
    draft = ManifestDraft(workspace)
    draft.rename_registry(alias, name)
    locked = locked_releases(workspace.lock or Lock(), alias)
    exactly = {name + key.removeprefix(alias): str(pack.version) for key, pack in locked.items()}
    decision = workspace.decide(draft.manifest, exactly=exactly)
    outcome = install_decision(workspace, decision, InstallOptions(dry_run=dry_run), Extras(draft.text))
    return headed(outcome, f"registry  {alias} -> {name}", **{"registry": name, "from": alias})


def _known(workspace: Workspace, alias: str) -> Registry:
    known = workspace.manifest.registries
    if alias not in known:
        raise UsageError(f"the manifest has no registry {alias!r}", hint=nearest(alias, known))
    return known[alias]
