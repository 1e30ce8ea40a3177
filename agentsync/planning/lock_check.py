"""Check of a lock against itself, and against a policy: from the lock alone, without a network.

An entry says what was asked for (`requested`, `only`, `rename` ...) and what was decided. A merge, a tool or
a hand can leave one that no decision gives. `satisfaction.py` compares what the manifest asks for now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agentsync.errors import PolicyError
from agentsync.model.grant import RESIDUE
from agentsync.model.item import Kind
from agentsync.model.lock import UNSEALED, Lock, LockedItem, LockedPack, LockFault
from agentsync.model.policy import TrustPolicy
from agentsync.model.rel_path import parents
from agentsync.model.slot import EntryPath, SlotPath
from agentsync.planning.choosing import installed_name, is_chosen
from agentsync.planning.clashing import find_clashes
from agentsync.planning.owners import claimed
from agentsync.planning.placing import Place, places, tools_for
from agentsync.targets.tool import Tool
from agentsync.versions.release import may_name
from agentsync.versions.requirement import ANY, Pin, PinKind, parse_pin
from agentsync.versions.version import version_of

_TAGS: Final = "refs/tags/"
_HEADS: Final = "refs/heads/"


def entry_faults(lock: Lock, tools: Sequence[Tool]) -> tuple[LockFault, ...]:
    """Return every fault of the entries of a lock, sorted by pack."""
    where = {name: list(places(pack, tools_for(pack, tools))) for name, pack in lock.packs.items()}
    changed = "it was changed after it was decided"
    found = [LockFault(name, f"the entry of {name} is not what its seal names: {changed}") for name in lock.broken]
    found += _shared(lock, where, tools)
    for name, pack in lock.packs.items():
        told = [*_pin(pack), *_source(pack, lock.number), *_items(pack), *_files(pack, where[name])]
        found += [LockFault(name, why) for why in told]
    return tuple(sorted(found))


def _pin(pack: LockedPack) -> Iterator[str]:
    """Yield the faults of commit, ref and version against the request."""
    if pack.folder:
        return
    if pack.version is not None and not _is_release(pack):
        yield f"{pack.name} is locked as {pack.version}, which {pack.ref or 'a commit alone'} does not name"
    try:
        pin = parse_pin(pack.requested)
    except ValueError:
        yield f"{pack.name} asks for `{pack.requested}`, which is no version, tag, branch or commit"
        return
    if not _serves(pack, pin):
        locked = pack.version or pack.ref or pack.commit
        yield f"{pack.name} asks for `{pack.requested}`, and {locked} is locked"


def _is_release(pack: LockedPack) -> bool:
    version = version_of(pack.version or "")
    if version is None or not pack.ref.startswith(_TAGS):
        return False
    return may_name(pack.ref.removeprefix(_TAGS), version, pack.name.last)


def _serves(pack: LockedPack, pin: Pin) -> bool:
    if pin.kind is PinKind.COMMIT:
        return (pack.commit, pack.ref, pack.version) == (pin.text, "", None)
    if pin.kind is PinKind.TAG:
        return pack.ref == _TAGS + pin.text
    if pin.kind is PinKind.BRANCH:
        return (pack.ref, pack.version) == (_HEADS + pin.text, None)
    # Without a release, its default branch or the commit that its registry names answers any version.
    version = version_of(pack.version) if pack.version is not None else None
    return pin.text.strip() in ANY if version is None or pin.range is None else pin.range.allows(version)


def _source(pack: LockedPack, number: int) -> Iterator[str]:
    if pack.registry and pack.registry != pack.git and not pack.offer and number != UNSEALED:
        yield f"{pack.name} is locked from {pack.git}, and no commit of {pack.registry} is named that offers it"


def _items(pack: LockedPack) -> Iterator[str]:
    """Yield the items that were not chosen, or not under the name that was given."""
    if pack.choice.only or pack.choice.excluded:
        for item in pack.items:
            if not is_chosen(pack.choice, item.own_key, item.path) and not _was_renamed(pack, item):
                yield f"{pack.name} does not choose {item.own_key}, and it is locked"
    for item in pack.items if pack.choice.rename else ():
        if installed_name(pack.choice, item.own_key, item.path) != item.name and not _was_renamed(pack, item):
            yield f"{pack.name} has {item.own_key} locked as {item.key}, which is not the name that `rename` gives"
    for item in pack.items if not pack.choice.rename else ():
        if item.own:
            yield f"{pack.name} has {item.own_key} locked as {item.key}, and it renames nothing"


def _was_renamed(pack: LockedPack, item: LockedItem) -> bool:
    """Return whether an item may be one that a lock of version 1 has under its new name alone."""
    return not item.own and item.name in pack.choice.rename.values()


def _files(pack: LockedPack, where: Sequence[Place]) -> Iterator[str]:
    """Yield the files and entries that are in no item's place, and the items without any."""
    single = {place.slot for place in where if not place.whole_folder}
    folders = {place.path for place in where if place.whole_folder}
    used: set[SlotPath] = single & pack.slots.keys()
    for slot in pack.slots:
        if slot not in single:
            above = folders.intersection(parents(slot)) if not isinstance(slot, EntryPath) else set()
            used.update(above)
            if not above:
                yield f"{pack.name} has {slot} locked, where none of its items is"
    for place in where:
        if place.slot not in used:
            yield f"{pack.name} has {place.item.key} locked, and no file of it"
    placed = {place.item.key for place in where}
    for item in pack.items:
        if item.key not in placed and not item.waits and item.kind in (Kind.HOOK, Kind.MCP):
            yield f"{pack.name} has {item.key} locked, and no entry of it"
    for kept in pack.kept.keys() - pack.slots.keys():
        yield f"{pack.name} has an edit of {kept} kept, and that file is not locked"


def _shared(lock: Lock, where: Mapping[str, Sequence[Place]], tools: Sequence[Tool]) -> Iterator[LockFault]:
    """Yield the names and paths that two packs have with other bytes in each."""
    packs = lock.packs.values()
    if len(packs) < 2:
        return
    every = [key for found in where.values() for place in found for key in claimed(place)]
    # Nearly always nothing is there twice, which shows at once.
    for clash in find_clashes(packs, tools) if len(set(every)) < len(every) else ():
        owners = sorted({claim.pack for claim in clash.claims})
        if len(owners) > 1:
            yield from (LockFault(name, clash.sentence) for name in owners)


def check_lock_policy(policy: TrustPolicy, lock: Lock) -> None:
    """Refuse a lock that a policy forbids, naming everything that is wrong."""
    found = list(_violations(policy, lock))
    if found:
        error = PolicyError(
            f"the policy forbids {found[0]}",
            why="; ".join(found[1:]),
            hint="`agentsync policy show` tells where each rule comes from",
        )
        error.others = len(found) - 1
        raise error


def _violations(policy: TrustPolicy, lock: Lock) -> Iterator[str]:
    for name, pack in sorted(lock.packs.items()):
        if policy.pinned and pack.ref.startswith(_HEADS):
            yield f"{name}, which follows the branch {pack.ref.removeprefix(_HEADS)} (pinned: true)"
        if policy.require_signature and not pack.folder and not pack.signer:
            yield f"{name}, which no signer of its registry signed (require_signature: true)"
        for item in pack.items:
            if denied := policy.denied(item.grants):
                rule = "residue: deny" if policy.deny_residue and denied[0].startswith(RESIDUE) else "deny_grants"
                yield f"{item.key} of {name}, which asks for {', '.join(denied)} ({rule})"
