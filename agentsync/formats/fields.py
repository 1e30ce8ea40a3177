"""Typed reading of the fields of one mapping, whichever parser read the document."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Self

from agentsync.formats.yaml_text import flow
from agentsync.model.item import Choice, FieldEdits

CHOICE_KEYS: Final = ("only", "except", "targets", "rename", "prefix")


class Fields(ABC):
    """One mapping of a document; `where` is its own key path, for messages ("" at the top)."""

    __slots__ = ()
    where: str

    @abstractmethod
    def problem(self, node: Any, what: str, *, hint: str = "") -> Exception: ...

    @abstractmethod
    def only_keys(self, allowed: Collection[str]) -> None: ...

    @abstractmethod
    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Yield every key with its value, in the order of the file."""

    @abstractmethod
    def node(self, key: str) -> Any:
        """Return the value of a key, None where the key is absent."""

    @abstractmethod
    def as_text(self, node: Any, key: str) -> str: ...

    @abstractmethod
    def as_texts(self, node: Any, key: str) -> tuple[str, ...]: ...

    @abstractmethod
    def as_section(self, node: Any, key: str) -> Self: ...

    @abstractmethod
    def section(self, key: str) -> Self:
        """Return the mapping at a key; an empty one where there is none."""

    @abstractmethod
    def is_section(self, node: Any) -> bool:
        """Return whether a value is a mapping."""

    @abstractmethod
    def text_or_texts(self, key: str) -> str | tuple[str, ...]: ...

    def text(self, key: str) -> str | None:
        """Return the text at a key, None where the key is absent."""
        node = self.node(key)
        return None if node is None else self.as_text(node, key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at a key; empty where the key is absent."""
        node = self.node(key)
        return () if node is None else self.as_texts(node, key)

    def flag(self, key: str) -> bool:
        """Return the boolean at a key; False where the key is absent."""
        value = self.text(key)
        if value not in (None, "true", "false"):
            raise self.problem(self.node(key), f"{self.path(key)} must be true or false")
        return value == "true"

    def text_by_key(self, key: str) -> dict[str, str]:
        section = self.section(key)
        return {name: section.as_text(node, name) for name, node in section.pairs()}

    def path(self, key: str) -> str:
        """Return the whole path of a key, for messages."""
        return f"{self.where}.{key}" if self.where else key


def read_choice(entry: Fields) -> Choice:
    """Return the choice of an entry, without header changes, which manifest and lock hold in different places."""
    return Choice(
        only=entry.texts("only"),
        excluded=entry.texts("except"),
        targets=entry.texts("targets"),
        rename=entry.text_by_key("rename"),
        prefix=entry.flag("prefix"),
    )


def read_edits(section: Fields) -> tuple[dict[str, FieldEdits], dict[str, dict[str, FieldEdits]]]:
    """Return the header changes of a pack by `KIND:NAME`, and those by `KIND:NAME` and AI tool."""
    edits: dict[str, FieldEdits] = {}
    own: dict[str, dict[str, FieldEdits]] = {}
    for key, node in section.pairs():
        item = section.as_section(node, key)
        tools = {name: item.as_section(value, name) for name, value in item.pairs() if item.is_section(value)}
        fields = {name: item.text_or_texts(name) for name, _ in item.pairs() if name not in tools}
        if fields or not tools:
            edits[key] = fields
        if tools:
            own[key] = {
                name: {field: one.text_or_texts(field) for field, _ in one.pairs()} for name, one in tools.items()
            }
    return edits, own


def written_edits(choice: Choice) -> Mapping[str, Mapping[str, object]]:
    """Return the header changes of a pack as `read_edits` takes them."""
    return {
        key: {**choice.edits.get(key, {}), **choice.own_edits.get(key, {})}
        for key in (*choice.edits, *(key for key in choice.own_edits if key not in choice.edits))
    }


def choice_fields(choice: Choice) -> Iterator[tuple[str, str]]:
    """Yield the fields of a choice and their values as YAML, in the order of `CHOICE_KEYS`."""
    fields = {"only": choice.only, "except": choice.excluded, "targets": choice.targets, "rename": choice.rename}
    yield from ((key, flow(value)) for key, value in fields.items() if value)
    if choice.prefix:
        yield "prefix", "true"
