"""The vocabulary in which a tool's file says how it reads commands."""

from collections.abc import Mapping
from typing import NamedTuple


class CommandForm(NamedTuple):
    """The commands of one tool.

    Args:
        typed: its words for all that is typed behind the command; "" where it has none, and adds what is typed.
        words: whether it has `$1` and those that follow.
        runs: what stands before and behind a command that runs as the file is loaded; None where nothing runs.
        expands: texts that it would run or replace by itself, and that mean nothing in the source.
        fields: what its header says of every command, behind the description.
        prompt: the key that holds the text, where the file is TOML; "" where it is Markdown.
        plain: whether the file has no header.
    """

    typed: str = ""
    words: bool = False
    runs: tuple[str, str] | None = None
    expands: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    prompt: str = ""
    plain: bool = False
