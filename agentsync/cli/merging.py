"""The commands about local edits and newer versions: the four ways out of a drift.

Declarations only: each command imports its verb when it is called, so that none pays for another.
"""

from __future__ import annotations

from typing import Annotated

import typer

from agentsync.cli.console import Terminal
from agentsync.cli.options import Accept, DryRun, Json, NoWait, Offline, Quiet, User, Verbose, Words
from agentsync.cli.performing import Writing, perform, perform_writing
from agentsync.errors import UsageError

app = typer.Typer()


@app.command("update")
def _update(
    packs: Annotated[list[str] | None, typer.Argument(help="PACK or PACK@VERSION; all where none is named.")] = None,
    allow_downgrade: Annotated[
        bool, typer.Option("--allow-downgrade", help="Let the named packs go to an older version.")
    ] = False,
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Take the newest versions that the manifest allows; your edits are merged."""
    from agentsync.commands.update import update

    terminal = Terminal("update", as_json=as_json, quiet=quiet, verbose=verbose)
    return perform_writing(
        terminal,
        lambda workspace: update(workspace, packs or [], dry_run=dry_run, allow_downgrade=allow_downgrade),
        Writing(
            user=user,
            offline=offline,
            dry_run=dry_run,
            no_wait=no_wait,
            accepted=tuple(accept or ()),
        ),
    )


@app.command("resolve")
def _resolve(
    words: Annotated[list[str] | None, typer.Argument(help="Paths; every conflict where none is named.")] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Keep your file as it is.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take upstream's file; set yours aside.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Settle a conflict that an update left, with the attempt in .agentsync/conflicts/ as you edited it."""
    from agentsync.commands.resolve import Side, resolve

    if ours and theirs:
        raise UsageError("--ours and --theirs exclude each other")
    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    terminal = Terminal("resolve", as_json=as_json, quiet=quiet)
    return perform_writing(
        terminal,
        lambda workspace: resolve(workspace, words or [], side, dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait),
    )


@app.command("keep")
def _keep(
    words: Words = None,
    drop: Annotated[bool, typer.Option("--drop", help="End the keeping; the files stay, as local edits.")] = False,
    only_list: Annotated[bool, typer.Option("--list", help="List what is kept.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Make local edits the project's own: patches that are committed and applied everywhere."""
    from agentsync.commands.keep import drop as end
    from agentsync.commands.keep import keep, list_kept

    terminal = Terminal("keep", as_json=as_json, quiet=quiet)
    if only_list:
        return perform(terminal, list_kept, user=user)
    verb = end if drop else keep
    return perform_writing(
        terminal,
        lambda workspace: verb(workspace, words or [], dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait),
    )


@app.command("contribute")
def _contribute(
    words: Words = None,
    message: Annotated[str, typer.Option("--message", "-m", help="The commit message.")] = "",
    fork: Annotated[str, typer.Option("--fork", help="The repository to push to instead.")] = "",
    as_patch: Annotated[bool, typer.Option("--patch", help="Write a mailbox patch; push nothing.")] = False,
    user: User = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Send local edits to their registry: a branch with one commit on the locked one."""
    from agentsync.commands.contribute import ContributeOptions, contribute

    options = ContributeOptions(message, fork, as_patch, dry_run)
    terminal = Terminal("contribute", as_json=as_json, quiet=quiet)
    return perform(terminal, lambda workspace: contribute(workspace, words or [], options), user=user)


@app.command("grants")
def _grants(
    accepting: Annotated[bool, typer.Option("--accept", help="Say yes to what the next update would add.")] = False,
    words: Annotated[
        list[str] | None, typer.Argument(help="Items or packs, as globs; all where none is named.")
    ] = None,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Show what every item may do; accept what an update would add."""
    from agentsync.commands.grants import accept, grants

    terminal = Terminal("grants", as_json=as_json, quiet=quiet)
    if not accepting:
        return perform(terminal, lambda workspace: grants(workspace, words or ()), user=user)
    return perform_writing(
        terminal,
        lambda workspace: accept(workspace, dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait, accepted=tuple(words or ("*",))),
    )


@app.command("rollback")
def _rollback(
    steps: Annotated[int, typer.Argument(help="How many installed locks back.")] = 1,
    only_list: Annotated[bool, typer.Option("--list", help="List the locks that there are.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Back to an earlier lock; your edits are merged."""
    from agentsync.commands.rollback import list_earlier, rollback

    terminal = Terminal("rollback", as_json=as_json, quiet=quiet)
    if only_list:
        return perform(terminal, list_earlier, user=user)
    return perform_writing(
        terminal,
        lambda workspace: rollback(workspace, steps, dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait),
    )


@app.command("restore")
def _restore(
    words: Words = None,
    backup: Annotated[str, typer.Option("--from-backup", help="Put files of this backup back (or `last`).")] = "",
    backups: Annotated[bool, typer.Option("--backups", help="List what was set aside.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Back to the lock; your own bytes are set aside first."""
    from agentsync.commands.backups import list_backups, put_back
    from agentsync.commands.restore import restore

    terminal = Terminal("restore", as_json=as_json, quiet=quiet)
    if backups:
        return perform(terminal, list_backups, user=user)
    if backup:
        return perform_writing(
            terminal,
            lambda workspace: put_back(workspace, backup, words or [], dry_run=dry_run),
            Writing(user=user, dry_run=dry_run, no_wait=no_wait),
        )
    return perform_writing(
        terminal,
        lambda workspace: restore(workspace, words or [], dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait),
    )
