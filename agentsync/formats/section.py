"""Read a YAML file as typed mappings."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from agentsync.errors import AgentsyncError
from agentsync.formats.fields import Fields
from agentsync.formats.yaml_tree import Items, Mark, Node, Table, Text, YamlError, read_yaml
from agentsync.model.names import nearest


class Section(Fields):
    """One mapping of a YAML document, with errors that name file, line and column, see `read_section`."""

    def __init__(
        self, table: Table, name: str, failure: type[AgentsyncError], where: str = "", *, hint: str = ""
    ) -> None:
        self.table = table
        self.name = name
        self.where = where
        self._failure = failure
        self._hint = hint

    def problem(self, node: Node | None, what: str, *, hint: str = "") -> AgentsyncError:
        """Return the error for something at `node`: file, line, column, what was expected."""
        mark = (node or self.table).start
        told = f"{self.name}, line {mark.line}, column {mark.column}: {what}"
        return self._failure(told, hint=hint or self._hint).at(mark.line, mark.column, what)

    def only_keys(self, allowed: Collection[str]) -> None:
        """Refuse every key that is not allowed, naming the nearest one that is."""
        for key, _ in self.table.value:
            if key.value not in allowed:
                where = f" in {self.where}" if self.where else ""
                raise self.problem(key, f"unknown key {key.value!r}{where}", hint=nearest(key.value, allowed))

    def entries(self) -> Iterator[tuple[Text, Node]]:
        """Yield every key with its place and its value, in the order of the file."""
        return iter(self.table.value)

    def pairs(self) -> Iterator[tuple[str, Node]]:
        return ((key.value, node) for key, node in self.table.value)

    def node(self, key: str) -> Node | None:
        return self.table.get(key)

    def section(self, key: str) -> Section:
        node = self.table.get(key)
        if node is None or _is_empty(node):
            return self._below(Table((), self.table.start, self.table.end), key)
        return self.as_section(node, key)

    def as_section(self, node: Node, key: str) -> Section:
        if not isinstance(node, Table):
            raise self.problem(node, f"{self.path(key)} must be a mapping, e.g. {{ key: value }}")
        return self._below(node, key)

    def as_text(self, node: Node, key: str) -> str:
        if not isinstance(node, Text):
            raise self.problem(node, f"{self.path(key)} must be a text")
        if not node.value and node.plain:
            raise self.problem(node, f"{self.path(key)} has no value")
        return node.value

    def as_texts(self, node: Node, key: str) -> tuple[str, ...]:
        return tuple(self.as_text(item, key) for item in self.as_items(node, key))

    def as_items(self, node: Node, key: str) -> tuple[Node, ...]:
        if _is_empty(node):
            return ()
        if not isinstance(node, Items):
            raise self.problem(node, f"{self.path(key)} must be a list, e.g. [a, b]")
        return node.value

    def is_section(self, node: Node) -> bool:
        return isinstance(node, Table)

    def text_or_texts(self, key: str) -> str | tuple[str, ...]:
        node = self.table.get(key)
        return self.as_text(node, key) if isinstance(node, Text) else self.texts(key)

    def only(self, key: Text) -> Section:
        """Return the same mapping with one key alone."""
        pairs = tuple(pair for pair in self.table.value if pair[0] is key)
        return Section(self.table._replace(value=pairs), self.name, self._failure, self.where, hint=self._hint)

    def without(self, line: int, column: int) -> Section | None:
        """Return the same mapping without the key or value that stands at a place, None where nothing stands there."""
        table = _without(self.table, line, column)
        if not isinstance(table, Table) or table == self.table:
            return None
        return Section(table, self.name, self._failure, self.where, hint=self._hint)

    def _below(self, table: Table, key: str) -> Section:
        return Section(table, self.name, self._failure, self.path(key), hint=self._hint)


def read_section(text: str, name: str, failure: type[AgentsyncError], *, hint: str = "") -> Section:
    """Return the mapping that a whole document is; an empty document is an empty mapping.

    Args:
        failure: the error that this and later reading raises, naming file, line and column.
        hint: the hint of every error that has none of its own.
    """
    try:
        root = read_yaml(text)
    except YamlError as error:
        what = f"{name}, line {error.line}, column {error.column}: {error.problem}"
        why = "the file is not valid YAML"
        raise failure(what, why=why, hint=hint).at(error.line, error.column, f"{why}: {error.problem}") from error
    if root is None or _is_empty(root):
        start = Mark(0, 1, 1)
        return Section(Table((), start, start), name, failure, hint=hint)
    if not isinstance(root, Table):
        line, column, what = root.start.line, root.start.column, "expected `key: value` lines"
        raise failure(f"{name}, line {line}, column {column}: {what}", hint=hint).at(line, column, what)
    return Section(root, name, failure, hint=hint)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Text) and node.plain and node.value in ("", "~", "null")


def _without(node: Node, line: int, column: int) -> Node:
    """Return a node without the innermost part that stands at a place; the same one where there is none."""
    if isinstance(node, Text):
        return node
    if isinstance(node, Items):
        return node._replace(value=tuple(_parts(node.value, line, column)))
    pairs = list[tuple[Text, Node]]()
    for key, value in node.value:
        if _is_at(key, line, column):
            continue
        pairs += [(key, inner) for inner in _parts((value,), line, column)]
    return node._replace(value=tuple(pairs))


def _parts(nodes: tuple[Node, ...], line: int, column: int) -> Iterator[Node]:
    for node in nodes:
        smaller = _without(node, line, column)
        if smaller != node or not _is_at(node, line, column):
            yield smaller


def _is_at(node: Node, line: int, column: int) -> bool:
    return (node.start.line, node.start.column) == (line, column)
