"""The part of a manifest's entry that the lock holds unchanged: the choice of items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

DEFAULT_TARGETS: Final = ("claude-code",)

FieldEdits = Mapping[str, str | tuple[str, ...]]


class Choice(NamedTuple):
    """The items of a pack that are installed, for which tools, and under which names.

    Args:
        only: globs over `KIND:NAME` or over paths in the pack; empty for all items.
        excluded: globs of the same form, of the items to leave out (the manifest's `except`).
        targets: the AI tools to install for; empty for the manifest's own list.
        rename: `KIND:NAME` or a path in the pack, to the name it gets here.
        prefix: whether installed files are called PACK--NAME.
        edits: declared header changes, by `KIND:NAME` (the manifest's `overrides`).
    """

    only: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    rename: Mapping[str, str] = {}
    prefix: bool = False
    edits: Mapping[str, FieldEdits] = {}
    excluded: tuple[str, ...] = ()
