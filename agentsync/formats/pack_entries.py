"""Write the entry of a pack in `agentsync.yaml`: its source, its pin, its choice of items."""

from __future__ import annotations

from agentsync.formats.choice import choice_fields
from agentsync.formats.manifest_edits import set_entry, set_field
from agentsync.formats.yaml_text import scalar
from agentsync.model.choice import Choice
from agentsync.model.manifest import ManifestEntry
from agentsync.versions.requirement import Pin, PinKind


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
