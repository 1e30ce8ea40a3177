"""What the rules look at: one pack as `install` would read it, and the lists of its registry."""

from collections.abc import Mapping
from functools import cached_property

from agentsync.checking.found import Found
from agentsync.errors import AgentsyncError, UnsafeError
from agentsync.model.finding import Finding, Level, Rule
from agentsync.model.item import DEFAULT_TARGETS
from agentsync.model.pack import Contents, PackRoot
from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.packs.discovery import FoundItem
from agentsync.packs.frontmatter import Document, read_document
from agentsync.packs.inspection import inspect
from agentsync.packs.pack import Pack, read_pack
from agentsync.packs.pack_file import PACK_FILE
from agentsync.planning.filling import Examined
from agentsync.planning.locking import choose, unlocked
from agentsync.targets.all_tools import TOOLS


class Subject:
    """One pack, read as `install` reads it.

    Args:
        held: the pack.
        listed: how its registry lists it, None where none does.
    """

    def __init__(self, held: Pack) -> None:
        self.held = held
        self.root = held.root
        self.contents = held.contents
        self.items = held.items

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """The bytes of every file of an item that is small enough to be installed."""
        entries = self.contents.entries
        paths = sorted({path for item in self.items for path in item.files if entries[path].is_plain})
        sizes = self.contents.sizes(paths)
        return self.contents.read(path for path in paths if sizes[path] <= DEFAULT_LIMITS.file)

    def document(self, item: FoundItem) -> Document:
        """Return the file of an item, taken apart."""
        return read_document(self.texts.get(item.path, b""))

    @cached_property
    def _grants(self) -> Mapping[FoundItem, tuple[str, ...]]:
        return self.held.grants()

    def grants_of(self, item: FoundItem) -> tuple[str, ...]:
        """Return what an item asks for."""
        return self._grants.get(item, ())

    @property
    def grants(self) -> tuple[str, ...]:
        """What all items ask for together."""
        return tuple(sorted({grant for found in self._grants.values() for grant in found}))

    @cached_property
    def examined(self) -> Examined | None:
        """What `install` makes of it for the usual tools, None where it refuses the pack."""
        try:
            return choose(unlocked(self.held), self.held, [TOOLS[name] for name in DEFAULT_TARGETS])
        except AgentsyncError:
            return None


def read_subject(root: PackRoot, contents: Contents) -> Subject | Found:
    """Read a pack; return the finding for one that cannot be read at all."""
    try:
        return Subject(read_pack(root, contents))
    except UnsafeError as error:
        return Found("refused-file", "", f"{error.what}: {error.why}" if error.why else error.what)
    except AgentsyncError as error:
        what = error.problem or error.what
        return Found("registry-invalid", PACK_FILE, what, error.line or 1, error.column or 1, fix=_fix(error))


def _fix(error: AgentsyncError) -> str:
    return "" if error.hint.startswith("contact ") else error.hint


def refused(subject: Subject) -> list[Finding]:
    """Return what `install` refuses or tells of the files of a pack, refused by name, size, mode or bytes."""
    held = subject.held
    try:
        inspected = inspect(held.root.name, held.items, held.contents, held.limits)
    except UnsafeError as error:
        return [Finding(held.root.name, "", f"{error.what}: {error.why}", severity=Level.ERROR)]
    own = {Rule.REFUSED_FILE, Rule.HIDDEN_TEXT, Rule.LINK_NOT_FOLLOWED, Rule.SUBMODULE}
    return [*inspected.refused.values(), *inspected.told, *(one for one in held.findings if one.rule in own)]
