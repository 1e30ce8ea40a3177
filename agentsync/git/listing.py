"""What is known of the refs of a remote: their lines, and which of them would be there if the remote had them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from agentsync.versions.refs import INDEX_REF

HEADS: Final = "refs/heads/"
TAGS: Final = "refs/tags/"
# In this order a remote is asked for everything, and answers.
EVERYTHING: Final = ("HEAD", HEADS, TAGS, INDEX_REF)


class Listing(NamedTuple):
    """Refs as `git ls-remote --symref` prints them.

    Args:
        held: the beginnings of names: each ref that begins so and is not listed is not there. None for all refs.
    """

    text: str
    held: frozenset[str] | None = None

    def lacks(self, prefixes: Iterable[str]) -> list[str]:
        """Return those of these beginnings of which it does not tell whether there are others."""
        if self.held is None:
            return []
        return [prefix for prefix in prefixes if not self._covers(prefix)]

    def with_newer(self, newer: "Listing") -> "Listing":
        """Return what both tell; where they differ, the newer one is right."""
        if newer.held is None:
            return newer
        told = tuple(newer.held)
        kept = [(name, lines) for name, lines in _blocks(self.text) if not name.startswith(told)]
        together = {**dict(kept), **dict(_blocks(newer.text))}
        text = "".join(lines for _, lines in sorted(together.items(), key=_order))
        return Listing(text, None if self.held is None else _shortest(self.held | newer.held))

    def _covers(self, name: str) -> bool:
        assert self.held is not None
        return any(name[:end] in self.held for end in range(1, len(name) + 1))

    def to_text(self) -> str:
        """Return it as it is written to a file."""
        return "".join(f"{prefix} " for prefix in sorted(self.held or ())) + "\n" + self.text


def listing_in(text: str) -> Listing:
    """Read what `to_text` wrote."""
    head, _, rest = text.partition("\n")
    return Listing(rest, frozenset(head.split()))


def slice_of(listing: Listing, prefixes: Sequence[str]) -> str:
    """Return the lines of the refs that begin in one of these ways."""
    starts = tuple(prefixes)
    return "".join(lines for name, lines in _blocks(listing.text) if name.startswith(starts))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield each ref with its lines: its target, its id, and what it peels to."""
    found: dict[str, str] = {}
    for line in text.split("\n")[:-1]:
        name = line.partition("\t")[2].removesuffix("^{}")
        found[name] = f"{found.get(name, '')}{line}\n"
    yield from found.items()


def _order(block: tuple[str, str]) -> tuple[bool, str]:
    return block[0] != "HEAD", block[0]


def _shortest(prefixes: frozenset[str]) -> frozenset[str]:
    """Return these beginnings without those that another one covers."""
    return frozenset(
        prefix for prefix in prefixes if not any(prefix[:end] in prefixes for end in range(1, len(prefix)))
    )
