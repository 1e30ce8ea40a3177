"""The commands about local edits: how they stand, and the ways out of a drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentsync.cli.flags import COMPARING, DRY_RUN, JSON, QUIET, UPSTREAM, USER, WORDS, WRITING
from agentsync.cli.table import Argument, Flag, Group, Task
from agentsync.errors import UsageError
from agentsync.reporting.formats import FORMS

edits: Final = Group("", "Your own edits", {})


@edits.command(
    "status",
    "Everything at a glance; always exit 0.",
    WORDS,
    UPSTREAM,
    *COMPARING,
    examples={"status": "everything", "status --upstream": "with what the registries have now"},
)
def _status(words: Sequence[str], upstream: bool) -> Task:
    from agentsync.commands.drift import status

    return Task(lambda workspace: status(workspace, words, upstream=upstream))


@edits.command(
    "drift",
    "The check for CI: exit 1 where disk, lock and manifest disagree. Needs no network and no cache.",
    WORDS,
    UPSTREAM,
    Flag("--recursive", "Every project below this folder."),
    Flag("--ignore", "A kind of drift that is no fault.", tuple),
    Flag("--only", "Look at this pack alone.", tuple),
    Flag("--format", f"{', '.join(FORMS[:-1])} or {FORMS[-1]}.", str, name="form", default="text"),
    *COMPARING,
    examples={
        "drift": "offline, from a fresh clone",
        "drift --upstream": "ask the registries too",
        "drift --format github": "as annotations of a pull request",
        "drift --recursive": "every project below this folder",
    },
    mistaken=("check",),
)
def _drift(
    words: tuple[str, ...],
    upstream: bool,
    recursive: bool,
    ignore: tuple[str, ...],
    only: tuple[str, ...],
    form: str,
    as_json: bool,
) -> Task:
    from agentsync.commands.drift import DriftOptions, drift

    options = DriftOptions(upstream=upstream, ignore=ignore, only=only, form=form, words=words)
    implied = {"as_json": as_json or form == "json"}
    if recursive:
        from agentsync.commands.drift import drift_recursive

        return Task(
            lambda workspace: drift_recursive(workspace, options), start="anywhere", implied={**implied, "user": False}
        )
    return Task(lambda workspace: drift(workspace, options), implied=implied, vouched=options == DriftOptions())


@edits.command(
    "diff",
    "Local edits as a patch that `git apply -R` takes.",
    WORDS,
    Flag("--upstream", "From the lock to the newest allowed."),
    Flag("--stat", "How many lines of each file."),
    Flag("--name-only", "The names of the files alone."),
    Flag("--exit-code", "Exit 1 where there is a difference."),
    *COMPARING,
    examples={"diff": "every edit", "diff --stat": "how many lines", "diff --upstream": "what an update would change"},
)
def _diff(words: Sequence[str], upstream: bool, stat: bool, name_only: bool, exit_code: bool) -> Task:
    from agentsync.commands.diff import Form, diff, diff_upstream

    form = Form.NAMES if name_only else Form.STAT if stat else Form.PATCH
    verb = diff_upstream if upstream else diff
    return Task(lambda workspace: verb(workspace, words, exit_code=exit_code, form=form))


@edits.command(
    "keep",
    "Make local edits the project's own: patches that are committed and applied everywhere.",
    WORDS,
    Flag("--drop", "End the keeping; the files stay, as local edits."),
    Flag("--list", "List what is kept.", name="only_list"),
    *WRITING,
    examples={
        "keep": "every edit",
        "keep agent:reviewer": "one item",
        "keep --list": "what is kept",
        "keep --drop agent:reviewer": "end it; the file stays as it is",
    },
)
def _keep(words: Sequence[str], drop: bool, only_list: bool, dry_run: bool) -> Task:
    from agentsync.commands import keep

    if only_list:
        return Task(keep.list_kept)
    verb = keep.drop if drop else keep.keep
    return Task(lambda workspace: verb(workspace, words, dry_run=dry_run), writes=True)


@edits.command(
    "restore",
    "Back to the lock; your own bytes are set aside first.",
    WORDS,
    Flag("--from-backup", "Put files of this backup back (or `last`).", str),
    Flag("--backups", "List what was set aside."),
    *WRITING,
    examples={
        "restore agent:reviewer": "one item, back to the lock",
        "restore --backups": "what was set aside",
        "restore --from-backup last": "put the last of it back",
    },
    mistaken=("reset", "revert"),
)
def _restore(words: Sequence[str], from_backup: str, backups: bool, dry_run: bool) -> Task:
    from agentsync.commands.backups import list_backups, put_back
    from agentsync.commands.restore import restore

    if backups:
        return Task(list_backups)
    if from_backup:
        return Task(lambda workspace: put_back(workspace, from_backup, words, dry_run=dry_run), writes=True)
    return Task(lambda workspace: restore(workspace, words, dry_run=dry_run), writes=True)


@edits.command(
    "resolve",
    "Settle a conflict that an update left, with the attempt in .agentsync/conflicts/ as you edited it.",
    Argument("words", "Paths; every conflict where none is named.", tuple, required=False),
    Flag("--ours", "Keep your file as it is."),
    Flag("--theirs", "Take upstream's file; set yours aside."),
    *WRITING,
    examples={
        "resolve": "take the attempts in .agentsync/conflicts/ as you edited them",
        "resolve --ours": "keep your file",
        "resolve --theirs": "take upstream's; yours is set aside",
    },
)
def _resolve(words: Sequence[str], ours: bool, theirs: bool, dry_run: bool) -> Task:
    from agentsync.commands.resolve import Side, resolve

    if ours and theirs:
        raise UsageError("--ours and --theirs exclude each other")
    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    return Task(lambda workspace: resolve(workspace, words, side, dry_run=dry_run), writes=True)


@edits.command(
    "contribute",
    "Send local edits to their registry: a branch with one commit on the locked one.",
    WORDS,
    Flag("--message -m", "The commit message.", str),
    Flag("--fork", "The repository to push to instead.", str),
    Flag("--patch", "Write a mailbox patch; push nothing.", name="as_patch"),
    USER,
    DRY_RUN,
    JSON,
    QUIET,
    examples={
        "contribute -m 'Explain retries'": "push every edit as a branch of its registry",
        "contribute acme/docs --patch": "write a mailbox patch; push nothing",
    },
    mistaken=("push",),
)
def _contribute(words: Sequence[str], message: str, fork: str, as_patch: bool, dry_run: bool) -> Task:
    from agentsync.commands.contribute import ContributeOptions, contribute

    options = ContributeOptions(message, fork, as_patch, dry_run)
    return Task(lambda workspace: contribute(workspace, words, options))
