"""The fields of a manifest's or a lock's entry that choose items of a pack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agentsync.formats.fields import Fields
from agentsync.formats.yaml_text import flow
from agentsync.model.item import Choice, FieldEdits

CHOICE_KEYS: Final = ("only", "except", "targets", "rename", "prefix")


def read_choice(entry: Fields) -> Choice:
    """Return the choice of an entry, without header changes, which manifest and lock hold in different places."""
    return Choice(
        only=entry.texts("only"),
        excluded=entry.texts("except"),
        targets=entry.texts("targets"),
        rename=entry.text_by_key("rename"),
        prefix=entry.flag("prefix"),
    )


def read_edits(section: Fields) -> dict[str, FieldEdits]:
    """Return the header changes of a pack by `KIND:NAME`."""
    items = {key: section.as_section(node, key) for key, node in section.pairs()}
    return {key: {name: fields.text_or_texts(name) for name, _ in fields.pairs()} for key, fields in items.items()}


def choice_fields(choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield the fields of a choice and their values as YAML, in the order of `CHOICE_KEYS`."""
    fields = {"only": choice.only, "except": choice.excluded, "targets": choice.targets, "rename": choice.rename}
    yield from ((key, flow(value)) for key, value in fields.items() if value)
    if choice.prefix:
        yield "prefix", "true"
