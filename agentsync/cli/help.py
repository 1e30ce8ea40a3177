"""The help of the command line: commands under headings, and examples that can be run as they are written."""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from agentsync.cli.all_commands import EXAMPLES, HEADINGS

_WIDEST: Final = 46  # of a command line, for what it does to stand beside it


class HelpedCommand(TyperCommand):
    """A command whose help ends with examples."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(ctx.command_path, formatter)


class HelpedGroup(TyperGroup):
    """A group whose help shows its commands under headings, where it has many, and ends with examples."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, under headings where there are many."""
        if ctx.parent is not None:
            super().format_commands(ctx, formatter)
            return
        limit = formatter.width - 6 - max(map(len, self.commands))
        for heading in HEADINGS:
            with formatter.section(heading.name):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(limit)) for name in heading.members])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(ctx.command_path, formatter)


def _write_examples(path: str, formatter: Any) -> None:
    """Write the examples of a command, which is called by its path from the program on."""
    with formatter.section("Examples"):
        rows = [(f"agentsync {line}", does) for line, does in EXAMPLES[path.partition(" ")[2]].items()]
        formatter.write_dl(rows, col_max=_WIDEST)
