"""Tags of releases: how they are spelled, and what they say."""

from collections.abc import Iterable, Sequence
from typing import Final

from agentsync.model.pack import Offer
from agentsync.versions.release import Release
from agentsync.versions.tag_template import affixes, pack_spellings, whole_spelling

WITH_MARKETPLACE: Final = "{pack}--v{version}"
USUAL: Final = "{pack}/v{version}"
WHOLE: Final = "v{version}"
_TREE, _GRANTS = "Agentsync-Tree", "Agentsync-Grants"


def template_for(offer: Offer, newest: Release | None, *, is_only: bool, has_marketplace: bool) -> str:
    """Return the template of a pack's next tag.

    Args:
        newest: its newest release, whose spelling is kept.
        is_only: whether the repository has no other pack.
        has_marketplace: whether plug-ins are listed, whose own tool spells tags in its way.
    """
    if offer.tag_template is not None:
        return offer.tag_template
    if newest is not None and (found := _spelling_of(offer, newest)) is not None:
        return found
    if has_marketplace:
        return WITH_MARKETPLACE
    return WHOLE if is_only and not offer.path else USUAL


def _spelling_of(offer: Offer, release: Release) -> str | None:
    """Return the template that a release was tagged by, None for one that no usual template reads."""
    for name, spelling in pack_spellings(release.tag, {offer.name, *offer.renamed_from}):
        before, _, after = spelling.before.rpartition(name)
        return f"{before}{{pack}}{after}{{version}}"
    whole = whole_spelling(release.tag)
    return f"{whole.before}{{version}}" if whole is not None else None


def tag_name(template: str, pack: str, version: str) -> str:
    """Return the tag of a version."""
    before, after = affixes(template, pack)
    return f"{before}{version}{after}"


def message(pack: str, version: str, section: str, trees: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return the message of a tag: a title, the section of the changelog, and what a program reads.

    Args:
        trees: the tree of each pack that it is a release of, with what its items may do.
    """
    trailers = [line for tree, grants in trees for line in (f"{_TREE}: {tree}", f"{_GRANTS}: {', '.join(grants)}")]
    return "\n\n".join(filter(None, (f"{pack} {version}", section, "\n".join(map(str.rstrip, trailers))))) + "\n"
