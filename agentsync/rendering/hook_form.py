"""The vocabulary in which a tool's file says how it reads hooks with Claude's protocol."""

from collections.abc import Mapping
from typing import NamedTuple


class HookForm(NamedTuple):
    """The form in which a tool writes hooks.

    Args:
        events: the events that it has.
        types: what a hook may be, each with the member that it needs.
        files: the folder of a pack's files as the shell finds it, `"$ROOT"/folder`; the pack's own follows.
        keys: the members of a hook that it takes, none for all.
    """

    events: frozenset[str]
    types: Mapping[str, str]
    files: str
    keys: tuple[str, ...] = ()


def folder_of(pack: str) -> str:
    """Return the folder in which the files of a pack's hooks are, among those of others.

    >>> folder_of("acme/security")
    'acme--security'
    """
    return pack.replace("/", "--")
