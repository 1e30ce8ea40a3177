"""Command lines that are a command and switches alone, read without typer.

To load typer takes longer than to run most commands. A value, an abbreviation, a word beside the flags
or a mistake is left to typer.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentsync.cli.all_commands import COMMANDS
from agentsync.cli.table import Argument


def read(words: Sequence[str], name: str) -> dict[str, bool] | None:
    """Return the parameters that a command line sets; None where it takes more to read it.

    Args:
        words: the command line, prepared.
        name: the command that it names.
    """
    command = COMMANDS.get(name)
    if command is None or any(isinstance(one, Argument) and one.required for one in command.parameters):
        return None
    switches = command.switches
    given = [switches.get(word, "") for word in words[len(name.split()) :]]
    return dict.fromkeys(given, True) if all(given) else None
