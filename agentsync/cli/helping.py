"""The help of the command line: commands in groups, and examples that can be run as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

HEADINGS: Final[Mapping[str, str]] = {
    "Packs": "init add remove install lock update outdated rollback",
    "Your own edits": "status drift diff keep restore resolve contribute",
    "What is installed": "list tree why doctor",
    "Trust": "grants verify policy",
    "Registries": "search info registry cache",
}
_WIDEST: Final = 46  # of a command line, for what it does to stand beside it
# Command lines without the program's name, each with what it does.
EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "": {
        "init": "start a project in this folder",
        "add github:owner/repo": "install what a repository offers",
        "update": "take newer versions; your edits are merged",
        "drift": "what CI asks: does the disk agree with the lock?",
    },
    "init": {"init": "in this folder", "init --user": "for every project of yours"},
    "add": {
        "add github:owner/repo": "a repository with one pack",
        "add github:owner/repo --all": "every pack of a repository",
        'add "acme/python-backend>=1.2,<2"': "a pack of a registry, within a range",
        "add acme/docs --only 'agent:*'": "its agents alone",
    },
    "remove": {"remove acme/docs": "the pack, and its files", "remove acme/docs --dry-run": "tell what would go"},
    "install": {
        "install --locked": "in CI: fail where the lock would change",
        "install --merge": "merge your edits with a lock that a colleague moved",
        "install --theirs": "take the lock's files; yours go to .agentsync/backup/",
    },
    "lock": {"lock": "after an edit of the manifest, or a merge", "lock --check": "is the lock up to date?"},
    "update": {
        "update --dry-run": "what is new, and what it may do",
        "update acme/docs": "one pack",
        "update acme/docs@1.4.2": "to this version",
    },
    "outdated": {"outdated": "locked, allowed, latest", "outdated --check": "exit 1 where something is newer"},
    "rollback": {"rollback --list": "the locks that there were", "rollback": "to the one before"},
    "status": {"status": "everything", "status --upstream": "with what the registries have now"},
    "drift": {
        "drift": "offline, from a fresh clone",
        "drift --upstream": "ask the registries too",
        "drift --format github": "as annotations of a pull request",
        "drift --recursive": "every project below this folder",
    },
    "diff": {"diff": "every edit", "diff --stat": "how many lines", "diff --upstream": "what an update would change"},
    "keep": {
        "keep": "every edit",
        "keep agent:reviewer": "one item",
        "keep --list": "what is kept",
        "keep --drop agent:reviewer": "end it; the file stays as it is",
    },
    "restore": {
        "restore agent:reviewer": "one item, back to the lock",
        "restore --backups": "what was set aside",
        "restore --from-backup last": "put the last of it back",
    },
    "resolve": {
        "resolve": "take the attempts in .agentsync/conflicts/ as you edited them",
        "resolve --ours": "keep your file",
        "resolve --theirs": "take upstream's; yours is set aside",
    },
    "contribute": {
        "contribute -m 'Explain retries'": "push every edit as a branch of its registry",
        "contribute acme/docs --patch": "write a mailbox patch; push nothing",
    },
    "list": {"list": "packs and items", "list acme/docs": "one pack", "list --json": "for programs"},
    "tree": {"tree": "what is asked for, and what that requires"},
    "why": {"why agent:reviewer": "which pack it comes from", "why acme/docs": "who asked for a pack"},
    "doctor": {"doctor": "this project", "doctor --user": "the user scope"},
    "grants": {"grants": "what each item may do", "grants --accept": "say yes to what the next update would add"},
    "verify": {"verify": "disk, lock, cache and tags", "verify --deep": "derive the lock again from its commits"},
    "search": {"search code review": "items and packs that have both words", "search review --refresh": "ask first"},
    "info": {
        "info acme/docs": "a pack of a registry",
        "info github:owner/repo --all": "all that a repository offers, before it is added",
    },
    "registry": {
        "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
        "registry list": "what the manifest has",
    },
    "cache": {"cache dir": "where it is", "cache clean": "delete it; it is fetched again when needed"},
    "policy": {"policy show": "each rule, and the file that it is from"},
    "policy show": {"policy show": "each rule, and the file that it is from"},
    "registry add": {
        "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
        "registry add community github:owner/repo": "by a shorthand",
        "registry add labs ../labs-agents": "a folder beside this one",
    },
    "registry remove": {"registry remove acme": "once no pack comes from it"},
    "registry set-url": {"registry set-url acme https://git.example/agents.git": "it has moved"},
    "registry set-alias": {"registry set-alias acme corp": "its packs are called corp/NAME then"},
    "registry list": {"registry list": "names and URLs"},
    "registry refresh": {"registry refresh": "before you work offline"},
    "cache dir": {"cache dir": "where it is"},
    "cache clean": {"cache clean --dry-run": "how much there is", "cache clean": "delete it"},
}


class Command(TyperCommand):
    """A command whose help ends with examples."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(ctx.command_path, formatter)


class Group(TyperGroup):
    """A group whose help shows its commands under headings, where it has many, and ends with examples."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, under headings where there are many."""
        if ctx.parent is not None:
            super().format_commands(ctx, formatter)
            return
        limit = formatter.width - 6 - max(map(len, self.commands))
        for heading, names in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(limit)) for name in names.split()])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(ctx.command_path, formatter)


def _write_examples(path: str, formatter: Any) -> None:
    """Write the examples of a command, which is called by its path from the program on."""
    if examples := EXAMPLES.get(path.partition(" ")[2]):
        with formatter.section("Examples"):
            rows = [(f"agentsync {line}", what) for line, what in examples.items()]
            formatter.write_dl(rows, col_max=_WIDEST)
