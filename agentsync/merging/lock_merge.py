"""Settle a lock that a merge, a tool or an editor damaged: keep its sound entries, collect what is known of others."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.model.lock import UNSEALED, Lock, LockedPack


class Earlier(NamedTuple):
    """An earlier entry of a pack that is decided again.

    Args:
        is_sound: whether it is what was decided once: its commit and its grants were agreed to.
        moved: whether its registry is another one now, where a version may be something else.
    """

    pack: LockedPack
    is_sound: bool
    moved: bool = False


class Settled(NamedTuple):
    """The start of a new lock: the entries that stand, and those of all other packs, sound ones if there are any."""

    lock: Lock
    earlier: Mapping[str, tuple[Earlier, ...]]

    def agreed(self) -> Iterator[Lock]:
        """Return each lock that was agreed to, as far as its entries are sound."""
        sound = {name: [one.pack for one in found if one.is_sound] for name, found in self.earlier.items()}
        for place in range(max(map(len, sound.values()), default=0)):
            packs = {name: found[min(place, len(found) - 1)] for name, found in sound.items() if found}
            yield self.lock._replace(packs={**self.lock.packs, **packs})


def settle(
    sides: Sequence[Lock], merged: Sequence[Lock], others: Sequence[Lock], faulty: Callable[[Lock], Collection[str]]
) -> Settled:
    """Keep each entry that is sound and the same on every side that has it.

    Args:
        sides: the sides of a merge, our own first; the lock itself where it has no conflict markers.
        merged: the sides as whole files, where git has them.
        others: earlier locks, of which entries count where no side has a sound one.
        faulty: returns the packs of a lock whose entry is not sound.
    """
    packs: dict[str, LockedPack] = {}
    earlier: dict[str, tuple[Earlier, ...]] = {}
    wrong = {id(lock): frozenset(faulty(lock)) for lock in (*sides, *merged, *others)}

    def entries(locks: Iterable[Lock], name: str) -> list[Earlier]:
        return [Earlier(one.packs[name], name not in wrong[id(one)]) for one in locks if name in one.packs]

    for name in sorted({name for side in sides for name in side.packs}):
        found = entries(sides, name)
        if all(one == found[0] and one.is_sound for one in found):
            packs[name] = found[0].pack
            continue
        sound = [one for one in entries((*sides, *merged), name) if one.is_sound]
        sound = sound or [one for one in entries(others, name) if one.is_sound]
        earlier[name] = tuple(sound or found)
    return Settled(sides[0]._replace(packs=packs, broken=()), earlier)


def without_incomplete(lock: Lock) -> tuple[Lock, dict[str, tuple[Earlier, ...]]]:
    """Separate a lock of version 1 from the entries that lack facts of version 2.

    These are the commit of the registry that offers a pack from elsewhere, and the own names of renamed items.
    """
    if lock.number != UNSEALED:
        return lock, {}
    rest, found = dict(lock.packs), dict[str, tuple[Earlier, ...]]()
    for name, pack in lock.packs.items():
        is_offered = bool(pack.registry) and pack.registry != pack.git and not pack.offer
        if is_offered or (pack.choice.rename and not pack.folder):
            found[name] = (Earlier(rest.pop(name), is_sound=True),)
    return lock._replace(packs=rest), found
