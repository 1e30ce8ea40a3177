"""Source and result of a rendering, and the rendering that changes nothing."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from agentsync.model.names import ItemKey


class Source(NamedTuple):
    """The file of a pack that holds an item.

    Args:
        item: the item, with the name that it has here.
        path: the file, as a path in the pack.
        data: its bytes, with the header changes that the manifest declares; of a server the JSON of its value, of
            hooks the JSON of `{EVENT: GROUP}`.
        pack: the pack as the lock calls it, `alias/pack`.
        edits: header fields that the manifest declares for this tool alone, such as `model`.
        beside: the other files of the pack that are installed with it.
        root: the folder in the pack of the plug-in that it is a part of, "" for the pack's own root.
    """

    item: ItemKey
    path: str
    data: bytes
    pack: str = ""
    edits: Mapping[str, str | tuple[str, ...]] = {}
    beside: Collection[str] = ()
    root: str = ""


class Loss(NamedTuple):
    """A part of an item that a tool does not get, such as a key of the header, and the reason, in words.

    Args:
        code: what became of it: `dropped`, `narrowed`, `renamed`, `changed`, `refused`.
        about: the key, or the names of tools, joined by `, `.
    """

    code: str
    about: str
    why: str


class Rendered(NamedTuple):
    """An item's own file, or the value of an entry, as a tool reads it.

    Args:
        data: the bytes; of an entry the JSON of its value without blanks, its keys in the order in which they are
            written (`content_digest` of a slot does not count it), or the text of a section. None where the item is
            not installed for the tool: then `lost` says `refused`.
        lost: what is told.
        residue: the classes of power that the source does not have and the tool gives all the same, such as `mcp`.
    """

    data: bytes | None
    lost: tuple[Loss, ...] = ()
    residue: tuple[str, ...] = ()


Renderer = Callable[[Source], Rendered]
"""Renders the source of an item; the same source gives the same bytes, until the form of the tool changes."""


def verbatim(source: Source) -> Rendered:
    """Return the source as it is."""
    return Rendered(source.data)


def refused(why: str, about: str = "") -> Rendered:
    """Return what is told of an item that the tool cannot load, or that would be more there than in its source."""
    return Rendered(None, (Loss("refused", about, why),))
