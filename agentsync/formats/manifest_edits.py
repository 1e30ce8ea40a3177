"""Change one entry of `agentsync.yaml`, and leave every other byte of it alone.

Each function takes the text of a manifest, which must be valid YAML, and returns the new text. The result is parsed
again. A manifest that is not understood here is refused with a ManifestError, whose hint has the line to write.
"""

from __future__ import annotations

from typing import Any

from agentsync.errors import ManifestError
from agentsync.formats.edited_yaml import EditedYaml, plain_table
from agentsync.formats.fields import choice_fields
from agentsync.formats.yaml_edits import value_of
from agentsync.formats.yaml_text import scalar
from agentsync.formats.yaml_tree import Table, plain, read_yaml
from agentsync.model.item import Choice
from agentsync.model.manifest import ManifestEntry
from agentsync.versions.requirement import Pin, PinKind


def set_entry(text: str, section: str, key: str, value: str) -> str:
    """Give a section an entry, or an entry another value as YAML on one line; a missing section is added."""
    manifest = _Manifest(text)
    entries = manifest.entries(section) | {key: plain(read_yaml(value))}
    edited = manifest.editor.set(section, key, value)
    return manifest.with_entries(
        edited, section, entries, f"write `{scalar(key)}: {value}` under `{section}:` yourself"
    )


def set_field(text: str, section: str, key: str, field: str, value: str) -> str:
    """Give an entry that is there a field, or another value of it; a text alone becomes its `version`, or `git`."""
    manifest = _Manifest(text)
    entry = value_of(value_of(manifest.root, section), key)
    if not isinstance(entry, Table):
        alone = "version" if section == "packs" else "git"
        fields = "" if field == alone else f"{alone}: {scalar(str(plain(entry)))}, "
        return set_entry(text, section, key, f"{{{fields}{field}: {value}}}" if fields else value)
    entries = manifest.entries(section) | {key: plain_table(entry) | {field: plain(read_yaml(value))}}
    edited = manifest.editor.set_in(entry, field, value)
    hint = f"write `{field}: {value}` into {key} under `{section}:` yourself"
    return manifest.with_entries(edited, section, entries, hint)


def rename_entry(text: str, section: str, key: str, name: str) -> str:
    """Give an entry another key, which no other entry has; nothing happens where the entry is not there."""
    manifest = _Manifest(text)
    node = value_of(manifest.root, section)
    place = next((own for own, _ in node.value if own.value == key), None) if isinstance(node, Table) else None
    if place is None:
        return text
    entries = {name if own == key else own: value for own, value in manifest.entries(section).items()}
    edited = manifest.editor.rename(place, name)
    hint = f"write `{name}` instead of `{key}` under `{section}:` yourself"
    return manifest.with_entries(edited, section, entries, hint)


def drop_entry(text: str, section: str, key: str) -> str:
    """Take an entry out of a section; nothing happens where the entry is not there."""
    manifest = _Manifest(text)
    entries = manifest.entries(section)
    if key not in entries:
        return text
    del entries[key]
    return manifest.with_entries(
        manifest.editor.drop(section, key), section, entries, f"remove `{key}` under `{section}:` yourself"
    )


def entry_value(entry: ManifestEntry) -> str:
    """Return an entry's value as YAML on one line: the range alone where there is nothing else."""
    facts: dict[str, str] = {}
    if entry.git is not None:
        facts["git"] = scalar(entry.git.text)
    if entry.path or entry.folder is not None:
        facts["path"] = scalar(entry.path or entry.folder or "")
    if entry.pin is not None:
        facts[str(entry.pin.kind)] = scalar(entry.pin.text)
    facts |= dict(choice_fields(entry.choice))
    if entry.pin is not None and facts.keys() == {str(PinKind.VERSION)}:
        return facts[str(PinKind.VERSION)]
    return "{" + ", ".join(f"{key}: {value}" for key, value in facts.items()) + "}"


def with_pin(text: str, entry: ManifestEntry, pin: Pin) -> str:
    """Return a manifest in which an entry has another pin, and the choice of items it had."""
    return set_entry(text, "packs", entry.key, entry_value(entry._replace(pin=pin)))


def with_choice(text: str, entry: ManifestEntry, choice: Choice) -> str:
    """Return a manifest in which an entry has another choice of items; what stays is not touched."""
    old = dict(choice_fields(entry.choice))
    for field, value in choice_fields(choice):
        if old.get(field) != value:
            text = set_field(text, "packs", entry.key, field, value)
    return text


def joined(choice: Choice, more: Choice) -> Choice:
    """Return a choice with another one added to it; of two new names for one item the later counts."""
    return choice._replace(
        only=tuple(dict.fromkeys((*choice.only, *more.only))),
        excluded=tuple(dict.fromkeys((*choice.excluded, *more.excluded))),
        rename={**choice.rename, **more.rename},
        prefix=choice.prefix or more.prefix,
    )


class _Manifest(EditedYaml):
    """The manifest before the edit."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "agentsync.yaml", ManifestError)

    def entries(self, section: str) -> dict[str, Any]:
        return plain_table(value_of(self.root, section))

    def with_entries(self, edited: str, section: str, entries: dict[str, Any], hint: str) -> str:
        """Return an edited text once it reads as the manifest with these entries in a section."""
        return self.checked(edited, self.content | {section: entries}, hint)
