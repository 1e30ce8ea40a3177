"""The manifest as it is to be: the one place where commands edit its text."""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.formats.manifest_edits import (
    drop_entry,
    joined,
    rename_entry,
    set_entry,
    set_field,
    with_choice,
    with_pin,
)
from agentsync.formats.manifest_edits import entry_value as entry_value
from agentsync.formats.yaml_text import flow, scalar
from agentsync.model.item import Choice
from agentsync.model.manifest import Manifest, ManifestEntry
from agentsync.model.names import PackName
from agentsync.project.project import Project
from agentsync.versions.requirement import Pin

_PACKS = ("packs", "overrides")


class ManifestDraft:
    """A text that is edited; nothing is written to disk."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.text = project.state.manifest_text()
        self.names: list[str] = []  # of the packs whose entries were written or taken up, as the lock has them

    @property
    def manifest(self) -> Manifest:
        """The manifest that the text holds."""
        return self._project.read_manifest(self.text)

    @property
    def is_new(self) -> bool:
        """True where the text differs from the file on disk."""
        return self.text != self._project.state.manifest_text()

    def entry(self, name: str) -> ManifestEntry | None:
        """Return the entry for a pack; an alias alone stands for the one pack of its registry."""
        packs, alias = self.manifest.packs, PackName(name).alias
        alone = (entry for entry in packs if entry.key == alias and entry.registry == alias)
        return next((entry for entry in packs if entry.key == name), None) or next(alone, None)

    def take_up(self, name: str) -> None:
        """Count an entry that is there among those that the command line names."""
        if name not in self.names:
            self.names.append(name)

    def put(self, entry: ManifestEntry) -> None:
        """Write an entry; one that is there keeps its place and its choice of items."""
        known = self.entry(entry.key)
        self.take_up(entry.key)
        if known is not None:
            entry = entry._replace(key=known.key, choice=known.choice)
        self.text = set_entry(self.text, "packs", entry.key, entry_value(entry))

    def take_back(self, name: str) -> None:
        """Drop an entry that was written here."""
        self.names.remove(name)
        self.text = drop_entry(self.text, "packs", name)

    def put_targets(self, names: Sequence[str]) -> None:
        """Write the targets into a manifest that names none."""
        self.text = f"{self.text.rstrip()}\n\ntargets: {flow(tuple(names))}\n"

    def set_pin(self, entry: ManifestEntry, pin: Pin) -> None:
        """Give an entry another pin."""
        self.text = with_pin(self.text, entry, pin)

    def extend(self, name: str, more: Choice) -> None:
        """Add to the choice of items of an entry that is there."""
        entry = self.entry(name)
        assert entry is not None, "it is chosen of what was written"
        self.text = with_choice(self.text, entry, joined(entry.choice, more))

    def drop_pack(self, key: str) -> None:
        """Drop the entry of a pack, and its overrides."""
        for section in _PACKS:
            self.text = drop_entry(self.text, section, key)

    def rename_pack(self, key: str, new: str) -> None:
        """Give the entry of a pack, and its overrides, another key."""
        for section in _PACKS:
            self.text = rename_entry(self.text, section, key, new)

    def put_registry(self, alias: str, git: str, *, branch: str = "") -> None:
        """Write the entry of a registry."""
        self.text = set_entry(self.text, "registries", alias, registry_value(git, branch=branch))

    def set_url(self, alias: str, git: str) -> None:
        """Give the entry of a registry another URL."""
        self.text = set_field(self.text, "registries", alias, "git", scalar(git))

    def drop_registry(self, alias: str) -> None:
        """Drop the entry of a registry."""
        self.text = drop_entry(self.text, "registries", alias)

    def rename_registry(self, alias: str, new: str) -> None:
        """Give a registry another alias, with its packs and their overrides."""
        packs = [entry.key for entry in self.manifest.packs if entry.registry == alias]
        self.text = rename_entry(self.text, "registries", alias, new)
        for key in packs:
            self.rename_pack(key, new + key.removeprefix(alias))

    def lines(self) -> list[str]:
        """Return a line of output for each entry that the command line names."""
        entries = (self.entry(name) for name in self.names)
        return [f"pack      {entry.key}: {entry_value(entry)}" for entry in entries if entry is not None]


def registry_value(git: str, *, branch: str = "", tags: str = "") -> str:
    """Return the value of a registry's entry as YAML on one line: the URL alone where there is nothing else."""
    more = {key: text for key, text in (("branch", branch), ("tags", tags)) if text}
    return flow({"git": git, **more}, sort=False) if more else scalar(git)


def set_pack(draft: ManifestDraft, key: str, value: str) -> None:
    """Write the entry of a pack as YAML on one line."""
    draft.text = set_entry(draft.text, "packs", key, value)
