"""What upstream has in the lives of the state machine, and what it does to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from hypothesis import assume

T = TypeVar("T")

LINES: Final = "".join(f"Line {number}.\n" for number in range(8))


def agent(name: str) -> str:
    """An agent with a few things to change."""
    return f"---\nname: {name}\ndescription: About {name}.\ntools: Read, Grep, Glob\nmodel: sonnet\n---\n{LINES}"


FIRST: Final = {
    "agents/critic.md": agent("critic"),
    "agents/writer.md": agent("writer"),
    "commands/deploy.md": LINES,
    "skills/pdf/SKILL.md": f"---\nname: pdf\ndescription: Reads files.\n---\n{LINES}",
    "skills/pdf/notes.txt": LINES,
}
# What upstream adds in time, and the user may have put there before.
LATER: Final = {
    "agents/new.md": agent("new"),
    "agents/sub/deep.md": agent("deep"),
    "commands/sub/undo.md": LINES,
    "skills/pdf/more/extra.txt": LINES,
    "skills/tool/SKILL.md": f"---\nname: tool\ndescription: Does things.\n---\n{LINES}",
}
# What the user makes where no pack has anything: files, and files where others have folders.
OWN: Final = (*LATER, "agents/own.md", "skills/pdf/own.txt", "agents/sub", "skills/tool", "skills/pdf/more", "skills")
REGISTRY: Final = "registry.yaml"
MOVES: Final = (
    ("agents/critic.md", "agents/sub/critic.md"),
    ("agents/writer.md", "agents/author.md"),
    ("agents/", "plugins/all/agents/group/"),
    ("commands/deploy.md", "commands/ops/deploy.md"),
    ("skills/pdf/", "skills/documents/"),
    ("skills/pdf/notes.txt", "skills/pdf/more/notes.txt"),
)


def pick(items: Sequence[T], number: int) -> T:
    """One of some things, which must not be none."""
    assume(items)
    return items[number % len(items)]


def another_line(text: str, number: int) -> str:
    """The text with another line in place of one."""
    lines = text.splitlines(keepends=True) or [""]
    lines[-1 - number % min(8, len(lines))] = f"Theirs {number}.\n"
    return "".join(lines)


def moved(tree: dict[str, str], _: str, number: int) -> dict[str, str]:
    """The tree with a file or folder on another path."""
    old, new = MOVES[number % len(MOVES)]
    return {re.sub(f"^{old}", new, name): data for name, data in tree.items()}


def called(tree: dict[str, str], path: str, number: int) -> dict[str, str]:
    """The tree with another name in a header, and mostly on its file or folder too."""
    name = f"{Path(path).stem}{number}"
    text = re.sub("(?m)^name: .*$", f"name: {name}", tree[path])
    if text == tree[path]:
        return tree
    if number % 3 == 0:
        return {**tree, path: text}
    if path.endswith("/SKILL.md"):
        folder = f"skills/skill{number}/"
        old = path.removesuffix("SKILL.md")
        return {other.replace(old, folder): text if other == path else data for other, data in tree.items()}
    return {**{other: data for other, data in tree.items() if other != path}, f"agents/{name}.md": text}


def copied(tree: dict[str, str], path: str, _: int) -> dict[str, str]:
    """The tree with an agent twice."""
    copy = f"agents/copies/{Path(path).name}"
    return {**tree, copy: tree[path].replace("name: ", "name: copy-")} if path.startswith("agents/") else tree


# What upstream does to one file, and what it does to its files.
TEXTS: Final[dict[str, Callable[[str, int], str]]] = {
    "line": another_line,
    "model": lambda text, number: re.sub("(?m)^model:.*$", f"model: theirs{number}", text),
    "tools": lambda text, number: re.sub("(?m)^tools: *", f"tools: Theirs{number}, ", text),
    "crlf": lambda text, _: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "worse": lambda text, number: "" if number % 2 else text.partition("\n---\n")[2],
}
TREES: Final[dict[str, Callable[[dict[str, str], str, int], dict[str, str]]]] = {
    "add": lambda tree, _, number: {**tree, **{sorted(LATER)[number % 5]: LATER[sorted(LATER)[number % 5]]}},
    "delete": lambda tree, path, _: {name: data for name, data in tree.items() if name != path},
    "move": moved,
    "name": called,
    "copy": copied,
    "back": lambda tree, _, __: {**tree, **{name: FIRST[name] for name in FIRST if name in tree}},
}
