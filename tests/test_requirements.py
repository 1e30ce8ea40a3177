"""The committed lists of exact versions answer what pyproject.toml asks for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


LISTS: Final = {"locked.txt": ("site", "mcp", "dev"), "oldest.txt": ("site", "mcp", "dev"), "long.txt": ("dev", "long")}


def _declared(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [one for one in map(Requirement, texts) if one.name != project["name"]]


def _listed(name: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _version(one: Requirement) -> Version:
    (pin,) = one.specifier
    assert pin.operator == "==", f"{one} is not one exact version"
    return Version(pin.version)


def _applies(marker: Marker | None, python: str) -> bool:
    return marker is None or marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"})


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_declared_package_has_one_exact_version(name: str, python: str) -> None:
    """On every Python, and within the declared range."""
    pins: dict[str, list[Version]] = {}
    for one in _listed(name):
        if _applies(one.marker, python):
            pins.setdefault(canonicalize_name(one.name), []).append(_version(one))
    for wanted in _declared(*LISTS[name]):
        (version,) = pins[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), f"make relock: {wanted} against {version}"


def test_the_oldest_list_is_at_the_lower_ends() -> None:
    """What is tested as the oldest is the oldest that a user may have."""
    oldest = {canonicalize_name(one.name): _version(one) for one in _listed("oldest.txt")}
    for wanted in _declared("site", "mcp"):
        lower = next(Version(one.version) for one in wanted.specifier if one.operator == ">=")
        found = oldest[canonicalize_name(wanted.name)]
        assert found.release[: len(lower.release)] == lower.release, f"make relock: {wanted} against {found}"


@pytest.mark.parametrize("name", LISTS)
def test_lists_name_no_server(name: str) -> None:
    """Packages come by name from the index that is configured; hashes would bind the list to one index."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert "://" not in text and "--hash" not in text and "--index" not in text
