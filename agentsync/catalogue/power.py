"""Grants in words that a reader of the catalogue knows without the manual."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_DIGEST: Final = re.compile(r":[0-9a-f]{32}(?=$|:)")
_WORDS: Final = {
    "*": "every tool",
    "read": "reads files",
    "write": "writes files",
    "exec": "runs commands",
    "net": "uses the network",
    "spawn": "starts agents",
    "mcp": "calls MCP tools",
    "executable": "brings programs",
    "model-invocable": "the model may start it",
    "background": "runs in the background",
    "context": "runs in a context of its own",
    "hook": "hook",
    "hook-file": "file of a hook",
    "mcp-server": "MCP server",
    "auto-run": "runs a command when it is loaded",
    "permission": "permission mode",
    "memory": "keeps a memory",
    "preload": "loads a skill",
    "initial-prompt": "begins by itself",
    "without": "not this tool",
    "only": "for some uses only",
    "tool": "tool",
    "hides": "hides servers of a document",
    "unread": "power not known",
    "residue": "more power in one tool",
}
# What runs programs or reaches out, or lets it happen without a question.
_STRONG: Final = frozenset(("*", "exec", "net", "executable", "hook", "hook-file", "mcp-server", "auto-run"))
_NARROW: Final = ("permission:plan", "permission:default")


class Power(NamedTuple):
    """One grant for a reader: the grant, its meaning, and whether it weighs much."""

    grant: str
    words: str
    strong: bool


def power_of(grants: Iterable[str]) -> list[Power]:
    """Return grants in words, those that weigh much first."""
    found = dict.fromkeys(_power(grant) for grant in grants)
    return sorted(found, key=lambda one: (not one.strong, one.grant))


def class_of(grant: str) -> str:
    """Return the word that a grant is filtered by: what stands before its first colon."""
    return grant.partition(":")[0]


def _power(grant: str) -> Power:
    name = class_of(grant)
    is_strong = name in _STRONG or (name == "permission" and grant not in _NARROW)
    return Power(_DIGEST.sub("", grant), _WORDS.get(name, ""), is_strong)
