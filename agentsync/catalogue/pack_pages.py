"""The pages of one pack: what each depends on, and what stands on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.catalogue.look import Look, look_into, news_of
from agentsync.catalogue.pages import PageMaker, ShownRelease, Site, install_lines
from agentsync.catalogue.places import INDEX, folder_names
from agentsync.catalogue.rows import Row, as_json, page_of, row_of
from agentsync.catalogue.safe_text import as_html
from agentsync.catalogue.source import ListedPack, OffersAt, Release, Source, Trees
from agentsync.disk.site_record import digest
from agentsync.errors import AgentsyncError
from agentsync.formats.yaml_text import flow
from agentsync.git.tag_list import message_of, signature_of
from agentsync.model.grant import ALL, INVOCABLE, gained, lost
from agentsync.model.pack_info import ChosenVersion, PackInfo, pack_data

BADGES: Final = ("version", "items", "grants")
_DEPTH: Final = 2  # of the files of a pack itself
_EVERY: Final = {ALL: "every tool"}
_NOT_THERE: Final = "pack-path-missing"


class PackPlan(NamedTuple):
    """The files of a pack, each with the key of what it is made from.

    Args:
        releases: those that have a page, by its folder.
    """

    pack: ListedPack
    releases: Mapping[str, Release]
    files: Mapping[str, str]

    @property
    def page(self) -> str:
        return page_of(self.pack.folder)

    @property
    def own(self) -> list[str]:
        """The files of the pack itself, without those of its versions."""
        return [path for path in self.files if path.count("/") == _DEPTH]

    def page_at(self, folder: str) -> str:
        """Return the page of a version."""
        return f"packs/{self.pack.folder}/{folder}/{INDEX}"


class Made(NamedTuple):
    """What came of a pack: its row in the index, and whether it has links to files outside of its folder."""

    row: Row
    is_following: bool


def plan_of(source: Source, pack: ListedPack, recipe: str, count: int, *, is_following: bool) -> PackPlan:
    """Plan the pages of a pack; nothing is read for it.

    Args:
        recipe: a digest of the templates and of what stands on every page.
        count: how many versions have a page.
        is_following: whether the pack holds files from outside of its folder.
    """
    shown = pack.releases[:count]
    folders = folder_names(one.version for one in shown)
    releases = {folders[one.version]: one for one in shown}
    offer = pack.offer
    described = {**offer._asdict(), "git": offer.git.text if offer.elsewhere else ""}
    facts = (recipe, described, pack.tree, source.tree if is_following else "", pack.change)
    own = digest(*facts, pack.releases, sorted(releases))
    files = {f"packs/{pack.folder}/{name}": own for name in (INDEX, "index.json", *(f"{one}.svg" for one in BADGES))}
    plan = PackPlan(pack, releases, files)
    same = (recipe, pack.name, offer.path, offer.declared, offer.inner, offer.description)
    before = dict(zip(shown, pack.releases[1:], strict=False))
    versions = {
        plan.page_at(folder): digest(*same, one, before[one] if one in before else None)
        for folder, one in releases.items()
    }
    return plan._replace(files=files | versions)


class PackMaker:
    """Makes the files of packs of one registry."""

    def __init__(self, source: Source, site: Site, maker: PageMaker) -> None:
        self._source = source
        self._site = site
        self._maker = maker
        self._trees = Trees(source.repository)
        self._offers = OffersAt(source, self._trees)

    def prefetch(self, plans: Iterable[PackPlan]) -> None:
        """Look up the trees that the pages of these packs are made from."""
        head = self._source.commit
        self._trees.prefetch(
            (commit, plan.pack.offer.path)
            for plan in plans
            if not plan.pack.offer.elsewhere
            for commit in (head, *(one.tag.commit for one in plan.pack.releases[: len(plan.releases) + 1]))
        )

    def make(self, plan: PackPlan, wanted: Collection[str], old: Row | None) -> tuple[dict[str, bytes], Made]:
        """Return the wanted files of a pack by their paths, and what came of it.

        Args:
            old: its row in the index that stands there, None where its own files are wanted.
        """
        looks = _Looks(self._source, plan.pack, self._trees, self._offers, self._maker)
        unreadable = dict(old.get("unreadable", {})) if old is not None else {}
        done: dict[str, bytes] = {}
        for folder, release in plan.releases.items():
            if (path := plan.page_at(folder)) in wanted or old is None:
                unreadable |= {release.version: looks.at(release)[1]} if looks.failed(release) else {}
            if path in wanted:
                done[path] = self._version(plan.pack, path, self._shown(plan.pack, folder, release, looks), looks)
        if old is not None:
            return done, Made(old | ({"unreadable": unreadable} if unreadable else {}), False)
        look, why = looks.newest()
        row = row_of(plan.pack, plan.page, look.holds if look is not None else None, why, unreadable)
        done |= {path: self._own(plan, path, row, looks) for path in plan.own}
        return done, Made(row, look is not None and look.leaves and not plan.pack.releases)

    def _own(self, plan: PackPlan, path: str, row: Row, looks: _Looks) -> bytes:
        look, why = looks.newest()
        if path.endswith(".svg"):
            label = path.rpartition("/")[2].removesuffix(".svg")
            return self._maker.badge(label, _badges(row)[label])
        if path.endswith(".json"):
            return as_json(_info(self._source, plan.pack, look, why, differs=looks.differs()))
        shown = [
            self._row(plan.pack, folder, release, looks, look.changelog if look is not None else "")
            for folder, release in plan.releases.items()
        ]
        return self._maker.pack(
            path,
            plan.pack,
            shown,
            install=install_lines(self._site, plan.pack.name),
            look=looks.html(look) if look is not None else None,
            why=why,
            badges={name: f"{name}: {value}" for name, value in _badges(row).items()},
            differs=looks.differs(),
        )

    def _row(self, pack: ListedPack, folder: str, release: Release, looks: _Looks, changelog: str) -> ShownRelease:
        """Return a release as the table of versions shows it; its files are not read."""
        repository = self._source.repository
        news = news_of(changelog, release.version, message_of(repository, release.tag))
        return ShownRelease(
            release,
            folder,
            tree=looks.tree_of(release),
            signature=signature_of(repository, release.tag),
            news=as_html(news) if news else None,
        )

    def _shown(self, pack: ListedPack, folder: str, release: Release, looks: _Looks) -> ShownRelease:
        look, why = looks.at(release)
        shown = self._row(pack, folder, release, looks, look.changelog if look is not None else "")
        return shown._replace(look=looks.html(look) if look is not None else None, why=why)

    def _version(self, pack: ListedPack, path: str, shown: ShownRelease, looks: _Looks) -> bytes:
        place = pack.releases.index(shown.release)
        before = next(iter(pack.releases[place + 1 : place + 2]), None)
        new, old = looks.at(shown.release)[0], looks.at(before)[0] if before is not None else None
        return self._maker.page(
            "version.html",
            path,
            pack=pack,
            one=shown,
            before=before.version if before is not None and old is not None else "",
            changes=list(_changes(old, new)) if old is not None and new is not None else [],
            install=install_lines(self._site, pack.name, shown.release.version),
        )


class _Looks:
    """The looks into one pack at its releases and on the branch; equal trees are looked into once."""

    def __init__(self, source: Source, pack: ListedPack, trees: Trees, offers: OffersAt, maker: PageMaker) -> None:
        self._source = source
        self._pack = pack
        self._trees = trees
        self._offers = offers
        self._maker = maker
        self._known: dict[object, tuple[Look | None, AgentsyncError | None]] = {}
        self._html: dict[int, tuple[Look, Mapping[str, Any]]] = {}

    def newest(self) -> tuple[Look | None, str]:
        """Return what the page of the pack shows, and why there is nothing."""
        if self._pack.offer.elsewhere:
            return None, ""
        newest = self._pack.newest
        look, failure = self._look(newest.tag.commit if newest is not None else self._commit())
        return look, _told(failure)

    def at(self, release: Release) -> tuple[Look | None, str]:
        look, failure = self._look(release.tag.commit)
        return look, _told(failure)

    def failed(self, release: Release) -> bool:
        """Return whether a release cannot be read, and not only lacks the pack."""
        failure = self._look(release.tag.commit)[1]
        return failure is not None and failure.rule != _NOT_THERE

    def tree_of(self, release: Release) -> str:
        """Return the id of the tree of the pack in a release, "" where it is not there."""
        try:
            offer = self._offers.of(self._pack.offer, release.tag.commit)
            return self._trees.at(release.tag.commit, offer.path) or ""
        except AgentsyncError:
            return ""

    def differs(self) -> bool:
        """Return whether the branch holds something else than the newest release."""
        newest = self._pack.newest
        return newest is not None and bool(self._pack.tree) and self.tree_of(newest) not in ("", self._pack.tree)

    def html(self, look: Look) -> Mapping[str, Any]:
        """Return a look as templates take it."""
        if id(look) not in self._html:
            self._html[id(look)] = look, self._maker.look(look)
        return self._html[id(look)][1]

    def _commit(self) -> str:
        return self._pack.offer.pinned or self._source.commit

    def _look(self, commit: str) -> tuple[Look | None, AgentsyncError | None]:
        if commit not in self._known:
            self._known[commit] = self._looked(commit)
        return self._known[commit]

    def _looked(self, commit: str) -> tuple[Look | None, AgentsyncError | None]:
        try:
            offer = self._offers.of(self._pack.offer, commit)
            contents = self._trees.contents(commit, offer.path)
            place = (contents.tree, offer.path, digest(offer.declared, offer.inner), digest(contents.links.files))
            if place not in self._known:
                self._known[place] = look_into(offer, contents), None
            return self._known[place]
        except AgentsyncError as error:
            return None, error


def _told(failure: AgentsyncError | None) -> str:
    if failure is None:
        return ""
    return f"{failure.what} ({failure.why})" if failure.why else failure.what


def _badges(row: Row) -> dict[str, str]:
    grants = [_EVERY.get(one, one) for one in row["grants"] if ":" not in one and one != INVOCABLE]
    return {
        "version": row["version"] or "none yet",
        "items": str(len(row["items"])),
        "grants": ", ".join(grants[:6]) or "none",
    }


def _info(source: Source, pack: ListedPack, look: Look | None, why: str, *, differs: bool) -> dict[str, Any]:
    """Return what `info` tells of a pack, with the findings, and the tree instead of a commit that moves."""
    newest, chosen = pack.newest, None
    line = {"name": source.branch, "tree": pack.tree, "line": f"{pack.name}: {flow({'branch': source.branch})}"}
    url = source.url or None
    if newest is not None:
        ref = f"refs/tags/{newest.tag.name}"
        other = line if differs and source.branch else None
        chosen = ChosenVersion(newest.version, ref, newest.tag.commit, url, other)
    elif look is not None:
        commit = pack.offer.pinned or (pack.change.commit if pack.change is not None else source.commit)
        chosen = ChosenVersion(None, f"refs/heads/{source.branch}" if source.branch else None, commit, url, None)
    offer = pack.offer
    info = PackInfo(
        pack=pack.name,
        path=offer.path,
        description=offer.description,
        versions=[one.version for one in pack.releases],
        deprecated=offer.deprecated,
        yanked=offer.yanked,
        chosen=chosen,
        holds=look.holds if look is not None else None,
    )
    data = pack_data(info) | ({"error": why} if why else {})
    if look is None:
        return data
    findings = [
        {"rule": one.rule, "level": one.level, "item": one.item, "path": one.path, "what": one.what, "fix": one.fix}
        for one in look.findings
    ]
    return data | {"tree": look.tree} | ({"findings": findings} if findings else {})


def _changes(old: Look, new: Look) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the differences of two versions in words: items that came, went or changed their power."""
    was = {item.item: item for item in old.holds.items}
    now = {item.item: item for item in new.holds.items}
    if came := [key for key in now if key not in was]:
        yield "New", came
    if gone := [key for key in was if key not in now]:
        yield "Gone", gone
    for key in now:
        if key in was and (more := gained(was[key].grants, now[key].grants)):
            yield f"{key} may now", more
    for key in now:
        if key in was and (less := lost(was[key].grants, now[key].grants)):
            yield f"{key} may no longer", less
