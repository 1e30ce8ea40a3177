"""The commands that ask registries, and those about registries and the cache.

Declarations only: each command imports its verb when it is called, so that none pays for another.
"""

from __future__ import annotations

from typing import Annotated

import typer

from agentsync.cli import plain
from agentsync.cli.console import Terminal
from agentsync.cli.options import Accept, DryRun, Json, NoWait, Offline, Quiet, User, Verbose, Words
from agentsync.cli.performing import Writing, perform, perform_writing

app = typer.Typer()
registries = typer.Typer(help="The registries of the manifest.", no_args_is_help=True, rich_markup_mode=None)
cache = typer.Typer(
    help="The cache of registries that all projects share.", no_args_is_help=True, rich_markup_mode=None
)

policy = typer.Typer(help="What must never be installed.", no_args_is_help=True, rich_markup_mode=None)


@policy.command("show")
def _policy_show(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """The rules that hold here, and where each comes from."""
    from agentsync.commands.policy import show

    terminal = Terminal("policy show", as_json=as_json, quiet=quiet)
    return perform(terminal, show, user=user, start="anywhere")


@app.command("outdated")
def _outdated(
    words: Words = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 where a newer version is allowed.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Which packs could be newer: locked, allowed, latest."""
    return plain.outdated(
        words=words or (), check=check, user=user, offline=offline, as_json=as_json, verbose=verbose, quiet=quiet
    )


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
    return perform(
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
    return perform(terminal, lambda workspace: search(workspace, words, refresh=refresh), user=user)


@registries.command("add")
def _registry_add(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    url: Annotated[str, typer.Argument(help="Any git URL, a path, or github:owner/repo.")],
    branch: Annotated[str, typer.Option("--branch", help="The branch whose registry.yaml counts.")] = "",
    user: User = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Add a registry, after asking it what it offers."""
    from agentsync.commands.registry import registry_add

    terminal = Terminal("registry add", as_json=as_json, quiet=quiet)
    return perform_writing(
        terminal,
        lambda workspace: registry_add(workspace, alias, url, branch=branch, dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait),
    )


@registries.command("remove")
def _registry_remove(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    user: User = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Remove a registry that no pack comes from."""
    from agentsync.commands.registry import registry_remove

    terminal = Terminal("registry remove", as_json=as_json, quiet=quiet)
    return perform_writing(
        terminal,
        lambda workspace: registry_remove(workspace, alias, dry_run=dry_run),
        Writing(user=user, dry_run=dry_run, no_wait=no_wait),
    )


@registries.command("set-url")
def _registry_set_url(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    url: Annotated[str, typer.Argument(help="Where it is now.")],
    user: User = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Give a registry another URL; its packs stay at their versions."""
    from agentsync.commands.registry_moves import registry_set_url

    return perform_writing(
        Terminal("registry set-url", as_json=as_json, quiet=quiet),
        lambda workspace: registry_set_url(workspace, alias, url, dry_run=dry_run),
        Writing(user=user, dry_run=dry_run, no_wait=no_wait, accepted=tuple(accept or ())),
    )


@registries.command("set-alias")
def _registry_set_alias(
    alias: Annotated[str, typer.Argument(help="Its name in this manifest.")],
    name: Annotated[str, typer.Argument(help="Its new name.")],
    user: User = False,
    offline: Offline = False,
    accept: Accept = None,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Give a registry another name; its packs stay at their versions."""
    from agentsync.commands.registry_moves import registry_set_alias

    return perform_writing(
        Terminal("registry set-alias", as_json=as_json, quiet=quiet),
        lambda workspace: registry_set_alias(workspace, alias, name, dry_run=dry_run),
        Writing(user=user, offline=offline, dry_run=dry_run, no_wait=no_wait, accepted=tuple(accept or ())),
    )


@registries.command("list")
def _registry_list(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """The registries of the manifest."""
    from agentsync.commands.registry import registry_list

    return perform(Terminal("registry list", as_json=as_json, quiet=quiet), registry_list, user=user)


@registries.command("refresh")
def _registry_refresh(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """Ask every registry what it offers now."""
    from agentsync.commands.registry import registry_refresh

    return perform(Terminal("registry refresh", as_json=as_json, quiet=quiet), registry_refresh, user=user)


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
