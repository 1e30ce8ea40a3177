"""Packs that an update follows to newer versions, and those that stay as they are locked.

A pack that cannot be followed costs nothing but its own update.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.commands.findings import withdrawn
from agentsync.errors import AgentsyncError, ClashError, FetchError, ResolutionError, UnsafeError, UsageError
from agentsync.model.finding import Finding, Rule, finding_of, stays_as_locked
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest
from agentsync.model.names import PackName, nearest
from agentsync.planning.satisfaction import match
from agentsync.project.decision import Decision, Upgrade
from agentsync.project.manifest_draft import ManifestDraft, entry_value
from agentsync.project.workspace import Workspace
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.offered import not_offered
from agentsync.registries.prefetch import ANY, ask_each
from agentsync.registries.standing import asked_of, newest
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import version_of

_COSTS_ITSELF: Final = (ResolutionError, FetchError, UnsafeError, ClashError)


class Following:
    """The packs of a scope that are followed to newer versions, and what was found about the others.

    Args:
        upgrade: the locked packs that are to be followed, and how.
        insisted: the packs and registries that were asked for by name; a failure of one of them is one
            of the command.
        manifest: what is asked for, the scope's own by default.
    """

    def __init__(
        self,
        workspace: Workspace,
        upgrade: Upgrade,
        insisted: Collection[str] = (),
        manifest: Manifest | None = None,
    ) -> None:
        self._workspace, self._project = workspace, workspace.project
        self._manifest = manifest or workspace.project.manifest
        self._lock = workspace.project.lock or Lock()
        self._insisted = insisted
        self.stayed: dict[Finding, None] = {}
        self._upgrade = upgrade
        self.names = set(upgrade.packs)
        self.catalog = workspace.project.catalog()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The reasons why packs stay as they are locked, and what was found about the lists of registries."""
        return tuple(dict.fromkeys((*self.stayed, *self.catalog.findings())))

    def ask(self) -> None:
        """Ask every registry, and let go of the packs that it does not offer any more."""
        locked, pins = self._lock.packs, self._pins()
        needed = self._needed(pins)
        known = [name for name in sorted(self.names & needed) if not locked[name].folder and self.catalog.knows(name)]
        self.catalog.expect(entry for entry in self._manifest.packs if entry.key in known)
        ask_each(self.catalog, known, lambda name: self.catalog.candidates(name, pins.get(name, ANY)))
        for name in known:
            if name not in self.names:
                continue  # with all of its registry
            try:
                self.catalog.candidates(name, pins.get(name, ANY))
                self._refuse_stand_in(locked[name])
            except _COSTS_ITSELF as error:
                if not self._let_go(error):
                    raise

    def decide(self, without: Collection[str] = (), *, ask: bool = False) -> Decision:
        """Decide the lock; what fails for one pack is decided again without following it.

        Args:
            without: packs that are not followed for another reason.
            ask: whether a person is asked about what items would be allowed in a tool beyond their source.
        """
        while True:
            try:
                follows = self.names - set(without)
                exactly = {name: text for name, text in self._upgrade.exactly.items() if name in follows}
                down = follows & set(self._upgrade.down)
                return self._workspace.decide(self._manifest, upgrade=Upgrade(follows, down, exactly), ask=ask)
            except _COSTS_ITSELF as error:
                if not self._let_go(error):
                    raise

    def _pins(self) -> dict[str, Pin]:
        """Return what the manifest asks for, by the pack's name in the lock."""
        found = match(self._manifest, self._lock)
        return {one.locked.name: one.entry.pin for one in found if one.locked is not None and one.entry.pin is not None}

    def _needed(self, roots: Iterable[str]) -> set[str]:
        """Return the locked packs that the manifest asks for, and those that they require."""
        needed, waiting = set[str](), list(roots)
        while waiting:
            pack = self._lock.packs.get(waiting.pop())
            if pack is not None and pack.name not in needed:
                needed.add(pack.name)
                waiting += pack.requires
        return needed

    def _refuse_stand_in(self, pack: LockedPack) -> None:
        """Refuse another pack of the same name where the list that named the locked one cannot be read."""
        if not pack.name.has_registry:
            return
        offers = self.catalog.offers(self._project.manifest.registries[pack.name.alias])
        if offers.broken is not None and self.catalog.offer(pack.name).path != pack.path:
            raise not_offered(pack.name.alias, pack.name.pack, offers).of(pack=pack.name)

    def _let_go(self, error: AgentsyncError) -> bool:
        """Stop following what a failure concerns; False where that is nothing, or what was asked for by name."""
        concerned = self._concerned(error)
        if not concerned or concerned & {*self._insisted} or error.registry in self._insisted:
            return False
        self.names -= concerned
        found = stays_as_locked(error)
        if not error.registry and error.pack not in concerned:
            # What it needs is gone, and not the pack itself.
            found = finding_of(error)._replace(pack=min(concerned), rule=Rule.REQUIRES_UNKNOWN)
        self.stayed[found] = None
        return True

    def _concerned(self, error: AgentsyncError) -> set[str]:
        if error.registry:
            return {name for name in self.names if PackName(name).alias == error.registry}
        if error.pack in self.names:
            return {error.pack}
        return {name for name in error.asked_by if name in self.names}


class Asked(NamedTuple):
    """Arguments of an update: the packs that are to move, all where none was `named`, and the versions for them."""

    packs: set[str]
    exactly: Mapping[str, str]
    named: frozenset[str] = frozenset()


def asked_for(
    draft: ManifestDraft, lock: Lock, words: Sequence[str], *, widen: bool = False, down: bool = False
) -> Asked:
    """Read the arguments: `PACK`, the alias of a registry, or `PACK@VERSION` where the manifest allows it.

    Args:
        widen: whether ranges of the manifest are widened where they do not allow the version that is named.
        down: whether they are widened for a version below the locked one, too.
    """
    packs: set[str] = set()
    exactly: dict[str, str] = {}
    named: set[str] = set()
    for word in words:
        name, at, text = word.partition("@")
        named.add(name)
        found = [pack.name for pack in lock.packs.values() if pack.name.is_named_by(name)]
        if not found:
            raise UsageError(f"no pack {name!r} is locked", hint=nearest(name, lock.packs))
        packs.update(found)
        if at:
            version = version_of(text)
            if version is None or len(found) > 1:
                why = f"{text!r} is not a version" if version is None else f"{name} has {len(found)} locked packs"
                raise UsageError(f"cannot update {word!r}", why=why, hint=f"agentsync update {found[0]}@VERSION")
            pack = lock.packs[found[0]]
            _check_allowed(draft, lock, pack, version, widen=widen, down=down)
            exactly[found[0]] = str(version)
    return Asked(packs if words else set(lock.packs), exactly, frozenset(named))


def _check_allowed(
    draft: ManifestDraft, lock: Lock, pack: LockedPack, version: Version, *, widen: bool, down: bool
) -> None:
    name, matches = pack.name, match(draft.manifest, lock)
    entry = next((one.entry for one in matches if one.locked is not None and one.locked.name == name), None)
    if entry is None or entry.pin is None or (entry.pin.range is not None and entry.pin.range.allows(version)):
        return
    is_below = pack.version is not None and version < Version(pack.version)
    command = f"agentsync update {name}@{version} --widen" + " --allow-downgrade" * is_below
    if widen and entry.pin.range is not None:
        if is_below and not down:
            raise ResolutionError(
                f"{name} {version} is below the locked {pack.version}",
                why=f"agentsync.yaml asks for {entry.key} `{entry.pin}`, and no range is widened downwards by itself",
                hint=command,
            )
        draft.set_pin(entry, Pin(PinKind.VERSION, entry.pin.range.widened(version)))
        return
    line = f"{entry.key}: {entry_value(entry._replace(pin=Pin(PinKind.VERSION, str(version))))}"
    raise ResolutionError(
        f"agentsync.yaml does not allow {name} {version}",
        why=f"it asks for {entry.key} `{entry.pin}`",
        hint=f"write `{line}` there, then run `agentsync install`"
        if entry.pin.range is None
        else f"write `{line}` there and run `agentsync install`, or run `{command}`",
    )


def staying(catalog: GitCatalog, decision: Decision, names: set[str]) -> Iterator[Finding]:
    """Yield why packs that were to move stay at a release that is gone or was yanked; and what moves them."""
    before = decision.before or Lock()
    for name in sorted(names & decision.lock.packs.keys()):
        pack = decision.lock.packs[name]
        old = before.packs.get(name)
        if pack.version is None or old is None or (old.ref, old.commit) != (pack.ref, pack.commit):
            continue
        with suppress(AgentsyncError):
            yield from withdrawn(catalog, pack, newest(catalog, name, asked_of(pack, before))[0])
