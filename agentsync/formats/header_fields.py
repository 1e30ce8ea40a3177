"""The known fields of the headers of agents, skills, commands and rules.

Sources: the documentation of the tools, as `targets/` names it, and headers of public repositories.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FREE_TEXT: Final = frozenset(
    ("description", "when_to_use", "when-to-use", "title", "argument-hint", "initialPrompt", "compatibility")
)
DIALOGUE: Final = frozenset(("user", "assistant", "human", "example", "examples", "commentary", "response"))

_OF_AGENTS: Final = frozenset(
    """
    name tools tool disallowedTools disallowed-tools model color effort background permissionMode permissions
    mcpServers mcp-servers mcp_servers hooks skills memory isolation maxTurns mode role proactive subagent_type
    triggers capabilities handoffs infer target display-name
    """.split()
)
_OF_SKILLS_AND_COMMANDS: Final = frozenset(
    """
    allowed-tools arguments agent agents context shell input-schema dependencies disable-model-invocation
    user-invocable hide-from-slash-command-tool keep-coding-instructions
    """.split()
)
_OF_RULES: Final = frozenset("globs paths alwaysApply applyTo".split())
_ABOUT_THE_FILE: Final = frozenset(
    "version author authors license metadata date keywords tags category categories".split()
)
_OF_ALL: Final = FREE_TEXT | _ABOUT_THE_FILE | {"name"}

KNOWN: Final = FREE_TEXT | _OF_AGENTS | _OF_SKILLS_AND_COMMANDS | _OF_RULES | _ABOUT_THE_FILE
_LIKE_AGENTS: Final = frozenset(("model", "effort", "hooks", "color", "mode", "paths"))
_BY_KIND: Final[Mapping[str, frozenset[str]]] = {
    "agent": _OF_ALL | _OF_AGENTS,
    "skill": _OF_ALL | _OF_SKILLS_AND_COMMANDS | _LIKE_AGENTS,
    "command": _OF_ALL | _OF_SKILLS_AND_COMMANDS | _LIKE_AGENTS,
    "rule": _OF_ALL | _OF_RULES,
}
# Agents and skills have one thing under two names.
_CALLED: Final[Mapping[tuple[str, str], str]] = {
    ("agent", "tool"): "tools",  # headers have it, and no tool reads it
    ("agent", "allowed-tools"): "tools",
    ("agent", "allowedTools"): "tools",
    ("skill", "tools"): "allowed-tools",
    ("command", "tools"): "allowed-tools",
}


def is_slip(kind: str, field: str, meant: str) -> bool:
    """Return whether a field is another one misspelt: one edit away, or one that people take for it.

    >>> is_slip("agent", "tool", "tools"), is_slip("agent", "modle", "model"), is_slip("agent", "mood", "mode")
    (True, True, False)
    """
    if (kind, field) in _CALLED:
        return True
    one, other = (name.lower().replace("-", "").replace("_", "") for name in (field, meant))
    if one == other:
        return True
    start = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    rest, goal = one[start:], other[start:]
    swapped = rest[:2] == goal[1::-1] and rest[2:] == goal[2:]
    return swapped or rest[1:] == goal or rest == goal[1:] or rest[1:] == goal[1:]


def meant_field(kind: str, field: str) -> str:
    """Return the field that a misspelt one stands for; "" where it is a field, or like none.

    A field that is like none may be one of a newer tool.
    >>> meant_field("agent", "modle")
    'model'
    """
    known = _BY_KIND.get(kind, frozenset((field,)))
    if (kind, field) in _CALLED:
        return _CALLED[kind, field]
    if field in known:
        return ""
    from difflib import get_close_matches  # few fields are not known

    by_letters = {name.lower().replace("-", "").replace("_", ""): name for name in sorted(known)}
    letters = field.lower().replace("-", "").replace("_", "")
    # Two swapped letters are the commonest misspelling, and the word has the same letters.
    swapped = [name for name in by_letters if sorted(name) == sorted(letters)]
    close = swapped or get_close_matches(letters, by_letters, n=1, cutoff=0.75)
    return by_letters[close[0]] if close else ""
