"""Old decisions, as the resolver prefers them while versions are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from packaging.version import Version

from agentsync.errors import FetchError, ResolutionError
from agentsync.merging.lock_merge import Earlier
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest
from agentsync.model.names import PackName
from agentsync.planning.satisfaction import Match, is_at_home
from agentsync.project.decision import Upgrade
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.catalog import Candidate, Requirement, serves
from agentsync.versions.requirement import ANY, Pin, PinKind
from agentsync.versions.resolver import Preferred
from agentsync.versions.version import version_of


def preference(pack: LockedPack, *, is_floor: bool = False) -> Preferred:
    """Return an old decision as the resolver takes it: nothing has to be asked to keep it."""
    version = Version(pack.version) if pack.version is not None else None
    stands_in = version is None and pack.requested.strip() in ANY
    candidate = Candidate(pack.name, version, pack.ref, pack.commit, stands_in=stands_in)
    requires = [Requirement(name, Pin(PinKind.VERSION, text)) for name, text in pack.requires.items()]
    return Preferred(candidate, tuple(requires), is_floor)


def may_stay(pack: LockedPack, asked: PinKind | None) -> bool:
    """Return whether an old decision is of the kind that is asked for.

    A pinned commit serves no range, and a release is no pinned commit, even where it is the same one.
    """
    if asked is PinKind.COMMIT:
        return not pack.ref
    if pack.version is not None or asked not in (PinKind.VERSION, None):
        return True
    return pack.requested.strip() in ANY


def stays(found: Match, preferred: Mapping[str, Preferred]) -> bool:
    """Return whether the old decision for an entry of the manifest still serves it."""
    old = preferred.get(found.locked.name) if found.locked is not None else None
    asked = found.entry.pin.range if found.entry.pin is not None else None
    return (
        old is not None
        and not old.is_floor
        and asked is not None
        and old.candidate.version is not None
        and asked.allows(old.candidate.version)
    )


class OldDecisions:
    """The decisions of the old lock, as far as they still count.

    Args:
        earlier: entries of packs that `before` has none of: their versions are preferred, and none of their
            lines is kept.
    """

    def __init__(
        self, manifest: Manifest, before: Lock | None, catalog: GitCatalog, earlier: Mapping[str, Sequence[Earlier]]
    ) -> None:
        self._manifest = manifest
        self._catalog = catalog
        self._earlier = earlier
        self._moved: frozenset[str] = frozenset()
        self.packs: Mapping[str, LockedPack] = before.packs if before is not None else {}
        # A pack that was locked as a whole repository, before other packs lay in it, stays one.
        whole = (pack for pack in self.packs.values() if pack.git is not None)
        catalog.treat_as_whole(pack.name for pack in whole if not (pack.path or pack.inner or pack.declared))

    def of(self, name: str) -> LockedPack | None:
        """Return the old entry of a pack."""
        return self.packs.get(name)

    def to_examine(self, name: str) -> LockedPack | None:
        """Return the old entry of a pack, else the sound one of another lock, whose names its items keep."""
        sound = (one.pack for one in self._earlier.get(name, ()) if one.is_sound)
        return self.of(name) or next(sound, None)

    def is_kept(self, candidate: Candidate) -> bool:
        """Return whether a candidate is what is locked already."""
        old = self.of(candidate.name)
        if old is None or old.folder or candidate.name in self._moved:
            return False
        return preference(old).candidate == candidate

    def preferred(self, matches: Sequence[Match], upgrade: Upgrade) -> dict[str, Preferred]:
        """Return the old decisions, as far as they come from where the manifest now says."""
        moved = {found.entry.key for found in matches if found.locked is None}
        pins = ((found.locked, found.entry.pin) for found in matches)
        asked: dict[str, PinKind] = {old.name: pin.kind for old, pin in pins if old is not None and pin is not None}
        return {
            name: self._with_present_names(preference(pack, is_floor=name in upgrade.packs))
            for name, pack in self.packs.items()
            if not pack.folder
            and name not in moved
            and name not in upgrade.down
            and is_at_home(pack, self._manifest)
            and may_stay(pack, asked.get(name))
        }

    def regained(self, matches: Sequence[Match], names: Mapping[PackName, str]) -> dict[str, Preferred]:
        """Return the best earlier decision about each pack whose own is not taken over as it stands, if it is there.

        `names` has the name in the lock of each entry of the manifest, by key.
        """
        new = {names[found.entry.key] for found in matches if found.locked is None}
        away = (name for name, pack in self.packs.items() if name in new or not is_at_home(pack, self._manifest))
        self._moved = frozenset(name for name in away if not self.packs[name].folder)
        pins = {names[found.entry.key]: found.entry.pin for found in matches if found.entry.pin is not None}
        moved = {name: (Earlier(self.packs[name], is_sound=False, moved=True),) for name in self._moved}
        best: dict[str, Preferred] = {}
        for name, entries in sorted({**self._earlier, **moved}.items()):
            if not self._catalog.knows(name):
                continue
            asked = Requirement(name, pins.get(name, Pin(PinKind.VERSION, "*")))
            # What is gone is no preference; where something else serves, nothing is wrong.
            with suppress(ResolutionError, FetchError):
                there = [self._still_there(one, asked) for one in entries]
                serving = [one for one in there if one is not None and serves(one, asked)]
                if serving:
                    newest = max(serving, key=self._age)
                    best[name] = Preferred(newest, tuple(self._catalog.requires(newest)))
        return best

    def _still_there(self, earlier: Earlier, asked: Requirement) -> Candidate | None:
        """Return what an earlier entry was decided for; of one that is not sound, only its version is believed."""
        pack = earlier.pack
        if pack.folder or not may_stay(pack, asked.pin.kind) or (pack.version and version_of(pack.version) is None):
            return None
        old = preference(pack).candidate
        if earlier.is_sound and is_at_home(pack, self._manifest):
            return old
        offered = (one for one in self._catalog.candidates(asked.name, asked.pin) if one.version == old.version)
        return next((one for one in offered if one.commit == old.commit or not earlier.moved), None)

    def _age(self, candidate: Candidate) -> tuple[bool, Any]:
        """Sort candidates of one pack: by version, and those that have none by the time of their commit."""
        if candidate.version is not None:
            return True, candidate.version
        return False, self._catalog.committed(candidate)

    def _with_present_names(self, old: Preferred) -> Preferred:
        """Look up again what an old decision asks for, where a registry that it needs has moved."""
        needed = [pack for one in old.requires if (pack := self.of(one.name)) is not None]
        if all(is_at_home(pack, self._manifest) for pack in needed):
            return old
        return old._replace(requires=tuple(self._catalog.requires(old.candidate)))
