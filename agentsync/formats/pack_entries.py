"""The entry of a pack in `agentsync.yaml`, as it is written: its source, its pin, its choice of items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentsync.formats.manifest_edits import set_entry, set_field
from agentsync.formats.yaml_text import flow, scalar
from agentsync.model.choice import Choice
from agentsync.model.manifest import ManifestEntry
from agentsync.versions.requirement import Pin, PinKind


def entry_value(wish: ManifestEntry) -> str:
    """Return an entry's value as YAML on one line: the range alone where there is nothing else."""
    facts: dict[str, str] = {}
    if wish.git is not None:
        facts["git"] = scalar(wish.git.text)
    if wish.path or wish.folder is not None:
        facts["path"] = scalar(wish.path or wish.folder or "")
    if wish.pin is not None:
        facts[str(wish.pin.kind)] = scalar(wish.pin.text)
    facts |= dict(_choice_fields(wish.choice))
    if wish.pin is not None and facts.keys() == {str(PinKind.VERSION)}:
        return facts[str(PinKind.VERSION)]
    return "{" + ", ".join(f"{key}: {value}" for key, value in facts.items()) + "}"


def with_pin(text: str, wish: ManifestEntry, pin: Pin) -> str:
    """Return a manifest in which an entry has another pin, and the choice of items it had."""
    return set_entry(text, "packs", wish.key, entry_value(wish._replace(pin=pin)))


def with_choice(text: str, wish: ManifestEntry, choice: Choice) -> str:
    """Return a manifest in which an entry has another choice of items; what stays is not touched."""
    old = dict(_choice_fields(wish.choice))
    for field, value in _choice_fields(choice):
        if old.get(field) != value:
            text = set_field(text, "packs", wish.key, field, value)
    return text


def joined(choice: Choice, more: Choice) -> Choice:
    """Return a choice with another one added to it; of two new names for one item the later counts."""
    return choice._replace(
        only=tuple(dict.fromkeys((*choice.only, *more.only))),
        excluded=tuple(dict.fromkeys((*choice.excluded, *more.excluded))),
        rename=_together(choice.rename, more.rename),
        prefix=choice.prefix or more.prefix,
    )


def _together(one: Mapping[str, str], other: Mapping[str, str]) -> Mapping[str, str]:
    return {**one, **other}


def _choice_fields(choice: Choice) -> Iterator[tuple[str, str]]:
    for key, words in (("only", choice.only), ("except", choice.excluded), ("targets", choice.targets)):
        if words:
            yield key, flow(words)
    if choice.rename:
        yield "rename", flow(choice.rename)
    if choice.prefix:
        yield "prefix", "true"
