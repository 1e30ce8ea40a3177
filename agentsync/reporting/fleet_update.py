"""What `fleet update`, `fleet close` and `fleet status --branches` did and found, as lines and as data."""

from collections.abc import Sequence
from typing import Any

from agentsync.model.fleet_branch import FleetBranch, MovedPack, Proposal, ProposalState
from agentsync.reporting.fleet_facts import brief
from agentsync.reporting.words import count

_NOTHING_MOVES = "chore(agents): bring installed files up to date"


def update_message(packs: Sequence[MovedPack]) -> tuple[str, str]:
    """Return the title and the rest of the message of a commit that updates packs."""
    names = list(dict.fromkeys(one.pack for one in packs))
    if not names:
        return _NOTHING_MOVES, ""
    news = {one.new for one in packs}
    if len(names) == 1:
        new = next(iter(news))
        title = f"chore(agents): remove {names[0]}" if new is None else f"chore(agents): update {names[0]} to {new}"
        title = title if len(news) == 1 else f"chore(agents): update {names[0]}"
    else:
        title = f"chore(agents): update {len(names)} packs"
    lines = []
    for one in packs:
        where = "" if one.folder == "." else f" in {one.folder}"
        lines.append(f"- {moved(one)}{where}")
        if one.link:
            lines.append(f"  {one.link}")
    return title, "\n".join(lines) + "\n"


def moved(one: MovedPack) -> str:
    """Return what an update does to a pack."""
    if one.old is None:
        return f"{one.pack} {one.new} is new"
    return f"{one.pack} {one.old} goes" if one.new is None else f"{one.pack} {one.old} -> {one.new}"


def proposal_data(one: Proposal) -> dict[str, Any]:
    """Return what came of a repository, for JSON."""
    return {
        **one._asdict(),
        "state": str(one.state),
        "packs": [pack._asdict() for pack in one.packs],
        "files": list(one.files),
        "notes": list(one.notes),
    }


def proposal_lines(found: Sequence[Proposal]) -> list[str]:
    """Return what came of each repository, for a person."""
    lines = []
    for one in found:
        if one.state is ProposalState.REFUSED:
            lines.append(f"refused     {one.repository}: {brief(one.error)}")
            continue
        moves = ", ".join(dict.fromkeys(map(moved, one.packs))) or count(len(one.files), "file")
        lines.append(f"{one.state:<10}  {one.repository}  {one.branch}  {moves}")
        if one.link:
            lines.append(f"open        {one.link}")
        if one.error:
            lines.append(f"failed      {one.repository}: {brief(one.error)}")
    return lines


def branch_data(one: FleetBranch) -> dict[str, Any]:
    """Return a branch, for JSON."""
    return {**one._asdict(), "state": str(one.state)}


def branch_lines(found: Sequence[FleetBranch], deleted: str = "") -> list[str]:
    """Return each branch, for a person; `deleted` is the word for those that are deleted."""
    lines = []
    for one in found:
        word = deleted if one.is_deleted else str(one.state)
        lines.append(f"{word:<12}  {one.repository}  {one.branch}{f'  ({one.why})' if one.why else ''}")
    return lines
