"""Perform a command: open the scope, run the verb, print its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from agentsync.cli.all_commands import COMMANDS
from agentsync.cli.console import Terminal
from agentsync.cli.streams import Progress, choose, confirm, is_attended, to_stderr
from agentsync.cli.table import Command, Flag, Verb
from agentsync.errors import UsageError

if TYPE_CHECKING:
    from agentsync.model.outcome import Outcome
    from agentsync.project.project import Project
    from agentsync.project.session import Options
    from agentsync.project.workspace import Workspace

# Parameters that change nothing in the answer about a project that is clean.
_NEUTRAL: Final = frozenset({"user", "offline", "no_wait", "as_json", "verbose", "quiet"})


def perform(name: str, given: Mapping[str, Any]) -> int:
    """Perform a command with the parameters that the command line sets, and return its exit code."""
    command = COMMANDS[name]
    defaults = command.defaults
    chosen = {parameter: value for parameter, value in given.items() if value != defaults[parameter]}
    verb = next((verb for parameter, verb in command.instead.items() if parameter in chosen), command.verb)
    values = {**defaults, **chosen, **_implied(command, chosen)}
    terminal = Terminal(
        name,
        as_json=values.get("as_json", False) or values.get("form") == "json",
        is_user=values.get("user", False),
        quiet=values.get("quiet", False),
    )
    with closing(Progress(not terminal.quiet, as_lines=values.get("verbose", False))) as progress:
        attended = is_attended(as_json=terminal.as_json)
        values["ask"] = progress.aside(choose) if attended else None
        values["confirm"] = progress.aside(confirm) if attended else None
        values["tell"] = progress.aside(to_stderr)
        values["progress"] = progress.steps
        if verb.start:
            is_plain = verb.settled_with is not None and chosen.keys() <= _NEUTRAL.union(verb.settled_with)
            outcome = _in_scope(verb, values, terminal, progress, records=is_plain)
        else:
            outcome = load(verb, values)()
    return terminal.show(outcome)


def load(verb: Verb, values: Mapping[str, Any]) -> partial[Outcome]:
    """Return the function of a verb, which still lacks its workspace."""
    path, _, name = verb.path.partition(":")
    module = import_module(f"agentsync.{path}")
    function = getattr(module, name)
    code = function.__code__
    named = {key: values[key] for key in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if key in values}
    if verb.options:
        options = getattr(module, verb.options)
        named["options"] = options(**{field: values[field] for field in options._fields if field in values})
    return partial(function, **named)


def _implied(command: Command, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the flags of a command line set besides; refuse two that exclude each other."""
    implied: dict[str, Any] = {}
    for flag in command.parameters:
        if isinstance(flag, Flag) and flag.parameter in chosen:
            if flag.excludes and command.switches[flag.excludes] in chosen:
                raise UsageError(f"{flag.spelled} and {flag.excludes} exclude each other")
            implied.update(flag.implies)
    return implied


def _in_scope(
    verb: Verb,
    values: Mapping[str, Any],
    terminal: Terminal,
    progress: Progress,
    *,
    records: bool,
) -> Outcome:
    """Open the scope and let a verb do its work there; record the outcome, where it may be, of a clean project."""
    from agentsync.project.opening import Start, open_workspace, write_in

    opened: list[Workspace] = []
    resumed: tuple[str, ...] = ()

    def act(workspace: Workspace) -> Outcome:
        opened.append(workspace)
        return load(verb, values)(workspace)

    def begin(project: Project) -> None:
        """Begin to connect before all is loaded: the one takes as long as the other."""
        from agentsync.project.connecting import Asks, connect

        connect(project, Asks(verb.asks), values)

    options = _options(verb, values, terminal, progress)
    if verb.asks:
        options = options._replace(begin=begin)
    try:
        if verb.writes:
            outcome, resumed = write_in(options, Start(verb.start), act, dry_run=values.get("dry_run", False))
        else:
            outcome = act(open_workspace(options, Start(verb.start)))
    finally:
        for workspace in opened:
            workspace.close()
    if records and not resumed:
        from agentsync.project.clean_check import record_clean_check

        record_clean_check(opened[-1], terminal.command, outcome)
    return outcome._replace(notes=[*resumed, *outcome.notes])


def _options(verb: Verb, values: Mapping[str, Any], terminal: Terminal, progress: Progress) -> Options:
    from agentsync.platform.process_lock import Patience
    from agentsync.project.session import Options

    return Options(
        user=terminal.is_user,
        offline=values.get("offline", False),
        target=values.get("target", ""),
        progress=progress.steps,
        counting=progress.counts,
        accepted=values["words"] or ("*",) if verb.accepts_words else values.get("accept_grants", ()),
        confirm=progress.aside(confirm) if is_attended(as_json=terminal.as_json) else None,
        patience=Patience(
            not values.get("no_wait", False), None if terminal.quiet else lambda text: to_stderr(f"note: {text}")
        ),
    )
