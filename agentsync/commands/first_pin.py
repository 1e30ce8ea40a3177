"""The pin that a pack gets in the manifest where none was asked for."""

from __future__ import annotations

from agentsync.errors import ResolutionError
from agentsync.model.nearest import nearest
from agentsync.model.pack import Offer
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import caret, is_among


def decide_pin(catalog: GitCatalog, name: str, offer: Offer, ref: str | None) -> Pin:
    """The pin for a pack that is asked for without one.

    A name is a tag, else a branch. Without a name: what is compatible with the newest release; a
    repository without releases is followed on its default branch.

    Raises:
        ResolutionError: where the name is neither, or the repository is empty.
    """
    if ref is None and offer.pinned:
        return Pin(PinKind.VERSION, "*")  # its registry pins it, and moves it
    refs = catalog.refs(offer)
    if ref is not None:
        for kind, names in ((PinKind.TAG, refs.tags), (PinKind.BRANCH, refs.branches)):
            if ref in names:
                return Pin(kind, ref)
        raise ResolutionError(
            f"{offer.git.text} has no tag and no branch {ref!r}",
            hint=nearest(ref, [*list(refs.branches)[:100], *list(refs.tags)[-100:]]),
        )
    found = catalog.releases(name, offer)
    for some in (found.within(stable=True), found):
        for release in some:
            if not is_among(release.version, offer.yanked):
                return Pin(PinKind.VERSION, caret(release.version))
    if refs.default_branch is None:
        raise ResolutionError(
            f"{offer.git.text} is empty",
            why="it has no branch and no tag",
            hint="publish to it first, or check the URL",
        )
    return Pin(PinKind.BRANCH, offer.ref if offer.ref in refs.branches else refs.default_branch)
