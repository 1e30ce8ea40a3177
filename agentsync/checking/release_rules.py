"""Rules of the group `release`, and others that compare what is there with what was released."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from packaging.version import Version

from agentsync.checking.found import Found
from agentsync.checking.json_document import Json, child, read_document
from agentsync.checking.past import Past, Releases
from agentsync.checking.registry import Registry
from agentsync.checking.subject import Subject
from agentsync.model.grant import gained
from agentsync.model.names import close_to
from agentsync.model.pack import Offer
from agentsync.registries.marketplace import PLUGIN_MANIFESTS
from agentsync.versions.tag_template import pack_spellings, whole_spelling
from agentsync.versions.version import version_of

_MOST_COMPARED: Final = 50
_MOST_COMMITS: Final = 5


class Released:
    """The packs of a registry that are looked at, beside what was released of them."""

    def __init__(self, registry: Registry, past: Past, subjects: Sequence[Subject]) -> None:
        self.registry = registry
        self.past = past
        self.releases: Releases = past.index([offer.name for offer in registry.offers.packs] if registry.offers else [])
        offers = {offer.name: offer for offer in registry.packs}
        self.packs = [(offers[one.root.name], one) for one in subjects if one.root.name in offers]
        newest = [self.releases.newest(offer) for offer, _ in self.packs]
        # All trees at once: each question by itself would start a git.
        places = [(past.commit, offer.path) for offer, _ in self.packs]
        places += [
            (commit, offer.path)
            for (offer, _), release in zip(self.packs, newest, strict=True)
            for commit in (past.since, past.tags[release.tag] if release is not None else "")
            if commit
        ]
        past.trees(places)

    def found(self, rule: str, offer: Offer, what: str, fix: str = "", key: str = "", case: str = "") -> Found:
        """Return a finding at the place where a pack is listed."""
        path, place = self.registry.spot(offer.name, key)
        return Found(rule, path, what, *place, fix=fix, case=case, pack=offer.name)

    def differs(self, offer: Offer, commit: str) -> bool:
        """Return whether the files of a pack are others than at a commit, as far as that is known."""
        then, now = self.past.trees([(commit, offer.path), (self.past.commit, offer.path)])
        return then is not None and then != now


def yanked(released: Released) -> Iterator[Found]:
    """Yield the withdrawn versions that no tag has."""
    for offer, _ in released.packs if released.releases.has_any else ():
        known = {str(release.version): release.version for release in released.releases.of(offer)}
        for text in offer.yanked:
            if version_of(text) not in known.values():
                near = close_to(text, known)
                fix = f"did you mean {near}?" if near else f"there are {', '.join(list(known)[:5])}" if known else ""
                yield released.found(
                    "yanked-unknown", offer, f"{text} is yanked, and there is no such tag", fix, "yanked"
                )


def unreleased(released: Released) -> Iterator[Found]:
    """Yield the packs that differ from their newest release."""
    for offer, _ in released.packs:
        newest = released.releases.newest(offer)
        if newest is not None and released.differs(offer, released.past.tags[newest.tag]):
            fix = f"agentsync registry publish {offer.name}"
            yield released.found("changes-unreleased", offer, f"it differs from its newest release, {newest.tag}", fix)


def unchanged(released: Released) -> Iterator[Found]:
    """Yield the releases of a pack whose files are those of the release before; a tag of all packs tells nothing."""
    for offer, _ in released.packs:
        found = released.releases.of(offer)[:_MOST_COMPARED]
        if len(released.registry.packs) > 1:
            found = [one for one in found if whole_spelling(one.tag) is None]
        commits = [released.past.tags[one.tag] for one in found]
        trees = released.past.trees([(commit, offer.path) for commit in commits])
        for (newer, tree), (older, other) in pairwise(zip(found, trees, strict=True)):
            if tree is not None and tree == other:
                what = f"the tag {newer.tag} holds the same files as {older.tag}"
                yield released.found("release-unchanged", offer, what)


def ambiguous(released: Released) -> Iterator[Found]:
    """Yield the versions that two tags mean, where these hold different files."""
    packs = frozenset(offer.name for offer, _ in released.packs)
    found: dict[tuple[str, Version], list[str]] = {}
    for tag in released.past.tags:
        for name, spelling in pack_spellings(tag, packs):
            if (version := version_of(spelling.texts([tag])[0])) is not None:
                found.setdefault((name, version), []).append(tag)
        if (whole := whole_spelling(tag)) is not None and (version := version_of(whole.texts([tag])[0])) is not None:
            found.setdefault(("", version), []).append(tag)
    offers = {offer.name: offer for offer, _ in released.packs}
    for (name, version), tags in sorted(found.items()):
        if len(tags) < 2:
            continue
        for offer in [offers[name]] if name else offers.values():
            chosen = next((one.tag for one in released.releases.of(offer) if one.version == version), None)
            trees = released.past.trees([(released.past.tags[tag], offer.path) for tag in tags])
            if chosen in tags and len({tree for tree in trees if tree is not None}) > 1:
                others = ", ".join(sorted(tag for tag in tags if tag != chosen))
                what = f"{chosen} and {others} mean one version and hold different files; {chosen} counts"
                yield released.found("tag-ambiguous", offer, what, "delete the tags that do not count")


def versions(released: Released) -> Iterator[Found]:
    """Yield the plug-in files whose version is not that of the newest tag."""
    for offer, subject in released.packs:
        newest = released.releases.newest(offer)
        if newest is None or (whole_spelling(newest.tag) is not None and len(released.registry.packs) > 1):
            continue
        for path in PLUGIN_MANIFESTS:
            entry = subject.contents.entries.get(path)
            if entry is None or not entry.is_plain:
                continue
            document = read_document(subject.contents.read([path])[path])
            stated = child(document.root, "version") if isinstance(document, Json) else None
            if isinstance(document, Json) and stated is not None and isinstance(stated.value, str):
                if version_of(stated.value) != newest.version:
                    what = f"it states version {stated.value}, and the newest tag is {newest.tag}"
                    line, column = document.spot(stated)
                    whole = f"{offer.path}/{path}" if offer.path else path
                    fix = f'"version": "{newest.version}"'
                    yield Found("version-differs", whole, what, line, column, fix, pack=offer.name)


def power(released: Released) -> Iterator[Found]:
    """Yield the power that items gained since the newest release, or since the start of a pull request."""
    for offer, subject in released.packs:
        newest = released.releases.newest(offer)
        commit = released.past.since or (released.past.tags[newest.tag] if newest is not None else "")
        if not commit or not released.differs(offer, commit):
            continue
        before = released.past.subject(commit, offer)
        if before is None:
            continue
        old = {item.key: before.grants_of(item) for item in before.items}
        for item in subject.items:
            more = gained(old[item.key], subject.grants_of(item)) if item.key in old else ()
            if more:
                since = "this change" if released.past.since else newest.tag if newest is not None else ""
                path = f"{offer.path}/{item.path}" if offer.path else item.path
                what = f"{item.key} may do more than before {since}: {', '.join(more)}"
                case = "in --since" if released.past.since else ""
                yield Found("grant-gained", path, what, item=item.key, case=case, pack=offer.name)


def gone(released: Released) -> Iterator[Found]:
    """Yield the packs and the items of the newest releases that are not there any more, and have no new name."""
    yield from _gone_packs(released)
    for offer, subject in released.packs:
        newest = released.releases.newest(offer)
        commit = released.past.tags[newest.tag] if newest is not None else ""
        if newest is None or not released.differs(offer, commit):
            continue
        before = released.past.subject(commit, offer)
        now = {item.key: item for item in subject.items}
        by_bytes = {subject.contents.entries[item.path].oid: item for item in subject.items}
        for item in before.items if before is not None else ():
            if item.key not in now and before is not None:
                became = by_bytes.get(before.contents.entries[item.path].oid)
                fix = f"it is {became.key} now: say so in the changelog" if became is not None else ""
                yield released.found("renamed-gone", offer, f"{item.key} of {newest.tag} is gone", fix)


def _gone_packs(released: Released) -> Iterator[Found]:
    if released.registry.offers is None:
        return
    known = {name for offer in released.registry.offers.every for name in (offer.name, *offer.renamed_from)}
    tags = [one.tag for offer, _ in released.packs if (one := released.releases.newest(offer)) is not None]
    commits = dict.fromkeys([released.past.since] * bool(released.past.since))
    commits |= dict.fromkeys(released.past.tags[tag] for tag in tags)
    told: set[str] = set()
    for commit in list(commits)[:_MOST_COMMITS]:
        before = released.past.offers(commit)
        for old in before.packs if before is not None else ():
            if old.name in known or old.name in told or old.elsewhere:
                continue
            told.add(old.name)
            blobs = released.past.blobs(commit, old.path)
            alike = [
                (len(blobs & released.past.blobs(released.past.commit, new.path)), new.name)
                for new, _ in released.packs
            ]
            most, name = max(alike, default=(0, ""))
            fix = (
                f"renames: {{ {old.name}: {name} }}"
                if most
                else "list it as `deprecated:` until it is not used any more"
            )
            path = released.registry.lists[0] if released.registry.lists else ""
            yield Found("renamed-gone", path, f"the pack {old.name} is gone", fix=fix, pack=old.name)


RULES: Final[tuple[Callable[[Released], Iterator[Found]], ...]] = (
    yanked,
    unreleased,
    unchanged,
    ambiguous,
    versions,
    power,
    gone,
)
