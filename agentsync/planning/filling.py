"""Files of the items of a locked pack: their digests, what the items ask for, and the tools that do not get them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentsync.model.clash import LeftOut, Unmatched
from agentsync.model.digest import FileDigest
from agentsync.model.finding import Finding, Told
from agentsync.model.grant import CLASSES, FOR_TOOL, always_asked
from agentsync.model.item import Kind
from agentsync.model.lock import LockedItem, LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.slot import EntryPath, SlotPath, content_digest
from agentsync.packs.granting import file_grants
from agentsync.packs.pack import Pack
from agentsync.planning.consent import Consent, Waiting, residue_grants
from agentsync.planning.gate import refuse_content
from agentsync.planning.placing import Placed, declared, places, render, slot_of
from agentsync.planning.placing_entries import words_of
from agentsync.rendering.rendered import Rendered
from agentsync.targets.tool import Tool

_ASKED_AS_A_WHOLE = (Kind.HOOK, Kind.MCP)


class Examined(NamedTuple):
    """A pack as it goes into the lock.

    Args:
        told: what tools do not get, or not as it is.
        left_out: items beside which another one of their name or path was taken.
        unmatched: words of the manifest that fitted an item when it was locked, and fit none now.
    """

    pack: LockedPack
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()


class Was:
    """The entry of a pack in the old lock: what was installed for which tool, and what was agreed to."""

    def __init__(self, before: LockedPack | None, tools: Sequence[Tool]) -> None:
        there = before.slots if before is not None else {}
        found = places(before, tools) if before is not None else ()
        self._installed = {
            (place.item.key, place.tool) for place in found if place.main in there or place.slot in there
        }
        self._grants = {item.key: frozenset(item.grants) for item in before.items} if before is not None else {}

    def has(self, item: ItemKey, tool: str) -> bool:
        """Return whether an item was installed for a tool: what several tools read from one place names each."""
        named = [grant for grant in self._grants.get(item, ()) if grant.startswith(FOR_TOOL)]
        return (item, tool) in self._installed and (not named or f"{FOR_TOOL}{tool}" in named)

    def allows(self, item: ItemKey, grant: str) -> bool:
        """Return whether an item had a grant."""
        return grant in self._grants.get(item, ())


class _Made(NamedTuple):
    """One file as it is installed.

    Args:
        needs: the grants without which it is not installed, where nothing says yes to them.
    """

    file: Placed
    rendered: Rendered
    grants: frozenset[str]
    needs: tuple[str, ...]
    executable: bool
    is_changed: bool

    @property
    def key(self) -> tuple[ItemKey, str]:
        """Return the item and the tool that it is for."""
        return self.file.item, self.file.tool


def fill(pack: LockedPack, held: Pack, placed: Sequence[Placed], was: Was, consent: Consent) -> Examined:
    """Fill in the digests of the installed files, and what the items ask for: the source, and what a tool adds to it.

    Refuse a file that only a declared change, or a tool's form, makes one that is not installed.
    """
    data = held.contents.read({file.source for file in placed})
    made = [_made(file, data[file.source], held) for file in placed]
    filled = _Filled(pack, was, consent)
    filled.ask(made)
    without = {one.key for one in made if filled.leaves_out(one)}
    for one in made:
        if one.key not in without:
            filled.add(one, held)
    return filled.examined()


def _made(file: Placed, data: bytes, held: Pack) -> _Made:
    source, rendered, is_main = declared(file, data), render(file, data), file.source == file.main
    executable = held.contents.entries[file.source].executable and not isinstance(file.path, EntryPath)
    grants: set[str] = set()
    # What another tool reads is made of the source, and of no more than that: its own words say nothing to us.
    graded = dict.fromkeys((source, rendered.data or source)) if not file.is_rendered else (source,)
    for form in graded:
        grants |= file_grants(file.item.kind, file.path, form, is_main=is_main, executable=executable)
    needs = residue_grants(file.tool, rendered.residue)
    if file.item.kind in _ASKED_AS_A_WHOLE:
        # Another tool that starts it is another question.
        needs = (*needs, *file.needs, f"{FOR_TOOL}{file.tool}", *always_asked(grants))
    return _Made(file, rendered, frozenset(grants), needs, executable, rendered.data != data)


class _Filled:
    """The entry of a pack, file by file."""

    def __init__(self, pack: LockedPack, was: Was, consent: Consent) -> None:
        self._pack, self._was, self._consent = pack, was, consent
        self._slots: dict[SlotPath, FileDigest] = {}
        self._grants: dict[ItemKey, set[str]] = defaultdict(set)
        self._given: dict[ItemKey, set[str]] = defaultdict(set)
        self._without: dict[ItemKey, set[str]] = {item.key: set(item.not_for) for item in pack.items}
        self._installed: set[ItemKey] = set()
        self._waits: dict[ItemKey, set[str]] = defaultdict(set)
        self._yes: set[str] = set()
        self._told: list[Told] = []

    def ask(self, made: Iterable[_Made]) -> None:
        """Ask once for each tool about all that is not agreed to."""
        waiting: dict[str, list[_Made]] = defaultdict(list)
        for one in made:
            if one.rendered.data is not None and self._open(one):
                waiting[one.file.tool].append(one)
        for tool, ones in waiting.items():
            grants = tuple(sorted({grant for one in ones for grant in self._open(one)}))
            items = tuple(dict.fromkeys(one.file.item for one in ones))
            runs = tuple(dict.fromkeys(f"{one.file.item}: {words}" for one in ones if (words := words_of(one.file))))
            waiting_for = Waiting(self._pack.name, tool, items, grants, runs)
            if not self._consent.denied(grants) and self._consent.ask(waiting_for):
                self._yes.add(tool)

    def _open(self, one: _Made) -> tuple[str, ...]:
        """Return what a file needs and has no yes for."""
        item = one.file.item
        return tuple(
            grant
            for grant in one.needs
            if not self._was.allows(item, grant) and not self._consent.agrees(self._pack, item, grant)
        )

    def leaves_out(self, one: _Made) -> bool:
        """Return whether the item of a file is not installed for its tool, and tell why."""
        file, (rendered, lost, _) = one.file, one.rendered
        # A waiting item is graded too: what it asks for is known before a person says yes.
        self._grants[file.item] |= one.grants
        self._told += [Told(file.tool, self._pack.name, file.item, *loss) for loss in lost]
        is_out = rendered is None or self._is_denied(one) or self._waits_for_yes(one)
        if is_out:
            self._without[file.item].add(file.tool)
        return is_out

    def add(self, one: _Made, held: Pack) -> None:
        """Take a file in, where no other tool has other bytes on its path."""
        file, (rendered, _, residue) = one.file, one.rendered
        assert rendered is not None, "it would be left out"
        if one.is_changed:
            refuse_content(self._pack.name, file.path, rendered, held.limits, edited=True)
        slot = slot_of(file, rendered)
        digest = content_digest(slot, rendered, executable=one.executable)
        if self._slots.setdefault(slot, digest) != digest:
            self._refuse(file, file.path, f"another tool has other bytes on {file.path}")
            return
        self._installed.add(file.item)
        self._given[file.item].update(one.grants, one.needs, residue_grants(file.tool, residue))

    def _is_denied(self, one: _Made) -> bool:
        denied = self._consent.denied(residue_grants(one.file.tool, one.rendered.residue))
        if denied:
            about = ", ".join(_in_order(one.rendered.residue))
            self._refuse(one.file, about, f"{one.file.tool} would give it {about}, which the policy forbids")
        return bool(denied)

    def _waits_for_yes(self, one: _Made) -> bool:
        """Return whether an item is left out for want of a yes; one that is installed and gains is no such item."""
        file, missing = one.file, self._open(one)
        residue = _in_order(one.rendered.residue)
        about = ", ".join(residue)
        if not missing or file.tool in self._yes or self._was.has(file.item, file.tool):
            if residue:
                self._tell(file, "residue", about, f"{file.tool} cannot take this away, and it was agreed to")
            if missing and file.tool not in self._yes and (words := words_of(file)):
                self._tell(file, "consent", ", ".join(missing), f"it would be {words}", runs=words)
            return False
        self._waits[file.item].update(missing)
        if residue:
            why = f"{file.tool} cannot take this away: not installed before a yes"
            self._tell(file, "residue", about, why, waits=True)
        if set(missing) - set(residue_grants(file.tool, residue)) and not file.is_beside:
            words = words_of(file)
            why = f"not installed before a yes{words and f': {words}'}"
            self._tell(file, "consent", ", ".join(missing), why, waits=True, runs=words)
        return True

    def _tell(self, file: Placed, code: str, about: str, why: str, *, waits: bool = False, runs: str = "") -> None:
        self._told.append(Told(file.tool, self._pack.name, file.item, code, about, why, waits=waits, runs=runs))

    def _refuse(self, file: Placed, about: str, why: str) -> None:
        self._without[file.item].add(file.tool)
        self._tell(file, "refused", about, why)

    def examined(self) -> Examined:
        """Return the entry; an item that no tool gets, and that waits for nothing, is none."""
        items = tuple(map(self._item, self._pack.items))
        there = tuple(item for item in items if item.waits or item.key in self._installed or item.kind is Kind.SKILL)
        return Examined(self._pack.with_slots(self._slots)._replace(items=there), told=tuple(dict.fromkeys(self._told)))

    def _item(self, item: LockedItem) -> LockedItem:
        waits, graded = self._waits.get(item.key, ()), self._grants[item.key]
        # What needs a yes as a whole has no grant before it.
        asked = set() if item.kind in _ASKED_AS_A_WHOLE else graded
        return item._replace(
            grants=tuple(sorted(asked | self._given[item.key])),
            not_for=tuple(sorted(self._without[item.key])),
            waits=tuple(sorted(waits)),
        )


def _in_order(classes: Iterable[str]) -> list[str]:
    return sorted(classes, key=CLASSES.index)
