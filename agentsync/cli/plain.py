"""The commands that are called most, and their command lines as far as they are flags alone.

To load typer takes longer than to run any of these. So where every word behind a command is one of its
flags, that is all there is to read, and it is read here; a value, an abbreviation or a mistake is left to
typer, which calls the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from agentsync.cli.console import Terminal
from agentsync.cli.performing import Writing, perform, perform_writing

# Parameters that are called otherwise on the command line, and flags that have a short name.
_SPELLED: Final = {"as_json": "--json", "as_tree": "--tree"}
_SHORT: Final = {"quiet": "-q", "verbose": "-v"}


def act_of(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What a command line asks for, None where it takes more to read it.

    Args:
        arguments: the command line without the program's name.
    """
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        return None
    known = flags(command)
    chosen = [known.get(word, "") for word in arguments[1:]]
    return partial(command, **dict.fromkeys(chosen, True)) if all(chosen) else None


def flags(command: Callable[..., int]) -> dict[str, str]:
    """How the flags of a command are spelled, and the parameter that each sets."""
    defaults: dict[str, object] = getattr(command, "__kwdefaults__", None) or {}
    names = [name for name, default in defaults.items() if default is False]
    spelled = {_SPELLED.get(name) or f"--{name.replace('_', '-')}": name for name in names}
    return spelled | {_SHORT[name]: name for name in names if name in _SHORT}


def list_packs(
    *,
    words: Sequence[str] = (),
    as_tree: bool = False,
    user: bool = False,
    as_json: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync list`."""
    if as_tree:
        return tree(user=user, as_json=as_json, quiet=quiet, called="list")
    from agentsync.commands.list import list_packs as verb

    terminal = Terminal("list", as_json=as_json, quiet=quiet)
    return perform(terminal, lambda workspace: verb(workspace, words), user=user)


def tree(*, user: bool = False, as_json: bool = False, quiet: bool = False, called: str = "tree") -> int:
    """`agentsync tree`."""
    from agentsync.commands.tree import tree as verb

    return perform(Terminal(called, as_json=as_json, quiet=quiet), verb, user=user)


def status(
    *,
    words: Sequence[str] = (),
    upstream: bool = False,
    user: bool = False,
    offline: bool = False,
    as_json: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync status`."""
    from agentsync.commands.drift import status as verb

    terminal = Terminal("status", as_json=as_json, quiet=quiet)
    return perform(terminal, lambda workspace: verb(workspace, words, upstream=upstream), user=user, offline=offline)


def drift(
    *,
    words: Sequence[str] = (),
    upstream: bool = False,
    recursive: bool = False,
    ignore: Sequence[str] = (),
    only: Sequence[str] = (),
    form: str = "text",
    user: bool = False,
    offline: bool = False,
    as_json: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync drift`."""
    from agentsync.commands.drift import DriftOptions
    from agentsync.commands.drift import drift as verb

    options = DriftOptions(upstream, tuple(ignore), tuple(only), form, tuple(words))
    terminal = Terminal("drift", as_json=as_json or form == "json", quiet=quiet)
    if recursive:
        from agentsync.commands.recursive import drift_recursive

        return perform(
            terminal, lambda workspace: drift_recursive(workspace, options), offline=offline, start="anywhere"
        )
    vouched_for = "drift" if options == DriftOptions() else ""
    return perform(
        terminal, lambda workspace: verb(workspace, options), user=user, offline=offline, vouched_for=vouched_for
    )


def verify(
    *,
    words: Sequence[str] = (),
    deep: bool = False,
    user: bool = False,
    offline: bool = False,
    as_json: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync verify`."""
    from agentsync.commands.verify import verify as verb

    terminal = Terminal("verify", as_json=as_json, quiet=quiet, verbose=verbose)
    return perform(terminal, lambda workspace: verb(workspace, words, deep=deep), user=user, offline=offline)


def outdated(
    *,
    words: Sequence[str] = (),
    check: bool = False,
    user: bool = False,
    offline: bool = False,
    as_json: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync outdated`."""
    from agentsync.commands.outdated import outdated as verb

    terminal = Terminal("outdated", as_json=as_json, quiet=quiet, verbose=verbose)
    return perform(terminal, lambda workspace: verb(workspace, words, check=check), user=user, offline=offline)


def install(
    *,
    locked: bool = False,
    frozen: bool = False,
    theirs: bool = False,
    adopt: bool = False,
    merge: bool = False,
    target: str = "",
    user: bool = False,
    offline: bool = False,
    accepted: Sequence[str] = (),
    dry_run: bool = False,
    no_wait: bool = False,
    as_json: bool = False,
    verbose: bool = False,
    quiet: bool = False,
) -> int:
    """`agentsync install`."""
    from agentsync.commands.install import InstallOptions
    from agentsync.commands.install import install as verb

    options = InstallOptions(locked, frozen, dry_run, theirs, adopt, merge)
    terminal = Terminal("install", as_json=as_json, quiet=quiet, verbose=verbose)
    is_plain = options in (InstallOptions(), InstallOptions(locked=True)) and not target and not accepted
    return perform_writing(
        terminal,
        lambda workspace: verb(workspace, options),
        Writing(
            user=user,
            offline=offline,
            target=target,
            dry_run=dry_run,
            no_wait=no_wait,
            accepted=tuple(accepted),
            vouched_for="install" if is_plain else "",
        ),
    )


COMMANDS: Final[dict[str, Callable[..., Any]]] = {
    "list": list_packs,
    "tree": tree,
    "status": status,
    "drift": drift,
    "verify": verify,
    "outdated": outdated,
    "install": install,
}
