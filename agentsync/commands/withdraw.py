"""Say in `registry.yaml` that a version or a pack is not to be used, or has another name; each time in one commit."""

from pathlib import Path
from typing import Any

from agentsync.errors import UsageError
from agentsync.model.outcome import Outcome
from agentsync.publishing.listing import Listed, listing


def yank(pack: str, version: str, *, reason: str = "", undo: bool = False, dry_run: bool = False) -> Outcome:
    """Withdraw a version of a pack, or take that back."""
    if undo and reason:
        raise UsageError("--undo goes without --reason", hint="leave out --reason")
    with listing(Path(), dry_run=dry_run) as registry:
        done = registry.unyank(pack, version) if undo else registry.yank(pack, version, reason)
    return _outcome(done, {"pack": pack, "version": version, "yanked": not undo, "reason": reason}, dry_run=dry_run)


def deprecate(pack: str, text: str = "", *, use: str = "", undo: bool = False, dry_run: bool = False) -> Outcome:
    """Say that a pack should not be used any more, or take that back."""
    if undo and (text or use):
        raise UsageError("--undo goes without a text and without --use", hint="leave them out")
    with listing(Path(), dry_run=dry_run) as registry:
        done = registry.undeprecate(pack) if undo else registry.deprecate(pack, text, use)
    data = {"pack": pack, "deprecated": not undo, "text": text, "use": use or None}
    return _outcome(done, data, dry_run=dry_run)


def rename(old: str, new: str, *, dry_run: bool = False) -> Outcome:
    """Give a pack another name."""
    with listing(Path(), dry_run=dry_run) as registry:
        done = registry.rename(old, new)
    return _outcome(done, {"from": old, "to": new}, dry_run=dry_run)


def _outcome(done: Listed, data: dict[str, Any], *, dry_run: bool) -> Outcome:
    facts = {**data, "changed": done.has_changed, "commit": done.commit}
    if not done.has_changed:
        return Outcome(facts, [done.subject], done.notes)
    if dry_run:
        return Outcome(facts, [f"would commit {done.subject}"], done.notes)
    assert done.commit is not None
    return Outcome(facts, [f"committed {done.subject} ({done.commit[:12]})", "next: git push"], done.notes)
