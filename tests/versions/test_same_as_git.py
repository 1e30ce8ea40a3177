"""The same universe in memory and as real git repositories gives the same choice; and a larger proof by trying."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from agentsync.errors import ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.model.manifest import Registry
from agentsync.registries.git_catalog import GitCatalog
from agentsync.versions.resolver import resolve
from tests.git_registry import GitRegistry
from tests.memory_catalog import MemoryCatalog, Table, requirement
from tests.versions.test_resolver import ASKED, check_against_trying, resolved, tables, versions


def _published(table: Table, path: Path) -> GitRegistry:
    """One registry with a pack for each name of the table, and a tag for each of its releases."""
    registry = GitRegistry(path)
    listed = "".join(f"  {name}: {{path: {name}}}\n" for name in table)
    first = {"registry.yaml": f"registry: 1\npacks:\n{listed}"}
    registry.publish(None, first)
    for name, releases in table.items():
        for version, needs in releases.items():
            requires = "".join(f"  {other}: '{pin}'\n" for other, pin in needs.items())
            text = f"requires:\n{requires}" if requires else f"name: {name}\n"
            registry.publish(f"{name}/v{version}", {**first, f"{name}/pack.yaml": text})
    registry.publish(None, first | {f"{name}/README.md": "x\n" for name in table})
    return registry


def _from_git(table: Table, asked: Mapping[str, str], folder: Path) -> dict[str, str] | None:
    registry = _published(table, folder / "team.git")
    url = parse_git_url(registry.url)
    catalog = GitCatalog(Cache(folder / "cache"), {"team": Registry("team", url)}, {})
    try:
        solution = resolve([requirement(f"team/{name}", pin) for name, pin in asked.items()], catalog)
    except ResolutionError:
        return None
    return {name.removeprefix("team/"): version for name, version in versions(solution).items()}


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), ASKED)
def test_git_and_memory_agree(tmp_path_factory: pytest.TempPathFactory, table: Table, asked: dict[str, str]) -> None:
    """Tags of the packs, `pack.yaml` at each of them, and the real store between."""
    try:
        expected = versions(resolved(asked, MemoryCatalog(table)))
    except ResolutionError:
        expected = None
    found = _from_git(table, asked, tmp_path_factory.mktemp("universe"))
    normal = {name: f"{version}" for name, version in found.items()} if found is not None else None
    assert normal == expected


@pytest.mark.slow
@settings(max_examples=2000)
@given(tables(), ASKED)
def test_thousands_of_universes(table: Table, asked: dict[str, str]) -> None:
    """A solution is found exactly where trying everything finds one."""
    check_against_trying(table, asked)
