"""Adopt files that were copied by hand: find out where they come from, and write it down. No file on disk changes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.commands.adopting import (
    PackPlan,
    Taken,
    base_of,
    earlier_of,
    past_lock,
    plan_pack,
    prepare_bases,
    write_entries,
)
from agentsync.commands.copied import Copies, Find, Source
from agentsync.commands.grants import granting, refused
from agentsync.commands.looked_in import named_registries
from agentsync.commands.selection import path_chooser
from agentsync.errors import AgentsyncError, Exit, FetchError, UsageError
from agentsync.model.adoption import Adoption, Standing
from agentsync.model.digest import FileDigest
from agentsync.model.outcome import Outcome
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import SlotPath
from agentsync.planning.copies import Copy
from agentsync.project.adopted import adopted_plan, write_adopted
from agentsync.project.first_manifest import first_notes
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.unowned import unowned
from agentsync.project.workspace import Workspace
from agentsync.reporting.adoption_report import adoption_data, adoption_lines
from agentsync.reporting.words import count


class AdoptOptions(NamedTuple):
    """Options of `adopt`.

    Args:
        registries: where to look, as aliases, `ALIAS/PACK` or anything that names a repository; all of the
            manifest's where none is named.
        known: whether to look in the public registries that come with the program, too.
        write: whether to write manifest and lock.
    """

    registries: tuple[str, ...] = ()
    known: bool = False
    write: bool = False


class _Found(NamedTuple):
    """The findings about every copy.

    Args:
        chosen: the one place that each copy is taken from.
        rows: those copies that cannot be taken, with the reason.
    """

    chosen: tuple[Find, ...]
    rows: tuple[Adoption, ...]


def adopt(workspace: Workspace, paths: Sequence[str], options: AdoptOptions) -> Outcome:
    """Find out where items on disk come from that no pack owns; with `write`, take them into manifest and lock."""
    draft = ManifestDraft(workspace.project)
    copies = _named(workspace, unowned(workspace), paths)
    if not copies:
        return Outcome(
            {"items": [], "written": False}, ["nothing to adopt: no item in the folders of the tools is without a pack"]
        )
    sources, failures = _sources(workspace, draft, options)
    finds: list[Find] = []
    for source in sources:
        try:
            finds += source.find(copies)
        except FetchError as error:
            failures.append(error.of(registry=source.registry.alias))
    found = _decided(copies, finds, sources, named=bool(options.registries))
    plans, left = _plans(workspace, draft, found.chosen)
    return _Adopter(workspace, draft, paths, options, plans).outcome([*found.rows, *left], failures, sources)


def _named(workspace: Workspace, copies: Copies, words: Sequence[str]) -> Copies:
    """Return the copies at some paths or below them, all where none is named."""
    chosen: dict[Copy, Mapping[RelPath, bytes]] = {}
    for word in words:
        is_meant = path_chooser(workspace, word)
        found = {copy: files for copy, files in copies.items() if any(map(is_meant, (copy.path, *copy.files)))}
        if not found:
            raise UsageError(
                f"{word} holds no item that could be adopted",
                why="it is not there, a pack owns it, or no tool of the manifest reads it",
                hint="`agentsync adopt` lists all that could be",
            )
        chosen |= found
    return chosen if words else copies


def _sources(
    workspace: Workspace, draft: ManifestDraft, options: AdoptOptions
) -> tuple[list[Source], list[AgentsyncError]]:
    """Return the registries to look in, and why others cannot be read."""
    named = named_registries(workspace, draft.manifest, options.registries, known=options.known)
    manifest = draft.manifest._replace(registries={one.registry.alias: one.registry for one in named})
    catalog = workspace.project.catalog(manifest)
    found: list[Source] = []
    failures: list[AgentsyncError] = []
    for one in named:
        try:
            found.append(Source(one.registry, catalog, one.pack))
        except AgentsyncError as error:
            failures.append(error.of(registry=one.registry.alias))
    return found, failures


def _decided(copies: Copies, finds: Sequence[Find], sources: Sequence[Source], *, named: bool) -> _Found:
    """Choose the place that each copy is taken from; where several have it, none unless registries were named."""
    by_copy: dict[Copy, list[Find]] = {copy: [] for copy in copies}
    for find in finds:
        by_copy[find.copy].append(find)
    chosen, rows = [], []
    often = _packs_by_use(by_copy)
    for copy, found in by_copy.items():
        near = [find for find in found if find.is_near]
        exact = [find for find in near if find.is_exact]
        likely = exact or [find for find in near if find.similarity == max(one.similarity for one in near)]
        if not likely:
            rows.append(_unknown(copy, found, sources))
            continue
        ranked = sorted(likely, key=lambda find: (find.first, -often[find.name], find.name))
        if len({find.name for find in ranked}) > 1 and not named:
            rows.append(_ambiguous(copy, ranked))
        else:
            chosen.append(ranked[0])
    return _Found(tuple(chosen), tuple(rows))


def _packs_by_use(found: Mapping[Copy, Sequence[Find]]) -> dict[str, int]:
    """Return how many copies each pack has: of several packs that have one, the same is taken for all."""
    counts: dict[str, int] = {}
    for finds in found.values():
        for name in {str(find.name) for find in finds}:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _unknown(copy: Copy, found: Sequence[Find], sources: Sequence[Source]) -> Adoption:
    gone = next((source.gone[copy] for source in sources if copy in source.gone), None)
    if gone is not None:
        why = f"it was {gone.path} of {gone.registry}, which has it no more; it is left"
        return Adoption(copy.path, Standing.UNKNOWN, commit=gone.commit, why=why)
    if not found:
        aliases = [source.registry.alias for source in sources]
        return Adoption(copy.path, Standing.UNKNOWN, why=f"nothing like it in {', '.join(aliases) or 'any registry'}")
    nearest = max(found, key=lambda find: find.similarity)
    why = f"a little like {nearest.held.spot.path}"
    return Adoption(
        copy.path, Standing.UNKNOWN, nearest.name, commit=nearest.commit, similarity=nearest.similarity, why=why
    )


def _ambiguous(copy: Copy, ranked: Sequence[Find]) -> Adoption:
    first, *others = ranked
    names = tuple(dict.fromkeys(str(find.name) for find in others if find.name != first.name))
    why = f"first in {first.name}, also in {', '.join(names)}; choose with --from"
    return Adoption(
        copy.path,
        Standing.AMBIGUOUS,
        first.name,
        commit=first.commit,
        similarity=first.similarity,
        why=why,
        others=names,
    )


def _plans(workspace: Workspace, draft: ManifestDraft, chosen: Sequence[Find]) -> tuple[list[PackPlan], list[Adoption]]:
    """Return what is taken from each pack, and the copies that cannot be taken after all."""
    groups: dict[str, list[Find]] = {}
    for find in chosen:
        groups.setdefault(find.name, []).append(find)
    plans, left = [], []
    for _, finds in sorted(groups.items()):
        try:
            plan = plan_pack(workspace, draft, finds)
        except AgentsyncError as error:
            left += [_not_taken(find, error.what) for find in finds]
            continue
        left += [_not_taken(find, plan.left[find.copy]) for find in finds if find.copy in plan.left]
        if plan.taken:
            plans.append(plan)
    return plans, left


def _not_taken(find: Find, why: str) -> Adoption:
    path = find.copy.path
    return Adoption(
        path, Standing.UNKNOWN, find.name, commit=find.commit, similarity=find.similarity, why=f"{why}; it is left"
    )


class _Adopter:
    """Writes what was found, or tells what would be written."""

    def __init__(
        self,
        workspace: Workspace,
        draft: ManifestDraft,
        paths: Sequence[str],
        options: AdoptOptions,
        plans: Sequence[PackPlan],
    ) -> None:
        self._paths = paths
        self._workspace, self._draft, self._options, self._plans = workspace, draft, options, plans
        self._first = first_notes(workspace, dry_run=not options.write) if plans else []

    def outcome(
        self, left: Sequence[Adoption], failures: Sequence[AgentsyncError], sources: Sequence[Source]
    ) -> Outcome:
        """Return the table; with `write`, write what it says first, unless a registry could not be read."""
        taken = [one for plan in self._plans for one in plan.taken]
        rows = [*left, *(_row(plan, one) for plan in self._plans for one in plan.taken)]
        rows.sort(key=lambda row: row.path)
        write_entries(self._draft, self._plans)
        may_write = self._options.write and taken and not failures
        told = self._write(taken) if may_write else None
        if told is not None and told.errors:
            return told
        is_whole = all(row.is_known for row in rows)
        notes = [*self._first, *(told.notes if told is not None else ()), *_elsewhere(sources), *self._next(rows)]
        return Outcome(
            {"items": adoption_data(rows), "written": told is not None},
            [*adoption_lines(rows), *self._draft.lines()],
            notes,
            Exit.FAILED if failures else Exit.OK if is_whole else Exit.DIFFERS,
            errors=failures,
            findings=told.findings if told is not None else (),
        )

    def _write(self, taken: Sequence[Taken]) -> Outcome:
        """Decide the lock and write it with the manifest."""
        workspace, draft = self._workspace, self._draft
        decision = workspace.decide(draft.manifest, earlier=earlier_of(self._plans))
        found = granting(workspace, decision)
        if found.refusal is not None:
            return refused(decision, found, found.refusal)
        prepare_bases(decision.lock, taken)
        bases = {one.find.copy: base_of(workspace, decision.lock, one) for one in taken}
        digests: dict[SlotPath, FileDigest] = {
            path: digest for copy, base in bases.items() for path, digest in base.files.items() if path in copy.files
        }
        plan = adopted_plan(workspace, decision.lock, digests)
        text = draft.text if draft.is_new else None
        write_adopted(workspace, plan, decision, text, past_lock(decision.lock, list(bases.values())))
        return Outcome(notes=decision.notes, findings=decision.findings)

    def _next(self, rows: Sequence[Adoption]) -> Iterator[str]:
        known = sum(row.is_known for row in rows)
        if known and not self._options.write:
            words = [*self._paths, *(word for one in self._options.registries for word in ("--from", one))]
            line = shlex.join(["agentsync", "adopt", *words, *("--known",) * self._options.known, "--write"])
            yield f"nothing was written; `{line}` takes {count(known, 'item')} into the manifest"
        elif known:
            yield "`agentsync update` brings them up to date; your edits are merged"


def _row(plan: PackPlan, taken: Taken) -> Adoption:
    find, candidate = taken.find, plan.candidate
    is_locked = find.source.past.places.get(candidate.commit) in find.held.commits
    commit = candidate.commit if is_locked else find.commit
    words = [] if find.is_exact else [_difference(find)]
    if not is_locked:
        words.append(f"from {find.held.spot.path} at {commit[:8]}, which is older")
    return Adoption(
        find.copy.path,
        Standing.EXACT if find.is_exact else Standing.EDITED,
        plan.name,
        taken.item.key,
        str(candidate.version) if candidate.version is not None else "",
        candidate.commit,
        find.similarity,
        "; ".join(words),
    )


def _difference(find: Find) -> str:
    if find.similarity == 1:
        return "equal but for the final newline"
    if find.copy.main in find.held.fitting:
        return f"{count(len(find.held.changed), 'file')} edited"
    return f"{min(99, int(find.similarity * 100))} % of the text in common"


def _elsewhere(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        if source.elsewhere:
            packs = count(source.elsewhere, "pack")
            yield f"not looked in: {packs} of {source.registry.alias} in other repositories"
