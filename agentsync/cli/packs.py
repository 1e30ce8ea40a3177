"""The commands about packs: manifest, lock, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentsync.cli.flags import ASKING, INSTALLING, JSON, NO_WAIT, QUIET, USER, WORDS, WRITING
from agentsync.cli.table import Argument, Flag, Group, Task

packs: Final = Group("", "Packs", {})


@packs.command(
    "init",
    "Write a commented manifest to start from.",
    USER,
    NO_WAIT,
    JSON,
    QUIET,
    examples={"init": "in this folder", "init --user": "for every project of yours"},
)
def _init() -> Task:
    from agentsync.commands.init import init

    return Task(init, writes=True, start="here")


@packs.command(
    "add",
    "Add packs to the manifest, pinned, and install them.",
    Argument("requests", "ALIAS/PACK, github:owner/repo, a git URL or a path.", tuple),
    Flag("--as", "The alias for a repository that is new here.", str, name="alias"),
    Flag("--all", "Every pack of a repository with several.", name="everything"),
    Flag("--no-rename", "With --all: refuse items that clash."),
    Flag("--only", "Take these items.", tuple, metavar="GLOB"),
    Flag("--except", "Leave them out.", tuple, name="excluded", metavar="GLOB"),
    Flag("--rename", "Rename it.", tuple, metavar="ITEM=NAME"),
    Flag("--prefix", "Call the files PACK--NAME."),
    Flag("--branch", "Follow this branch.", str),
    *INSTALLING,
    examples={
        "add github:owner/repo": "a repository with one pack",
        "add github:owner/repo --all": "every pack of a repository",
        'add "acme/python-backend>=1.2,<2"': "a pack of a registry, within a range",
        "add acme/docs --only 'agent:*'": "its agents alone",
    },
    mistaken=("get",),
)
def _add(
    requests: Sequence[str],
    alias: str,
    everything: bool,
    no_rename: bool,
    only: tuple[str, ...],
    excluded: tuple[str, ...],
    rename: tuple[str, ...],
    prefix: bool,
    branch: str,
    dry_run: bool,
    as_json: bool,
) -> Task:
    from agentsync.cli.prompts import choose
    from agentsync.cli.streams import is_attended
    from agentsync.commands.add import AddOptions, add
    from agentsync.commands.choosing import ItemChoice

    options = AddOptions(
        alias=alias,
        everything=everything,
        choice=ItemChoice(only, excluded, rename, prefix),
        branch=branch,
        keeps_names=no_rename,
        dry_run=dry_run,
        ask=choose if is_attended(as_json=as_json) else None,
    )
    return Task(lambda workspace: add(workspace, requests, options), writes=True)


@packs.command(
    "remove",
    "Take packs out of the manifest, and their files away.",
    Argument("packs", "Packs, as the manifest calls them.", tuple),
    *INSTALLING,
    examples={"remove acme/docs": "the pack, and its files", "remove acme/docs --dry-run": "tell what would go"},
    aliases=("rm", "uninstall"),
    mistaken=("delete", "del", "erase", "deinstall"),
)
def _remove(packs: Sequence[str], dry_run: bool) -> Task:
    from agentsync.commands.remove import remove

    return Task(lambda workspace: remove(workspace, packs, dry_run=dry_run), writes=True)


@packs.command(
    "install",
    "Install what the manifest asks for, as the lock decided it.",
    Flag("--locked", "Fail where the lock would change."),
    Flag("--frozen", "Use the lock; look at nothing else."),
    Flag("--theirs", "Take the lock's files; set yours aside."),
    Flag("--adopt", "Own foreign files: upstream's own are brought up to date, others are edits."),
    Flag("--merge", "Merge edits with the lock as it stands."),
    Flag("--target", "Install for this AI tool only.", str),
    *INSTALLING,
    examples={
        "install --locked": "in CI: fail where the lock would change",
        "install --merge": "merge your edits with a lock that a colleague moved",
        "install --theirs": "take the lock's files; yours go to .agentsync/backup/",
    },
    aliases=("sync",),
    mistaken=("i",),
)
def _install(
    locked: bool,
    frozen: bool,
    theirs: bool,
    adopt: bool,
    merge: bool,
    target: str,
    accept_grants: Sequence[str],
    dry_run: bool,
) -> Task:
    from agentsync.commands.install import InstallOptions, install

    options = InstallOptions(locked=locked, frozen=frozen, dry_run=dry_run, theirs=theirs, adopt=adopt, merge=merge)
    is_plain = options in (InstallOptions(), InstallOptions(locked=True)) and not target and not accept_grants
    return Task(lambda workspace: install(workspace, options), writes=True, vouched=is_plain)


@packs.command(
    "lock",
    "Decide the lock and write it; install nothing.",
    Flag("--check", "Exit 1 where the lock would change; write nothing."),
    *INSTALLING,
    examples={"lock": "after an edit of the manifest, or a merge", "lock --check": "is the lock up to date?"},
)
def _lock(check: bool, dry_run: bool) -> Task:
    from agentsync.commands.lock import lock

    dry_run = dry_run or check
    return Task(
        lambda workspace: lock(workspace, dry_run=dry_run, check=check), writes=True, implied={"dry_run": dry_run}
    )


@packs.command(
    "update",
    "Take the newest versions that the manifest allows; your edits are merged.",
    Argument("packs", "PACK or PACK@VERSION; all where none is named.", tuple, required=False),
    Flag("--allow-downgrade", "Let the named packs go to an older version."),
    *INSTALLING,
    examples={
        "update --dry-run": "what is new, and what it may do",
        "update acme/docs": "one pack",
        "update acme/docs@1.4.2": "to this version",
    },
    aliases=("upgrade",),
    mistaken=("fetch", "pull"),
)
def _update(packs: Sequence[str], allow_downgrade: bool, dry_run: bool) -> Task:
    from agentsync.commands.update import update

    return Task(
        lambda workspace: update(workspace, packs, dry_run=dry_run, allow_downgrade=allow_downgrade), writes=True
    )


@packs.command(
    "outdated",
    "Which packs could be newer: locked, allowed, latest.",
    WORDS,
    Flag("--check", "Exit 1 where a newer version is allowed."),
    *ASKING,
    examples={"outdated": "locked, allowed, latest", "outdated --check": "exit 1 where something is newer"},
)
def _outdated(words: Sequence[str], check: bool) -> Task:
    from agentsync.commands.outdated import outdated

    return Task(lambda workspace: outdated(workspace, words, check=check))


@packs.command(
    "rollback",
    "Back to an earlier lock; your edits are merged.",
    Argument("steps", "How many installed locks back.", int, required=False, default=1),
    Flag("--list", "List the locks that there are.", name="only_list"),
    *WRITING,
    examples={"rollback --list": "the locks that there were", "rollback": "to the one before"},
    mistaken=("undo",),
)
def _rollback(steps: int, only_list: bool, dry_run: bool) -> Task:
    from agentsync.commands.rollback import list_earlier, rollback

    if only_list:
        return Task(list_earlier)
    return Task(lambda workspace: rollback(workspace, steps, dry_run=dry_run), writes=True)
