"""The rooms of the house and the doors between them, as ARCHITECTURE.md draws them.

Read from the syntax tree, so that nothing has to be imported, and imports inside functions and
those for type checkers count like all others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import pytest

from tests.sources import nodes_of, sources

# Which rooms a room may import, each only rooms above it in this list; its own and `errors` are everybody's.
MAY_IMPORT: Final[dict[str, set[str]]] = {
    "__init__": set(),
    "errors": set(),
    "late": set(),
    "platform": set(),
    "versions": set(),
    "model": {"versions"},
    "formats": {"model", "versions"},
    "packs": {"formats", "model", "versions"},
    "documents": set(),
    "rendering": {"formats", "model", "packs"},
    "targets": {"model", "rendering"},
    "git": {"model", "platform", "versions"},
    "registries": {"documents", "formats", "git", "model", "packs", "platform", "versions"},
    "disk": {"documents", "formats", "model", "platform"},
    "planning": {"model", "packs", "rendering", "targets", "versions"},
    "merging": {"formats", "git", "model", "packs", "planning", "targets"},
    "project": set("versions model formats targets platform disk git registries planning merging".split()),
    "checking": set("versions model formats packs documents targets git registries planning".split()),
    "publishing": set("platform versions model formats packs documents git registries disk checking".split()),
    "catalogue": set("platform versions model formats packs targets git registries disk planning".split()),
    "fleet": set("platform versions model formats git registries disk planning project".split()),
    "reporting": {"model"},
    "commands": set("platform versions model packs targets registries planning merging project".split())
    | {"checking", "publishing", "catalogue", "fleet", "reporting"},
    "api": {"commands", "model", "project"},
    "assistants": {"api", "model", "reporting"},
    "built": set(),
    "cli": {"built", "model", "platform", "project", "reporting"},  # its table names the functions of commands as text
    "__main__": {"built", "cli", "disk"},
}
THINKING: Final = {
    "model",
    "versions",
    "formats",
    "packs",
    "documents",
    "planning",
    "rendering",
    "reporting",
    "targets",
}
WORLD: Final = {"os", "subprocess", "git", "shutil", "tempfile", "time"}
# `git` is GitPython.
RUNS: Final = {"git": ("git/git.py",), "subprocess": ("platform/processes.py", "git/git.py")}
PRINTS: Final = {"cli", "__main__"}
# A copy of the process has to end before it reaches what called.
ENDS_COPIES: Final = "platform/process_copy.py"

TOOLS: Final = re.compile(r"claude|copilot|codex|opencode|gemini|windsurf|\.cursor", re.IGNORECASE)
# What Claude Code's loader makes of a header is a fact of the header, under these names everywhere.
HEADER_FACT: Final = {"ClaudeCode", "claude_code"}
# What the format of plug-ins calls their folders.
PLUGIN_FACT: Final = "CLAUDE_PLUGIN_"
# The default of `targets:` is part of the manifest's format.
NAMES_TOOLS: Final = {"targets", "packs", "registries", "model/item.py"}


def room_of(path: str) -> str:
    """The folder of a module, or its own name at the top."""
    return path.partition("/")[0].removesuffix(".py")


def imports(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that is imported."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "agentsync":
                yield from ((node.lineno, f"agentsync.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def import_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every import that goes through no door."""
    room = room_of(path)
    for line, name in imports(nodes):
        top, _, rest = name.partition(".")
        if top == "agentsync":
            other = rest.partition(".")[0]
            if other not in {room, "errors", "late", "__version__", ""} | MAY_IMPORT[room]:
                yield f"{path}:{line}: {room} may not import {other}"
        elif room in THINKING and top in WORLD:
            yield f"{path}:{line}: {room} is thinking or data, and may not import {top}"
        elif top in ("git", "subprocess") and path not in RUNS[top]:
            yield f"{path}:{line}: only {', '.join(RUNS[top])} may import {top}"


def printing_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every place that prints or ends the process, outside of the command line."""
    if room_of(path) in PRINTS:
        return
    for node in nodes:
        word = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if (path, word) == (ENDS_COPIES, "os._exit"):
            continue
        ends = isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).startswith("SystemExit")
        if ends or re.fullmatch(
            r"print|exit|quit|sys\.exit|os\._exit|sys\.std(out|err)(\.buffer)?\.\w+|typer\.\w+", word
        ):
            yield f"{path}:{getattr(node, 'lineno', 0)}: only {', '.join(sorted(PRINTS))} print or exit"


def tool_faults(path: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Every name of an AI tool outside of `targets/`, docstrings and comments left aside."""
    if NAMES_TOOLS & {path, room_of(path)}:
        return
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        for word in () if id(node) in docstrings else _words(node):
            if TOOLS.search(word.replace(PLUGIN_FACT, "")) and word not in HEADER_FACT:
                yield f"{path}:{getattr(node, 'lineno', 0)}: {word!r} names a tool"


def _words(node: ast.AST) -> Iterator[str]:
    """The identifiers and texts that a node itself holds."""
    for _, value in ast.iter_fields(node):
        yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str))


FAULTS: Final = (import_faults, printing_faults, tool_faults)


def test_each_module() -> None:
    """Each keeps to the doors of its room."""
    rooms = {room_of(path) for path, _ in sources()}
    assert rooms <= MAY_IMPORT.keys(), "a new room: say in MAY_IMPORT and ARCHITECTURE.md what it may import"
    assert [fault for path, nodes in sources() for find in FAULTS for fault in find(path, nodes)] == []


def test_no_door_leads_up() -> None:
    """A room imports only rooms above it in the table, every door is used, and every room is kept out of one."""
    used: dict[str, set[str]] = {room: set() for room in MAY_IMPORT}
    for name, others in import_graph().items():
        used[room_of(name)] |= {room_of(other) for other in others}
    above: set[str] = set()
    for room, doors in MAY_IMPORT.items():
        assert doors <= above, f"{room} imports what is not above it: {doors - above}"
        assert doors <= used[room], f"{room} needs no door to {doors - used[room]}"
        assert above - doors or len(above) < 4, f"{room} is kept out of nothing"
        above.add(room)


def test_no_circle_of_modules() -> None:
    """No module imports another one that comes back to it, nor does a room, however far the way is."""
    modules = import_graph()
    rooms: dict[str, set[str]] = {}
    for name, others in modules.items():
        rooms.setdefault(room_of(name), set()).update(room_of(other) for other in others)
    for room, others in rooms.items():
        others.discard(room)
    assert circles(modules) == []
    assert circles(rooms) == []


def test_a_circle_is_found() -> None:
    """The test above sees what it is there to see."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]


@cache
def import_graph() -> dict[str, set[str]]:
    """For each module, by its path without suffix, the modules that it imports anywhere."""
    known = {_name(path) for path, _ in sources()}
    graph: dict[str, set[str]] = {}
    for path, nodes in sources():
        own = _name(path)
        graph[own] = set()
        for node in nodes:
            for name in _imported(node):
                place = name.removeprefix("agentsync.").replace(".", "/")
                found = place if place in known else place.rpartition("/")[0]
                if found in known and found != own:
                    graph[own].add(found)
    return graph


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def _imported(node: ast.AST) -> Iterator[str]:
    """The dotted names that a node may import: of `from a import b` the name `a.b`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Every set of nodes that lead to each other."""
    reached = {node: _reached(graph, node) for node in graph}
    found = [{node} | {other for other in reached[node] if node in reached.get(other, ())} for node in graph]
    return [circle for place, circle in enumerate(found) if len(circle) > 1 and circle not in found[:place]]


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [*graph[start]]
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += graph.get(node, ())
    return found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model/x.py", "from agentsync.packs.frontmatter import read"),
        ("model/x.py", "def f():\n    import time"),
        ("packs/x.py", "from os.path import join"),
        ("planning/x.py", "from agentsync.git import git"),
        ("disk/x.py", "import agentsync.git.git"),
        ("registries/x.py", "import subprocess"),
        ("commands/x.py", "from git import Repo"),
        ("commands/x.py", "from agentsync.cli import app"),
        ("commands/x.py", "def f():\n    from agentsync.git.git import run_git"),
        ("commands/x.py", "from agentsync.disk.scope import Scope"),
        ("commands/x.py", "if TYPE_CHECKING:\n    from agentsync.formats.yaml_text import scalar"),
        ("cli.py", "from agentsync.git.git import Git"),
        ("commands/x.py", "print(1)"),
        ("disk/x.py", "raise SystemExit(1)"),
        ("project/workspace.py", "import sys\nsys.stderr.write('x')"),
        ("planning/x.py", "TARGET = 'claude-code'"),
        ("commands/x.py", "def for_copilot(): ..."),
        ("disk/x.py", "f = x.gemini"),
    ],
)
def test_a_fault_is_found(path: str, source: str) -> None:
    """The checks above see what they are there to see."""
    assert [fault for find in FAULTS for fault in find(path, nodes_of(source))]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("model/x.py", "from agentsync.errors import LockError\nimport posixpath"),
        ("git/git.py", "import os, subprocess, git"),
        ("commands/x.py", '"""Claude Code."""\nfrom agentsync import __version__'),
        ("reporting/x.py", "row = {'claude_code': item.claude_code}"),
        ("targets/cursor.py", "NAME = 'cursor'"),
        ("cli.py", "import sys\nsys.exit(1)"),
    ],
)
def test_what_is_allowed_is_no_fault(path: str, source: str) -> None:
    """The checks above do not stand in the way."""
    assert [fault for find in FAULTS for fault in find(path, nodes_of(source))] == []
