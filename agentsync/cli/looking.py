"""The commands that only look: at the lock, the disk, and on request at the registries.

Declarations only: each command imports its verb when it is called, so that none pays for another.
"""

from __future__ import annotations

from typing import Annotated

import typer

from agentsync.cli import plain
from agentsync.cli.console import Terminal
from agentsync.cli.options import Json, Offline, Quiet, User, Verbose, Words
from agentsync.cli.performing import perform

app = typer.Typer()


@app.command("verify")
def _verify(
    words: Words = None,
    deep: Annotated[bool, typer.Option("--deep", help="Derive the lock again from its commits, too.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Check that disk, lock, cache and tags still agree."""
    return plain.verify(
        words=words or (), deep=deep, user=user, offline=offline, as_json=as_json, verbose=verbose, quiet=quiet
    )


@app.command("doctor")
def _doctor(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """What may go wrong here, each with its next step."""
    from agentsync.commands.doctor import doctor

    return perform(Terminal("doctor", as_json=as_json, quiet=quiet), doctor, user=user)


@app.command("list")
def _list(
    words: Words = None,
    as_tree: Annotated[bool, typer.Option("--tree", help="The packs, and what they require.")] = False,
    user: User = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """What is locked: packs, items, headers."""
    return plain.list_packs(words=words or (), as_tree=as_tree, user=user, as_json=as_json, quiet=quiet)


@app.command("tree")
def _tree(user: User = False, as_json: Json = False, quiet: Quiet = False) -> int:
    """The packs as a tree: what the manifest asks for, and what that requires."""
    return plain.tree(user=user, as_json=as_json, quiet=quiet)


@app.command("why")
def _why(
    word: Annotated[str, typer.Argument(help="An item, an installed path or a pack.")],
    user: User = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """The chain from the manifest to an item, a path or a pack."""
    from agentsync.commands.tree import why

    return perform(Terminal("why", as_json=as_json, quiet=quiet), lambda workspace: why(workspace, word), user=user)


@app.command("status")
def _status(
    words: Words = None,
    upstream: Annotated[bool, typer.Option("--upstream", help="Ask the registries too.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Everything at a glance; always exit 0."""
    return plain.status(words=words or (), upstream=upstream, user=user, offline=offline, as_json=as_json, quiet=quiet)


@app.command("drift")
def _drift(
    words: Words = None,
    upstream: Annotated[bool, typer.Option("--upstream", help="Ask the registries too.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Every project below this folder.")] = False,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="A kind of drift that is no fault.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Look at this pack alone.")] = None,
    form: Annotated[str, typer.Option("--format", help="text, json, sarif, github, junit or markdown.")] = "text",
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """The check for CI: exit 1 where disk, lock and manifest disagree. Needs no network and no cache."""
    return plain.drift(
        words=words or (),
        upstream=upstream,
        recursive=recursive,
        ignore=ignore or (),
        only=only or (),
        form=form,
        user=user,
        offline=offline,
        as_json=as_json,
        quiet=quiet,
    )


@app.command("diff")
def _diff(
    words: Words = None,
    upstream: Annotated[bool, typer.Option("--upstream", help="From the lock to the newest allowed.")] = False,
    stat: Annotated[bool, typer.Option("--stat", help="How many lines of each file.")] = False,
    name_only: Annotated[bool, typer.Option("--name-only", help="The names of the files alone.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where there is a difference.")] = False,
    user: User = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Local edits as a patch that `git apply -R` takes."""
    from agentsync.commands.diff import Form, diff, diff_upstream

    form = Form.NAMES if name_only else Form.STAT if stat else Form.PATCH
    verb = diff_upstream if upstream else diff
    terminal = Terminal("diff", as_json=as_json, quiet=quiet)
    return perform(
        terminal,
        lambda workspace: verb(workspace, words or [], exit_code=exit_code, form=form),
        user=user,
        offline=offline,
    )
