"""From a manifest and the old lock to the new lock: the one place where versions are decided.

A decision that still fits is kept as it stands, and no registry is asked. Where only the choice of
items changed, the locked commit is read again. Only the rest is resolved, with every old decision preferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from agentsync.errors import ResolutionError, concerning
from agentsync.merging.lock_merge import Earlier
from agentsync.model.item import Choice
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest, ManifestEntry
from agentsync.model.names import PackName
from agentsync.model.pack import Contents
from agentsync.planning.consent import Consent, has_denied_residue, has_its_yes
from agentsync.planning.naming import request_of
from agentsync.planning.placing import tools_for
from agentsync.planning.satisfaction import Match, Need, has_targets, is_settled, match
from agentsync.project.choosing_documents import seen
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.loading import load_deciding, load_writing
from agentsync.project.preferences import OldDecisions, stays
from agentsync.project.project import Project
from agentsync.project.remarks import Remarks
from agentsync.registries.needs import Requirer, requirements_in
from agentsync.registries.prefetch import gather, prefetch
from agentsync.targets.all_tools import TOOLS, forms_of, is_older
from agentsync.targets.tool import Tool
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.resolver import Preferred, Solution, resolve


def _load() -> None:
    load_deciding()
    import agentsync.project.lock_upgrade  # noqa: F401

    load_writing()


class Decider:
    """Decides one lock.

    Args:
        earlier: entries as `OldDecisions` takes them.
        renew: whether a lock that answers all is made anew where it is in an older form of a tool.
    """

    def __init__(
        self,
        project: Project,
        manifest: Manifest,
        before: Lock | None,
        upgrade: Upgrade,
        earlier: Mapping[str, Sequence[Earlier]],
        consent: Consent,
        *,
        renew: bool = False,
    ) -> None:
        self._manifest = manifest
        self._before = before
        self._upgrade = upgrade
        self._consent = consent
        self._project = project
        self._forms = forms_of(manifest.targets)
        # What is decided is decided in the present forms, and then all of it.
        self._is_older = before is not None and is_older(before)
        self._must_renew = renew and self._is_older
        self._catalog = project.catalog(manifest)
        self._sources = project.locked
        self._limits = project.policy.limits
        self._adding = project.adding
        self._folders: dict[str, Contents] = {}
        self._old = OldDecisions(manifest, before, self._catalog, earlier)
        self._remarks = Remarks(self._catalog, self._adding)

    @cached_property
    def _tools(self) -> list[Tool]:
        """The AI tools of the manifest, with the places of the scope."""
        own = [TOOLS[name].within(self._project.scope.name) for name in self._manifest.targets]
        return seen(own, self._project.folder)

    def decide(self) -> Decision:
        """Decide, or keep the old lock where nothing has to be decided."""
        matches = match(self._manifest, self._before, self._consent.agrees)
        for found in matches:
            if found.entry.folder is not None:
                self._folders[found.entry.key] = self._sources.folder_contents(found.entry.folder)
        if self._before is not None and not self._upgrade.packs and self._is_settled(matches):
            return Decision(self._before, self._before)
        packs = [self._folder_pack(found) for found in matches if found.entry.folder is not None]
        packs += self._git_packs([found for found in matches if found.entry.folder is None])
        packs = [self._signed(pack) for pack in packs]
        lock = Lock({pack.name: pack for pack in packs}, self._forms)
        self._refuse_clashes(packs)
        remarks = self._remarks
        remarks.on_left_out(packs, self._tools)
        findings = (*remarks.findings, *self._catalog.findings())
        told = tuple(sorted(remarks.told, key=lambda one: one.pack))
        old = self._before.targets if self._before is not None else {}
        newer = (name for name, form in self._forms.items() if old.get(name, form) < form)
        forms = (f"what is written for {name} has form {self._forms[name]} now, it was {old[name]}" for name in newer)
        notes, residue = (*remarks.notes, *forms), self._manifest.residue
        return Decision(lock, self._before, findings, told, notes, residue=residue)

    def _refuse_clashes(self, packs: Sequence[LockedPack]) -> None:
        from agentsync.planning.clashing import PacksClashError, find_clashes

        if clashes := find_clashes(packs, self._tools):
            words: dict[str, str] = {pack.name: request_of(pack) for pack in packs}
            locked = self._old.packs.keys()
            raise PacksClashError(clashes, packs, self._tools, words, installed=locked, adding=self._adding)

    def _signed(self, pack: LockedPack) -> LockedPack:
        """Fill in who signed a pack, where its registry names signers."""
        registry = self._manifest.registries.get(pack.name.alias)
        if registry is None or pack.folder or not registry.is_signed:
            return pack._replace(signer="")
        return pack._replace(signer=self._sources.provenance.signer(pack, registry))

    def _is_settled(self, matches: Sequence[Match]) -> bool:
        if self._must_renew or not is_settled(self._manifest, self._before, self._consent.agrees):
            return False
        if self._before is not None and any(
            has_denied_residue(pack, self._consent) for pack in self._before.packs.values()
        ):
            return False
        locked: dict[str, LockedPack | None] = {found.entry.key: found.locked for found in matches}
        return all((old := locked[key]) is not None and old.tree == new.tree for key, new in self._folders.items())

    def _git_packs(self, matches: Sequence[Match]) -> list[LockedPack]:
        preferred = self._old.preferred(matches, self._upgrade)
        asking = [found.entry for found in matches if found.need is Need.CHOOSE]
        moving = [found.entry for found in matches if found.need is Need.CHOOSE and not stays(found, preferred)]
        self._catalog.prepare(asking, moving, _load)
        names = {found.entry.key: self._catalog.name_of(found.entry) for found in matches if found.locked is None}
        names |= {found.entry.key: found.locked.name for found in matches if found.locked is not None}
        preferred |= self._old.regained(matches, names)
        wanted = [
            Requirement(names[found.entry.key], found.entry.pin) for found in matches if found.entry.pin is not None
        ]
        for key, contents in self._folders.items():
            wanted += requirements_in(Requirer(key, ""), contents, self._manifest.registries)
        wanted += [Requirement(name, Pin(PinKind.VERSION, f"=={text}")) for name, text in self._upgrade.exactly.items()]
        moving_names = {names[entry.key] for entry in moving} | {
            name for name, old in preferred.items() if old.is_floor
        }
        prefetch(self._catalog, wanted, preferred.keys() - moving_names)
        solution = self._resolve(wanted, preferred)
        by_name = {names[found.entry.key]: found for found in matches}
        new = [one for one in solution.chosen.values() if not self._old.is_kept(one)]
        gather(self._catalog, new, [name for name, found in by_name.items() if found.entry.choice.only])
        return [self._git_pack(name, solution, by_name.get(name)) for name in solution.chosen]

    def _resolve(self, wanted: Sequence[Requirement], preferred: Mapping[str, Preferred]) -> Solution:
        """Resolve; a pack goes down on its own only where nothing else serves what the manifest asks for now."""
        try:
            return resolve(wanted, self._catalog, preferred)
        except ResolutionError:
            firm = {name: old for name, old in preferred.items() if not old.is_floor}
            if len(firm) == len(preferred):
                raise
            return resolve(wanted, self._catalog, firm)

    def _git_pack(self, name: str, solution: Solution, found: Match | None) -> LockedPack:
        candidate = solution.chosen[name]
        requested = str(found.entry.pin) if found is not None and found.entry.pin is not None else ""
        choice = found.entry.choice if found is not None else Choice()
        requires = {one.name: str(one.pin) for one in solution.requires[name]}
        old = self._old.of(name)
        if old is not None and self._old.is_kept(candidate):
            facts = old._replace(requested=requested, choice=choice, requires=requires)
            if found is not None and found.need is Need.CHOOSE:
                self._remarks.on_confirmed(candidate)
            if old.choice == choice and self._stays(old):
                return facts
            return self._examined(facts, self._sources.contents([facts])[name])
        new, contents = self._new_pack(candidate, found.entry if found else None)
        return self._examined(new._replace(requested=requested, choice=choice, requires=requires), contents)

    def _stays(self, old: LockedPack) -> bool:
        """Return whether the items and files of a locked pack are still what they would be now."""
        if self._before is None or self._is_older or not has_targets(self._before, self._manifest):
            return False
        return not has_its_yes(old, self._consent.agrees) and not has_denied_residue(old, self._consent)

    def _new_pack(self, candidate: Candidate, entry: ManifestEntry | None) -> tuple[LockedPack, Contents]:
        """Return a pack that was chosen, still without what is asked for, and its files."""
        name, found = PackName(candidate.name), self._catalog.pack_at(candidate)
        self._remarks.on_chosen(candidate, self._catalog.offer(name))
        direct = entry.git if entry is not None else None
        # As the manifest spells it: one repository may have two spellings.
        asked = direct if direct is not None else self._manifest.registries[name.alias].git
        elsewhere = found.offer.elsewhere
        pack = LockedPack(
            name=name,
            version=str(candidate.version) if candidate.version is not None else None,
            registry=asked.text if elsewhere else None,
            offer=self._catalog.offering_commit(name) if elsewhere else "",
            git=found.offer.git.text if elsewhere else asked.text,
            ref=candidate.ref,
            commit=candidate.commit,
            tree=found.contents.tree,
            path=found.path,
            requested="",
            declared=found.offer.declared,
            inner=found.offer.inner,
        )
        self._sources.hold(pack, found.contents)
        return pack, found.contents

    def _folder_pack(self, found: Match) -> LockedPack:
        entry, contents = found.entry, self._folders[found.entry.key]
        old = found.locked
        if found.need is Need.NOTHING and old is not None and old.tree == contents.tree and self._stays(old):
            return old
        requires = requirements_in(Requirer(entry.key, ""), contents, self._manifest.registries)
        pack = LockedPack(
            name=entry.key,
            version=None,
            git=None,
            ref="",
            commit="",
            tree=contents.tree,
            path="",
            requested="",
            folder=entry.folder or "",
            choice=entry.choice,
            requires={one.name: str(one.pin) for one in requires},
        )
        return self._examined(pack, contents)

    def _examined(self, pack: LockedPack, contents: Contents) -> LockedPack:
        from agentsync.planning.locking import examine

        tools = tools_for(pack, self._tools)
        with concerning(pack=pack.name):
            before = self._old.to_examine(pack.name)
            examined = examine(pack._replace(kept={}), contents, tools, self._limits, before, self._consent)
        self._remarks.on_examined(examined, tools)
        return examined.pack
