"""The types of the command table.

Each command is one entry and each of its flags is declared once. The fast path, typer's parser, the help,
the aliases and the suggestions are all derived from them.
"""

# Annotations are evaluated here: those that are texts take longer to load than the whole table.
from collections.abc import Mapping
from typing import Any, NamedTuple


class Flag(NamedTuple):
    """An option of a command line."""

    spelled: str  # its spellings, the long one first, with a blank between
    help: str
    type: type = bool  # bool for a switch, str for one value, tuple for any number of values
    name: str = ""  # of the parameter that it sets, "" for that of the long spelling
    metavar: str | None = None
    default: Any = None  # None for the empty value of its type
    implies: Mapping[str, Any] = {}  # what else it sets
    excludes: str = ""  # the spelling of the flag that does not go with it
    alone: str = ""  # the value that it has where it stands alone; "" where it needs one
    takes_rest: bool = False  # whether the words behind `--` are its values
    joins: bool = False  # whether its value stands behind `=` alone, so that no word that follows is it

    @property
    def parameter(self) -> str:
        """The parameter that it sets."""
        return self.name or self.spelled.split()[0].removeprefix("--").replace("-", "_")


class Argument(NamedTuple):
    """A word, or all words, of a command line beside its flags."""

    parameter: str  # that it sets; the help calls it so, too
    help: str
    type: type = str  # str or int for one word, tuple for any number of words
    required: bool = True
    default: Any = None  # None for the empty value of its type


class Verb(NamedTuple):
    """A function that does what a command line asks for.

    It is called with the workspace and with the values of the flags and arguments that its parameters name.
    """

    path: str  # `module:function`, the module from `agentsync` on: no verb is loaded for another one
    writes: bool = False
    start: str = "up"  # where the project is looked for, a `Start`; "" where it takes no workspace
    options: str = ""  # the named tuple of its module that becomes its parameter `options`
    settled_with: tuple[str, ...] | None = None  # the parameters with which a clean answer may be recorded
    asks: str = ""  # what it is certain to ask remotes, an `Asks`; "" for nothing
    accepts_words: bool = False  # whether its words name the grants to accept, instead of `--accept-grants`


class Command(NamedTuple):
    """A command."""

    name: str
    help: str
    parameters: tuple[Flag | Argument, ...]  # in the order of the help
    verb: Verb
    examples: Mapping[str, str]  # command lines without the program's name, each with what it does
    instead: Mapping[str, Verb] = {}  # the verb that a flag asks for, by its parameter
    aliases: tuple[str, ...] = ()
    mistaken: tuple[str, ...] = ()  # other programs' names for it, which suggestions know

    @property
    def switches(self) -> dict[str, str]:
        """The spellings of its flags that take no value, each with the parameter that it sets."""
        flags = [one for one in self.parameters if isinstance(one, Flag) and one.type is bool]
        return {word: flag.parameter for flag in flags for word in flag.spelled.split()}

    @property
    def defaults(self) -> dict[str, Any]:
        """Its parameters, each with the value that it has where the command line sets none."""
        return {one.parameter: one.type() if one.default is None else one.default for one in self.parameters}


class Group:
    """Commands that are called by two words, of which `name` is the first, or stand under one heading of the help."""

    def __init__(
        self, name: str, *members: "Command | Group", about: str = "", examples: Mapping[str, str] = {}
    ) -> None:
        self.name = name
        self.help = about
        self.examples = examples
        self.members = {member.name: member for member in members}
        self.aliases = {alias: one.name for one in members if isinstance(one, Command) for alias in one.aliases}
