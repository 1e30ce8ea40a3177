"""The vocabulary in which an AI tool is written down: one `Tool`, with a place for each kind of item that it reads."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
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


class Root(NamedTuple):
    """One folder of the user's home that a tool lets a variable of the environment move.

    Args:
        below: the folder in the one that the variable names, "" for that one itself.
    """

    folder: str
    variable: str
    below: str = ""


class When(StrEnum):
    """When a person should know something about a tool."""

    TRUST = "trust"  # always, for the tool lets pass what is in folders that it does not trust
    CHANGED = "changed"  # after files of these kinds changed


class Note(NamedTuple):
    """What a person has to know of items of some kinds, or to do in the tool itself."""

    when: When
    kinds: tuple[Kind, ...]
    text: str


class Reading(NamedTuple):
    """A place of other tools from which a tool reads rules too, `unless` a file is there."""

    place: str
    unless: str = ""


class Tool(NamedTuple):
    """One AI tool, as one scope sees it.

    Args:
        docs: where the tool documents these places.
        places: where it reads each kind of item, one or more; a kind without a place is told as not installed.
        user_places: the same in user scope, None where the places are those of a project.
        skills: the other folders where it reads skills for certain, so that several tools share one.
        roots: the folders of user scope that can be moved.
        signs: files and folders of a project that show that the tool is used there.
        sources: where a kind is documented, or which loader was asked, where that is another place than `docs`.
        reads_too: where it reads the rules that are written for other tools.
        form: a number that grows whenever the bytes that are written for the tool change.
    """

    name: str
    docs: str
    places: Places
    user_places: Places | None = None
    skills: tuple[str, ...] = ()
    roots: tuple[Root, ...] = ()
    signs: tuple[str, ...] = ()
    sources: Mapping[Kind, str] = {}
    notes: tuple[Note, ...] = ()
    reads_too: tuple[Reading, ...] = ()
    form: int = 1

    def within(self, scope: ScopeName) -> "Tool":
        """Return the tool with the places of a scope."""
        if scope is ScopeName.PROJECT or self.user_places is None:
            return self
        return self._replace(places=self.user_places)

    def home(self, kind: Kind) -> str:
        """Return the first folder in which it reads the items of a kind, "" where they are no files."""
        return next((place.folder for place in self.places.get(kind, ()) if isinstance(place, FILES)), "")

    @property
    def homes(self) -> tuple[str, ...]:
        """The folders in which its items are, those included that it shares with other tools."""
        files = (place.folder for found in self.places.values() for place in found if isinstance(place, FILES))
        return tuple(dict.fromkeys((*files, *(self.skills if Kind.SKILL in self.places else ()))))

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents in which its items are entries."""
        places = (place for found in self.places.values() for place in found if isinstance(place, EntryPlace))
        return tuple(dict.fromkeys(place.document for place in places))

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that may be a link, the outer ones first: those of its items, and all above them."""
        return tuple(dict.fromkeys((*_above(self.homes), *_above(self.documents), *self.homes)))


def _above(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = path.split("/")
        yield from ("/".join(parts[:count]) for count in range(1, len(parts)))
