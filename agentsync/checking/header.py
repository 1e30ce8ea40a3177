"""The header of an item for rules: each field with its place, its type and its value."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.checking.found import Spot, spot_in
from agentsync.formats.yaml_tree import Items, Node, Plain, Table, YamlError, read_yaml
from agentsync.model.item import HeaderStatus
from agentsync.packs.discovery import FoundItem
from agentsync.packs.frontmatter import Document
from agentsync.targets.authoring import LIST, NUMBER, SWITCH, TABLE, TEXT

NOTHING: Final = "nothing"
# The plain scalars that YAML 1.2 takes for something else than text.
_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))"
    r"|\.(?:nan|NaN|NAN)"
)
_SWITCH: Final = re.compile(r"true|True|TRUE|false|False|FALSE")
_NOTHING: Final = re.compile(r"null|Null|NULL|~|")


class Header(NamedTuple):
    """A file taken apart, as a rule about headers sees it."""

    item: FoundItem
    document: Document

    @property
    def fields(self) -> Mapping[str, Plain]:
        return self.document.fields

    def spot(self, key: str) -> Spot:
        """Return where a field begins, the beginning of the file where that is not known."""
        entry = next((one for one in self.document.entries if one.key == key), None)
        return Spot() if entry is None else spot_in(self.document.head, entry.start)

    def line(self, key: str) -> bytes:
        """Return the bytes of an entry."""
        entry = next((one for one in self.document.entries if one.key == key), None)
        return b"" if entry is None else self.document.head[entry.start : entry.end]

    def types(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Return the type of each field as the tool's reader sees it, with those of the members of a list."""
        nodes = self._nodes()
        if nodes is None:
            return {key: (_plain_type(value), ()) for key, value in self.fields.items()}
        return {
            key.value: (_type(node), tuple(map(_type, node.value)) if isinstance(node, Items) else ())
            for key, node in nodes.value
        }

    def _nodes(self) -> Table | None:
        document = self.document
        if document.status is not HeaderStatus.STRICT:
            return None
        try:
            root = read_yaml(document.head[document.start : document.end].decode("utf-8", "replace"))
        except YamlError:
            return None
        return root if isinstance(root, Table) else None


def _type(node: Node) -> str:
    if isinstance(node, Items):
        return LIST
    if isinstance(node, Table):
        return TABLE
    if not node.plain:
        return TEXT
    if _NUMBER.fullmatch(node.value):
        return NUMBER
    if _SWITCH.fullmatch(node.value):
        return SWITCH
    return NOTHING if _NOTHING.fullmatch(node.value) else TEXT


def _plain_type(value: Plain) -> str:
    return LIST if isinstance(value, list) else TABLE if isinstance(value, dict) else TEXT if value else NOTHING


def text_of(value: Plain | None) -> str:
    """Return a text without blanks around it, "" for any other value."""
    return value.strip() if isinstance(value, str) else ""
