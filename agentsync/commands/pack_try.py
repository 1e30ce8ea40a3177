"""Install a pack as it is on disk into a project that goes again, tell all of it, and perhaps run a program there."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from agentsync.checking.check import check
from agentsync.commands.install import install_draft
from agentsync.errors import AgentsyncError, Exit, UsageError
from agentsync.model.finding import Level
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.platform.processes import run_in_front
from agentsync.project.trial import installed_lock, trial
from agentsync.project.workspace import Workspace
from agentsync.publishing.since_release import Difference, since_release
from agentsync.publishing.starting import absolute
from agentsync.reporting.check_report import check_data, check_lines
from agentsync.reporting.words import shown_grants
from agentsync.targets.all_tools import TOOLS


class TryOptions(NamedTuple):
    """Options of `pack try`.

    Args:
        path: the folder of the pack.
        target: the AI tool to install it for, "" for the usual ones.
        project: the project whose copy it is installed into, "" for an empty one.
        keep: leave the folder there.
        command: what is run there, word by word.
    """

    path: str = "."
    target: str = ""
    project: str = ""
    keep: bool = False
    command: Sequence[str] = ()
    as_json: bool = False


def pack_try(options: TryOptions, tell: Callable[[str], None] | None = None) -> Outcome:
    """Try a pack."""
    folder = absolute(Path(options.path))
    if options.target and options.target not in TOOLS:
        raise UsageError(f"unknown target {options.target!r}", hint=nearest(options.target, TOOLS))
    report = check(folder, is_registry=False)
    name = next((pack.name for pack in report.packs), "")
    project = Path(options.project) if options.project else None
    with trial(folder, name, project, options.target, stays=options.keep) as (workspace, draft):
        here = workspace.scope.root
        try:
            outcome = install_draft(workspace, draft, dry_run=False)
        except AgentsyncError as error:
            if error.exit is not Exit.FAILED:
                raise
            outcome = Outcome(exit=Exit.FAILED, errors=[error])
        difference = since_release(folder)
        refused = [
            one for one in report.findings if one.rule in ("refused-file", "hidden-text") and one.level is Level.ERROR
        ]
        lines = [*_lines(workspace, outcome), *check_lines(report), *_changes(difference)]
        if options.keep:
            lines.append(f"kept      {here}")
        code: int = (
            Exit.FAILED if outcome.errors or refused else Exit.DIFFERS if report.summary["error"] else outcome.exit
        )
        if options.command and not outcome.errors:
            for line in lines if tell is not None else ():
                cast(Callable[[str], None], tell)(line)
            lines, code = [], _run(options.command, here, as_json=options.as_json)
        data: dict[str, Any] = {
            **outcome.data,
            "folder": str(here) if options.keep else None,
            "check": check_data(report),
            "release": difference.tag or None,
            "diff": difference.patch,
        }
        return outcome._replace(data=data, lines=lines, exit=cast(Exit, code), is_settled=False)


def _lines(workspace: Workspace, outcome: Outcome) -> Sequence[str]:
    """Return what was installed, and what each item may do and how its header is read."""
    lock = installed_lock(workspace)
    packs = [pack for pack in lock.packs.values() if pack.folder] if lock is not None and not outcome.errors else []
    items = [
        f"item      {item.key}  header {item.header}  may do {', '.join(shown_grants(item.grants)) or 'nothing'}"
        for pack in packs
        for item in pack.items
    ]
    waiting = [f"waits     {one.number} {one.about}: {one.why}" for one in outcome.told or () if one.waits]
    return [*outcome.lines, *items, *waiting]


def _changes(difference: Difference) -> Sequence[str]:
    if not difference.tag:
        return ["release   none yet"]
    if not difference.patch:
        return [f"release   the same files as {difference.tag}"]
    return [f"release   differs from {difference.tag}:", *difference.patch.rstrip("\n").split("\n")]


def _run(command: Sequence[str], folder: Path, *, as_json: bool) -> int:
    try:
        return run_in_front(command, folder, shows_output=not as_json)
    except OSError as error:
        raise UsageError(
            f"cannot run {command[0]}", why=(error.strerror or str(error)).lower(), hint="name a program that is there"
        ) from error
