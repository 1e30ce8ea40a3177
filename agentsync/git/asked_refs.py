"""The refs of a remote, of which those are asked for that a caller comes to.

To look up one name asks for that name; to go through all names asks for all. So what was not asked for is never taken
for something that is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from agentsync.git.listing import HEADS, TAGS, Listing, slice_of
from agentsync.versions.refs import INDEX_REF, Refs

Ask = Callable[[Sequence[str]], tuple[Listing, Refs]]
_BRANCHES: Final = (HEADS,)


class AskedRefs(Refs):
    """The refs of a remote.

    Args:
        ask: returns what is known, with all refs that begin in these ways; raises FetchError.
    """

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self.branches = _Branches(lambda prefixes: ask(prefixes)[1].branches, HEADS, ask)
        self.tags = _Names(lambda prefixes: ask(prefixes)[1].tags, TAGS)

    @property
    def default_branch(self) -> str | None:
        """As `Refs.default_branch`: where HEAD does not name it, the branches tell."""
        found = self._ask(("HEAD",))[1].head_branch
        return found if found is not None else self._ask(("HEAD", *_BRANCHES))[1].default_branch

    @property
    def index(self) -> str:
        """As `Refs.index`."""
        return self._ask((INDEX_REF,))[1].index

    def tags_under(self, prefixes: Sequence[str]) -> Mapping[str, str]:
        """As `Refs.tags_under`; the same object as long as no other refs are known."""
        return self._ask([f"{TAGS}{prefix}" for prefix in prefixes])[1].tags

    def holds_tags(self, prefixes: Sequence[str]) -> bool:
        """As `Refs.holds_tags`: nothing is asked."""
        return not self._ask(())[0].lacks(f"{TAGS}{prefix}" for prefix in prefixes)

    def all_tags_are_known(self) -> bool:
        """As `Refs.all_tags_are_known`: nothing is asked."""
        return not self._ask(())[0].lacks([TAGS])

    def digest(self, prefixes: Sequence[str]) -> str:
        """As `Refs.digest`; the refs are asked for."""
        listing, refs = self._ask(prefixes)
        if listing.held is None:
            return refs.digest(())
        return hashlib.sha256(slice_of(listing, prefixes).encode()).hexdigest()


class _Names(Mapping[str, str]):
    """Short names of branches or tags, and their commits."""

    def __init__(self, ask: Callable[[Sequence[str]], Mapping[str, str]], prefix: str) -> None:
        self._ask = ask
        self._prefix = prefix

    def __getitem__(self, name: str) -> str:
        return self._ask((f"{self._prefix}{name}",))[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ask((self._prefix,)))

    def __len__(self) -> int:
        return len(self._ask((self._prefix,)))


class _Branches(_Names):
    """Branches: the one that HEAD names is known with HEAD."""

    def __init__(self, names: Callable[[Sequence[str]], Mapping[str, str]], prefix: str, ask: Ask) -> None:
        super().__init__(names, prefix)
        self._all = ask

    def __getitem__(self, name: str) -> str:
        known = self._all(())[1]
        return known.branches[name] if name == known.head_branch else super().__getitem__(name)
