"""Folders of pages: one for each name, below the site, on every file system."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.catalogue.feeds import map_names
from agentsync.catalogue.places import folder_name, folder_names, href
from agentsync.model.item import same_name
from tests.catalogue.registries import ODD_NAMES

NAMES = st.text() | st.sampled_from(("..", ".", "nul", "NUL.txt", "a", "A", "é", "e\u0301", "a/b", "a--1234567890"))


@given(st.lists(NAMES, max_size=8))
def test_each_name_has_a_folder_of_its_own(names: list[str]) -> None:
    """Whatever the names are, also where case and form of letters do not count."""
    found = folder_names(names)
    assert set(found) == set(names)
    assert len({same_name(folder) for folder in found.values()}) == len(found)
    for folder in found.values():
        assert folder not in ("", ".", "..") and not set(folder) & set('/\\:*?"<>|\0') and not folder.endswith(".")
        assert len(folder.encode()) <= 200
        assert unquote(href(folder)) == folder


@pytest.mark.parametrize("name", ["review", "python-backend", "a.b", "пакет", "v1+x", "1.0.0rc1"])
def test_plain_names_stay(name: str) -> None:
    """A person finds the page of a pack by its name."""
    assert folder_name(name) == name


def test_odd_names() -> None:
    """Of two that differ by case, one keeps its name; a digest tells what others are."""
    found = folder_names(ODD_NAMES)
    assert found["docs"] == "docs" and found["Docs"].startswith("Docs--") and found["con"].startswith("con--")


def test_many_pages_have_several_maps() -> None:
    """A site map names at most 50,000 pages."""
    assert map_names(50_000) == ["sitemap.xml"]
    assert map_names(100_001) == ["sitemap.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
