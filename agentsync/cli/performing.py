"""How every command runs: open the scope, run the verb, print what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentsync.cli.console import Terminal

if TYPE_CHECKING:
    from agentsync.model.outcome import Outcome
    from agentsync.project.workspace import Workspace


def perform(
    terminal: Terminal,
    act: Callable[[Workspace], Outcome],
    *,
    user: bool = False,
    offline: bool = False,
    target: str = "",
    accepted: Sequence[str] | None = None,
    start: str = "up",
    vouched_for: str = "",
) -> int:
    """Open the scope, run a verb that only looks at it, print what came of it.

    Args:
        terminal: where that is printed.
        act: the verb.
        user, offline, target, accepted, start: how the scope is opened.
        vouched_for: the command to record the answer for, where the project is clean; "" for none.
    """
    from agentsync.project.opening import Start, open_workspace
    from agentsync.project.session import Options

    terminal.is_user = user
    with terminal.progress() as progress:
        options = Options(
            user,
            offline,
            target,
            progress.steps,
            progress.counts,
            accepted or (),
            terminal.confirmer(progress),
            terminal.patience(),
        )
        workspace = open_workspace(options, Start(start))
        try:
            outcome = act(workspace)
        finally:
            workspace.close()
    if vouched_for:
        from agentsync.project.clean_check import record_clean_check

        record_clean_check(workspace, vouched_for, outcome)
    return terminal.show(outcome)


class Writing(NamedTuple):
    """How a command that writes runs.

    Args:
        user, offline, target, accepted, start: as for `perform`.
        dry_run: whether it only tells what it would do.
        no_wait: fail where another process is at work.
        vouched_for: as for `perform`.
    """

    user: bool = False
    offline: bool = False
    target: str = ""
    start: str = "up"
    dry_run: bool = False
    no_wait: bool = False
    accepted: tuple[str, ...] = ()
    vouched_for: str = ""


def perform_writing(terminal: Terminal, act: Callable[[Workspace], Outcome], how: Writing) -> int:
    """Open the scope, run a verb that writes to it, print what came of it."""
    from agentsync.project.opening import Start, write_in
    from agentsync.project.session import Options

    terminal.is_user = how.user
    opened: list[Workspace] = []

    def acting(workspace: Workspace) -> Outcome:
        opened.append(workspace)
        return act(workspace)

    with terminal.progress() as progress:
        patience = terminal.patience(waits=not how.no_wait)
        options = Options(
            how.user,
            how.offline,
            how.target,
            progress.steps,
            progress.counts,
            how.accepted,
            terminal.confirmer(progress),
            patience,
        )
        try:
            outcome, resumed = write_in(options, Start(how.start), acting, dry_run=how.dry_run)
        finally:
            for workspace in opened:
                workspace.close()
    if how.vouched_for and not resumed:
        from agentsync.project.clean_check import record_clean_check

        record_clean_check(opened[-1], how.vouched_for, outcome)
    return terminal.show(outcome._replace(notes=[*resumed, *outcome.notes]))
