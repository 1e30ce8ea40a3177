"""The manifest as it is to be: entries of packs that are written or get another choice of items."""

from __future__ import annotations

from agentsync.formats.manifest_edits import drop_entry, set_entry
from agentsync.formats.pack_entries import entry_value, joined, with_choice
from agentsync.model.choice import Choice
from agentsync.model.manifest import Manifest, ManifestEntry
from agentsync.model.names import PackName
from agentsync.project.workspace import Workspace


class Draft:
    """A text that grows; nothing is written to disk.

    Args:
        workspace: the scope whose manifest it is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.text = workspace.state.manifest_text()
        self.names: list[str] = []  # of the packs whose entries were written or taken up, as the lock has them

    @property
    def manifest(self) -> Manifest:
        """What the text says."""
        return self._workspace.read_manifest(self.text)

    @property
    def is_new(self) -> bool:
        """Whether the text differs from what is on disk."""
        return self.text != self._workspace.state.manifest_text()

    def wish(self, name: str) -> ManifestEntry | None:
        """Return the entry for a pack; an alias alone stands for the one pack of its registry."""
        packs, alias = self.manifest.packs, PackName(name).alias
        alone = (wish for wish in packs if wish.key == alias and wish.registry == alias)
        return next((wish for wish in packs if wish.key == name), None) or next(alone, None)

    def take_up(self, name: str) -> None:
        """Count an entry that is there among those that the command line speaks of."""
        if name not in self.names:
            self.names.append(name)

    def put(self, wish: ManifestEntry) -> None:
        """Write an entry; one that is there keeps its place and its choice of items."""
        known = self.wish(wish.key)
        self.take_up(wish.key)
        if known is not None:
            wish = wish._replace(key=known.key, choice=known.choice)
        self.text = set_entry(self.text, "packs", wish.key, entry_value(wish))

    def drop(self, name: str) -> None:
        """Take back an entry that was written."""
        self.names.remove(name)
        self.text = drop_entry(self.text, "packs", name)

    def extend(self, name: str, more: Choice) -> None:
        """Add to the choice of items of an entry that is there."""
        wish = self.wish(name)
        assert wish is not None, "it is chosen of what was written"
        self.text = with_choice(self.text, wish, joined(wish.choice, more))

    def lines(self) -> list[str]:
        """Return what is told of the entries."""
        wishes = (self.wish(name) for name in self.names)
        return [f"pack      {wish.key}: {entry_value(wish)}" for wish in wishes if wish is not None]
