"""Notes of offers are read again: the same, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.model.finding import Finding
from agentsync.model.git_url import GitUrl
from agentsync.model.pack import Offer
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.registries.offer_lists import note_offers, noted_offers
from agentsync.registries.offers import Offers

URL = parse_git_url("https://example.org/acme.git")
COMMIT = "c" * 40
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
LISTS = st.lists(TEXTS, max_size=2).map(tuple)
URLS = st.sampled_from(["https://example.org/other.git", "git@example.org:x/y.git", "/srv/z.git"]).map(parse_git_url)
OFFERS = st.builds(
    Offer,
    name=TEXTS,
    git=st.just(URL) | URLS,
    path=TEXTS,
    description=TEXTS,
    tag_template=st.none() | TEXTS,
    deprecated=TEXTS,
    yanked=st.dictionaries(TEXTS, TEXTS, max_size=3),
    keywords=LISTS,
    elsewhere=st.booleans(),
    pinned=TEXTS,
    ref=TEXTS,
    declared=st.dictionaries(TEXTS, LISTS, max_size=2),
    renamed_from=LISTS,
    inner=LISTS,
)
FINDINGS = st.builds(Finding, TEXTS, TEXTS, TEXTS, st.integers(0, 9), st.integers(0, 9))
ALL = st.builds(
    Offers,
    st.lists(OFFERS, max_size=3).map(tuple),
    OFFERS,
    st.lists(FINDINGS, max_size=2).map(tuple),
    st.none() | OFFERS,
)


def repository(cache: Cache, url: GitUrl = URL) -> CachedRepository:
    """A repository that is there."""
    found = cache.repository(url)
    found.folder.mkdir(parents=True, exist_ok=True)
    return found


def files(cache: Cache) -> list[Path]:
    """All that was written."""
    return [path for path in cache.folder.rglob("*") if path.is_file()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offers=ALL)
def test_whatever_is_remembered_comes_back(cache: Cache, offers: Offers) -> None:
    """Every field, and no other commit's."""
    note_offers(repository(cache), COMMIT, offers)
    assert noted_offers(repository(cache), COMMIT) == offers
    assert noted_offers(repository(cache), "d" * 40) is None


def test_a_url_with_a_password_is_not_written(cache: Cache) -> None:
    """Then the list of packs is read again next time; nor is that of the registry itself."""
    secret = parse_git_url("https://kim:s3cr3t-t0ken@example.org/other.git")
    whole = Offer("acme", URL)
    note_offers(repository(cache), COMMIT, Offers((Offer("other", secret, elsewhere=True),), whole))
    assert noted_offers(repository(cache), COMMIT) is None
    assert files(cache) == []
    own = Offers((Offer("own", secret),), Offer("own", secret))
    note_offers(repository(cache, secret), COMMIT, own)
    assert noted_offers(repository(cache, secret), COMMIT) == own
    assert not any(b"s3cr3t" in path.read_bytes() for path in files(cache))


@pytest.mark.parametrize(
    "limits",
    [DEFAULT_LIMITS._replace(listing=1), DEFAULT_LIMITS._replace(read=1), DEFAULT_LIMITS._replace(pack=1)],
)
def test_other_limits_are_another_question(cache: Cache, limits: Limits) -> None:
    """The same list may exceed lower limits."""
    note_offers(repository(cache), COMMIT, Offers((), Offer("acme", URL)))
    cache.limits = limits
    assert noted_offers(repository(cache), COMMIT) is None


def test_no_repository_no_memory(cache: Cache) -> None:
    """Nothing is made where a repository is to be fetched to."""
    other = cache.repository(URL)
    note_offers(other, COMMIT, Offers((), Offer("acme", URL)))
    assert files(cache) == [] and noted_offers(other, COMMIT) is None
