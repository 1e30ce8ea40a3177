"""The choice of the document that an entry goes to, where a tool reads one or the other: as the scope has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentsync.disk.folder import Folder
from agentsync.errors import UnsafeError
from agentsync.model.rel_path import rel_path
from agentsync.targets.tool import EntryPlace, Tool


def seen(tools: Sequence[Tool], folder: Folder) -> list[Tool]:
    """Return AI tools with one document for each of their entries; the lock says from then on which one it is."""
    open_places = [place for tool in tools for place in _open(tool)]
    if not open_places:
        return list(tools)
    from agentsync.disk.documents import names_in

    there: dict[str, str] = {}
    for place in open_places:
        for document in (place.document, place.hides, *(one.document for one in place.others)):
            if not document or document in there:
                continue
            try:
                names = names_in(folder, rel_path(document), place.pointer)
            except UnsafeError:  # what must not be looked at is not there
                continue
            if names is not None:
                there[document] = "+".join(sorted(names))
    return [tool.seen(there) for tool in tools]


def _open(tool: Tool) -> Iterable[EntryPlace]:
    every = (place for found in tool.places.values() for place in found if isinstance(place, EntryPlace))
    return (place for place in every if place.hides or place.instead is not None)
