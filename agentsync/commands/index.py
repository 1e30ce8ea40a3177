"""Registry index: what `search` and `info` show of all packs, in one ref of the registry."""

from pathlib import Path

from agentsync.model.finding import Finding, Rule
from agentsync.model.outcome import Outcome
from agentsync.publishing.index import Indexed, make_index
from agentsync.reporting.words import count


def registry_index(path: str = ".", *, push: str = "", dry_run: bool = False) -> Outcome:
    """Make the index of the registry in a working tree or a bare repository.

    Args:
        path: where the registry is.
        push: the remote that gets the index, "" for none.
    """
    done = make_index(Path(path), push, dry_run=dry_run)
    data = {"index": done.commit, "commit": done.source, "packs": done.packs, "bytes": done.size}
    data |= {"changed": done.has_changed, "pushed": bool(done.pushed) and not dry_run}
    what = "it has its name alone in the index: it cannot be read at its newest release"
    findings = [Finding(name, "", what, rule=Rule.PACK_NOT_READ) for name in done.unread]
    return Outcome(data, _lines(done, dry_run=dry_run), done.notes, findings=tuple(findings))


def _lines(done: Indexed, *, dry_run: bool) -> list[str]:
    about = f"{count(done.packs, 'pack')} at {done.source[:12]} ({done.commit[:12]})"
    if not done.has_changed:
        lines = [f"the index is up to date: {about}"]
    else:
        lines = [f"{'would write' if dry_run else 'wrote'} the index: {about}"]
    if done.pushed:
        verb = "would push" if dry_run else "pushed"
        lines.append(f"{verb} it to {done.pushed}" if done.has_pushed else f"{done.pushed} has it already")
    elif not dry_run:
        lines.append("next: agentsync registry index --push")
    return lines
