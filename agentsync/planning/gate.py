"""Gate: the checks that all bytes pass before they are installed.

Upstream's files, overrides, rendered files, kept edits and merges are judged alike: by the size, the header and the
hidden text of a file, by what the lock grants its item, and by the policy.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.errors import IntegrityError, PolicyError, UnsafeError
from agentsync.model.finding import Rule
from agentsync.model.grant import gained
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.names import ItemKey, PackName
from agentsync.model.policy import Limits, TrustPolicy
from agentsync.model.slot import SlotPath
from agentsync.packs.content import content_finding
from agentsync.planning.owners import PlaceIndex, packs_by_slot
from agentsync.planning.placing import places, tools_for
from agentsync.targets.tool import Tool


def refuse_content(pack: str, path: SlotPath, data: bytes, limits: Limits, *, edited: bool = False) -> None:
    """Refuse a file for its size, for a header that must not be read, or for text that could hide a message.

    Raises:
        UnsafeError: naming line and column.
    """
    found = content_finding(pack, path, data, limits)
    if found is None or not found.is_refusal:
        return
    where = f"line {found.line}, column {found.column}: " if found.line else ""
    is_hidden = found.rule is Rule.HIDDEN_TEXT
    allow = f"take it out, or let it pass in your own policy.yaml: `hidden_text: {{allow: [{pack}]}}`"
    raise UnsafeError(
        f"the edit of {path} is refused: {found.what}" if edited else f"{path} of {pack} is refused: {found.what}",
        why=f"{where}it could hide a message" if is_hidden else f"{where}no such file is installed",
        hint=allow if is_hidden else "take the edit back" if edited else "leave its item out with `except:`",
    )


class _Asked(NamedTuple):
    """Grants that one file asks for as a part of an item."""

    path: SlotPath
    item: LockedItem
    grants: frozenset[str]
    is_main: bool


def _asked(
    pack: LockedPack, files: Mapping[SlotPath, bytes], tools: Sequence[Tool], *, sources: bool = False
) -> Iterator[_Asked]:
    """Yield what files ask for.

    Args:
        sources: whether the bytes are the source's; else a rendered file says what it has beyond its item's grants.
    """
    from agentsync.packs.granting import file_grants  # what was checked before is not asked again
    from agentsync.planning.gains import edit_grants

    index = PlaceIndex(places(pack, tools_for(pack, tools)))
    for path, data in files.items():
        digest = pack.digest_of(path)
        executable = digest is not None and digest.executable
        for place in index.holding(path):
            is_main = path == place.main and (sources or not place.is_rendered)
            if is_main:
                grants = file_grants(place.item.kind, path, data, is_main=True, executable=executable)
            else:
                grants = edit_grants(place, path, data, executable=executable)
            yield _Asked(path, place.item, frozenset(grants), is_main)


class Gate(NamedTuple):
    """Conditions that bytes of one scope meet before they are installed."""

    policy: TrustPolicy
    tools: Sequence[Tool]

    def check(self, lock: Lock, files: Mapping[SlotPath, bytes], edited: Collection[SlotPath] = ()) -> None:
        """Refuse files that are about to be written.

        Args:
            edited: those that are made of an edit here, whose power the person gave who made it: the policy alone
                forbids what they ask for. What the others ask for is checked where they are read.

        Raises:
            PolicyError: for an edit that asks for what the policy forbids.
        """
        having, limits = packs_by_slot(lock), self.policy.limits
        packs = lock.packs.values() if files.keys() - having.keys() else ()
        index = PlaceIndex(place for pack in packs for place in places(pack, tools_for(pack, self.tools)))
        made_here: dict[str, dict[SlotPath, bytes]] = {}
        for path, data in files.items():
            for name in having.get(path) or dict.fromkeys(place.pack for place in index.holding(path)):
                refuse_content(name, path, data, limits, edited=path in edited)
                if path in edited:
                    made_here.setdefault(name, {})[path] = data
        for name, own in made_here.items():
            for one in _asked(lock.packs[PackName(name)], own, self.tools):
                if not (denied := self.policy.denied(sorted(one.grants))):
                    continue
                raise PolicyError(
                    f"the policy forbids {one.path} with the edit in it",
                    why=f"{one.item.key} of {name} would ask for {', '.join(denied)} (deny_grants)",
                    hint=f"take that out of the file, or `agentsync restore {one.path}`",
                )

    def check_lock(
        self,
        pack: LockedPack,
        files: Mapping[SlotPath, bytes],
        added: Mapping[ItemKey, Collection[str]] = {},
        *,
        sources: bool = False,
    ) -> None:
        """Refuse an entry that was not made just now and says less of its items than their files ask for.

        Args:
            added: the grants that tools add to those of the source, by item.
            sources: whether the bytes are those of the source, by where they are installed.

        Raises:
            IntegrityError: where an item asks for what the lock does not name.
        """
        wanted = {item: set(grants) for item, grants in added.items()}
        found = list(_asked(pack, files, self.tools, sources=sources))
        for one in found:
            wanted.setdefault(one.item.key, set()).update(one.grants)
        mains = {one.item.key for one in found if one.is_main}
        for item in (item for item in pack.items if item.key in wanted):
            grants = wanted[item.key]
            # Without its own file, the limits of an item are not seen: only what is more counts.
            if more := gained(item.grants, grants if item.key in mains else grants.union(item.grants)):
                raise IntegrityError(
                    f"{item.key} of {pack.name} asks for more than the lock says",
                    why=f"the lock does not name {', '.join(more)}",
                    hint="the lock was changed by hand: put it back from your version control, or lock its pack again",
                )
