"""Find the items of several packs that ask for one name or one path, and the names that settle it.

The same bytes on the same path are no clash: the packs share that file, and it is there as long as
one of them is. Whatever else has one name or one path is told, all of it at once.
"""

import posixpath
import shlex
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agentsync.errors import ClashError
from agentsync.model.clash import Claim, Clash
from agentsync.model.lock import Lock, LockedPack, unkept_pack
from agentsync.planning.choosing import rename_key
from agentsync.planning.naming import ADDING, NamesInUse
from agentsync.planning.owners import Claimed, claimed
from agentsync.planning.placing import Place, places, tools_for
from agentsync.targets.tool import Tool

Renames = Mapping[str, Mapping[str, str]]


class _Slots:
    """The slots of a pack in order, without the project's own edits: those of a folder stand together."""

    def __init__(self, pack: LockedPack) -> None:
        self._digests = unkept_pack(pack).slots
        self._ordered = sorted(self._digests)

    def content(self, place: Place) -> tuple[str, frozenset[tuple[str, Any]]]:
        """Return the slot of a place and every byte of it; of a folder its name alone.

        A tool that reads several folders sees the same folder twice, and it makes no difference which one it loads.
        """
        own = place.slot
        if not place.whole_folder:
            return own, frozenset(("", self._digests[slot]) for slot in (own,) if slot in self._digests)
        start = bisect_left(self._ordered, f"{own}/")
        end = bisect_left(self._ordered, f"{own}0", start)  # in the order of characters, "0" is next to "/"
        inside = self._ordered[start:end]
        return posixpath.basename(own), frozenset((slot.removeprefix(own), self._digests[slot]) for slot in inside)


class _Held(NamedTuple):
    """One place that a pack asks for."""

    pack: LockedPack
    place: Place

    @property
    def claim(self) -> Claim:
        item = self.place.item
        return Claim(self.pack.name, item.key, rename_key(self.pack.choice, item), item.path)


class PacksClashError(ClashError):
    """Packs whose items cannot stand beside each other.

    Args:
        words: what `agentsync add` takes for each of the packs.
        installed: the packs that are locked already: their items keep their names.
        adding: the command that adds a pack to the scope.
    """

    def __init__(
        self,
        clashes: Sequence[Clash],
        packs: Sequence[LockedPack],
        tools: Sequence[Tool],
        words: Mapping[str, str],
        installed: Collection[str] = (),
        adding: Sequence[str] = ADDING,
    ) -> None:
        self.clashes = tuple(clashes)
        self.words = words
        self._packs = packs
        self._tools = tools
        self.installed = installed
        self.adding = adding
        first, *others = (clash.sentence for clash in self.clashes)
        ways = "another name (`rename:`), leaving one out (`except:`) or the other scope settles it"
        why = ["an AI tool would load one of them and hide the other", *others, ways]
        super().__init__(first, why="; ".join(why), hint=self.command())

    @property
    def parties(self) -> set[str]:
        """Every pack that takes part in a clash."""
        return {claim.pack for clash in self.clashes for claim in clash.claims}

    def renames(self, order: Callable[[str], Any] | None = None) -> Renames:
        """Return new names that settle every clash, by pack and by the item's key in `rename`.

        Of each clash, the first pack by `order` keeps its names: by default what is installed.
        """
        order = order or (lambda name: (name not in self.installed, name))
        names = NamesInUse(self._packs, self._tools)
        found: dict[str, dict[str, str]] = {}
        for clash in self.clashes:
            parties = sorted(clash.parties, key=lambda party: min(order(claim.pack) for claim in party))
            for claim in (claim for party in parties[1:] for claim in party):
                mine = found.setdefault(claim.pack, {})
                if claim.key not in mine:
                    holder = (claim.pack, claim.path)
                    mine[claim.key] = names.new(claim.pack.last, str(clash.kind), claim.item.name, holder)
        return found

    def came_with(self, before: Lock) -> dict[str, str]:
        """Return, by pack, the clash that a changed pack brought along, and the commands that settle it.

        Of several in one clash only the last by name is among them: it may be that the others can stay.
        """
        packs: dict[str, LockedPack] = {pack.name: pack for pack in self._packs}
        found: dict[str, str] = {}
        for clash in self.clashes:
            changed = [claim for claim in clash.claims if self._is_new(claim, packs[claim.pack], before)]
            if changed:
                last = max(claim.pack for claim in changed)
                found.setdefault(last, clash.sentence)
        return {name: f"{what}; to take it: {self._taking(name)}" for name, what in found.items()}

    def _is_new(self, claim: Claim, pack: LockedPack, before: Lock) -> bool:
        """Return whether an item was not locked as it is now, byte for byte."""
        old = before.packs.get(pack.name)
        return old is None or self._content(old, claim.item) != self._content(pack, claim.item)

    def _content(self, pack: LockedPack, item: str) -> list[object]:
        found = places(pack, tools_for(pack, self._tools))
        slots = _Slots(pack)
        return [slots.content(place) for place in found if place.item.key == item]

    def _taking(self, name: str) -> str:
        mine = self.renames(lambda pack: (pack == name, pack)).get(name, {})
        words = [word for key, new in mine.items() for word in ("--rename", f"{key}={new}")]
        adding = shlex.join([*self.adding, self.words[name], *words])
        return f"`{adding}`, then `{shlex.join(['agentsync', 'update', *self.adding[2:], name])}`"

    def command(
        self, requests: Sequence[str] = (), order: Callable[[str], Any] | None = None, *, is_alone: bool = False
    ) -> str:
        """Return the command line that settles every clash.

        Args:
            requests: what is added, as it was written, with its options; the packs that get new names by default.
            is_alone: whether the requests are one pack, so that items need not be told apart by it.
        """
        renames = self.renames(order)
        packs = list(requests) or [self.words[name] for name in renames]
        one = len(renames) == 1 and (is_alone or not requests)
        words = [
            word
            for pack, names in renames.items()
            for key, new in names.items()
            for word in ("--rename", f"{key}={new}" if one else f"{pack}/{key}={new}")
        ]
        return shlex.join([*self.adding, *packs, *words])


def find_clashes(packs: Iterable[LockedPack], tools: Sequence[Tool]) -> tuple[Clash, ...]:
    """Find two items of one kind and name, and two files on one path, whose bytes differ, in any order of the packs."""
    groups: dict[Claimed, list[_Held]] = {}
    for pack in sorted(packs, key=lambda pack: pack.name):
        for place in places(pack, tools_for(pack, tools)):
            for key in claimed(place):
                groups.setdefault(key, []).append(_Held(pack, place))
    found: dict[frozenset[Claim], Clash] = {}
    slots: dict[str, _Slots] = {}
    for (_, kind, name), group in groups.items():
        parties = _parties(group, slots) if len(group) > 1 else ()
        if len(parties) > 1:
            claims = frozenset(claim for party in parties for claim in party)
            known = found.get(claims)
            path = "" if kind else str(group[0].place.path)
            if known is None:
                found[claims] = Clash(group[0].place.item.kind, name if kind else "", path, parties)
            elif path:
                found[claims] = known._replace(place=path)
    return tuple(found.values())


def _parties(group: Sequence[_Held], slots: dict[str, _Slots]) -> tuple[tuple[Claim, ...], ...]:
    """Return the claims of a group; those of the same bytes on the same path together.

    Args:
        slots: those of each pack, by its name; completed.
    """
    found: dict[Any, list[Claim]] = {}
    for held in group:
        if (own := slots.get(held.pack.name)) is None:
            own = slots[held.pack.name] = _Slots(held.pack)
        mine = found.setdefault(own.content(held.place), [])
        if (claim := held.claim) not in mine:
            mine.append(claim)
    return tuple(map(tuple, found.values()))
