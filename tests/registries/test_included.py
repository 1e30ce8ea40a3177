"""Packs in several files of a registry: one list to all who read it, and errors that name the file."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.git_url import parse_git_url
from agentsync.registries.included import fits
from agentsync.registries.registry_file import InvalidRegistryError, registry_in
from tests.git_registry import File
from tests.memory_contents import MemoryContents

GIT = parse_git_url("https://git.example.org/acme.git")
LIST = (
    "registry: 1\npacks:\n  include: [packs/*.yaml, './teams/**/list.yaml']\n  own: {path: own}\nrenames: {old: deep}\n"
)
FILES: Mapping[str, str | bytes | File] = {
    "registry.yaml": LIST,
    "packs/a.yaml": "web: {path: packs/web, description: Pages}\n",
    "packs/b.yaml": "",
    "packs/notes.txt": "web: 1\n",
    "packs/deeper/c.yaml": "c: {path: c}\n",
    "teams/x/y/list.yaml": "deep: {path: teams/x, yanked: ['1.0']}\n",
    "teams/list.yaml": "flat: {git: https://git.example.org/flat.git}\n",
}


def test_packs_of_all_files() -> None:
    """Those of the list itself come first; old names lead into other files; a pack may be called `include`."""
    found = registry_in(MemoryContents(FILES), GIT)
    assert found is not None and [offer.name for offer in found.offers] == ["own", "web", "flat", "deep"]
    assert found.offers[3].renamed_from == ("old",) and found.offers[3].yanked == {"1.0": ""}
    named = registry_in(MemoryContents({"registry.yaml": "registry: 1\npacks: {include: {path: x}}\n"}), GIT)
    assert named is not None and [offer.name for offer in named.offers] == ["include"]
    assert registry_in(MemoryContents({}), GIT) is None


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"packs/b.yaml": "web: {path: x}\n"}, "packs/b.yaml", "line 1, column 1: the pack 'web' is in packs/a.yaml"),
        ({"packs/b.yaml": "own: {path: x}\n"}, "packs/b.yaml", "the pack 'own' is in registry.yaml already"),
        ({"packs/b.yaml": "include: [c.yaml]\n"}, "packs/b.yaml", "an included file cannot include others"),
        ({"packs/b.yaml": "b: {pth: x}\n"}, "packs/b.yaml", "packs/b.yaml of https://git.example.org/acme.git, line 1"),
        ({"packs/b.yaml": "- b\n"}, "packs/b.yaml", "expected `key: value` lines"),
        ({"packs/b.yaml": "b: {\n"}, "packs/b.yaml", "packs/b.yaml of"),
        ({"packs/b.yaml": File("a.yaml", symlink=True)}, "registry.yaml", "packs/b.yaml is no plain file"),
        ({"packs/b.yaml": File("../gone", symlink=True)}, "registry.yaml", "packs/b.yaml is no plain file"),
        ({"registry.yaml": "registry: 1\npacks: {include: [x/*.yaml]}\n"}, "registry.yaml", "column 19: no file fits"),
        ({"registry.yaml": "registry: 1\npacks: {include: [../x.yaml]}\n"}, "registry.yaml", "leaves the repository"),
        ({"registry.yaml": "registry: 1\npacks: {include: [/x.yaml]}\n"}, "registry.yaml", "leaves the repository"),
        ({"registry.yaml": "registry: 1\npacks: {include: ['*.yaml']}\n"}, "registry.yaml", "cannot include itself"),
        ({"registry.yaml": "registry: 1\npacks: {include: [[a]]}\n"}, "registry.yaml", "must be a text"),
        ({"registry.yaml": "registry: 1\npacks: {include: packs/*.yaml}\n"}, "registry.yaml", "must be a mapping"),
        ({f"packs/{number}.yaml": "" for number in range(1001)}, "registry.yaml", "more than 1,000 files"),
    ],
)
def test_errors(change: Mapping[str, str | bytes | File], path: str, told: str) -> None:
    """Each names the file, the line and what is wrong."""
    with pytest.raises(InvalidRegistryError) as caught:
        registry_in(MemoryContents({**FILES, **change}), GIT)
    assert told in caught.value.what and caught.value.path == path and caught.value.line


@given(
    st.lists(st.sampled_from(["a", "ab", "b"]), max_size=4), st.lists(st.sampled_from(["a", "a*", "**"]), max_size=4)
)
def test_globs(path: list[str], glob: list[str]) -> None:
    """`**` stands for any number of folders, `*` for a part of one name: as a search through all ways finds it."""
    ways: list[list[str]] = [[]]
    for part in glob:
        ways = [[*way, *more] for way in ways for more in ([part],) if part != "**"] or [
            [*way, *["*"] * number] for way in ways for number in range(len(path) + 1)
        ]
    direct = any(
        len(way) == len(path)
        and all(one == "*" or own == one or (one == "a*" and own[0] == "a") for own, one in zip(path, way, strict=True))
        for way in ways
    )
    assert fits(path, glob) == direct
