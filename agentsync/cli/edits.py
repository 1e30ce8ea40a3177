"""The commands about local edits: how they stand, and the ways out of a drift."""

from __future__ import annotations

from typing import Final

from agentsync.cli import flags
from agentsync.cli.table import Argument, Command, Flag, Group, Verb
from agentsync.reporting.formats import FORMS_TOLD

EDITS: Final = Group(
    "Your own edits",
    Command(
        "status",
        "Everything at a glance; always exit 0.",
        (flags.WORDS, flags.UPSTREAM, *flags.COMPARING),
        Verb("commands.drift:status"),
        {"status": "everything", "status --upstream": "with what the registries have now"},
    ),
    Command(
        "drift",
        "The check for CI: exit 1 where disk, lock and manifest disagree. Needs no network and no cache.",
        (
            flags.WORDS,
            flags.UPSTREAM,
            Flag("--recursive", "Every project below this folder.", implies={"user": False}),
            Flag("--ignore", "A kind of drift that is no fault.", tuple),
            Flag("--only", "Look at this pack alone.", tuple),
            Flag("--format", FORMS_TOLD, str, name="form", default="text"),
            Flag("--path-root", "What sarif, github and gitlab start paths from; else the git root.", str),
            *flags.COMPARING,
        ),
        Verb("commands.drift:drift", options="DriftOptions", settled_with=()),
        {
            "drift": "offline, from a fresh clone",
            "drift --upstream": "ask the registries too",
            "drift --format github": "as annotations of a pull request",
            "drift --recursive": "every project below this folder",
        },
        instead={"recursive": Verb("commands.drift:drift_recursive", options="DriftOptions", start="anywhere")},
        mistaken=("check",),
    ),
    Command(
        "diff",
        "Local edits as a patch that `git apply -R` takes.",
        (
            flags.WORDS,
            Flag("--upstream", "From the lock to the newest allowed."),
            Flag("--stat", "How many lines of each file."),
            Flag("--name-only", "The names of the files alone."),
            Flag("--exit-code", "Exit 1 where there is a difference."),
            *flags.COMPARING,
        ),
        Verb("commands.diff:diff", options="DiffOptions"),
        {"diff": "every edit", "diff --stat": "how many lines", "diff --upstream": "what an update would change"},
        instead={"upstream": Verb("commands.diff:diff_upstream", options="DiffOptions")},
    ),
    Command(
        "keep",
        "Make local edits the project's own: patches that are committed and applied everywhere.",
        (
            flags.WORDS,
            Flag("--drop", "End the keeping; the files stay, as local edits."),
            Flag("--list", "List what is kept.", name="only_list"),
            Flag("--push", "With --user: send it where `init --from` took it.", excludes="--dry-run"),
            Flag("--message -m", "The commit message of --push.", str),
            *flags.WRITING,
        ),
        Verb("commands.keep:keep", writes=True),
        {
            "keep": "every edit",
            "keep agent:reviewer": "one item",
            "keep --list": "what is kept",
            "keep --drop agent:reviewer": "end it; the file stays as it is",
            "keep --user --push": "send your edits to the other machines",
        },
        instead={"only_list": Verb("commands.keep:list_kept"), "drop": Verb("commands.keep:drop", writes=True)},
    ),
    Command(
        "restore",
        "Back to the lock; your own bytes are set aside first.",
        (
            flags.WORDS,
            Flag("--from-backup", "Put files of this backup back (or `last`).", str, name="backup"),
            Flag("--backups", "List what was set aside."),
            *flags.WRITING,
        ),
        Verb("commands.restore:restore", writes=True),
        {
            "restore agent:reviewer": "one item, back to the lock",
            "restore --backups": "what was set aside",
            "restore --from-backup last": "put the last of it back",
        },
        instead={
            "backups": Verb("commands.restore:list_backups"),
            "backup": Verb("commands.restore:put_back", writes=True),
        },
        mistaken=("reset", "revert"),
    ),
    Command(
        "resolve",
        "Settle a conflict that an update left, with the attempt in .agentsync/conflicts/ as you edited it.",
        (
            Argument("words", "Paths; every conflict where none is named.", tuple, required=False),
            Flag("--ours", "Keep your file as it is.", excludes="--theirs"),
            Flag("--theirs", "Take upstream's file; set yours aside."),
            *flags.WRITING,
        ),
        Verb("commands.restore:resolve", writes=True),
        {
            "resolve": "take the attempts in .agentsync/conflicts/ as you edited them",
            "resolve --ours": "keep your file",
            "resolve --theirs": "take upstream's; yours is set aside",
        },
    ),
    Command(
        "contribute",
        "Send local edits to their registry: a branch with one commit on the locked one.",
        (
            flags.WORDS,
            Flag("--message -m", "The commit message.", str),
            Flag("--fork", "The repository to push to instead.", str),
            Flag("--patch", "Write a mailbox patch; push nothing.", name="as_patch"),
            *(flags.USER, flags.DRY_RUN, flags.JSON, flags.QUIET),
        ),
        Verb("commands.contribute:contribute", options="ContributeOptions"),
        {
            "contribute -m 'Explain retries'": "push every edit as a branch of its registry",
            "contribute acme/docs --patch": "write a mailbox patch; push nothing",
        },
        mistaken=("push",),
    ),
)
