"""Feed and site map: what a reader of news and a search engine ask for.

Sources: RFC 4287 (Atom), https://www.sitemaps.org/protocol.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from agentsync.catalogue.pages import PageMaker, Site, moment_of
from agentsync.catalogue.source import ListedPack, Release

_MOST_ENTRIES: Final = 100
_MOST_PLACES: Final = 50_000  # in one site map


def feed(maker: PageMaker, site: Site, packs: Sequence[ListedPack], pages: Mapping[str, str]) -> bytes:
    """Return the newest releases of all packs as an Atom feed.

    Args:
        pages: the page of each pack by its name.
    """
    dated = [(one.tag.date, pack.name, one.version, one, pack) for pack in packs for one in pack.releases]
    newest = sorted(dated, key=lambda row: (-row[0], row[1]))[:_MOST_ENTRIES]
    origin = f"{site.base_url or site.url or site.name}"
    entries = [
        {
            "id": uuid5(NAMESPACE_URL, f"{origin} {pack.name} {release.version} {release.tag.commit}").urn,
            "title": f"{pack.name} {release.version}",
            "updated": moment_of(release.tag.date),
            "page": pages[pack.name],
            "summary": _summary(pack, release),
        }
        for _, _, _, release, pack in newest
    ]
    updated = moment_of(max((row[0] for row in newest), default=0))
    return maker.text("feed.xml", id=uuid5(NAMESPACE_URL, origin).urn, site=site, updated=updated, entries=entries)


def _summary(pack: ListedPack, release: Release) -> str:
    yanked = "Yanked. " if release.yanked is not None else ""
    return f"{yanked}{pack.offer.description or pack.name}"


def sitemaps(maker: PageMaker, base_url: str, pages: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the site map with its path, and its parts where it has more pages than one may name."""
    whole, *parts = map_names(len(pages))
    yield whole, maker.text("sitemap.xml", base_url=base_url, pages=[] if parts else pages, parts=parts)
    for number, part in enumerate(parts):
        group = pages[number * _MOST_PLACES : (number + 1) * _MOST_PLACES]
        yield part, maker.text("sitemap.xml", base_url=base_url, pages=group, parts=[])


def map_names(count: int) -> list[str]:
    """Return the paths of the site map of so many pages, that of the whole first."""
    parts = range(1, -(-count // _MOST_PLACES) + 1) if count > _MOST_PLACES else ()
    return ["sitemap.xml", *(f"sitemap-{number}.xml" for number in parts)]
