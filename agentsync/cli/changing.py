"""The commands that say what a scope takes: manifest, lock, files.

Declarations only: each command imports its verb when it is called, so that none pays for another.
"""

from __future__ import annotations

from typing import Annotated

import typer

from agentsync.cli import plain
from agentsync.cli.console import Terminal
from agentsync.cli.options import Accept, DryRun, Json, NoWait, Offline, Quiet, User, Verbose
from agentsync.cli.performing import Writing, perform_writing

app = typer.Typer()


@app.command("init")
def _init(user: User = False, no_wait: NoWait = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """Write a commented manifest to start from."""
    from agentsync.commands.init import init

    return perform_writing(
        Terminal("init", as_json=as_json, quiet=quiet), init, Writing(user=user, start="here", no_wait=no_wait)
    )


@app.command("add")
def _add(
    requests: Annotated[list[str], typer.Argument(help="ALIAS/PACK, github:owner/repo, a git URL or a path.")],
    alias: Annotated[str, typer.Option("--as", help="The alias for a repository that is new here.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every pack of a repository with several.")] = False,
    no_rename: Annotated[bool, typer.Option("--no-rename", help="With --all: refuse items that clash.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="GLOB", help="Take these items.")] = None,
    excluded: Annotated[list[str] | None, typer.Option("--except", metavar="GLOB", help="Leave them out.")] = None,
    rename: Annotated[list[str] | None, typer.Option("--rename", metavar="ITEM=NAME", help="Rename it.")] = None,
    prefix: Annotated[bool, typer.Option("--prefix", help="Call the files PACK--NAME.")] = False,
    branch: Annotated[str, typer.Option("--branch", help="Follow this branch.")] = "",
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Add packs to the manifest, pinned, and install them."""
    from agentsync.commands.add import AddOptions, add
    from agentsync.commands.item_choice import ItemChoice

    terminal = Terminal("add", as_json=as_json, quiet=quiet, verbose=verbose)
    choice = ItemChoice(tuple(only or ()), tuple(excluded or ()), tuple(rename or ()), prefix)
    options = AddOptions(alias, everything, choice, branch, no_rename, dry_run, terminal.asker())
    return perform_writing(
        terminal,
        lambda workspace: add(workspace, requests, options),
        Writing(
            user=user,
            offline=offline,
            dry_run=dry_run,
            no_wait=no_wait,
            accepted=tuple(accept or ()),
        ),
    )


@app.command("remove")
def _remove(
    packs: Annotated[list[str], typer.Argument(help="Packs, as the manifest calls them.")],
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Take packs out of the manifest, and their files away."""
    from agentsync.commands.remove import remove

    terminal = Terminal("remove", as_json=as_json, quiet=quiet, verbose=verbose)
    return perform_writing(
        terminal,
        lambda workspace: remove(workspace, packs, dry_run=dry_run),
        Writing(
            user=user,
            offline=offline,
            dry_run=dry_run,
            no_wait=no_wait,
            accepted=tuple(accept or ()),
        ),
    )


@app.command("install")
def _install(
    locked: Annotated[bool, typer.Option("--locked", help="Fail where the lock would change.")] = False,
    frozen: Annotated[bool, typer.Option("--frozen", help="Use the lock; look at nothing else.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take the lock's files; set yours aside.")] = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Own foreign files: upstream's own are brought up to date, others are edits."),
    ] = False,
    merge: Annotated[bool, typer.Option("--merge", help="Merge edits with the lock as it stands.")] = False,
    target: Annotated[str, typer.Option("--target", help="Install for this AI tool only.")] = "",
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Install what the manifest asks for, as the lock decided it."""
    return plain.install(
        locked=locked,
        frozen=frozen,
        theirs=theirs,
        adopt=adopt,
        merge=merge,
        target=target,
        user=user,
        offline=offline,
        accepted=accept or (),
        dry_run=dry_run,
        no_wait=no_wait,
        as_json=as_json,
        verbose=verbose,
        quiet=quiet,
    )


@app.command("lock")
def _lock(
    check: Annotated[bool, typer.Option("--check", help="Exit 1 where the lock would change; write nothing.")] = False,
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Decide the lock and write it; install nothing."""
    from agentsync.commands.lock import lock

    terminal = Terminal("lock", as_json=as_json, quiet=quiet, verbose=verbose)
    return perform_writing(
        terminal,
        lambda workspace: lock(workspace, dry_run=dry_run or check, check=check),
        Writing(
            user=user,
            offline=offline,
            dry_run=dry_run or check,
            no_wait=no_wait,
            accepted=tuple(accept or ()),
        ),
    )
