"""Plan releases: the version and the tag of each pack, the files that change for it, and why it must not be made."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from packaging.version import Version

from agentsync.disk.author_tree import AuthorTree
from agentsync.errors import AgentsyncError
from agentsync.git.author import AuthorRepository
from agentsync.model.pack import Offer
from agentsync.packs.pack_tree import PackTree
from agentsync.publishing.asked import Asked, PublishOptions, names_in
from agentsync.publishing.deciding import Bump, Decided, Offered, Reason, decided, grants_between, reasons, series_of
from agentsync.publishing.edits import Edits, Facts, edits_for, stated_version
from agentsync.publishing.history import History
from agentsync.publishing.planned import Planned, refusal
from agentsync.publishing.publish_journal import Begun
from agentsync.publishing.tags import tag_name, template_for
from agentsync.registries.marketplace import MARKETPLACES
from agentsync.versions.refs import Refs
from agentsync.versions.release import Release
from agentsync.versions.version import is_among, version_of


class Ground(NamedTuple):
    """What plans are made from.

    Args:
        remote: the branches and tags of the remote that is pushed to, now or later; None where it cannot be asked.
        begun: what an interrupted run had decided.
        today: the date of new releases.
    """

    author: AuthorRepository
    history: History
    options: PublishOptions
    remote: Refs | None
    begun: Begun | None
    today: str


class Planner:
    """The plans of the packs of one repository."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._history, self._options = ground.history, ground.options
        self._tags = ground.history.tags
        self._tree = AuthorTree(ground.author.top)

    @cached_property
    def _changed(self) -> Sequence[str]:
        return self._ground.author.changed("")

    def has_changed(self, offer: Offer) -> bool:
        """Return whether a pack differs from its newest release, or an interrupted run was to release it."""
        begun = self._ground.begun
        if begun is not None and offer.name in begun.versions:
            return True
        newest = next(iter(self._history.releases(offer)), None)
        return newest is None or not self._history.is_same(offer, self._tags[newest.tag], self._history.head)

    def plan(self, asked: Asked, at_least: Version | None = None) -> Planned:
        """Return the plan of a release.

        Args:
            at_least: the lowest version that it may have where it is decided, for packs that share their tags.
        """
        offer, known = asked.offer, self._history.releases(asked.offer)
        written, chosen = self._version(asked, known)
        if at_least is not None and not asked.version:
            written, chosen = str(max(at_least, chosen.version)), chosen._replace(version=max(at_least, chosen.version))
        version = chosen.version
        base = self._base(known, version)
        template = self._template(offer, known)
        tag = self._tag(known, version, tag_name(template, offer.name, written))
        done = self._done(offer, tag)
        after = self._offered(offer, self._history.head)
        before = self._offered(offer, self._tags[base.tag]) if base is not None else None
        gained, lost = grants_between(before, after)
        plan = Planned(
            offer=offer,
            version=written,
            before=base.version if base is not None else None,
            tag=tag,
            reason=chosen.reason,
            tag_family=template if self._is_shared(template) else "",
            is_decided=not asked.version and self._options.bump is None,
            gained=gained,
            lost=lost,
            grants=after.grants,
            done=done,
        )
        if done:
            refusals = (*_yanked(plan, version), *self._about_remote_tag(plan))
            return plan._replace(reason="it is tagged already", refusals=refusals)
        edits = self._edits(plan, version, base)
        plan = plan._replace(edits=edits.files, section=edits.section, notes=tuple(self._notes(plan)))
        return plan._replace(refusals=tuple(self._refusals(plan, version, known)))

    def _version(self, asked: Asked, known: Sequence[Release]) -> tuple[str, Decided]:
        """Return the version of a release, as it is written and as it was decided."""
        if asked.version and (version := version_of(asked.version)) is not None:
            return asked.version, Decided(version, "asked for")
        begun = self._ground.begun
        if begun is not None and (text := begun.versions.get(asked.offer.name)) is not None:
            if (version := version_of(text)) is not None:
                return text, Decided(version, "an interrupted run decided it")
        newest = [one.version for one in known]
        found: Sequence[Reason] = ()
        if newest and self._options.bump is None:
            found = self._reasons(asked.offer, known)
        if self._is_unpushed(asked.offer, known):
            return str(known[0].version), Decided(known[0].version, "it is tagged already")
        chosen = decided(newest, found, self._options.bump)
        if known and not found and self._options.bump is None and self._is_unchanged(asked.offer, known[0]):
            chosen = chosen._replace(reason="no commit changed it")
        return str(chosen.version), chosen

    def _is_unpushed(self, offer: Offer, known: Sequence[Release]) -> bool:
        """Return whether the newest release is what the pack is now, and the remote that is pushed to lacks it."""
        if not self._options.push or self._ground.remote is None or not known or self._options.bump is not None:
            return False
        tag = known[0].tag
        is_new = tag not in self._ground.remote.tags
        return is_new and self._is_unchanged(offer, known[0])

    def _is_unchanged(self, offer: Offer, newest: Release) -> bool:
        return self._history.is_same(offer, self._tags[newest.tag], self._history.head)

    def _reasons(self, offer: Offer, known: Sequence[Release]) -> list[Reason]:
        base = next((one for one in known if not one.version.is_prerelease), known[0])
        try:
            before = self._history.offered(offer, self._tags[base.tag])
        except AgentsyncError as error:
            return [Reason(Bump.MAJOR, f"{base.tag} cannot be compared: {error.what}")]
        return reasons(before, self._offered(offer, self._history.head))

    def _offered(self, offer: Offer, commit: str) -> Offered:
        try:
            return self._history.offered(offer, commit)
        except AgentsyncError:  # the check says what is wrong with it
            return Offered({})

    def _base(self, known: Sequence[Release], version: Version) -> Release | None:
        """Return the release that another one follows."""
        return next((one for one in known if one.version < version), None)

    def _template(self, offer: Offer, known: Sequence[Release]) -> str:
        entries = self._history.files(self._history.head).entries
        return template_for(
            offer,
            known[0] if known else None,
            is_only=len(self._history.offers.packs) == 1,
            has_marketplace=any(path in entries for path in MARKETPLACES),
        )

    def _is_shared(self, template: str) -> bool:
        """Return whether a tag of a template is a release of several packs."""
        return "{pack}" not in template and len(self._history.offers.every) > 1

    @staticmethod
    def _tag(known: Sequence[Release], version: Version, new: str) -> str:
        """Return the tag of a version: the one that it has, else the new one."""
        return next((one.tag for one in known if one.version == version), new)

    def _done(self, offer: Offer, tag: str) -> str:
        """Return the commit that a tag is on where it holds the pack as it is now, "" for any other."""
        commit = self._tags.get(tag, "")
        return commit if commit and self._history.is_same(offer, commit, self._history.head) else ""

    def _edits(self, plan: Planned, version: Version, base: Release | None) -> Edits:
        author, folder = self._ground.author, plan.offer.path
        since = self._tags[base.tag] if base is not None else ""
        begun = self._ground.begun
        date = begun.date if begun is not None and plan.offer.name in begun.versions else self._ground.today
        subjects = [text for text in author.subjects(since, folder) if not is_of_release(text)]
        facts = Facts(plan.version, version, date, subjects, plan.tag)
        return edits_for(folder, self._history.files(self._history.head, folder), self._tree, self._changed, facts)

    def _notes(self, plan: Planned) -> Iterator[str]:
        name = plan.offer.name
        if plan.tag_family:
            yield f"the tag {plan.tag} is a release of every pack: {', '.join(sorted(names_in(self._history.offers)))}"
        for path, data in self._lists.items():
            stated = stated_version(data, name)
            if stated and stated != plan.version:
                yield f"{path} states version {stated} for {name}: write {plan.version} there"

    @cached_property
    def _lists(self) -> Mapping[str, bytes]:
        """The lists of plug-ins, whose numbers people mend by hand."""
        files = self._history.files(self._history.head)
        return files.read([path for path in MARKETPLACES if path in files.entries and files.entries[path].is_plain])

    def _refusals(self, plan: Planned, version: Version, known: Sequence[Release]) -> Iterator[AgentsyncError]:
        offer = plan.offer
        own = PackTree((), offer.inner)
        mine = [path for path in self._changed if _is_below(path, offer.path) and path not in plan.edits]
        dirty = [path for path in mine if own.is_own(posixpath.relpath(path, offer.path or "."))]
        if dirty:
            yield refusal(
                f"{offer.name} has changes that are not committed",
                why=", ".join(dirty),
                hint="commit them, or put them aside with git stash",
            )
        yield from self._about_version(plan, version, known)
        yield from self._about_tag(plan, version)
        newest = known[0] if known else None
        if newest is not None and not self._options.allow_unchanged and not _finishes(newest.version, version):
            if self._is_unchanged(offer, newest):
                yield refusal(
                    f"{offer.name} is what its newest release is",
                    why=f"{newest.tag} has the same files",
                    hint="there is nothing to publish; --allow-unchanged makes a release all the same",
                )

    def _about_version(self, plan: Planned, version: Version, known: Sequence[Release]) -> Iterator[AgentsyncError]:
        name = plan.offer.name
        yield from _yanked(plan, version)
        there = {one.version for one in (*known, *self._at_remote(plan.offer))} - {version}
        if self._options.backport:
            there = set(series_of(version, there))
        if there and version < max(there):
            what = f"{name} {plan.version} is not above {max(there)}"
            if self._options.backport:
                yield refusal(what, why=f"{max(there)} is in the same series", hint="choose a higher version")
            else:
                hint = "choose a higher version; --backport lets it be one of an older series"
                yield refusal(what, why=f"{max(there)} is the newest release", hint=hint)

    def _about_tag(self, plan: Planned, version: Version) -> Iterator[AgentsyncError]:
        if plan.tag in self._tags:
            yield refusal(
                f"the tag {plan.tag} is there already",
                why="it holds other files, and a tag is never moved",
                hint="choose a higher version",
            )
        elif self._remote_commit(plan.tag):
            yield from self._about_remote_tag(plan)
        elif not self._history.is_read(plan.offer, plan.tag, version):
            yield refusal(
                f"the tag {plan.tag} would not be read as {plan.offer.name} {plan.version}",
                why="another pack or another spelling of tags stands in its way",
                hint="name the spelling with `tags:` of the pack in registry.yaml",
            )

    def _about_remote_tag(self, plan: Planned) -> Iterator[AgentsyncError]:
        """Yield the refusal of a tag that is at the remote with other files, or with a commit that is not here."""
        there = self._remote_commit(plan.tag)
        if not there or there == plan.done:
            return
        is_here = not self._history.repository.objects.absent({there: there})
        if not (is_here and self._history.is_same(plan.offer, there, self._history.head)):
            yield refusal(
                f"the remote has a tag {plan.tag} already",
                why=f"it is on commit {there[:12]} there, and holds other files",
                hint="get it with git fetch --tags, then choose a higher version",
            )

    def _remote_commit(self, tag: str) -> str:
        return self._ground.remote.tags.get(tag, "") if self._ground.remote is not None else ""

    def _at_remote(self, offer: Offer) -> list[Release]:
        """Return the releases of a pack at the remote."""
        if self._ground.remote is None:
            return []
        return self._history.releases(offer, self._ground.remote.tags)


def is_of_release(subject: str) -> bool:
    """Return whether a commit is one that a release made."""
    return subject.startswith("Release ") and version_of(subject.rpartition(" ")[2]) is not None


def _yanked(plan: Planned, version: Version) -> Iterator[AgentsyncError]:
    texts = plan.offer.yanked
    if is_among(version, texts):
        reason = next((why for text, why in texts.items() if version_of(text) == version), "")
        yield refusal(
            f"{plan.offer.name} {plan.version} is yanked",
            why=reason or "registry.yaml withdrew it",
            hint="choose another version",
        )


def _finishes(newest: Version, version: Version) -> bool:
    """Return whether a version is the final one of a pre-release."""
    return newest.is_prerelease and not version.is_prerelease


def _is_below(path: str, folder: str) -> bool:
    return not folder or f"{path}/".startswith(f"{folder}/")
