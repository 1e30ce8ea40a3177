"""The registries of a manifest: add, remove, move, list, ask."""

from __future__ import annotations

from typing import Final

from agentsync.commands.findings import list_findings, locked_releases, outside_findings
from agentsync.commands.install import install_draft
from agentsync.commands.outcomes import headed
from agentsync.errors import Exit, IntegrityError, UsageError
from agentsync.model.lock import Lock
from agentsync.model.manifest import Registry
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.project.arguments import typed_place, typed_url
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.search_reading import fetch_rows
from agentsync.reporting.words import count, done_line
from agentsync.versions.requirement import check_alias

_SHOWN: Final = 20  # packs of a registry that was added


def registry_add(workspace: Workspace, alias: str, url: str, *, branch: str = "", dry_run: bool = False) -> Outcome:
    """Add a registry, after asking it what it offers."""
    _refuse_alias(workspace, alias)
    if (place := typed_place(url)) is not None:
        raise UsageError(
            f"{url} is a place in a repository, and a registry is a repository as a whole",
            hint=f"`agentsync registry add {alias} {place.repository}`, or `agentsync add {url}` for that place alone",
        )
    parsed = typed_url(url)
    workspace.project.cache.repository(parsed)
    written = workspace.project.written(parsed)
    draft = ManifestDraft(workspace.project)
    draft.put_registry(alias, written, branch=branch)
    manifest = draft.manifest
    catalog = workspace.project.catalog(manifest)
    catalog.want_all(manifest.registries[alias])
    found = catalog.offers(manifest.registries[alias])
    offers, findings = found.every, [*catalog.findings(), *outside_findings(alias, found)]
    if not dry_run:
        workspace.save_manifest(draft.text)
    lines = [
        f"would add  {alias}: {written}" if dry_run else f"registry  {alias}: {written}",
        *(f"  {alias}/{offer.name}  {offer.description}".rstrip() for offer in offers[:_SHOWN]),
    ]
    if len(offers) > _SHOWN:
        lines.append(f"  and {len(offers) - _SHOWN} more: {len(offers)} packs (`agentsync info {alias}` lists them)")
    data = {"registry": alias, "git": written, "packs": [offer.name for offer in offers]}
    return Outcome(data, lines, findings=findings)


def registry_remove(workspace: Workspace, alias: str, *, dry_run: bool = False) -> Outcome:
    """Remove a registry that no pack of the manifest comes from."""
    _known(workspace, alias)
    used = [entry.key for entry in workspace.project.manifest.packs if entry.registry == alias]
    if used:
        raise UsageError(
            f"packs come from the registry {alias}",
            why=", ".join(used),
            hint=f"agentsync remove {' '.join(used)}",
        )
    if not dry_run:
        draft = ManifestDraft(workspace.project)
        draft.drop_registry(alias)
        workspace.save_manifest(draft.text)
    return Outcome({"registry": alias}, [done_line("remove", alias, dry_run=dry_run)])


def registry_list(workspace: Workspace) -> Outcome:
    """List the registries of the manifest, with the faults of their lists that the cache knows."""
    known = workspace.project.manifest.registries.values()
    rows = [{"registry": one.alias, "git": one.git.text, "branch": one.branch} for one in known]
    lines = [f"{one.alias}  {one.git.text}{f'  ({one.branch})' if one.branch else ''}" for one in known]
    told = lines or ["no registries; `agentsync registry --help` says how to add one"]
    return Outcome({"registries": rows}, told, findings=list_findings(workspace))


def registry_refresh(workspace: Workspace) -> Outcome:
    """Ask every registry what it offers now, and remember it for working offline; one that fails costs only itself."""
    registries = workspace.project.manifest.registries
    catalog = workspace.project.catalog()
    failures = fetch_rows(catalog, list(registries.values()))
    counts = {
        alias: len(catalog.offers(registry).every) for alias, registry in registries.items() if alias not in failures
    }
    return Outcome(
        data={"registries": [{"registry": alias, "packs": number} for alias, number in counts.items()]},
        lines=[f"{alias}  {count(number, 'pack')}" for alias, number in counts.items()]
        or ["no registries"] * (not failures),
        exit=Exit.FAILED if failures else Exit.OK,
        errors=list(failures.values()),
        findings=catalog.findings(),
    )


def registry_set_url(workspace: Workspace, alias: str, url: str, *, dry_run: bool = False) -> Outcome:
    """Give a registry another URL in manifest and lock.

    A release that is there too stays what is locked; what is not there is decided anew. A pack that is called after
    its repository is called after the new one.
    """
    old = _known(workspace, alias).git
    parsed = typed_url(url)
    workspace.project.cache.repository(parsed)
    written = workspace.project.written(parsed)
    draft = ManifestDraft(workspace.project)
    draft.set_url(alias, written)
    manifest = draft.manifest
    git = manifest.registries[alias].git
    offers = workspace.project.catalog(manifest).offers(manifest.registries[alias])
    renamed = {}
    if offers.named(old.repository_name) is None and offers.named(git.repository_name) is not None:
        renamed = {f"{alias}/{old.repository_name}": f"{alias}/{git.repository_name}"}
        for name, new in renamed.items():
            draft.rename_pack(name, new)
    tags = workspace.project.cache.repository(git).refs().tags
    exactly = {}
    for name, pack in locked_releases(workspace.project.lock or Lock(), alias).items():
        if pack.git != old.text or pack.tag not in tags:
            continue
        if tags[pack.tag] != pack.commit:
            raise IntegrityError(
                f"{name}: the tag {pack.tag} names another commit at {written}",
                why=f"it is locked as {pack.commit}, and is {tags[pack.tag]} there",
                hint="check whether this is the same registry; `agentsync registry add ALIAS URL` adds another one",
            )
        exactly[renamed.get(name, name)] = str(pack.version)
    outcome = install_draft(workspace, draft, exactly, dry_run=dry_run)
    return headed(outcome, f"registry  {alias}: {written}", registry=alias, git=written)


def registry_set_alias(workspace: Workspace, alias: str, name: str, *, dry_run: bool = False) -> Outcome:
    """Give a registry another alias in the manifest, with its packs and their overrides, and in the lock."""
    _known(workspace, alias)
    _refuse_alias(workspace, name)
    draft = ManifestDraft(workspace.project)
    draft.rename_registry(alias, name)
    locked = locked_releases(workspace.project.lock or Lock(), alias)
    exactly = {name + key.removeprefix(alias): str(pack.version) for key, pack in locked.items()}
    outcome = install_draft(workspace, draft, exactly, dry_run=dry_run)
    return headed(outcome, f"registry  {alias} -> {name}", **{"registry": name, "from": alias})


def _refuse_alias(workspace: Workspace, alias: str) -> None:
    """Refuse an alias that is none, or that another registry has."""
    try:
        check_alias(alias)
    except ValueError as error:
        raise UsageError(str(error), hint="choose another one") from error
    if (taken := workspace.project.manifest.registries.get(alias)) is not None:
        why = f"it stands for {taken.git.text}"
        raise UsageError(f"the alias {alias!r} is taken", why=why, hint="choose another one")


def _known(workspace: Workspace, alias: str) -> Registry:
    known = workspace.project.manifest.registries
    if alias not in known:
        raise UsageError(f"the manifest has no registry {alias!r}", hint=nearest(alias, known))
    return known[alias]
