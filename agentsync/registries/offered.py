"""The commits that may serve a pin, from the offer of a registry and the refs of the repository."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agentsync.errors import ResolutionError
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import close_to, nearest
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers
from agentsync.versions.catalog import Candidate, Released, worth_a_look
from agentsync.versions.refs import Refs
from agentsync.versions.release import Releases
from agentsync.versions.release_index import ReleaseIndex
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.tag_template import WHOLE_BEGINNINGS, beginnings

ANY_VERSION: Final = Pin(PinKind.VERSION, "*")


def pinned(name: str, offer: Offer, pin: Pin) -> Candidate | None:
    """Return the one commit of a pin that needs no refs, None for any other pin."""
    if pin.kind is PinKind.COMMIT:
        return Candidate(name, None, "", pin.text)
    if pin.kind is PinKind.VERSION and offer.pinned:
        return Candidate(name, None, "", offer.pinned, stands_in=True)
    return None


def offered(name: str, offer: Offer, refs: Refs, pin: Pin, found: Releases) -> Iterable[Candidate]:
    """Return every commit that may serve a pin: for a version range all releases, newest first."""
    if (one := pinned(name, offer, pin)) is not None:
        return (one,)
    if pin.kind is PinKind.TAG:
        return (_by_tag(name, refs, pin.text, found),)
    if pin.kind is PinKind.BRANCH:
        return (_by_branch(name, refs, pin.text),)
    return _released(name, offer, refs, found)


def likely(candidates: Iterable[Candidate], pin: Pin) -> Candidate | None:
    """Return the candidate that a search will most likely choose: the newest that the pin allows."""
    for candidate in worth_a_look(candidates, [pin]):
        if pin.range is None or candidate.version is None:
            return candidate
        if not candidate.yanked and pin.range.allows(candidate.version):
            return candidate
    return None


def shown(name: str, offer: Offer, refs: Refs, found: Releases) -> Candidate:
    """Return the release that a search shows: the newest that is no pre-release, where there is one."""
    candidates = offered(name, offer, refs, ANY_VERSION, found)
    return likely(candidates, ANY_VERSION) or next(iter(candidates))


def guess(entry: ManifestEntry, registry: Registry, refs: Refs) -> Candidate | None:
    """Return the likely commit of an entry before its registry is read, None where it is unknown."""
    if entry.pin is None or entry.pin.kind is PinKind.COMMIT:
        return None
    name = entry.pack or registry.git.repository_name
    try:
        templates = (registry.tags,) if registry.tags else ()
        tags = refs.tags_under(beginnings((name,), templates))
        if not refs.holds_tags(WHOLE_BEGINNINGS) and not ReleaseIndex(tags, (name,), registry.tags).has_own(name):
            tags = refs.tags_under(WHOLE_BEGINNINGS)
        found = ReleaseIndex(tags, (name,), registry.tags).releases(name)
        return likely(offered(name, Offer(name, registry.git), refs, entry.pin, found), entry.pin)
    except ResolutionError:
        return None


def _released(name: str, offer: Offer, refs: Refs, found: Releases) -> Iterable[Candidate]:
    """Return the releases of a pack, newest first; its default branch where it has none."""
    if found:
        return Released(name, found, refs.tags, offer.yanked)
    if offer.ref and offer.ref in refs.tags:
        return (_by_tag(name, refs, offer.ref, found)._replace(stands_in=True),)
    branch = offer.ref or refs.default_branch
    if branch is None:
        raise ResolutionError(
            f"{offer.git.text} is empty", why="it has no branch and no tag", hint="commit something to it first"
        )
    return (_by_branch(name, refs, branch)._replace(stands_in=True),)


def _by_tag(name: str, refs: Refs, tag: str, found: Releases) -> Candidate:
    commit = refs.tags.get(tag)
    if commit is None:
        newest = ", ".join(list(refs.tags)[-12:])
        raise ResolutionError(
            f"{name}: there is no tag {tag!r}",
            why=f"it has {len(refs.tags)} tags{f', such as {newest}' if newest else ''}",
            hint=nearest(tag, list(refs.tags)[:200]),
            rule="tag-gone",
        )
    version = next((one.version for one in found if one.tag == tag), None)
    return Candidate(name, version, f"refs/tags/{tag}", commit)


def _by_branch(name: str, refs: Refs, branch: str) -> Candidate:
    commit = refs.branches.get(branch)
    if commit is None:
        raise no_branch(f"{name}: there is no branch {branch!r}", branch, refs)
    return Candidate(name, None, f"refs/heads/{branch}", commit)


def no_branch(what: str, branch: str, refs: Refs) -> ResolutionError:
    """Return the failure for a branch that a repository does not have, or no longer; `what` is its first line."""
    names, default = list(refs.branches)[:200], refs.default_branch
    why = f"branches: {', '.join(sorted(refs.branches)[:12]) or 'none'}"
    hint = nearest(branch, names)
    if default in refs.branches:
        why += f"; the default branch is {default}"
        if close_to(branch, names) is None:
            hint = f"write `branch: {default}` in agentsync.yaml, or another of them"
    return ResolutionError(what, why=why, hint=hint, rule="branch-gone")


def not_offered(alias: str, pack: str, offers: Offers) -> ResolutionError:
    """Return the failure for a pack that a registry does not offer, with the reason where its lists have one."""
    ask = f"contact the maintainer of the registry {alias}"
    entry = next((one for one in offers.findings if one.pack == pack), None)
    if entry is not None:
        what = f"registry {alias} lists {pack!r}, and it cannot be taken"
        return ResolutionError(what, why=f"{entry.place}: {entry.what}", hint=ask, rule=entry.rule)
    what = f"registry {alias} has no pack {pack!r}"
    if (broken := offers.broken) is not None:
        return ResolutionError(what, why=f"{broken.place}: {broken.what}", hint=ask, rule=broken.rule)
    names = [offer.name for offer in offers.every]
    why = ""
    if close_to(pack, names) is not None:  # otherwise the hint has them
        why = f"packs: {', '.join(names[:30])}{f' and {len(names) - 30} more' if len(names) > 30 else ''}"
    return ResolutionError(what, why=why, hint=nearest(pack, names), rule="pack-gone")
