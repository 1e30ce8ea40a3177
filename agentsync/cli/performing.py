"""Perform a command: open the scope, run the verb, print its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentsync.cli.console import Terminal
from agentsync.cli.table import Command, Task
from agentsync.model.outcome import Outcome

if TYPE_CHECKING:
    from agentsync.project.workspace import Workspace


def perform(command: Command, given: Mapping[str, Any]) -> int:
    """Perform a command, and return its exit code.

    Args:
        command: its entry in the table.
        given: the parameters that the command line sets.
    """
    values = {one.parameter: one.type() if one.default is None else one.default for one in command.parameters}
    values.update(given)
    code = command.run.__code__
    task = command.run(**{name: values[name] for name in code.co_varnames[: code.co_argcount]})
    flags = values if isinstance(task, Outcome) else {**values, **task.implied}
    terminal = Terminal(
        command.name,
        as_json=flags["as_json"],
        quiet=flags.get("quiet", False),
        verbose=flags.get("verbose", False),
        is_user=flags.get("user", False),
    )
    if isinstance(task, Outcome):
        return terminal.show(task)
    return terminal.show(_in_scope(command.name, task, flags, terminal))


def _in_scope(name: str, task: Task, flags: Mapping[str, Any], terminal: Terminal) -> Outcome:
    """Open the scope and let a task's verb do its work there."""
    from agentsync.project.opening import Start, open_workspace, write_in
    from agentsync.project.session import Options

    opened: list[Workspace] = []
    resumed: tuple[str, ...] = ()

    def act(workspace: Workspace) -> Outcome:
        opened.append(workspace)
        return task.verb(workspace)

    with terminal.progress() as progress:
        options = Options(
            user=terminal.is_user,
            offline=flags.get("offline", False),
            target=flags.get("target", ""),
            progress=progress.steps,
            counting=progress.counts,
            accepted=flags.get("accept_grants", ()),
            confirm=terminal.confirmer(progress),
            patience=terminal.patience(waits=not flags.get("no_wait", False)),
        )
        start = Start(task.start)
        try:
            if task.writes:
                outcome, resumed = write_in(options, start, act, dry_run=flags.get("dry_run", False))
            else:
                outcome = act(open_workspace(options, start))
        finally:
            for workspace in opened:
                workspace.close()
    if task.vouched and not resumed:
        from agentsync.project.clean_check import record_clean_check

        record_clean_check(opened[-1], name, outcome)
    return outcome._replace(notes=[*resumed, *outcome.notes])
