"""Move packs to the newest versions that the manifest allows; edits survive by three-way merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from agentsync.commands.following import Following, asked_for, staying
from agentsync.commands.grants import granting, refused
from agentsync.commands.install import Extras, InstallOptions, bring_to, install_decision
from agentsync.commands.renames import is_same_choice, new_names, rename_findings, under_new_names
from agentsync.errors import Exit, RefusedError, UsageError
from agentsync.model.finding import Rule
from agentsync.model.lock import Lock
from agentsync.model.outcome import Outcome
from agentsync.model.upstream import moved_tag
from agentsync.planning.clashing import PacksClashError
from agentsync.planning.gains import worsened
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.history import subjects


def update(
    workspace: Workspace,
    packs: Sequence[str],
    *,
    dry_run: bool = False,
    allow_downgrade: bool = False,
    widen: bool = False,
) -> Outcome:
    """Update packs, each perhaps to a version named with it; all where none is named.

    Args:
        allow_downgrade: let the packs that are named go to an older version where no newer one is left.
        widen: let the manifest allow the versions that are named.
    """
    lock = workspace.project.lock or Lock()
    if allow_downgrade and not packs:
        raise UsageError(
            "--allow-downgrade needs the packs that may go down", hint="agentsync update --allow-downgrade PACK"
        )
    if widen and not any("@" in word for word in packs):
        raise UsageError("--widen needs the version to allow", hint="agentsync update PACK@VERSION --widen")
    draft = ManifestDraft(workspace.project)
    moving, exactly, named = asked_for(draft, lock, packs, widen=widen, down=allow_downgrade)
    upgrade = Upgrade(moving, moving if allow_downgrade else (), exactly)
    following = Following(workspace, upgrade, named, draft.manifest if draft.is_new else None)
    following.ask()
    _refuse_moved_tags(following.catalog, lock, following.names)
    decision, held = _decided(workspace, lock, following, exactly.keys(), ask=not dry_run)
    is_kept = "would be kept" if dry_run else "is kept"
    notes = [f"{name} {is_kept} at its old version: {'; '.join(why)}" for name, why in held.items()]
    extras = Extras(notes=notes, commits=_subjects(workspace, decision) if dry_run else None)
    outcome, decision = _installed(workspace, draft, following, decision, extras, dry_run=dry_run)
    if dry_run:
        outcome = _with_growth(workspace, outcome, decision)
    stayed = list(staying(following.catalog, decision, moving))
    is_told = following.stayed or any(one.rule is Rule.TAG_GONE for one in stayed)
    return outcome._replace(
        findings=tuple(dict.fromkeys((*following.findings, *stayed, *outcome.findings))),
        exit=Exit.DIFFERS if is_told and outcome.exit is Exit.OK else outcome.exit,
    )


def _installed(
    workspace: Workspace,
    draft: ManifestDraft,
    following: Following,
    decision: Decision,
    extras: Extras,
    *,
    dry_run: bool,
) -> tuple[Outcome, Decision]:
    """Install a decision; packs that have another name now get it in manifest and lock."""
    options = InstallOptions(merge=True, dry_run=dry_run)
    renamed = new_names(following.catalog, draft.manifest, following.names)
    if not renamed:
        text = draft.text if draft.is_new else None
        return install_decision(workspace, decision, options, extras._replace(manifest_text=text)), decision
    # What is agreed to is what the packs may do beside their present selves, whatever they are called.
    found = granting(workspace, decision, ask=not dry_run)
    if found.refusal is not None and not dry_run:
        return refused(decision, found, found.refusal), decision
    again = under_new_names(workspace, draft, decision, renamed, ask=not dry_run)
    if not is_same_choice(decision, again, renamed):
        found = granting(workspace, again, ask=not dry_run)
        if found.refusal is not None and not dry_run:
            return refused(again, found, found.refusal), again
    outcome = bring_to(workspace, again, options, extras._replace(manifest_text=draft.text), found)
    findings = (*rename_findings(renamed, dry_run=dry_run), *outcome.findings)
    return outcome._replace(findings=findings), again


def _with_growth(workspace: Workspace, outcome: Outcome, decision: Decision) -> Outcome:
    """Return the outcome of a dry run with what the packs that move would cost a model's context."""
    from agentsync.commands.costs import growth
    from agentsync.reporting.cost_report import growth_data, growth_lines

    found = growth(workspace, decision.before or Lock(), decision.lock) if decision.changed else []
    lines = [*outcome.lines[:-1], *growth_lines(found), *outcome.lines[-1:]]
    return outcome._replace(data={**outcome.data, "context": growth_data(found)}, lines=lines)


def _decided(
    workspace: Workspace, lock: Lock, following: Following, exactly: Set[str], *, ask: bool
) -> tuple[Decision, dict[str, list[str]]]:
    """Decide, and hold back the packs whose new release is worse, or does not fit beside the others, with the reasons.

    Args:
        exactly: the packs whose version was named: they are not held back.
    """
    held: dict[str, list[str]] = {}
    while True:
        try:
            decision = following.decide(without=held, ask=ask)
        except PacksClashError as error:
            clashing = error.came_with(lock)
            more = {name: [clashing[name]] for name in clashing.keys() & (following.names - held.keys() - exactly)}
            if not more:
                raise
            held |= more
            continue
        worse = _worse(workspace, decision)
        if not worse:
            return decision, held
        more = {name: why for name, why in worse.items() if name not in held} or _insisting(decision, held)
        if not more:
            raise RefusedError(
                f"{', '.join(worse)} cannot be kept at the old version",
                why="; ".join(why for reasons in worse.values() for why in reasons),
                hint="the manifest asks for the new one, see `agentsync tree`; `agentsync install` takes it",
            )
        held |= more


def _subjects(workspace: Workspace, decision: Decision) -> dict[str, list[str]]:
    """Return the subject lines of the commits between the old and the new version, by pack."""
    old = (decision.before or Lock()).packs
    told: dict[str, list[str]] = {}
    for name, pack in decision.lock.packs.items():
        was = old.get(name)
        if was is not None and was.commit != pack.commit and was.git == pack.git and pack.git is not None:
            repository = workspace.project.cache.repository(workspace.project.url(pack.git))
            told[name] = subjects(repository, was.commit, pack.commit, pack.path)
    return told


def _refuse_moved_tags(catalog: GitCatalog, lock: Lock, names: set[str]) -> None:
    for name in sorted(names):
        pack = lock.packs[name]
        moved = moved_tag(pack, catalog.refs(catalog.offer(name))) if pack.tag and catalog.knows(name) else None
        if moved is not None:
            raise moved.error(name, "contact the registry maintainer; to take the new commit, pin it by `commit:`")


def _insisting(decision: Decision, held: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the packs that moved, and need one that is to be held back; with the reasons."""
    old = (decision.before or Lock()).packs
    found = {}
    for name, pack in decision.lock.packs.items():
        needed = sorted(pack.requires.keys() & held.keys())
        if needed and name not in held and (name not in old or old[name].commit != pack.commit):
            found[name] = [f"its new version needs {', '.join(needed)}"]
    return found


def _worse(workspace: Workspace, decision: Decision) -> dict[str, list[str]]:
    """Return the packs whose new release must not be taken without a person, with the reasons."""
    old = (decision.before or Lock()).packs
    moved = [
        pack
        for name, pack in decision.lock.packs.items()
        if name in old and old[name].tree != pack.tree and not pack.folder
    ]
    contents = workspace.project.locked.contents(moved) if moved else {}
    found = {pack.name: list(worsened(old[pack.name], contents[pack.name])) for pack in moved}
    return {name: reasons for name, reasons in found.items() if reasons}
