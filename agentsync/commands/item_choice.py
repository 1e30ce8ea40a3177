"""The choice of items that a command line makes: `--only`, `--except`, `--rename`, `--prefix`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentsync.errors import UsageError
from agentsync.model.choice import Choice


class ItemChoice(NamedTuple):
    """The flags as they were given. A word is of one pack where `ALIAS/PACK/` stands before it.

    Args:
        only: globs of items to take.
        excluded: globs of items to leave out.
        rename: `ITEM=NEW-NAME`, the item by `KIND:NAME` or by its path.
        prefix: install files as PACK--NAME.
    """

    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()
    prefix: bool = False

    def words(self) -> Iterator[str]:
        """Return the flags as words of a command line."""
        for flag, given in (("--only", self.only), ("--except", self.excluded), ("--rename", self.rename)):
            for word in given:
                yield from (flag, word)
        if self.prefix:
            yield "--prefix"

    def of(self, name: str, names: Sequence[str]) -> Choice:
        """Return what the flags say of one pack.

        Args:
            name: the pack.
            names: every pack that the command line is about.

        Raises:
            UsageError: where a new name is not understood, or may be meant for any of several packs.
        """
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
    """The words that are of one pack, without its name, and those of all."""
    return (word.removeprefix(f"{name}/") for word in words if _pack_of(word, names) in (name, None))


def _pack_of(word: str, names: Sequence[str]) -> str | None:
    """The pack whose name stands before a word."""
    return next((name for name in names if word.startswith(f"{name}/")), None)


def _new_name(word: str) -> tuple[str, str]:
    """An item and its new name."""
    key, _, name = word.rpartition("=")
    if not (key and name):
        raise UsageError(f"--rename {word} is not understood", hint="write --rename KIND:NAME=NEW-NAME")
    return key, name
