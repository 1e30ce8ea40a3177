"""The command line: flags in, exit code out, and the one place where failures end.

Declarations only: each command imports its verb when it is called, so that none pays for another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.terminal import Terminal

if TYPE_CHECKING:
    from agentsync.commands.outcome import Outcome
    from agentsync.workspace import Workspace

app = typer.Typer(
    name="agentsync",
    help="The package manager for the files that steer AI coding tools.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
registries = typer.Typer(help="The registries of the manifest.", no_args_is_help=True, rich_markup_mode=None)
cache = typer.Typer(
    help="The cache of registries that all projects share.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(registries, name="registry")
app.add_typer(cache, name="cache")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
User = Annotated[bool, typer.Option("--user", help="The user scope instead of the project.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no remote; use the cache alone.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; change nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No remarks on standard error.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is asked and fetched.")]
Words = Annotated[list[str] | None, typer.Argument(help="Paths, packs or items; all where none is named.")]


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name.

    Returns:
        The exit code, as `docs/reference/exit-codes.md` lists them.
    """
    from typer.exceptions import TyperException

    terminal = Terminal(
        next((word for word in arguments if not word.startswith("-")), ""), as_json="--json" in arguments
    )
    try:
        return int(app(arguments, prog_name="agentsync", standalone_mode=False) or Exit.OK)
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return terminal.fail(
            UsageError(message.rstrip("."), hint=f"agentsync {terminal.command} --help".replace("  ", " "))
        )
    except typer.Exit as exit_:
        return exit_.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except AgentsyncError as error:
        return terminal.fail(error)
    except BrokenPipeError:
        return _reader_went_away()
    except Exception as error:
        return terminal.bug(error)


def _reader_went_away() -> int:
    """Whoever read our output closed it, as `| head` does: no more can be said, and none has to be."""
    import os
    import sys

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK


def _perform(
    terminal: Terminal,
    act: Callable[[Workspace], Outcome],
    *,
    user: bool = False,
    offline: bool = False,
    target: str = "",
    start: str = "up",
) -> int:
    """Open the scope, run a verb in it, print what came of it."""
    from agentsync.api import Options, Start, open_workspace

    with terminal.progress() as progress:
        options = Options(user, offline, target, progress.steps, progress.counts)
        workspace = open_workspace(options, Start(start))
        outcome = act(workspace)
    return terminal.show(outcome)


@app.callback()
def _global(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from agentsync import __version__

        typer.echo(f"agentsync {__version__}")
        raise typer.Exit


@app.command("init")
def _init(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """Write a commented manifest to start from."""
    from agentsync.commands.init import init

    return _perform(Terminal("init", as_json=as_json, quiet=quiet), init, user=user, start="here")


@app.command("add")
def _add(
    requests: Annotated[list[str], typer.Argument(help="ALIAS/PACK, github:owner/repo, a git URL or a path.")],
    alias: Annotated[str, typer.Option("--as", help="The alias for a repository that is new here.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every pack of a repository with several.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Add packs to the manifest, pinned, and install them."""
    from agentsync.commands.add import AddOptions, add

    terminal = Terminal("add", as_json=as_json, quiet=quiet, verbose=verbose)
    options = AddOptions(alias, everything, dry_run, terminal.asker())
    return _perform(terminal, lambda workspace: add(workspace, requests, options), user=user, offline=offline)


@app.command("remove")
def _remove(
    packs: Annotated[list[str], typer.Argument(help="Packs, as the manifest calls them.")],
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Take packs out of the manifest, and their files away."""
    from agentsync.commands.remove import remove

    terminal = Terminal("remove", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(terminal, lambda workspace: remove(workspace, packs, dry_run=dry_run), user=user, offline=offline)


@app.command("install")
def _install(
    locked: Annotated[bool, typer.Option("--locked", help="Fail where the lock would change.")] = False,
    frozen: Annotated[bool, typer.Option("--frozen", help="Use the lock; look at nothing else.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take the lock's files; set yours aside.")] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Own foreign files as they are, as edits.")] = False,
    target: Annotated[str, typer.Option("--target", help="Install for this AI tool only.")] = "",
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Install what the manifest asks for, as the lock decided it."""
    from agentsync.commands.install import InstallOptions, install

    options = InstallOptions(locked, frozen, dry_run, theirs, adopt)
    terminal = Terminal("install", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(terminal, lambda workspace: install(workspace, options), user=user, offline=offline, target=target)


@app.command("lock")
def _lock(
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Decide the lock and write it; install nothing."""
    from agentsync.commands.lock import lock

    terminal = Terminal("lock", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(terminal, lambda workspace: lock(workspace, dry_run=dry_run), user=user, offline=offline)


@app.command("update")
def _update(
    packs: Annotated[list[str] | None, typer.Argument(help="Packs; all where none is named.")] = None,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Take the newest versions that the manifest allows; your edits are merged."""
    from agentsync.commands.update import update

    terminal = Terminal("update", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(
        terminal, lambda workspace: update(workspace, packs or [], dry_run=dry_run), user=user, offline=offline
    )


@app.command("resolve")
def _resolve(
    words: Annotated[list[str] | None, typer.Argument(help="Paths; every conflict where none is named.")] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Keep your file as it is.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take upstream's file; set yours aside.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Settle a conflict that an update left, with the attempt in .agentsync/conflicts/ as you edited it."""
    from agentsync.commands.resolve import Side, resolve

    if ours and theirs:
        raise UsageError("--ours and --theirs exclude each other")
    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    terminal = Terminal("resolve", as_json=as_json, quiet=quiet)
    return _perform(
        terminal,
        lambda workspace: resolve(workspace, words or [], side, dry_run=dry_run),
        user=user,
        offline=offline,
    )


@app.command("keep")
def _keep(
    words: Words = None,
    drop: Annotated[bool, typer.Option("--drop", help="End the keeping; the files stay, as local edits.")] = False,
    only_list: Annotated[bool, typer.Option("--list", help="List what is kept.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Make local edits the project's own: patches that are committed and applied everywhere."""
    from agentsync.commands.keep import drop as end
    from agentsync.commands.keep import keep, list_kept

    terminal = Terminal("keep", as_json=as_json, quiet=quiet)
    if only_list:
        return _perform(terminal, list_kept, user=user)
    verb = end if drop else keep
    return _perform(
        terminal, lambda workspace: verb(workspace, words or [], dry_run=dry_run), user=user, offline=offline
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
    return _perform(terminal, lambda workspace: contribute(workspace, words or [], options), user=user)


@app.command("rollback")
def _rollback(
    steps: Annotated[int, typer.Argument(help="How many installed locks back.")] = 1,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Back to an earlier lock; your edits are merged."""
    from agentsync.commands.rollback import rollback

    terminal = Terminal("rollback", as_json=as_json, quiet=quiet)
    return _perform(terminal, lambda workspace: rollback(workspace, steps, dry_run=dry_run), user=user, offline=offline)


@app.command("list")
def _list(
    as_tree: Annotated[bool, typer.Option("--tree", help="The packs, and what they require.")] = False,
    user: User = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """What is locked: packs, items, headers."""
    from agentsync.commands.list import list_packs
    from agentsync.commands.tree import tree

    return _perform(Terminal("list", as_json=as_json, quiet=quiet), tree if as_tree else list_packs, user=user)


@app.command("tree")
def _tree(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """The packs as a tree: what the manifest asks for, and what that requires."""
    from agentsync.commands.tree import tree

    return _perform(Terminal("tree", as_json=as_json, quiet=quiet), tree, user=user)


@app.command("why")
def _why(
    word: Annotated[str, typer.Argument(help="An item, an installed path or a pack.")],
    user: User = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """The chain from the manifest to an item, a path or a pack."""
    from agentsync.commands.tree import why

    return _perform(Terminal("why", as_json=as_json, quiet=quiet), lambda workspace: why(workspace, word), user=user)


@app.command("outdated")
def _outdated(
    check: Annotated[bool, typer.Option("--check", help="Exit 1 where a newer version is allowed.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Which packs could be newer: locked, allowed, latest."""
    from agentsync.commands.outdated import outdated

    terminal = Terminal("outdated", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(terminal, lambda workspace: outdated(workspace, check=check), user=user, offline=offline)


@app.command("info")
def _info(
    source: Annotated[str, typer.Argument(help="Anything that `add` takes.")],
    everything: Annotated[bool, typer.Option("--all", help="Every pack of the source, and every version.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """What a source offers: packs, versions, items, requirements."""
    from agentsync.commands.info import info

    terminal = Terminal("info", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(
        terminal,
        lambda workspace: info(workspace, source, everything=everything),
        user=user,
        offline=offline,
        start="anywhere",
    )


@app.command("search")
def _search(
    words: Annotated[list[str], typer.Argument(help="Words that must all occur.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the registries first.")] = False,
    user: User = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Find packs and items in the manifest's registries; offline, over the cache."""
    from agentsync.commands.search import search

    terminal = Terminal("search", as_json=as_json, quiet=quiet, verbose=verbose)
    return _perform(terminal, lambda workspace: search(workspace, words, refresh=refresh), user=user)


@app.command("status")
def _status(
    upstream: Annotated[bool, typer.Option("--upstream", help="Ask the registries too.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Everything at a glance; always exit 0."""
    from agentsync.commands.drift import status

    terminal = Terminal("status", as_json=as_json, quiet=quiet)
    return _perform(terminal, lambda workspace: status(workspace, upstream=upstream), user=user, offline=offline)


@app.command("drift")
def _drift(
    upstream: Annotated[bool, typer.Option("--upstream", help="Ask the registries too.")] = False,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="A kind of drift that is no fault.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Look at this pack alone.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json, sarif, github, junit or markdown.")] = "text",
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """The check for CI: exit 1 where disk, lock and manifest disagree. Needs no network and no cache."""
    from agentsync.commands.drift import DriftOptions, drift

    options = DriftOptions(upstream, tuple(ignore or ()), tuple(only or ()), form)
    terminal = Terminal("drift", as_json=as_json or form == "json", quiet=quiet)
    return _perform(terminal, lambda workspace: drift(workspace, options), user=user, offline=offline)


@app.command("diff")
def _diff(
    words: Words = None,
    upstream: Annotated[bool, typer.Option("--upstream", help="From the lock to the newest allowed.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where there is a difference.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Local edits as a patch that `git apply -R` takes."""
    from agentsync.commands.diff import diff, diff_upstream

    verb = diff_upstream if upstream else diff
    terminal = Terminal("diff", as_json=as_json, quiet=quiet)
    return _perform(
        terminal, lambda workspace: verb(workspace, words or [], exit_code=exit_code), user=user, offline=offline
    )


@app.command("restore")
def _restore(
    words: Words = None,
    backup: Annotated[str, typer.Option("--from-backup", help="Put files of this backup back (or `last`).")] = "",
    backups: Annotated[bool, typer.Option("--backups", help="List what was set aside.")] = False,
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Back to the lock; your own bytes are set aside first."""
    from agentsync.commands.backups import list_backups, put_back
    from agentsync.commands.restore import restore

    terminal = Terminal("restore", as_json=as_json, quiet=quiet)
    if backups:
        return _perform(terminal, list_backups, user=user)
    if backup:
        return _perform(
            terminal, lambda workspace: put_back(workspace, backup, words or [], dry_run=dry_run), user=user
        )
    return _perform(
        terminal, lambda workspace: restore(workspace, words or [], dry_run=dry_run), user=user, offline=offline
    )


@registries.command("add")
def _registry_add(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    url: Annotated[str, typer.Argument(help="Any git URL, a path, or github:owner/repo.")],
    branch: Annotated[str, typer.Option("--branch", help="The branch whose registry.yaml counts.")] = "",
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Add a registry, after asking it what it offers."""
    from agentsync.commands.registry import registry_add

    terminal = Terminal("registry add", as_json=as_json, quiet=quiet)
    return _perform(
        terminal,
        lambda workspace: registry_add(workspace, alias, url, branch=branch, dry_run=dry_run),
        user=user,
        offline=offline,
    )


@registries.command("remove")
def _registry_remove(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    user: User = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Remove a registry that no pack comes from."""
    from agentsync.commands.registry import registry_remove

    terminal = Terminal("registry remove", as_json=as_json, quiet=quiet)
    return _perform(terminal, lambda workspace: registry_remove(workspace, alias, dry_run=dry_run), user=user)


@registries.command("list")
def _registry_list(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """The registries of the manifest."""
    from agentsync.commands.registry import registry_list

    return _perform(Terminal("registry list", as_json=as_json, quiet=quiet), registry_list, user=user)


@registries.command("refresh")
def _registry_refresh(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """Ask every registry what it offers now."""
    from agentsync.commands.registry import registry_refresh

    return _perform(Terminal("registry refresh", as_json=as_json, quiet=quiet), registry_refresh, user=user)


@cache.command("dir")
def _cache_dir(as_json: Json = False) -> int:
    """Where the cache is."""
    from agentsync.commands.cache import cache_dir

    return Terminal("cache dir", as_json=as_json).show(cache_dir())


@cache.command("clean")
def _cache_clean(dry_run: DryRun = False, as_json: Json = False) -> int:
    """Delete every cached repository."""
    from agentsync.commands.cache import cache_clean

    return Terminal("cache clean", as_json=as_json).show(cache_clean(dry_run=dry_run))
