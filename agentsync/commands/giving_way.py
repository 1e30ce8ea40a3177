"""Clashes of packs that are added: new names for what comes later, or the command that gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from agentsync.model.choice import Choice
from agentsync.model.names import ItemKey
from agentsync.planning.clashing import PacksClashError
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.reporting.change_report import ItemRename


class Renamed(NamedTuple):
    """An item that gets another name, as it does not fit beside what is there.

    Args:
        pack: its pack.
        item: what it would be called.
        new_name: the name that it gets.
        holder: the pack that keeps the name or the path.
    """

    pack: str
    item: ItemKey
    new_name: str
    holder: str

    @property
    def line(self) -> str:
        """What a person is told of it."""
        keeps = self.item.name == self.new_name  # only its file or folder is called otherwise
        what = f"{self.item} of {self.pack} {'to a path of that name' if keeps else f'to {self.new_name}'}"
        return f"renamed   {what}: {self.holder} has its {'path' if keeps else 'name or path'}"

    @property
    def rename(self) -> ItemRename:
        """The same for machines."""
        return ItemRename(self.pack, self.item, ItemKey.of(self.item.kind, self.new_name))


def give_way(draft: ManifestDraft, error: PacksClashError, put: Callable[[str], None]) -> list[Renamed]:
    """Write a new name for every item that clashes with one of an earlier pack.

    Args:
        draft: the manifest, which gets `rename` entries.
        error: the clashes.
        put: adds a pack that others bring in, as `agentsync add` takes it.

    Returns:
        The items that got a name, none where the manifest says all of it already.
    """
    order, before = _order(draft, error), draft.text
    found = []
    for name, names in error.renames(order).items():
        if draft.entry(name) is None:
            put(error.words[name])
        draft.extend(name, Choice(rename=names))
        told: set[str] = set()
        for clash in error.clashes:
            holder = min((claim.pack for claim in clash.claims), key=order)
            for claim in clash.claims:
                if claim.pack == name and claim.key in names and claim.key not in told:
                    told.add(claim.key)
                    found.append(Renamed(name, claim.item, names[claim.key], holder))
    return found if draft.text != before else []


def settling_command(draft: ManifestDraft, error: PacksClashError, request: Sequence[str]) -> str:
    """Return the command that settles every clash: the same one, with new names for what comes later.

    Args:
        draft: the manifest with the packs of the request.
        error: the clashes.
        request: what was to be added, with its flags.
    """
    order = _order(draft, error)
    if not error.renames(order).keys() <= set(draft.names):
        return error.command(order=order)  # the clash is between packs that the request does not name
    return error.command(request, order, is_alone=len(draft.names) == 1)


def _order(draft: ManifestDraft, error: PacksClashError) -> Callable[[str], tuple[bool, int]]:
    """What is locked goes first, then what others bring in, then the entries in their order."""
    places = {wish.key: place for place, wish in enumerate(draft.manifest.packs)}
    wishes = {name: draft.entry(name) for name in error.parties}
    rank = {name: places[wish.key] if wish is not None else -1 for name, wish in wishes.items()}
    return lambda name: (name not in error.installed, rank[name])
