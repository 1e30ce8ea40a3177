"""Verbs whose parameters are not the flags of their commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentsync.cli.streams import choose, is_attended

if TYPE_CHECKING:
    from agentsync.model.outcome import Outcome
    from agentsync.project.workspace import Workspace


def add(
    workspace: Workspace,
    requests: Sequence[str],
    *,
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
) -> Outcome:
    """Add packs; a person at the terminal chooses among several."""
    from agentsync.commands.add import AddOptions, add
    from agentsync.commands.choosing import ItemChoice

    choice = ItemChoice(only, excluded, rename, prefix)
    ask = choose if is_attended(as_json=as_json) else None
    return add(workspace, requests, AddOptions(alias, everything, choice, branch, no_rename, dry_run, ask))


def diff(
    workspace: Workspace, words: Sequence[str], *, upstream: bool, stat: bool, name_only: bool, exit_code: bool
) -> Outcome:
    """Compare with the lock, or the lock with what is newest, in the form that is asked for."""
    from agentsync.commands.diff import Form, diff, diff_upstream

    form = Form.NAMES if name_only else Form.STAT if stat else Form.PATCH
    return (diff_upstream if upstream else diff)(workspace, words, exit_code=exit_code, form=form)


def resolve(workspace: Workspace, words: Sequence[str], *, ours: bool, theirs: bool, dry_run: bool) -> Outcome:
    """Settle conflicts with one side, or with the attempts."""
    from agentsync.commands.resolve import Side, resolve

    side = Side.OURS if ours else Side.THEIRS if theirs else Side.ATTEMPT
    return resolve(workspace, words, side, dry_run=dry_run)
