"""The packs that a repository could offer: what its plug-in lists say, else each folder with items of its own."""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agentsync.model.git_url import GitUrl
from agentsync.model.names import PackName
from agentsync.model.pack import Contents, Offer, PackRoot
from agentsync.model.plain_name import plain_name
from agentsync.packs.discovery import FoundItem
from agentsync.packs.pack import read_pack
from agentsync.registries.offers import Offers, offers_in

# The folders that hold items of a pack, and are not packs themselves.
_PLACES: Final = frozenset("agents subagents agent commands command skills rules hooks instructions".split())


class Proposal(NamedTuple):
    """A pack that a repository could offer."""

    name: str
    path: str
    description: str = ""


class Proposals(NamedTuple):
    """The packs that a repository could offer, and those that its lists offer and that cannot be written down again.

    Args:
        left_out: the names of packs that lie in other repositories, or that are lists of items.
    """

    packs: tuple[Proposal, ...]
    left_out: tuple[str, ...] = ()


def proposals(contents: Contents, git: GitUrl) -> Proposals:
    """Return the packs that a repository without a `registry.yaml` could offer."""
    offers = offers_in(contents, git)
    if _has_lists(offers):
        here = [offer for offer in offers.packs if not (offer.elsewhere or offer.declared)]
        left_out = [offer.name for offer in offers.packs if offer.elsewhere or offer.declared]
        return Proposals(tuple(Proposal(one.name, one.path, one.description) for one in here), tuple(left_out))
    items = read_pack(PackRoot(PackName(offers.whole.name)), contents).items
    return Proposals(tuple(_named(offers.whole, _outermost(_folder_of(item) for item in items))))


def _has_lists(offers: Offers) -> bool:
    return offers.packs != (offers.whole,)


def _folder_of(item: FoundItem) -> str:
    """Return the folder whose item it is: above the place for its kind, and above a tool's own folder."""
    folders = item.path.split("/")[:-1]
    place = next((number for number, name in enumerate(folders) if name in _PLACES or name.startswith(".")), None)
    if place is not None:
        return "/".join(folders[:place])
    # The folder of a skill is the item itself.
    return "/".join(folders[:-1] if posixpath.basename(item.path).lower() == "skill.md" else folders)


def _outermost(folders: Iterable[str]) -> list[str]:
    """Return the folders that lie in no other one, and the root where it has items of its own."""
    found: list[str] = []
    for folder in sorted(set(folders), key=lambda path: f"{path}/"):
        if not (found and found[-1] and f"{folder}/".startswith(f"{found[-1]}/")):
            found.append(folder)
    return found


def _named(whole: Offer, folders: Iterable[str]) -> Iterator[Proposal]:
    taken: set[str] = set()
    for folder in folders:
        parts = folder.split("/") if folder else [whole.name]
        names = (plain_name("-".join(parts[-count:])) for count in range(1, len(parts) + 1))
        name = next((one for one in names if one and one not in taken), "") or f"pack-{len(taken) + 1}"
        taken.add(name)
        yield Proposal(name, folder)
