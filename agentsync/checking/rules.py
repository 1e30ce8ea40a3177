"""The rules of a check as data: the reference page is made from this table, and reports name what is in it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.finding import Level

E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
OFF: Final = "off"
AGENTSKILLS: Final = "agentskills"
"""The group of the rules of the agentskills specification that no tool enforces, as one identifier."""
TRUST: Final = "trust"
GROUPS: Final[Mapping[str, str]] = {
    "registry": "Lists of packs, and what holds between packs",
    "header": "Headers of agents, skills and commands",
    "skill": "Skills",
    "text": "Files as text",
    TRUST: "What is refused, and power",
    "release": "Releases",
}


class Check(NamedTuple):
    """One rule.

    Args:
        finds: what is wrong, as the reference page says it.
        fix: what the report tells to do about it.
        others: the level in other cases than the usual one, by what they are called in `found`.
        is_agentskills: whether it is of the group `agentskills`.
    """

    id: str
    group: str
    level: Level
    finds: str
    fix: str
    others: Mapping[str, Level] = {}
    is_agentskills: bool = False


_TABLE: Final = (
    Check("registry-invalid", "registry", E, "unknown key, wrong type, duplicate, YAML error", "the nearest key"),
    Check(
        "pack-path-missing",
        "registry",
        E,
        "`path` is no folder in the tree, leaves it, or is a link",
        "folders that hold items",
    ),
    Check("pack-empty", "registry", E, "discovery finds no item in a pack", "where items belong"),
    Check("refused-file", TRUST, E, "a file that `install` refuses, with the reason", ""),
    Check(
        "hidden-text",
        TRUST,
        E,
        "bidi, tag and zero-width characters, with line, column and code point; a few that stand alone are a warning",
        "delete the character",
        {"alone": W},
    ),
)
CHECKS: Final[Mapping[str, Check]] = {check.id: check for check in _TABLE}
