"""Publish packs of the registry in this folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from agentsync.errors import Exit
from agentsync.model.outcome import Outcome
from agentsync.model.published import Published, Released
from agentsync.publishing.asked import AUTO, PublishOptions, bump_of
from agentsync.publishing.publish import publishing
from agentsync.registries.registry_file import InvalidRegistryError
from agentsync.reporting.publish_report import published_data, published_lines, release_lines

Confirm = Callable[[Sequence[str], str], bool]


class Options(NamedTuple):
    """Options of `registry publish`, see `PublishOptions`."""

    everything: bool = False
    bump: str = AUTO
    backport: bool = False
    allow_unchanged: bool = False
    sign: bool = False
    push: str = ""
    dry_run: bool = False


def publish(words: Sequence[str], options: Options, confirm: Confirm | None = None) -> Outcome:
    """Publish packs: check, decide the version, write, tag and push."""
    chosen = PublishOptions(
        everything=options.everything,
        bump=bump_of(options.bump),
        backport=options.backport,
        allow_unchanged=options.allow_unchanged,
        sign=options.sign,
        push=options.push,
        dry_run=options.dry_run,
    )

    def agreed(releases: tuple[Released, ...]) -> bool:
        return confirm is None or confirm(release_lines(releases), "publish?")

    try:
        with publishing(Path(), chosen, agreed if confirm is not None else None) as open_:
            return _outcome(open_.publish(words), dry_run=options.dry_run)
    except InvalidRegistryError as error:
        return Outcome({"released": [], "pushed": False}, exit=Exit.FAILED, errors=(error, *error.others))


def _outcome(published: Published, *, dry_run: bool) -> Outcome:
    if not published.is_agreed:
        return Outcome({"released": [], "pushed": False}, ["nothing was published"], exit=Exit.DIFFERS)
    shows = dry_run or not published.refusals
    return Outcome(
        data=published_data(published, dry_run=dry_run),
        lines=list(published_lines(published, dry_run=dry_run)) if shows else (),
        notes=published.notes,
        exit=Exit.FAILED if published.refusals else Exit.OK,
        errors=published.refusals,
    )
