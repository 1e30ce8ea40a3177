"""The command table: each command is one entry, each of its flags is declared once.

The fast path, typer's parser, the help, the aliases and the suggestions are all derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from typing import TypeVar

    from agentsync.model.outcome import Outcome
    from agentsync.project.workspace import Workspace

    Run = TypeVar("Run", bound=Callable[..., "Task | Outcome"])


class Flag(NamedTuple):
    """An option of a command line.

    Args:
        spelled: its spellings, the long one first, with a blank between.
        help: what it does, as the help shows it.
        type: bool for a switch, str for one value, tuple for any number of values.
        name: the parameter that it sets; "" for that of the long spelling.
        metavar: how the help calls the value; None for its type.
        default: the value where it is not given; None for the empty one of its type.
    """

    spelled: str
    help: str
    type: type = bool
    name: str = ""
    metavar: str | None = None
    default: Any = None

    @property
    def parameter(self) -> str:
        """The parameter that it sets."""
        return self.name or self.spelled.split()[0].removeprefix("--").replace("-", "_")


class Argument(NamedTuple):
    """A word, or all words, of a command line beside its flags.

    Args:
        parameter: the parameter that it sets; the help calls it so, too.
        help: what it is.
        type: str or int for one word, tuple for any number of words.
        required: whether it has to be given.
        default: the value where it is not given; None for the empty one of its type.
    """

    parameter: str
    help: str
    type: type = str
    required: bool = True
    default: Any = None


class Task(NamedTuple):
    """What a command line comes to.

    Args:
        verb: what is to be done in the scope.
        writes: whether it writes there.
        start: where the project is looked for, a `Start`.
        implied: values that the flags of all commands get by the values of its own.
        vouched: whether a clean answer may be recorded, so that the next one needs no full check.
    """

    verb: Callable[[Workspace], Outcome]
    writes: bool = False
    start: str = "up"
    implied: Mapping[str, Any] = {}
    vouched: bool = False


class Command(NamedTuple):
    """A command.

    Args:
        name: the words that call it: two for one of a group.
        help: what it does, as the help shows it.
        parameters: its flags and arguments, in the order of the help.
        run: takes the values that it names as its parameters, and says what is to be done; a command
            that needs no scope does it at once.
        examples: command lines without the program's name, each with what it does.
        aliases: other names of it.
        mistaken: other programs' names for it, which suggestions know.
    """

    name: str
    help: str
    parameters: tuple[Flag | Argument, ...]
    run: Callable[..., Task | Outcome]
    examples: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    mistaken: tuple[str, ...] = ()

    @property
    def switches(self) -> dict[str, str]:
        """The spellings of its flags that take no value, each with the parameter that it sets."""
        return {
            word: one.parameter
            for one in self.parameters
            if isinstance(one, Flag) and one.type is bool
            for word in one.spelled.split()
        }


class Group:
    """Commands under one word or, where it has none, under one heading of the help.

    Args:
        name: the word; "" for none.
        help: the heading, or what the commands are about.
        examples: as those of a command.
    """

    def __init__(self, name: str, about: str, examples: Mapping[str, str]) -> None:
        self.name = name
        self.help = about
        self.examples = examples
        self.members: dict[str, Command | Group] = {}

    @property
    def aliases(self) -> dict[str, str]:
        """The other names of its commands, each with the name."""
        return {
            alias: name
            for name, member in self.members.items()
            if isinstance(member, Command)
            for alias in member.aliases
        }

    def command(
        self,
        name: str,
        about: str,
        *parameters: Flag | Argument,
        examples: Mapping[str, str],
        aliases: tuple[str, ...] = (),
        mistaken: tuple[str, ...] = (),
    ) -> Callable[[Run], Run]:
        """Declare a command that runs as the decorated function says; for the arguments see `Command`."""

        def declare(run: Run) -> Run:
            whole = f"{self.name} {name}".strip()
            self.members[name] = Command(whole, about, parameters, run, examples, aliases, mistaken)
            return run

        return declare

    def group(self, name: str, about: str, examples: Mapping[str, str]) -> Group:
        """Declare a group of commands."""
        group = self.members[name] = Group(name, about, examples)
        return group
