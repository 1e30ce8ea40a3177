"""Which commit serves a wish: the highest release that fits, a tag, a branch, or a commit."""

from __future__ import annotations

from typing import Final

from agentsync.errors import ResolutionError
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import Wish
from agentsync.model.pack import Offer
from agentsync.model.refs import Refs
from agentsync.model.requirement import Pin, PinKind
from agentsync.model.section import nearest
from agentsync.model.version import Releases, parse_range, releases
from agentsync.resolving.catalog import Candidate

_MOST_TOLD: Final = 12


def choose(wish: Wish, offer: Offer, refs: Refs, locked: LockedPack | None = None) -> Candidate:
    """Decide which commit serves a wish.

    Args:
        wish: what is asked for.
        offer: the pack.
        refs: what its repository offers.
        locked: the old decision, kept where it still fits.

    Raises:
        ResolutionError: where nothing fits; it names what exists.
    """
    pin = wish.pin
    assert pin is not None, "a folder on disk has no versions"
    if pin.kind is PinKind.COMMIT:
        return Candidate(None, "", pin.text)
    if pin.kind is PinKind.TAG:
        return _by_tag(wish, offer, refs, pin.text)
    if pin.kind is PinKind.BRANCH:
        return _by_branch(wish, refs, pin.text)
    return _by_range(wish, offer, refs, pin, locked)


def _by_tag(wish: Wish, offer: Offer, refs: Refs, tag: str) -> Candidate:
    commit = refs.tags.get(tag)
    if commit is None:
        raise ResolutionError(
            f"{wish.key}: there is no tag {tag!r}",
            why=_tags_told(refs),
            hint=nearest(tag, list(refs.tags)[:200]),
        )
    found = releases(offer.name, refs.tags, offer.tag_template).found
    version = next((str(release.version) for release in found if release.tag == tag), None)
    return Candidate(version, f"refs/tags/{tag}", commit, version in offer.yanked)


def _by_branch(wish: Wish, refs: Refs, branch: str) -> Candidate:
    commit = refs.branches.get(branch)
    if commit is None:
        told = ", ".join(sorted(refs.branches)[:_MOST_TOLD]) or "none"
        raise ResolutionError(
            f"{wish.key}: there is no branch {branch!r}",
            why=f"branches: {told}",
            hint=nearest(branch, list(refs.branches)[:200]),
        )
    return Candidate(None, f"refs/heads/{branch}", commit)


def _by_range(wish: Wish, offer: Offer, refs: Refs, pin: Pin, locked: LockedPack | None) -> Candidate:
    available = releases(offer.name, refs.tags, offer.tag_template)
    wanted = parse_range(pin.text)
    fitting = [release for release in available.found if wanted.allows(release.version)]
    usable = [release for release in fitting if str(release.version) not in offer.yanked]
    if locked is not None and locked.version is not None:
        kept = [release for release in fitting if str(release.version) == locked.version]
        usable = kept or usable
    if usable:
        best = max(usable, key=lambda release: release.version)
        version = str(best.version)
        return Candidate(version, f"refs/tags/{best.tag}", refs.tags[best.tag], version in offer.yanked)
    if not available.found and pin.text.strip() in ("", "*") and refs.default_branch is not None:
        return _by_branch(wish, refs, refs.default_branch)
    raise _nothing_fits(wish, offer, pin, available, [str(release.version) for release in fitting])


def _nothing_fits(wish: Wish, offer: Offer, pin: Pin, available: Releases, yanked: list[str]) -> ResolutionError:
    if yanked:
        why = f"{', '.join(yanked)} would fit and {'was' if len(yanked) == 1 else 'were'} yanked"
    elif available.found:
        why = f"versions that exist: {versions_told([str(release.version) for release in available.found])}"
    else:
        left_out = f" ({available.left_out} tags are no versions)" if available.left_out else ""
        why = f"{offer.git.text} has no release tags for {offer.name!r}{left_out}"
    hint = "ask for one that exists" if available.found else 'ask for "*", `branch:`, `tag:` or `commit:`'
    return ResolutionError(f"no version of {wish.key} satisfies `{pin.text}`", why=why, hint=hint)


def versions_told(versions: list[str]) -> str:
    """The newest versions in a sentence, and how many more there are."""
    rest = len(versions) - _MOST_TOLD
    return ", ".join(versions[:_MOST_TOLD]) + (f" and {rest} older" if rest > 0 else "")


def _tags_told(refs: Refs) -> str:
    tags = list(refs.tags)
    if not tags:
        return "the repository has no tags"
    return f"tags: {', '.join(tags[-_MOST_TOLD:])}{' and more' if len(tags) > _MOST_TOLD else ''}"
