"""Typed reading of the fields of one mapping, whichever parser read the document."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
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
