"""The vocabulary in which an AI tool is written down: one `Tool`, with a place for each kind of item that it reads."""

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.item import Kind
from agentsync.model.names import ScopeName
from agentsync.rendering.rendered import Renderer, verbatim


class FilePlace(NamedTuple):
    """One file for each item, in a folder of the scope.

    Args:
        suffix: how a file's name ends, "" for as it does in the pack.
        nested: whether the folders between the item's container in the pack and its file are kept.
    """

    folder: str
    suffix: str = ""
    nested: bool = True
    render: Renderer = verbatim


class FolderPlace(NamedTuple):
    """One folder for each item, with every file beside the item's own, which are taken as they are."""

    folder: str
    render: Renderer = verbatim


class EntryPlace(NamedTuple):
    """One entry for each item, in a document of the scope that holds entries of the user's too.

    Args:
        pointer: the table in it that holds the entries, as a JSON pointer.
        format: how the document is written, such as `json`.
    """

    document: str
    pointer: str
    format: str
    render: Renderer = verbatim


FILES = FilePlace | FolderPlace
ToolPlace = FilePlace | FolderPlace | EntryPlace
Places = Mapping[Kind, tuple[ToolPlace, ...]]


class Tool(NamedTuple):
    """One AI tool, as one scope sees it.

    Args:
        docs: where the tool documents these places.
        root: the first part of its folders, which `root_variable` can move in user scope.
        root_variable: the environment variable by which the tool itself moves that folder.
        places: where it reads each kind of item, one or more; a kind without a place is told as not installed.
        user_places: the same in user scope, None where the places are those of a project.
        form: a number that grows whenever the bytes that are written for the tool change.
    """

    name: str
    docs: str
    root: str
    root_variable: str
    places: Places
    user_places: Places | None = None
    form: int = 1

    def within(self, scope: ScopeName) -> "Tool":
        """Return the tool with the places of a scope."""
        if scope is ScopeName.PROJECT or self.user_places is None:
            return self
        return self._replace(places=self.user_places)

    def home(self, kind: Kind) -> str:
        """Return the folder in which it reads the items of a kind, "" where they are no files."""
        return next((place.folder for place in self.places.get(kind, ()) if isinstance(place, FILES)), "")

    @property
    def homes(self) -> tuple[str, ...]:
        """The folders in which its items are, one for each kind that has files."""
        return tuple(home for kind in self.places if (home := self.home(kind)))

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that the tool has for itself, the outer ones first."""
        return (self.root, *self.homes)
