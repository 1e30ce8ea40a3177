"""Choices for packs that are added: items by flags, the version where none was asked for, names where items clash."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from agentsync.errors import ResolutionError, UsageError
from agentsync.model.item import Choice
from agentsync.model.names import ItemKey, nearest
from agentsync.model.pack import Offer
from agentsync.planning.clashing import PacksClashError
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.registries.git_catalog import GitCatalog
from agentsync.reporting.change_report import ItemRename
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import caret, is_among


class ItemChoice(NamedTuple):
    """The flags as they were given. A word is of one pack where `ALIAS/PACK/` stands before it.

    Args:
        only, excluded: globs of items to take, and to leave out.
        rename: `ITEM=NEW-NAME`, the item by `KIND:NAME` or by its path.
        prefix: install files as PACK--NAME.
    """

    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()
    prefix: bool = False

    def words(self) -> Iterator[str]:
        for flag, given in (("--only", self.only), ("--except", self.excluded), ("--rename", self.rename)):
            for word in given:
                yield from (flag, word)
        if self.prefix:
            yield "--prefix"

    def of(self, name: str, names: Sequence[str]) -> Choice:
        """Return what the flags say of one pack, of all `names` that the command line is about."""
        renames = dict(map(_new_name, self.rename))
        for key, new in renames.items():
            if len(names) > 1 and _pack_of(key, names) is None:
                raise UsageError(
                    f"--rename {key}: of which pack?",
                    why=f"{', '.join(names)} are added together",
                    hint=f"write the pack before it: --rename {shlex.quote(f'{name}/{key}={new}')}",
                )
        return Choice(
            only=tuple(_own(self.only, name, names)),
            excluded=tuple(_own(self.excluded, name, names)),
            rename={word: renames[key] for key in renames for word in _own([key], name, names)},
            prefix=self.prefix,
        )


def _own(words: Sequence[str], name: str, names: Sequence[str]) -> Iterator[str]:
    return (word.removeprefix(f"{name}/") for word in words if _pack_of(word, names) in (name, None))


def _pack_of(word: str, names: Sequence[str]) -> str | None:
    return next((name for name in names if word.startswith(f"{name}/")), None)


def _new_name(word: str) -> tuple[str, str]:
    key, _, name = word.rpartition("=")
    if not (key and name):
        raise UsageError(f"--rename {word} is not understood", hint="write --rename KIND:NAME=NEW-NAME")
    return key, name


def decide_pin(catalog: GitCatalog, name: str, offer: Offer, ref: str | None) -> Pin:
    """Return the pin for a pack that is asked for without one.

    A name is a tag, else a branch. Without a name: what is compatible with the newest release; a
    repository without releases is followed on its default branch.
    """
    if ref is None and offer.pinned:
        return Pin(PinKind.VERSION, "*")  # its registry pins it, and moves it
    refs = catalog.refs(offer)
    if ref is not None:
        for kind, names in ((PinKind.TAG, refs.tags), (PinKind.BRANCH, refs.branches)):
            if ref in names:
                return Pin(kind, ref)
        raise ResolutionError(
            f"{offer.git.text} has no tag and no branch {ref!r}",
            hint=nearest(ref, [*list(refs.branches)[:100], *list(refs.tags)[-100:]]),
        )
    found = catalog.releases(name, offer)
    for some in (found.within(stable=True), found):
        for release in some:
            if not is_among(release.version, offer.yanked):
                return Pin(PinKind.VERSION, caret(release.version))
    if refs.default_branch is None:
        raise ResolutionError(
            f"{offer.git.text} is empty",
            why="it has no branch and no tag",
            hint="publish to it first, or check the URL",
        )
    return Pin(PinKind.BRANCH, offer.ref if offer.ref and offer.ref in refs.branches else refs.default_branch)


class Renamed(NamedTuple):
    """An item that gets another name, as it does not fit beside what is there.

    Args:
        item: what it would be called.
        holder: the pack that keeps the name or the path.
    """

    pack: str
    item: ItemKey
    new_name: str
    holder: str

    @property
    def line(self) -> str:
        keeps = self.item.name == self.new_name  # only its file or folder is called otherwise
        what = f"{self.item} of {self.pack} {'to a path of that name' if keeps else f'to {self.new_name}'}"
        return f"renamed   {what}: {self.holder} has its {'path' if keeps else 'name or path'}"

    @property
    def rename(self) -> ItemRename:
        return ItemRename(self.pack, self.item, ItemKey.of(self.item.kind, self.new_name))


def give_way(draft: ManifestDraft, error: PacksClashError, put: Callable[[str], None]) -> list[Renamed]:
    """Write a new name into the draft for every item that clashes with one of an earlier pack, and return these items.

    Args:
        put: adds a pack that others bring in, as `agentsync add` takes it.
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
    """Return the command that settles every clash: the request, with new names for what comes later."""
    order = _order(draft, error)
    if not error.renames(order).keys() <= set(draft.names):
        return error.command(order=order)  # the clash is between packs that the request does not name
    return error.command(request, order, is_alone=len(draft.names) == 1)


def _order(draft: ManifestDraft, error: PacksClashError) -> Callable[[str], tuple[bool, int]]:
    """Return a key that sorts locked packs first, then those that others bring in, then the entries in their order."""
    places = {entry.key: place for place, entry in enumerate(draft.manifest.packs)}
    entries = {name: draft.entry(name) for name in error.parties}
    rank = {name: places[entry.key] if entry is not None else -1 for name, entry in entries.items()}
    return lambda name: (name not in error.installed, rank[name])
