"""Random JSON with comments and trailing commas, in all kinds of layouts, and a second reader for it."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from agentsync.documents.document import BOM

COMMENTS: Final = ("// c", "/* c */", '// "x": {', "/* , } */", "//", "/**/", "// é", "/* // */")
KEYS: Final = ("a", "b", "a/b", "~", "", "@", 'q"', "é", "\\", "//", "\u2028", "servers", "hooks")
SCALARS: Final = (
    None,
    True,
    False,
    0,
    1,
    -2,
    1.5,
    1e5,
    10**20,
    "",
    "x",
    "// no",
    "/* no",
    "a\nb\t",
    "}",
    ",",
    "\\",
    "😀",
)
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*[\s\S]*?\*/|[\s\S]')


class JsonWriter:
    """Writes a random document.

    Args:
        random: where its choices come from.
        tidy: each member stands on lines of its own.
    """

    def __init__(self, random: Random, *, tidy: bool) -> None:
        self.random = random
        self.tidy = tidy
        self.end = random.choice(["\n", "\n", "\r\n", "\r"])
        self.unit = random.choice(["  ", "  ", "    ", "\t", " "])
        self.remarks = random.choice([0.0, 0.1, 0.5])
        self.trailing = random.choice([0.0, 1.0, 0.5])

    def document(self) -> tuple[bytes, Any]:
        """Return a document and its value, which is an object."""
        value = self.table(3)
        bom = self.random.choice(["", "", BOM])
        before = self.remark(alone=True) + self.end if self.chance(self.remarks) else ""
        text = before + self.written(value, "") + self.random.choice(["", self.end, self.end * 2])
        return (bom + text).encode(), value

    def chance(self, share: float) -> bool:
        """Return true in a share of all calls."""
        return self.random.random() < share

    def remark(self, *, alone: bool) -> str:
        """Return a comment, one that ends with its line only where that is allowed."""
        words = [word for word in COMMENTS if alone or not word.startswith("//")]
        return self.random.choice(words)

    def value(self, levels: int) -> Any:
        """Return a random value."""
        kind = self.random.randrange(4) if levels else 0
        if kind == 2:
            return self.table(levels)
        if kind == 3:
            return [self.value(levels - 1) for _ in range(self.random.randrange(4))]
        return self.random.choice(SCALARS)

    def table(self, levels: int) -> dict[str, Any]:
        """Return a random object."""
        keys = self.random.sample(KEYS, self.random.randrange(4))
        return {key: self.value(levels - 1) for key in keys}

    def written(self, value: Any, indent: str) -> str:
        """Return a value as text."""
        if not isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=self.chance(0.3))
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if not value:
            return opening + ("" if self.tidy else self.space(indent)) + closing
        pairs: list[tuple[str | None, Any]]
        pairs = list(value.items()) if isinstance(value, dict) else [(None, inner) for inner in value]
        if self.tidy or self.chance(0.4):
            return opening + self.on_lines(pairs, indent + self.unit) + self.end + indent + closing
        members = [self.space(indent) + self.named(key, inner, indent) + self.space(indent) for key, inner in pairs]
        comma = "," + self.space(indent) if self.chance(self.trailing) else ""
        return opening + ",".join(members) + comma + closing

    def on_lines(self, pairs: list[tuple[str | None, Any]], indent: str) -> str:
        """Return members on lines of their own, with comments above, behind and below them."""
        parts: list[str] = []
        for number, (key, inner) in enumerate(pairs):
            if self.chance(self.remarks):
                parts += self.end, self.random.choice([indent, ""]), self.remark(alone=True)
            before = self.remark(alone=False) + " " if self.chance(self.remarks / 3) else ""
            parts += self.end, indent, before, self.named(key, inner, indent)
            if number < len(pairs) - 1 or self.chance(self.trailing):
                parts.append(",")
            if self.chance(self.remarks):
                parts += " ", self.remark(alone=True)
            if self.chance(0.05):
                parts.append("  ")
        if self.chance(self.remarks):
            parts += self.end, indent, self.remark(alone=True)
        return "".join(parts)

    def named(self, key: str | None, value: Any, indent: str) -> str:
        """Return a member of an object or of a list."""
        text = self.written(value, indent)
        if key is None:
            return text
        gap = self.remark(alone=False) + " " if self.chance(self.remarks / 3) else ""
        return f"{json.dumps(key, ensure_ascii=self.chance(0.3))}:{self.random.choice([' ', ' ', ''])}{gap}{text}"

    def space(self, indent: str) -> str:
        """Return what may stand between two tokens."""
        if not self.chance(self.remarks):
            return self.random.choice(["", "", " ", self.end + indent])
        remark = self.remark(alone=True)
        return " " + remark + (self.end + indent if remark.startswith("//") else self.random.choice(["", " "]))


@st.composite
def documents(draw: st.DrawFn, *, tidy: bool) -> tuple[bytes, Any, Random]:
    """Draw a document, its value, and the source of the choices that a test makes with it."""
    random = draw(st.randoms(use_true_random=False))
    return *JsonWriter(random, tidy=tidy).document(), random


def comments_of(data: bytes) -> list[str]:
    """Return all comments of a document."""
    tokens = _TOKEN.findall(data.decode())
    return [token for token in tokens if token.startswith(("//", "/*"))]


def value_of(data: bytes) -> Any:
    """Read a document in another way: without its comments, without its trailing commas, by Python's own reader."""
    tokens = _TOKEN.findall(data.decode().removeprefix(BOM))
    left = [token for token in tokens if not token.startswith(("//", "/*")) and token.strip(" \t\r\n")]
    for number in range(len(left) - 1, 0, -1):
        if left[number] in "}]" and left[number - 1] == ",":
            del left[number - 1]
    return json.loads("".join(left))
