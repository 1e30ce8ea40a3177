"""The options that many commands share, and the way every command runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agentsync.terminal import Terminal

if TYPE_CHECKING:
    from agentsync.commands.outcome import Outcome
    from agentsync.workspace import Workspace

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
User = Annotated[bool, typer.Option("--user", help="The user scope instead of the project.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no remote; use the cache alone.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; change nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No remarks on standard error.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is asked and fetched.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-grants",
        metavar="[=ITEM]",
        help="Accept what items may newly do: of all, or of the items and packs that are named (globs).",
    ),
]
Words = Annotated[list[str] | None, typer.Argument(help="Paths, packs or items; all where none is named.")]


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
    """Open the scope, run a verb in it, print what came of it.

    Args:
        terminal: where that is printed.
        act: the verb.
        user, offline, target, start: how the scope is opened.
        vouched_for: the command to record the answer for, where the project is clean; "" for none.
    """
    from agentsync.opening import Start, open_workspace
    from agentsync.workspace import Options

    with terminal.progress() as progress:
        options = Options(
            user, offline, target, progress.steps, progress.counts, accepted or (), terminal.confirmer(progress)
        )
        workspace = open_workspace(options, Start(start))
        outcome = act(workspace)
    if vouched_for:
        from agentsync.vouching import vouch

        vouch(workspace, vouched_for, outcome)
    return terminal.show(outcome)
