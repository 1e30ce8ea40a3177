"""Releases, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentsync.model.published import Published, Released
from agentsync.reporting.words import shown_grants


def published_data(published: Published, *, dry_run: bool) -> dict[str, Any]:
    """Return the `data` of a run; where it was refused, a dry run has what it would have done."""
    told = published.released if dry_run or not published.refusals else ()
    return {"released": [_row(one) for one in told], "pushed": bool(published.pushed)}


def _row(one: Released) -> dict[str, Any]:
    return {
        "pack": one.pack,
        "from": one.before,
        "version": one.version,
        "tag": one.tag,
        "commit": one.commit,
        "tree": one.tree,
        "reason": one.reason,
        "grants": {"gained": list(one.gained), "lost": list(one.lost)},
        "signed": one.signed,
    }


def published_lines(published: Published, *, dry_run: bool) -> Iterator[str]:
    """Yield what a person reads."""
    word = "planned" if published.refusals else "would release" if dry_run else "released"
    for one in published.released:
        yield from _lines(one, word)
    if not published.released:
        yield "nothing to publish: every pack is what its newest release is"
    if published.pushed:
        yield f"pushed    to {published.pushed}"
    elif published.push_line:
        yield f"next: {published.push_line}"


def release_lines(releases: tuple[Released, ...]) -> list[str]:
    """Return the releases that a person is asked about."""
    return [line for one in releases for line in _lines(one, "would release")]


def _lines(one: Released, word: str) -> Iterator[str]:
    moved = f"{one.before} -> {one.version}" if one.before is not None else one.version
    yield f"{word:<9} {one.pack} {moved}  ({one.reason})"
    commit = f", commit {one.commit[:12]}" if one.commit else ""
    yield f"  tag {one.tag}{commit}{', signed' if one.signed else ''}"
    if one.gained:
        yield f"  newly asks for {', '.join(shown_grants(one.gained))}"
    if one.lost:
        yield f"  no longer asks for {', '.join(shown_grants(one.lost))}"
