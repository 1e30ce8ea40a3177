"""Refs that are asked for in part lead to what all refs lead to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentsync.formats.git_url import parse_git_url
from agentsync.git.asked_refs import AskedRefs
from agentsync.git.cache import Cache
from agentsync.git.listing import EVERYTHING, Listing, listing_in
from agentsync.model.git_url import GitUrl
from agentsync.model.manifest import Registry
from agentsync.model.pack import Offer
from agentsync.registries.offers import Offers
from agentsync.registries.release_lists import ReleaseLists
from agentsync.versions.refs import Refs
from agentsync.versions.tag_template import PER_PACK_TEMPLATES, WHOLE_BEGINNINGS
from tests.git_registry import GitRegistry

URL = parse_git_url("https://git.example/x/web")
PACKS = ("web", "web-1", "we", "data", "v2-tools")
FORMER = {"web": ("old-web",)}
VERSIONS = ("1.0.0", "1.2", "2.0.0rc1", "20250731", "3", "1.x", "1-2.0")
TEMPLATES = (*PER_PACK_TEMPLATES, "rel.{pack}.{version}", "{version}-{pack}", "@other/{pack}@{version}", "v{version}")


def tag_of(template: str, pack: str, version: str) -> str:
    """A tag by a template."""
    return template.replace("SCOPE", "scope").replace("{pack}", pack).replace("{version}", version)


tags = st.builds(
    tag_of,
    st.sampled_from((*TEMPLATES, "{version}", "latest", "{pack}-next", "release-{pack}-{version}")),
    st.sampled_from((*PACKS, "old-web", "gone")),
    st.sampled_from(VERSIONS),
)


class Server:
    """A remote that answers questions in protocol v2, and counts them."""

    def __init__(self, lines: Sequence[tuple[str, str]]) -> None:
        self.lines = lines
        self.known: Listing | None = None
        self.read: tuple[Listing, Refs] | None = None
        self.asked = 0

    def ask(self, prefixes: Sequence[str]) -> tuple[Listing, Refs]:
        """As a cached repository does it."""
        if self.known is None or self.known.lacks(prefixes):
            self.asked += 1
            wanted = ("HEAD", *prefixes)
            text = "".join(f"{oid}\t{name}\n" for oid, name in self.lines if name.startswith(wanted))
            newer = listing_in(Listing(text, frozenset(wanted)).to_text())
            self.known = newer if self.known is None else self.known.with_newer(newer)
        if self.read is None or self.read[0] is not self.known:
            self.read = self.known, Refs(self.known.text)
        return self.read


@given(
    st.lists(tags, max_size=25, unique=True),
    st.sampled_from(("", "rel.{pack}.{version}", "v{version}", "{version}-{pack}")),
    st.sampled_from((None, None, "{pack}-{version}", "@other/{pack}@{version}")),
    st.permutations(PACKS),
    st.sampled_from((40, 64)),
)
@example(["1.0.0-web", "old-web/v1.0.0"], "", None, PACKS, 40)  # its releases have a former name
def test_releases_are_the_same(
    names: Sequence[str], template: str, own: str | None, order: Sequence[str], length: int
) -> None:
    """For every pack, whichever is asked about first: releases, and the tags that count and those that do not."""
    lines = [("a" * length, "HEAD"), ("ref: refs/heads/main", "HEAD"), ("a" * length, "refs/heads/main")]
    lines += [(f"{number:0{length}x}", f"refs/tags/{name}") for number, name in enumerate(sorted(names))]
    offers = [Offer(pack, URL, pack, tag_template=own, renamed_from=FORMER.get(pack, ())) for pack in PACKS]
    registry = Registry("m", URL, tags=template)
    known = Offers(tuple(offers), Offer("whole", URL))
    server = Server(lines)
    narrow, refs = AskedRefs(server.ask), Refs("".join(f"{oid}\t{name}\n" for oid, name in lines))
    some = ReleaseLists({"m": registry}, lambda _: known, lambda _: narrow)
    every = ReleaseLists({"m": registry}, lambda _: known, lambda _: refs)
    by_name = {offer.name: offer for offer in offers}
    for pack in order:
        offer, name = by_name[pack], f"m/{pack}"
        found, right = (one.index(name, offer).releases(pack, offer.tag_template) for one in (some, every))
        assert list(found) == list(right)
        assert [narrow.tags[one.tag] for one in found] == [refs.tags[one.tag] for one in right]
        told, all_told = (one.unread(name, offer) for one in (some, every))
        if not found:
            assert told == all_told, "a pack without a release is told of all tags"
        else:
            assert (told.unparsed, told.bare, told.ambiguous) == (all_told.unparsed, all_told.bare, all_told.ambiguous)
            assert set(told.unknown) <= set(all_told.unknown)
    assert narrow.default_branch == "main" == refs.default_branch


def test_what_was_not_asked_is_not_gone(tmp_path: Path, git_registry: GitRegistry) -> None:
    """One name is a question, all names are another; offline, and in another process, a narrow answer hides nothing."""
    first = git_registry.publish("web/v1.0.0", {"a.md": "a"})
    git_registry.git("branch", "work/it")
    for tag in ("data/v1.0.0", "v9", "v10"):
        git_registry.git("tag", tag)
    url: GitUrl = parse_git_url(git_registry.url)
    assert "data/v1.0.0" in Cache(tmp_path / "all").repository(url).refs().tags
    new = git_registry.publish("web/v1.1.0", {"a.md": "b"})
    git_registry.git("tag", "-d", "web/v1.0.0")
    for folder, has_all in (("all", True), ("some", False)):
        repository = Cache(tmp_path / folder).repository(url)
        repository.want_refs(["HEAD", "refs/tags/web/"])
        refs = repository.refs()
        assert refs.branches["main"] == new and "web/v1.0.0" not in refs.tags and refs.tags["web/v1.1.0"] == new
        offline = Cache(tmp_path / folder, offline=True).repository(url).refs()
        assert offline.default_branch == "main" and offline.tags["web/v1.1.0"] == new
        assert "web/v1.0.0" not in offline.tags
        if has_all:
            assert offline.tags["data/v1.0.0"] == first and set(offline.branches) == {"main", "work/it"}
        else:
            with pytest.raises(Exception, match="does not have the branches and tags"):
                offline.tags.get("data/v1.0.0")
            assert refs.branches["work/it"] == first and "work" not in refs.branches
            assert set(refs.tags) == {"web/v1.1.0", "data/v1.0.0", "v9", "v10"}
            assert "data/v1.0.0" in Cache(tmp_path / folder, offline=True).repository(url).refs().tags


def test_beginnings_cover_each_other() -> None:
    """What is held is what was asked for, and nothing that only looks like it."""
    listing = Listing("", frozenset(("HEAD", "refs/tags/web/")))
    assert listing.lacks(("HEAD", "refs/tags/web/v1", "refs/tags/web", "refs/heads/")) == [
        "refs/tags/web",
        "refs/heads/",
    ]
    assert Listing("").lacks(EVERYTHING) == [] and "v1" in WHOLE_BEGINNINGS
