"""Edit one value of a JSON document, with comments and trailing commas or without, and nothing else in it."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from agentsync.documents.document import (
    FILE,
    Edited,
    Found,
    Missing,
    Occupied,
    Twice,
    Unreadable,
    Unsafe,
    Unwritable,
    WrongContainer,
    canonical,
    content_of,
    member_name,
    names_member,
    pointer_of,
    steps_of,
    text_of,
)
from agentsync.documents.json_layout import Layout, Spot, new_document, one_line, spliced
from agentsync.documents.json_removal import cut, is_alone, lines_of
from agentsync.documents.json_tree import Node, read_tree, value_of


class Trail(NamedTuple):
    """The way to a place: the members that are passed, and the steps for which there is none."""

    spots: tuple[Spot, ...]
    rest: tuple[str, ...]


class JsonDocument:
    """A JSON document that was read."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.mark, self.text = text_of(data or b"")
        self.root = read_tree(self.text)

    def find(self, pointer: str) -> Found | None:
        """Return what stands at a place, None for nothing; raise DocumentError where that cannot be said."""
        trail = self.trail(steps_of(pointer))
        if trail.rest:
            return None
        spot = trail.spots[-1]
        start, end = lines_of(self.text, spot)
        return Found(content_of(spot.value.value), self.text[start:end])

    def members(self, pointer: str) -> tuple[str, ...]:
        """Return the pointers of all members of a container, () where there is none."""
        trail = self.trail(steps_of(pointer)) if pointer else Trail((), ())
        node = trail.spots[-1].value if trail.spots else self.root
        if trail.rest or node is None:
            return ()
        names = (member_name(member.node.value) if member.key is None else member.key for member in node.members or ())
        return tuple(pointer + pointer_of([name]) for name in names)

    def trail(self, steps: tuple[str, ...]) -> Trail:
        """Return the way to a place; raise WrongContainer where a container on it is of another type."""
        spots: list[Spot] = []
        node = self.root
        for depth in range(len(steps)):
            number = None if node is None else _number(node, steps, depth)
            if node is None or number is None:
                return Trail(tuple(spots), steps[depth:])
            spots.append(Spot(node, number))
            node = spots[-1].value
        return Trail(tuple(spots), ())


def _number(node: Node, steps: tuple[str, ...], depth: int) -> int | None:
    """Return the number of the member that a step names."""
    step = steps[depth]
    kind, word = (list, "a list") if names_member(step) else (dict, "an object")
    if not isinstance(node.value, kind):
        place = pointer_of(steps[:depth])
        raise WrongContainer(f"{place or 'the document'} is not {word}", place)
    members = node.members or ()
    if kind is dict:
        return next((number for number, member in enumerate(members) if member.key == step), None)
    found = [number for number, member in enumerate(members) if member_name(member.node.value) == step]
    if len(found) > 1:
        place = pointer_of(steps[: depth + 1])
        raise Twice(f"{place} stands in its list twice", pointer=place)
    return found[0] if found else None


def read(data: bytes | None) -> JsonDocument:
    """Read a document, None for one that does not exist."""
    return JsonDocument(data)


def insert(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put content where nothing stands, and make the containers that it needs."""
    document = JsonDocument(data)
    steps = steps_of(pointer)
    value = value_of(content)
    if names_member(steps[-1]) and member_name(value) != steps[-1]:
        raise Unwritable("the pointer names a member of a list by another value", pointer)
    trail = document.trail(steps)
    if not trail.rest:
        return _same(document, trail, value, pointer, made)
    key, wrapped = _wrapped(trail.rest, value)
    new = _with(document, trail, key, wrapped)
    passed = len(steps) - len(trail.rest)
    containers = [pointer_of(steps[:depth]) for depth in range(passed + 1, len(steps))]
    if data is None:
        containers.insert(0, FILE)
    expected = _changed(document.root.value if document.root else None, steps, [value])
    return Edited(_checked(document, new, expected), tuple(dict.fromkeys([*made, *containers])))


def replace(data: bytes | None, pointer: str, content: bytes, made: Collection[str] = ()) -> Edited:
    """Put content in the place of what stands there; a member of a list gets another pointer by that."""
    document = JsonDocument(data)
    steps = steps_of(pointer)
    value = value_of(content)
    trail = document.trail(steps)
    if trail.rest or document.root is None:
        raise Missing("nothing stands there", pointer)
    spot = trail.spots[-1]
    if canonical(spot.value.value) == canonical(value):
        return Edited(data, tuple(made))
    splice = Layout(document.text, document.root).replaced(spot, value)
    new = spliced(document.text, [splice])
    expected = _changed(document.root.value, steps, [value])
    return Edited(_checked(document, new, expected), tuple(made), document.text[splice.start : splice.end])


def remove(data: bytes | None, pointer: str, made: Collection[str] = ()) -> Edited:
    """Take out what stands at a place, and the containers of `made` that are empty then."""
    document = JsonDocument(data)
    steps = steps_of(pointer)
    trail = document.trail(steps)
    if trail.rest or document.root is None:
        return Edited(data, tuple(made))
    spots = list(trail.spots)
    taken = document.text[slice(*lines_of(document.text, spots[-1]))]
    while len(spots) > 1 and pointer_of(steps[: len(spots) - 1]) in made and is_alone(document.text, spots[-1]):
        spots.pop()
    left = tuple(place for place in made if place not in _pointers(steps, len(spots)))
    if len(spots) == 1 and FILE in made and is_alone(document.text, spots[0]) and _is_bare(document):
        return Edited(None, (), taken)
    new = spliced(document.text, cut(document.text, spots[-1]))
    expected = _changed(document.root.value, steps[: len(spots)], [])
    return Edited(_checked(document, new, expected), left, taken)


def _pointers(steps: tuple[str, ...], start: int) -> Iterator[str]:
    return (pointer_of(steps[:depth]) for depth in range(start, len(steps) + 1))


def _is_bare(document: JsonDocument) -> bool:
    """Return true for a document with nothing but blanks around its value."""
    root = document.root
    return root is not None and not (document.text[: root.start] + document.text[root.end :]).strip()


def _with(document: JsonDocument, trail: Trail, key: str | None, value: object) -> str:
    """Return the text with a member behind the last one of the innermost container that is there."""
    if document.root is None:
        return new_document(document.text, [value] if key is None else {key: value})
    holder = trail.spots[-1] if trail.spots else None
    node = holder.value if holder else document.root
    return spliced(document.text, Layout(document.text, document.root).added(node, holder, key, value))


def _wrapped(rest: tuple[str, ...], value: Any) -> tuple[str | None, Any]:
    """Return the member that is added: its key and its value, with the containers around the content."""
    for step in reversed(rest[1:]):
        value = [value] if names_member(step) else {step: value}
    return (None if names_member(rest[0]) else rest[0]), value


def _same(document: JsonDocument, trail: Trail, value: object, pointer: str, made: Collection[str]) -> Edited:
    if canonical(trail.spots[-1].value.value) != canonical(value):
        raise Occupied("another value stands there", pointer)
    return Edited(document.data, tuple(made))


def _changed(old: Any, steps: tuple[str, ...], change: list[Any]) -> Any:
    """Return what a document is to hold once `change`, a value or none, stands at a place; containers are made."""
    step, rest = steps[0], steps[1:]
    if names_member(step):
        members = list(old or [])
        number = next((at for at, member in enumerate(members) if member_name(member) == step), len(members))
        inner = members[number] if number < len(members) else None
        members[number : number + 1] = [_changed(inner, rest, change)] if rest else change
        return members
    table = dict(old or {})
    new = [_changed(table.get(step), rest, change)] if rest else change
    if new:
        table[step] = new[0]
    else:
        table.pop(step)
    return table


def _checked(document: JsonDocument, new: str, expected: object) -> bytes:
    """Return the bytes of an edited text once it reads as expected."""
    try:
        root = read_tree(new)
    except Unreadable as error:
        raise Unsafe(f"the edited document cannot be read: {error.problem}") from error
    if root is None or one_line(root.value) != one_line(expected):
        raise Unsafe("the edited document does not hold what it should")
    return (document.mark + new).encode()
