"""The site of a registry: only what changed is written, and only what is its own is deleted."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync import __version__
from agentsync.catalogue.feeds import feed, map_names, sitemaps
from agentsync.catalogue.pack_pages import Made, PackMaker, PackPlan, plan_of
from agentsync.catalogue.pages import AT_ONCE, TEMPLATES, PageMaker, Site
from agentsync.catalogue.places import INDEX, list_page
from agentsync.catalogue.rows import Row, filters_of, index_json, search_array
from agentsync.catalogue.source import ListedPack, Source, alias_of
from agentsync.disk.site_record import MadeFile, Record, digest, write_record
from agentsync.disk.site_there import SiteThere, site_there
from agentsync.model.finding import Finding, Level, Rule
from agentsync.platform.files import SCRATCH
from agentsync.platform.plain_files import read_plain_file

LIBRARIES: Final = ("jinja2", "markdown-it-py", "nh3")
RECORD: Final = ".site.json"
_INDEX: Final = "index.json"
_SEARCH: Final = "search.js"
_FEED: Final = "feed.xml"
_ASSETS: Final = ("site.css", "copy.js", "icon.svg")
_AT_ONCE: Final = 500  # packs, after which what was read of them is forgotten
_LARGEST: Final = 1024 * 1024  # bytes of a template


class SiteOptions(NamedTuple):
    """What a site is made with.

    Args:
        base_url: where it will stand, ending in a slash; "" where that is not known.
        title: "" for the name of the registry.
        versions: how many versions of a pack have a page.
    """

    base_url: str = ""
    title: str = ""
    versions: int = 20


class SiteReport(NamedTuple):
    """What was done: the paths that were written and deleted, and the packs that could not be shown, with reasons."""

    registry: str
    commit: str
    packs: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    failed: Mapping[str, str]
    findings: tuple[Finding, ...]


def build_site(source: Source, there: SiteThere, options: SiteOptions, *, dry_run: bool = False) -> SiteReport:
    """Make the site of a registry, or bring the one that stands there up to date.

    Raises:
        DiskError: where the file system refuses.
    """
    return _Builder(source, there, options, dry_run=dry_run).build()


class _Builder:
    def __init__(self, source: Source, there: SiteThere, options: SiteOptions, *, dry_run: bool) -> None:
        self._source = source
        self._folder, self._sizes, self._record = there
        self._dry_run = dry_run
        self._site = Site(
            title=options.title or source.name,
            description=source.description,
            name=source.name,
            alias=alias_of(source),
            url=source.url,
            branch=source.branch,
            base_url=options.base_url,
        )
        self._count = options.versions
        self._maker = PageMaker(self._site)
        self._recipe = digest(_tools(), self._site)
        self._rows = self._old_rows()
        self._files: dict[str, MadeFile] = {}
        self._following: set[str] = set()
        self._written: list[str] = []

    def build(self) -> SiteReport:
        plans = [self._plan(pack, is_following=pack.name in self._record.following) for pack in self._source.packs]
        self._maker.know({plan.pack.name: plan.page for plan in plans})
        self._announce(plans)
        maker = PackMaker(self._source, self._site, self._maker)
        rows = []
        for start in range(0, len(plans), _AT_ONCE):
            group = plans[start : start + _AT_ONCE]
            maker.prefetch(plan for plan in group if self._wanted(plan))
            rows += [self._make(maker, plan) for plan in group]
            self._source.repository.objects.forget()
        self._write_whole(plans, rows)
        removed = sorted(path for path in self._record.files if path not in self._files and path in self._sizes)
        if not self._dry_run:
            for path in removed:
                self._folder.delete(path)
            self._save(self._files, index=self._files[_INDEX].key)
        return self._report(rows, removed)

    def _plan(self, pack: ListedPack, *, is_following: bool) -> PackPlan:
        return plan_of(self._source, pack, self._recipe, self._count, is_following=is_following)

    def _announce(self, plans: Sequence[PackPlan]) -> None:
        """Record every file that will be there before the first one is written; delete what a killed run left."""
        if self._dry_run:
            return
        unknown = MadeFile("", 0)
        planned = {path: unknown for plan in plans for path in plan.files}
        own = dict.fromkeys((*_ASSETS, *self._lists(), *self._maps(plans), _INDEX, _SEARCH, _FEED), unknown)
        self._save({**own, **planned, **self._record.files})
        for path in self._sizes:
            if path.endswith(SCRATCH):
                self._folder.delete(path)

    def _make(self, maker: PackMaker, plan: PackPlan) -> Row:
        """Make the files of a pack that are not there as they should be; return its row in the index."""
        old = self._rows.get(plan.pack.name)
        wanted = self._wanted(plan)
        if old is None or not wanted.isdisjoint(plan.own):
            old, wanted = None, wanted.union(plan.own)
        is_following = plan.pack.name in self._record.following
        made = Made(old, is_following) if old is not None and not wanted else None
        done: dict[str, bytes] = {}
        if made is None:
            done, made = maker.make(plan, wanted, old)
            if old is None and made.is_following != is_following:
                plan = self._plan(plan.pack, is_following=made.is_following)
        if made.is_following if old is None else is_following:
            self._following.add(plan.pack.name)
        for path, key in plan.files.items():
            if self._record.has(path, key, self._sizes):
                self._files[path] = self._record.files[path]
            else:
                self._write(path, key, done[path])
        return made.row

    def _wanted(self, plan: PackPlan) -> set[str]:
        return {path for path, key in plan.files.items() if not self._record.has(path, key, self._sizes)}

    def _write_whole(self, plans: Sequence[PackPlan], rows: Sequence[Row]) -> None:
        """Write what is of the site as a whole; it is always made, and written where it differs."""
        for path, data in self._whole(plans, rows):
            key = hashlib.sha256(data).hexdigest()
            if self._sizes.get(path) == len(data) and self._folder.read(path) == data:
                self._files[path] = MadeFile(key, len(data))
            else:
                self._write(path, key, data)

    def _whole(self, plans: Sequence[PackPlan], rows: Sequence[Row]) -> Iterator[tuple[str, bytes]]:
        yield from ((name, read_plain_file(TEMPLATES / name, _LARGEST)) for name in _ASSETS)
        yield _SEARCH, search_array(rows) + read_plain_file(TEMPLATES / _SEARCH, _LARGEST)
        lists = self._lists()
        for number, path in enumerate(lists, 1):
            yield (
                path,
                self._maker.page(
                    "index.html",
                    path,
                    packs=rows[(number - 1) * AT_ONCE : number * AT_ONCE],
                    total=len(rows),
                    number=number,
                    pages=len(lists),
                    filters=filters_of(rows) if number == 1 else [],
                ),
            )
        yield _FEED, feed(self._maker, self._site, self._source.packs, {plan.pack.name: plan.page for plan in plans})
        if self._site.base_url:
            yield from sitemaps(self._maker, self._site.base_url, [*lists, *_pages(plans)])
        yield _INDEX, index_json(self._source, rows)

    def _lists(self) -> list[str]:
        return [list_page(number) for number in range(1, max(1, -(-len(self._source.packs) // AT_ONCE)) + 1)]

    def _maps(self, plans: Sequence[PackPlan]) -> list[str]:
        count = len(self._lists()) + sum(1 for _ in _pages(plans))
        return map_names(count) if self._site.base_url else []

    def _write(self, path: str, key: str, data: bytes) -> None:
        if not self._dry_run:
            self._folder.write(path, data)
        self._written.append(path)
        self._files[path] = MadeFile(key, len(data))

    def _save(self, files: Mapping[str, MadeFile], *, index: str = "") -> None:
        following = frozenset(self._following) if index else self._record.following
        self._folder.write(RECORD, write_record(Record(files, index or self._record.index_digest, following)))

    def _old_rows(self) -> Mapping[str, Row]:
        """Return the rows of the index that stands there, none where it is not as it was made."""
        data = self._folder.read(_INDEX) if _INDEX in self._sizes else b""
        if not data or hashlib.sha256(data).hexdigest() != self._record.index_digest:
            return {}
        return {row["pack"]: row for row in json.loads(data)["packs"]}

    def _report(self, rows: Sequence[Row], removed: Sequence[str]) -> SiteReport:
        failed = {row["pack"]: row["error"] for row in rows if "error" in row}
        return SiteReport(
            registry=self._source.name,
            commit=self._source.commit,
            packs=len(rows),
            written=tuple(sorted(self._written)),
            removed=tuple(removed),
            unchanged=len(self._files) - len(self._written),
            failed=failed,
            findings=(*self._source.findings, *(finding for row in rows for finding in _findings(row))),
        )


def _pages(plans: Sequence[PackPlan]) -> Iterator[str]:
    return (path for plan in plans for path in plan.files if path.endswith(f"/{INDEX}"))


def _findings(row: Row) -> Iterator[Finding]:
    if "error" in row:
        yield Finding(row["pack"], "", f"it is not shown: {row['error']}", rule=Rule.PACK_UNREADABLE)
    for version, why in row.get("unreadable", {}).items():
        what = f"version {version} is not shown: {why}"
        yield Finding(row["pack"], "", what, rule=Rule.PACK_UNREADABLE, severity=Level.WARNING)


def catalogue_there(out: Path) -> SiteThere:
    """Look at a folder for a catalogue; raise UsageError where it holds files of others."""
    return site_there(out, RECORD, "a catalogue")


def _tools() -> list[str]:
    """Return what pages are made by: the versions of libraries, and digests of the templates and of this room."""
    found = [__version__, *(importlib.metadata.version(name) for name in LIBRARIES)]
    for file in sorted((*TEMPLATES.iterdir(), *Path(__file__).parent.glob("*.py"))):
        if file.is_file():
            found += [file.name, hashlib.sha256(read_plain_file(file, _LARGEST)).hexdigest()]
    return found
