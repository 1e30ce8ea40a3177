"""Command lines to write instead of those that make no sense."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from agentsync.cli.all_commands import ALIASES, COMMANDS, EXAMPLES, GROUPS, MEMBERS

# What people try, and the command line that they mean.
_MEANT: Final = {
    **{word: name for name, command in COMMANDS.items() for word in command.mistaken},
    "ci": "install --locked",
    "unkeep": "keep --drop",
    "version": "--version",
}
# A word that begins so says the opposite of what follows.
_OPPOSITES: Final = ("un", "de", "dis", "non")
# What other programs call `-C`.
_FOLDERS: Final = ("--project", "--directory", "--cwd", "--dir", "--root")


def help_for(words: Sequence[str]) -> str:
    """Return the command line that helps where one begins with an option that takes a value, or that there is not."""
    option, *rest = words
    if option in _FOLDERS and len(rest) > 1:
        return shlex.join(["agentsync", "-C", *rest])
    named = (ALIASES.get(word, word) for word in rest)
    command = next((word for word in named if word and word in EXAMPLES), "")
    return f"agentsync {command} --help" if command else "agentsync --help"


def suggestion(words: Sequence[str], group: str = "") -> str:
    """Return a command line to write instead of one whose first word is no command.

    Args:
        words: the command line, without its group.
        group: the group that it was looked for in, "" for none.
    """
    word, *rest = words
    whole = ["agentsync", *([group] if group else [])]
    if not group and Path(word).is_dir():
        return shlex.join([*whole, "-C", word, *(rest or ["status"])])
    if not group and word in _MEANT:
        return shlex.join([*whole, *_MEANT[word].split(), *rest])
    names, aliases = (GROUPS[group].members, GROUPS[group].aliases) if group else (MEMBERS, ALIASES)
    known = {**{name: name for name in names}, **aliases}
    close = get_close_matches(word, [name for name in known if not _is_opposite(word, name)], n=1)
    if not close and not group:
        known = _MEANT
        close = get_close_matches(word, known, n=1, cutoff=0.75)
    return shlex.join([*whole, *known[close[0]].split(), *rest] if close else [*whole, "--help"])


def _is_opposite(word: str, name: str) -> bool:
    """Say whether a word asks for a command to be undone."""
    return any(word.startswith(prefix) and not name.startswith(prefix) for prefix in _OPPOSITES)
