"""A JSON file for rules: each value with its place and its type."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from agentsync.checking.found import Spot, spot
from agentsync.documents.document import Unreadable
from agentsync.documents.json_tree import Node, read_tree
from agentsync.formats.json_text import JsonError, read_json
from agentsync.targets.authoring import LIST, NUMBER, SWITCH, TABLE, TEXT, DocumentForm

NOTHING: Final = "nothing"


class Fault(NamedTuple):
    """One thing that is wrong in a document; where the value is only ignored, `is_ignored`."""

    what: str
    line: int
    column: int
    is_ignored: bool = False


class Json(NamedTuple):
    """A document that can be read."""

    text: str
    root: Node

    def spot(self, node: Node) -> Spot:
        return spot(self.text, node.start)

    def fault(self, node: Node, what: str, *, is_ignored: bool = False) -> Fault:
        """Return a fault at a value."""
        place = self.spot(node)
        return Fault(what, place.line, place.column, is_ignored)

    def faults(self, node: Node, form: DocumentForm, shown: str) -> Iterator[Fault]:
        """Yield what an object has otherwise than a form says; `shown` is what it is called in messages."""
        if type_of(node) != TABLE:
            yield self.fault(node, f"{shown} is a {type_of(node)}, and not a mapping")
            return
        for key in form.required:
            if child(node, key) is None:
                yield self.fault(node, f"{shown} has no `{key}`")
        for key, value in members(node):
            if key not in form.types:
                yield self.fault(value, f"no tool reads `{key}` of {shown}", is_ignored=True)
            elif (known := form.types[key]) and type_of(value) not in known:
                yield self.fault(value, f"`{key}` of {shown} is a {type_of(value)}, and not a {' or a '.join(known)}")


def read_document(data: bytes) -> Json | Fault:
    """Read a document as strictly as `install` does; return what is wrong where it cannot be read."""
    try:
        read_json(data)
    except JsonError as error:
        return Fault(f"it cannot be read: {error.problem}", error.line or 1, error.column or 1)
    text = data.decode("utf-8-sig")
    try:
        root = read_tree(text)
    except Unreadable as error:
        return Fault(f"it cannot be read: {error.problem}", 1, 1)
    assert root is not None, "there is a value in what is JSON"
    return Json(text, root)


def members(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the members of an object; none of anything else."""
    for member in node.members or ():
        if member.key is not None:
            yield member.key, member.node


def items(node: Node) -> list[Node]:
    """Return the members of a list; none of anything else."""
    return [member.node for member in node.members or () if member.key is None]


def child(node: Node, key: str) -> Node | None:
    """Return the value of a key, None where it is absent."""
    return next((value for name, value in members(node) if name == key), None)


def text_at(node: Node, key: str) -> str:
    """Return the text of a key, "" where there is none."""
    value = child(node, key)
    return value.value if value is not None and isinstance(value.value, str) else ""


def type_of(node: Node) -> str:
    """Return the type of a value."""
    value: Any = node.value
    if isinstance(value, bool):
        return SWITCH
    if isinstance(value, dict):
        return TABLE
    if isinstance(value, list):
        return LIST
    return TEXT if isinstance(value, str) else NOTHING if value is None else NUMBER
