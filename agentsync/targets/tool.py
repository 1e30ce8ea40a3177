"""The vocabulary in which an AI tool is written down: one `Tool`, with a place for each kind of item that it reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
        called: returns the name that an item has there, None where that is its own.
    """

    folder: str
    suffix: str = ""
    nested: bool = True
    render: Renderer = verbatim
    called: Callable[[str], str] | None = None


class FolderPlace(NamedTuple):
    """One folder for each item, with every file beside the item's own, which are taken as they are."""

    folder: str
    render: Renderer = verbatim


class EntryPlace(NamedTuple):
    """One entry for each item, in a document of the scope that holds entries of the user's too.

    Args:
        pointer: the table in it that holds the entries, as a JSON pointer.
        format: how the document is written, such as `json`.
        files: the folder for the files that entries need, each pack's in its own; "" where they need none.
        instead: another document, which is taken as long as this one is not there.
        only_there: whether that other one is taken only where it is there.
        hides: a document that the tool, or another one, does not read any more once this one is there.
        needs: the grants without which nothing is written there, beside those of the item.
        is_plain: whether the tool takes comments and commas behind a last member for mistakes.
    """

    document: str
    pointer: str
    format: str
    render: Renderer = verbatim
    files: str = ""
    instead: "EntryPlace | None" = None
    only_there: bool = False
    hides: str = ""
    needs: tuple[str, ...] = ()
    is_plain: bool = False

    @property
    def others(self) -> tuple["EntryPlace", ...]:
        """The places that may have been taken instead of it."""
        return (self.instead,) if self.instead is not None else ()

    def seen(self, there: Mapping[str, str]) -> "EntryPlace":
        """Return the place that is taken where some documents are there, with what its entries need.

        Args:
            there: the documents that are there, each with the names of its entries.
        """
        if self.document in there:
            return self._replace(instead=None)
        if self.instead is not None and (self.instead.document in there or not self.only_there):
            return self.instead
        needs = (f"hides:{self.hides}:{there[self.hides]}",) if self.hides in there else ()
        return self._replace(instead=None, needs=(*self.needs, *needs))


class CommandPlace(NamedTuple):
    """A document that the tool itself rewrites while it runs: an entry is added by a command of the tool alone."""

    document: str
    command: tuple[str, ...]
    render: Renderer = verbatim


FILES = FilePlace | FolderPlace
ToolPlace = FilePlace | FolderPlace | EntryPlace | CommandPlace
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
    """A thing that a person has to know of items of some kinds, or to do in the tool itself."""

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
        budgets: how many tokens names and descriptions of all items of a kind may take together, as it is documented
            or as the tool itself warns; beyond it descriptions are cut, or the tool gets slow.
        sizes: how many bytes of a document of a project it reads; what stands behind them is cut off.
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
    budgets: Mapping[Kind, int] = {}
    sizes: Mapping[str, int] = {}
    form: int = 1

    def within(self, scope: ScopeName) -> "Tool":
        """Return the tool with the places of a scope."""
        if scope is ScopeName.PROJECT or self.user_places is None:
            return self
        return self._replace(places=self.user_places)

    def seen(self, there: Mapping[str, str]) -> "Tool":
        """Return the tool with one document for each entry, as those are that are there, with their entries."""
        places = {
            kind: tuple(place.seen(there) if isinstance(place, EntryPlace) else place for place in found)
            for kind, found in self.places.items()
        }
        return self._replace(places=places)

    def home(self, kind: Kind) -> str:
        """Return the first folder in which it reads the items of a kind, "" where they are no files."""
        return next((place.folder for place in self.places.get(kind, ()) if isinstance(place, FILES)), "")

    @property
    def homes(self) -> tuple[str, ...]:
        """The folders in which its items are, those included that it shares with other tools."""
        every = [place for found in self.places.values() for place in found]
        files = (place.folder for place in every if isinstance(place, FILES))
        needed = (place.files for place in every if isinstance(place, EntryPlace) and place.files)
        return tuple(dict.fromkeys((*files, *needed, *(self.skills if Kind.SKILL in self.places else ()))))

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents in which its items are entries."""
        places = (place for found in self.places.values() for place in found if isinstance(place, EntryPlace))
        return tuple(dict.fromkeys(one.document for place in places for one in (place, *place.others)))

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder that may be a link, the outer ones first: those of its items, and all above them."""
        return tuple(dict.fromkeys((*_above(self.homes), *_above(self.documents), *self.homes)))


def _above(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = path.split("/")
        yield from ("/".join(parts[:count]) for count in range(1, len(parts)))
