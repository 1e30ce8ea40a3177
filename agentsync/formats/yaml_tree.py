"""YAML as a tree of texts, lists and mappings that knows where each of them stands.

Every scalar stays the text that is written, so that `1.10` and `0435` survive. Refused, because no file of ours needs
them and each has been used as a weapon: anchors and aliases, tags, duplicate keys, more than one document, deep
nesting. The tree is built from parser events without recursion, so that no input exhausts the stack.

Source of the format: YAML 1.1 as read by libyaml (https://pyyaml.org/wiki/LibYAML).
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 32
LARGEST: Final = 8 * 1024 * 1024
MOST_NODES: Final = 250_000


class YamlError(ValueError):
    """Text that is not the YAML we accept; `line` and `column` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.problem = problem
        self.line = line
        self.column = column


class Mark(NamedTuple):
    """A place in a text: `offset` in characters from 0, `line` and `column` from 1."""

    offset: int
    line: int
    column: int


class Text(NamedTuple):
    """A scalar as it is written; `plain` where it stands without quotes."""

    value: str
    start: Mark
    end: Mark
    plain: bool = True


class Items(NamedTuple):
    """A sequence; `flow` where it is written with brackets."""

    value: tuple["Node", ...]
    start: Mark
    end: Mark
    flow: bool = False


class Table(NamedTuple):
    """A mapping from texts, in the order of the file; `flow` where it is written with braces."""

    value: tuple[tuple[Text, "Node"], ...]
    start: Mark
    end: Mark
    flow: bool = False

    def get(self, key: str) -> "Node | None":
        for name, value in self.value:
            if name.value == key:
                return value
        return None


Node = Text | Items | Table
Plain = str | list[Any] | dict[str, Any]


def read_yaml(text: str) -> Node | None:
    """Return the root of a document, None for an empty one; raise YamlError for what is no YAML, or is refused here."""
    if len(text) > LARGEST:
        raise YamlError(f"more than {LARGEST >> 20} MiB", 1, 1)
    import yaml

    builder = _Builder()
    try:
        for event in yaml_events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(error.problem or error.context or "not YAML", line, column) from error
    except UnicodeEncodeError as error:
        raise YamlError("half of a surrogate pair is no character", 1, 1) from error
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split()), 1, 1) from error
    return builder.found[0] if builder.found else None


def yaml_events(text: str) -> Iterator[Any]:
    """Yield the parser's events, all of them up to the place where it fails.

    The scanner reads ahead of the events, and a version may stop there at a limit of its own, such
    as a depth. What stands before that place is yielded first, so that a caller's own limits hold
    with every version.
    Raises:
        yaml.YAMLError: where the text is not YAML, or is more than this parser takes.
        UnicodeEncodeError: where the text holds half of a surrogate pair.
    """
    # Loaded only here: most commands read nothing but a canonical lock, and YAML takes longer to load than that.
    import yaml

    loader: Any = getattr(yaml, "CLoader", yaml.Loader)
    seen = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            seen += 1
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is not None:
            with suppress(yaml.YAMLError):
                yield from islice(yaml.parse(text[: mark.index], Loader=loader), seen, None)
        raise


def plain(node: Node | None) -> Plain:
    """Return a tree as texts, lists and dicts; an empty document as an empty text."""
    if node is None:
        return ""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.value]
    return {key.value: plain(value) for key, value in node.value}


class _Open(NamedTuple):
    """A sequence or mapping that is not closed yet."""

    start: Mark
    mapping: bool
    flow: bool
    children: list[Node]


class _Builder:
    """Builder of one tree from parser events."""

    def __init__(self) -> None:
        self.found: list[Node] = []
        self._open = [_Open(Mark(0, 1, 1), mapping=False, flow=False, children=self.found)]
        self._nodes = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__.removesuffix("Event")
        if kind == "DocumentStart" and self.found:
            raise _refuse("a second document", event)
        if kind == "Alias":
            raise _refuse("aliases (*name) are not accepted", event)
        elif kind in ("Scalar", "MappingStart", "SequenceStart"):
            self._check(event)
            self._nodes += 1
            if self._nodes > MOST_NODES:
                raise _refuse(f"more than {MOST_NODES:,} values", event)
            if kind == "Scalar":
                text = Text(event.value, _mark(event.start_mark), _mark(event.end_mark), event.style in (None, ""))
                self._open[-1].children.append(text)
            else:
                is_flow = bool(getattr(event, "flow_style", False))
                self._open.append(_Open(_mark(event.start_mark), kind == "MappingStart", is_flow, []))
                if len(self._open) > MAX_DEPTH + 1:
                    raise _refuse(f"nested deeper than {MAX_DEPTH} levels", event)
        elif kind in ("MappingEnd", "SequenceEnd"):
            ended = self._close(self._open.pop(), _mark(event.end_mark))
            self._open[-1].children.append(ended)

    @staticmethod
    def _check(event: Any) -> None:
        if event.anchor is not None:
            raise _refuse("anchors (&name) are not accepted", event)
        if event.tag is not None and event.tag != "!":
            raise _refuse(f"the tag {event.tag} is not accepted", event)

    @staticmethod
    def _close(opened: _Open, end: Mark) -> Node:
        if not opened.mapping:
            return Items(tuple(opened.children), opened.start, end, opened.flow)
        if len(opened.children) % 2:  # libyaml has no event for a value that is missing behind `? :`
            raise YamlError("a key without a value", opened.start.line, opened.start.column)
        entries: list[tuple[Text, Node]] = []
        seen: set[str] = set()
        for key, value in zip(opened.children[::2], opened.children[1::2], strict=True):
            if not isinstance(key, Text):
                raise YamlError("a key must be a plain text", key.start.line, key.start.column)
            if key.value in seen:
                raise YamlError(f"duplicate key {key.value!r}", key.start.line, key.start.column)
            seen.add(key.value)
            entries.append((key, value))
        return Table(tuple(entries), opened.start, end, opened.flow)


def _mark(mark: Any) -> Mark:
    return Mark(mark.index, mark.line + 1, mark.column + 1)


def _refuse(problem: str, event: Any) -> YamlError:
    return YamlError(problem, event.start_mark.line + 1, event.start_mark.column + 1)
