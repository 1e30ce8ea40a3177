"""From a manifest and the old lock to the new lock: the one place where versions are decided.

A decision that still fits is kept as it stands, without asking anybody. Where only the choice of
items changed, the locked commit is read again. Only what is left is resolved, with every old
decision preferred.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from packaging.version import Version

from agentsync.errors import ResolutionError, concerning
from agentsync.merging.lock_merge import Earlier
from agentsync.model.choice import Choice
from agentsync.model.clash import LeftOut
from agentsync.model.empty import EMPTY
from agentsync.model.finding import Finding, Rule, Told, stays_as_locked
from agentsync.model.limits import Limits
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest, ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.model.pack import Contents, Offer
from agentsync.planning.choice_findings import ADDING, left_out_finding, request_of, unmatched_finding
from agentsync.planning.placing import tools_for
from agentsync.planning.satisfaction import Match, Need, is_at_home, is_settled, match
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.preferences import may_stay, preference, regained, stays
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.needs import Requirer, requirements_in
from agentsync.registries.prefetch import gather, prefetch
from agentsync.targets.tool import Tool
from agentsync.versions.catalog import Candidate, Requirement
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.resolver import Preferred, Solution, resolve
from agentsync.versions.version import is_among


def _load() -> None:
    """Load what is needed once registries have answered: it takes longer than for most of them to answer."""
    import yaml  # noqa: F401

    import agentsync.planning.gains
    import agentsync.planning.locking  # noqa: F401


class Sources(Protocol):
    """Where the contents of packs come from."""

    @property
    def limits(self) -> Limits:
        """How much of it is taken."""

    def contents(self, packs: Sequence[LockedPack]) -> Mapping[str, Contents]:
        """The files of locked packs, by name."""

    def signer(self, pack: LockedPack, registry: Registry) -> str:
        """Who of a registry's signers signed a pack."""

    def folder_contents(self, written: str) -> Contents:
        """The files of a folder that the manifest names."""


class Decider:
    """Decides one lock.

    Args:
        manifest: what is asked for.
        before: the old lock.
        targets: the AI tools to install for.
        catalog: what exists.
        sources: where contents come from.
        upgrade: which old decisions are looked at again.
        adding: the command that adds a pack to this scope, for what is told.
        earlier: entries of packs that `before` has none of: their versions are preferred, and none of their
            lines is kept.
    """

    def __init__(
        self,
        manifest: Manifest,
        before: Lock | None,
        targets: Sequence[Tool],
        catalog: GitCatalog,
        sources: Sources,
        upgrade: Upgrade,
        adding: Sequence[str] = ADDING,
        earlier: Mapping[str, Sequence[Earlier]] = EMPTY,
    ) -> None:
        self._earlier = earlier
        self._moved: frozenset[str] = frozenset()
        self._manifest = manifest
        self._before = before
        self._targets = targets
        self._catalog = catalog
        self._sources = sources
        self._upgrade = upgrade
        self._adding = adding
        self._folders: dict[str, Contents] = {}
        self._findings: list[Finding] = []
        self._left_out: list[LeftOut] = []
        self._told: list[Told] = []
        self._notes: list[str] = []

    def decide(self) -> Decision:
        """Decide, or keep the old lock where nothing has to be decided.

        Raises:
            ResolutionError, FetchError, ClashError: where no lock is possible.
        """
        matches = match(self._manifest, self._before)
        if self._before is not None:
            self._catalog.treat_as_whole(name for name, pack in self._before.packs.items() if _is_whole(pack))
        for found in matches:
            if found.wish.folder is not None:
                self._folders[found.wish.key] = self._sources.folder_contents(found.wish.folder)
        if self._before is not None and not self._upgrade.packs and self._is_settled(matches):
            return Decision(self._before, self._before)
        packs = [self._folder_pack(found) for found in matches if found.wish.folder is not None]
        packs += self._git_packs([found for found in matches if found.wish.folder is None])
        packs = [self._signed(pack) for pack in packs]
        lock = Lock({pack.name: pack for pack in packs}, self._manifest.targets)
        self._refuse_clashes(packs)
        self._tell_left_out(packs)
        findings = (*self._findings, *self._catalog.findings())
        told = tuple(sorted(self._told, key=lambda one: one.pack))
        return Decision(lock, self._before, findings, told, tuple(self._notes))

    def _refuse_clashes(self, packs: Sequence[LockedPack]) -> None:
        from agentsync.planning.clashing import PacksClashError, find_clashes

        if clashes := find_clashes(packs, self._targets):
            locked = self._before.packs.keys() if self._before is not None else ()
            words: dict[str, str] = {pack.name: request_of(pack) for pack in packs}
            raise PacksClashError(clashes, packs, self._targets, words, installed=locked, adding=self._adding)

    def _tell_left_out(self, packs: Sequence[LockedPack]) -> None:
        """Tell the twins within packs that were not taken, each with a name that is free among all packs."""
        if not self._left_out:
            return
        from agentsync.planning.new_names import NamesInUse

        names = NamesInUse(packs, self._targets)
        requests = {pack.name: request_of(pack) for pack in packs}
        for one in self._left_out:
            self._findings.append(left_out_finding(one, names, requests[one.pack], self._adding))

    def _signed(self, pack: LockedPack) -> LockedPack:
        """A pack with whoever signed it, where its registry says who may."""
        registry = self._manifest.registries.get(pack.name.alias)
        if registry is None or pack.folder or not registry.is_signed:
            return pack._replace(signer="")
        return pack._replace(signer=self._sources.signer(pack, registry))

    def _is_settled(self, matches: Sequence[Match]) -> bool:
        if not is_settled(self._manifest, self._before):
            return False
        locked: dict[str, LockedPack | None] = {found.wish.key: found.locked for found in matches}
        return all((old := locked[key]) is not None and old.tree == new.tree for key, new in self._folders.items())

    def _git_packs(self, matches: Sequence[Match]) -> list[LockedPack]:
        preferred = self._preferred(matches)
        asking = [found.wish for found in matches if found.need is Need.CHOOSE]
        moving = [found.wish for found in matches if found.need is Need.CHOOSE and not stays(found, preferred)]
        self._catalog.prepare(asking, moving, _load)
        names = {found.wish.key: self._name(found) for found in matches}
        self._moved = self._from_elsewhere({names[found.wish.key] for found in matches if found.locked is None})
        pins = {names[found.wish.key]: found.wish.pin for found in matches if found.wish.pin is not None}
        preferred |= regained(self._known_before(), self._catalog, self._manifest, pins)
        wanted = [Requirement(names[found.wish.key], found.wish.pin) for found in matches if found.wish.pin is not None]
        for key, contents in self._folders.items():
            wanted += requirements_in(Requirer(key, ""), contents, self._manifest.registries)
        wanted += [Requirement(name, Pin(PinKind.VERSION, f"=={text}")) for name, text in self._upgrade.exactly.items()]
        moving_names = {names[wish.key] for wish in moving} | {name for name, old in preferred.items() if old.is_floor}
        prefetch(self._catalog, wanted, preferred.keys() - moving_names)
        solution = self._resolve(wanted, preferred)
        by_name = {names[found.wish.key]: found for found in matches}
        new = [one for one in solution.chosen.values() if not self._is_old(one)]
        gather(self._catalog, new, [name for name, found in by_name.items() if found.wish.choice.only])
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

    def _name(self, found: Match) -> str:
        return found.locked.name if found.locked is not None else self._catalog.name_of(found.wish)

    def _preferred(self, matches: Sequence[Match]) -> dict[str, Preferred]:
        """The old decisions, as far as they come from where the manifest now says."""
        moved = {found.wish.key for found in matches if found.locked is None}
        old = self._before.packs if self._before is not None else {}
        asked: dict[str, PinKind] = {
            found.locked.name: found.wish.pin.kind for found in matches if found.locked and found.wish.pin
        }
        return {
            name: self._with_present_names(preference(pack, is_floor=name in self._upgrade.packs))
            for name, pack in old.items()
            if not pack.folder
            and name not in moved
            and name not in self._upgrade.down
            and is_at_home(pack, self._manifest)
            and may_stay(pack, asked.get(name))
        }

    def _from_elsewhere(self, moved: Collection[str]) -> frozenset[str]:
        """The locked packs whose registry or repository is another one now."""
        old = self._before.packs if self._before is not None else {}
        away = (name for name, pack in old.items() if name in moved or not is_at_home(pack, self._manifest))
        return frozenset(name for name in away if not old[name].folder)

    def _known_before(self) -> dict[str, Sequence[Earlier]]:
        """The entries of packs whose decision is not taken over as it stands."""
        old = self._before.packs if self._before is not None else {}
        return {**self._earlier, **{name: (Earlier(old[name], is_sound=False, moved=True),) for name in self._moved}}

    def _with_present_names(self, old: Preferred) -> Preferred:
        """An old decision; where a registry that it needs has moved, what it asks for is looked up again."""
        locked = self._before.packs if self._before is not None else {}
        needed = [locked[one.name] for one in old.requires if one.name in locked]
        if all(is_at_home(pack, self._manifest) for pack in needed):
            return old
        return old._replace(requires=tuple(self._catalog.requires(old.candidate)))

    def _git_pack(self, name: str, solution: Solution, found: Match | None) -> LockedPack:
        candidate = solution.chosen[name]
        requested = str(found.wish.pin) if found is not None and found.wish.pin is not None else ""
        choice = found.wish.choice if found is not None else Choice()
        requires = {one.name: str(one.pin) for one in solution.requires[name]}
        old = self._before.packs.get(name) if self._before is not None else None
        if old is not None and self._is_old(candidate):
            facts = old._replace(requested=requested, choice=choice, requires=requires)
            if found is not None and found.need is Need.CHOOSE:
                self._remark_kept(candidate)
            if old.choice == choice and self._before is not None and self._before.targets == self._manifest.targets:
                return facts
            return self._examined(facts, self._sources.contents([facts])[name])
        return self._new_pack(name, candidate, found.wish if found else None, requested, choice, requires)

    def _is_old(self, candidate: Candidate) -> bool:
        """Whether a candidate is what is locked already."""
        old = self._before.packs.get(candidate.name) if self._before is not None else None
        if old is None or old.folder or candidate.name in self._moved:
            return False
        return preference(old).candidate == candidate

    def _new_pack(
        self,
        name: str,
        candidate: Candidate,
        wish: ManifestEntry | None,
        requested: str,
        choice: Choice,
        requires: Mapping[str, str],
    ) -> LockedPack:
        found = self._catalog.pack_at(candidate)
        self._remark(name, candidate, self._catalog.offer(name))
        alias = "" if wish is not None and wish.git is not None else PackName(name).alias
        pack = LockedPack(
            name=PackName(name),
            version=str(candidate.version) if candidate.version is not None else None,
            registry=self._manifest.registries[alias].git.text if found.offer.elsewhere else None,
            offer=self._catalog.offering_commit(name) if found.offer.elsewhere else "",
            git=self._written(found.offer, wish, alias),
            ref=candidate.ref,
            commit=candidate.commit,
            tree=found.contents.tree,
            path=found.path,
            requested=requested,
            choice=choice,
            declared=found.offer.declared,
            inner=found.offer.inner,
            requires=requires,
        )
        return self._examined(pack, found.contents)

    def _written(self, offer: Offer, wish: ManifestEntry | None, alias: str) -> str:
        """The URL of a pack's repository as the manifest spells it; one repository may have two spellings."""
        if offer.elsewhere:
            return offer.git.text
        if wish is not None and wish.git is not None:
            return wish.git.text
        return self._manifest.registries[alias].git.text

    def _remark(self, name: str, candidate: Candidate, offer: Offer) -> None:
        if offer.deprecated:
            self._findings.append(Finding(name, "", f"deprecated: {offer.deprecated}", rule=Rule.DEPRECATED))
        if candidate.yanked and candidate.version is not None:
            what = f"{candidate.version} was yanked{_because(candidate.version, offer)}"
            kept = "it stays only because it is locked"
            self._findings.append(Finding(name, "", what, rule=Rule.YANKED, fix=kept))
        if self._catalog.has_inner_packs(name):
            self._findings.append(_parted(candidate, offer))
        if (new := self._new_name(name, offer)) is not None:
            what = f"it is called {new} in its registry now"
            fix = f"write {new} instead of it in agentsync.yaml"
            self._findings.append(Finding(name, "", what, rule=Rule.PACK_RENAMED, fix=fix))

    def _new_name(self, name: str, offer: Offer) -> str | None:
        """Return the name that a pack has in its registry now, None where that is the one it is asked for by."""
        old = PackName(name)
        return PackName.of(old.alias, offer.name) if old.has_registry and old.pack != offer.name else None

    def _remark_kept(self, candidate: Candidate) -> None:
        """Warn of an old decision that was just confirmed, as its registry was asked anyway."""
        try:
            offer = self._catalog.offer(candidate.name)
        except ResolutionError as error:
            self._findings.append(stays_as_locked(error))
            return
        yanked = candidate.version is not None and is_among(candidate.version, offer.yanked)
        self._remark(candidate.name, replace(candidate, yanked=yanked), offer)

    def _folder_pack(self, found: Match) -> LockedPack:
        wish, contents = found.wish, self._folders[found.wish.key]
        if found.need is Need.NOTHING and found.locked is not None and found.locked.tree == contents.tree:
            return found.locked
        requires = requirements_in(Requirer(wish.key, ""), contents, self._manifest.registries)
        pack = LockedPack(
            name=wish.key,
            version=None,
            git=None,
            ref="",
            commit="",
            tree=contents.tree,
            path="",
            requested="",
            folder=wish.folder or "",
            choice=wish.choice,
            requires={one.name: str(one.pin) for one in requires},
        )
        return self._examined(pack, contents)

    def _examined(self, pack: LockedPack, contents: Contents) -> LockedPack:
        targets = tools_for(pack, self._targets)
        from agentsync.planning.locking import examine

        before = self._before.packs.get(pack.name) if self._before is not None else None
        before = before or next((one.pack for one in self._earlier.get(pack.name, ()) if one.is_sound), None)
        with concerning(pack=pack.name):
            examined = examine(pack._replace(kept={}), contents, targets, self._sources.limits, before)
        self._findings += examined.findings
        self._left_out += examined.left_out
        self._findings += map(unmatched_finding, examined.unmatched)
        self._told += examined.told
        if not examined.pack.items and not pack.requires:
            told = ", ".join(target.name for target in targets)
            self._notes.append(f"{pack.name} holds nothing that can be installed for {told}")
        return examined.pack


def _because(version: Version, offer: Offer) -> str:
    """Return the reason for which a version was yanked, as the end of a sentence."""
    return next((f": {why}" for text, why in offer.yanked.items() if why and is_among(version, [text])), "")


def _is_whole(pack: LockedPack) -> bool:
    """Whether a pack was locked as a whole repository, before other packs lay in it."""
    return pack.git is not None and not (pack.path or pack.inner or pack.declared)


def _parted(candidate: Candidate, offer: Offer) -> Finding:
    """The word about a pack that stays a whole repository, with the line of the manifest that says so."""
    what = "it stays the whole repository, as it was locked, although other packs lie in it now"
    pin = f"branch: {candidate.ref[11:]}" if candidate.ref.startswith("refs/heads/") else f"commit: {candidate.commit}"
    line = f"{PackName(candidate.name).last}: {{ git: {offer.git.text}, {pin} }}"
    fix = f"write `{line}` instead of {candidate.name} in agentsync.yaml, or take the packs that you use"
    return Finding(candidate.name, "", what, rule=Rule.PACK_PARTED, fix=fix)
