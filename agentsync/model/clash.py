"""Items that cannot be installed beside each other, and those that were left out for it."""

from typing import NamedTuple

from agentsync.model.item import Kind
from agentsync.model.names import ItemKey, PackName

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


class Claim(NamedTuple):
    """One item that needs a name or a path.

    Args:
        item: `KIND:NAME`, as the item would be called here.
        key: what `rename` calls it by: `KIND:NAME` as its pack has it, or its path.
        path: its file in the pack.
    """

    pack: PackName
    item: ItemKey
    key: str
    path: str

    def __str__(self) -> str:
        return f"{self.pack} ({self.path})"


class Clash(NamedTuple):
    """Items of different bytes that need one name, or one path.

    Args:
        name: their name, "" where only the path is the same.
        place: their path in the scope, "" where only the name is the same.
        parties: the claims; those with the same bytes on the same path are one party.
    """

    kind: Kind
    name: str
    place: str
    parties: tuple[tuple[Claim, ...], ...]

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(claim for party in self.parties for claim in party)

    @property
    def sentence(self) -> str:
        """Return the clash in words, with every pack and file."""
        number = _NUMBERS.get(len(self.claims), str(len(self.claims)))
        what = f"{self.kind}s are named `{self.name}`" if self.name else f"files on {self.place}"
        return f"{number} {what}: {' and '.join(map(str, self.claims))}"


class LeftOut(NamedTuple):
    """An item that was left out for another item of its pack with the same name or path.

    Args:
        taken: the file in the pack that was taken instead.
        difference: the folder that tells it from the one that was taken.
    """

    pack: PackName
    item: ItemKey
    path: str
    taken: str
    difference: str


class Unmatched(NamedTuple):
    """A word under a key of the manifest that named an item when it was locked, and names none any more."""

    pack: str
    key: str
    word: str
