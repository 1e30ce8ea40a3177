"""Change one entry of `agentsync.yaml`, leaving every other byte of it alone.

The place of an entry comes from the parsed tree, the change is made in the text. Comments, order,
quotes and line ends stay as they are.
"""

from __future__ import annotations

from agentsync.model.yaml_text import scalar
from agentsync.model.yaml_tree import Items, Node, Table, read_yaml


def set_entry(text: str, section: str, key: str, value: str) -> str:
    """Give a section an entry, or an entry another value.

    Args:
        text: the manifest, which must be valid YAML.
        section: a key at the top, such as `packs`; added where it is missing.
        key: the entry.
        value: its value as YAML on one line.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    entry = f"{scalar(key)}: {value}"
    root = read_yaml(text)
    node = root.get(section) if isinstance(root, Table) else None
    if node is None:
        gap = "" if not text or text.endswith("\n") else end
        return f"{text}{gap}{section}:{end}  {entry}{end}"
    if not isinstance(node, Table) or not node.value:
        return _fill_empty(text, section, node, root, f"{end}  {entry}")
    old = node.get(key)
    if old is not None:
        return text[: old.start.offset] + value + text[_last(old).end.offset :]
    last = _last(node.value[-1][1])
    if node.flow:
        return f"{text[: last.end.offset]}, {entry}{text[last.end.offset :]}"
    indent = " " * (node.value[0][0].start.column - 1)
    place = _line_end(text, last.end.offset)
    gap = "" if text[:place].endswith("\n") else end
    return f"{text[:place]}{gap}{indent}{entry}{end}{text[place:]}"


def drop_entry(text: str, section: str, key: str) -> str:
    """Take an entry out of a section; a section that this empties stays, as `{}`.

    Args:
        text: the manifest, which must be valid YAML.
        section: a key at the top.
        key: the entry; nothing happens where it is not there.
    """
    root = read_yaml(text)
    node = root.get(section) if isinstance(root, Table) else None
    if not isinstance(node, Table) or node.get(key) is None:
        return text
    place = next(number for number, (name, _) in enumerate(node.value) if name.value == key)
    name, value = node.value[place]
    if node.flow:
        if place + 1 < len(node.value):
            return text[: name.start.offset] + text[node.value[place + 1][0].start.offset :]
        start = _last(node.value[place - 1][1]).end.offset if place else name.start.offset
        return text[:start] + text[_last(value).end.offset :]
    start, stop = text.rfind("\n", 0, name.start.offset) + 1, _line_end(text, _last(value).end.offset)
    rest = text[:start] + text[stop:]
    if len(node.value) > 1:
        return rest
    assert isinstance(root, Table)
    colon = next(head for head, _ in root.value if head.value == section).end.offset + 1
    return f"{rest[:colon]} {{}}{rest[colon:]}"


def _fill_empty(text: str, section: str, node: Node, root: Node | None, entry: str) -> str:
    """Put the first entry into a section that is `{}`, `~` or nothing at all."""
    assert isinstance(root, Table)
    head = next(name for name, _ in root.value if name.value == section)
    colon = text.index(":", head.end.offset) + 1
    # Without a value the node stands wherever the parser looked next; the colon is what is certain.
    stop = node.end.offset if node.start.line == head.start.line and node.end.offset > colon else colon
    return text[:colon] + entry + text[stop:]


def _last(node: Node) -> Node:
    """The last text, or flow collection, that a node holds: where its own characters end."""
    while isinstance(node, Items | Table) and not node.flow and node.value:
        tail = node.value[-1]
        node = tail[1] if isinstance(tail, tuple) else tail
    return node


def _line_end(text: str, offset: int) -> int:
    """The start of the next line."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1
