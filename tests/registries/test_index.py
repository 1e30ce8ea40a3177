"""The index of a registry: a search finds the same with it and without it, and one that does not fit is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.index_ref import write_index
from agentsync.model.manifest import Registry
from agentsync.model.policy import DEFAULT_LIMITS
from agentsync.publishing.index import make_index
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.index_reading import index_of
from agentsync.registries.registry_index import (
    Head,
    IndexedItem,
    IndexedPack,
    InvalidIndexError,
    head_text,
    pack_line,
    read_head,
    read_packs,
    tags_digest,
)
from agentsync.registries.search_reading import RegistryRows, fetch_rows, read_rows
from agentsync.versions.refs import Refs
from tests.git_registry import File, GitRegistry

AGENT = "---\nname: {0}\ndescription: About {0}.\ntools: {1}\n---\nHelp.\n"
LISTED = "registry: 1\npacks:\n  web: {path: packs/web, description: Pages, keywords: [css]}\n  db: {path: packs/db}\n"
FILES: Mapping[str, str | bytes | File] = {
    "registry.yaml": LISTED,
    "packs/web/agents/painter.md": AGENT.format("painter", "Read"),
    "packs/web/agents/cook.md": AGENT.format("cook \x1b[31m\u202e", "Bash"),
    "packs/db/skills/dump/SKILL.md": "---\nname: dump\ndescription: |\n  Dumps\n  tables\n---\nDo it.\n",
}
# What a registry may be, by what it holds: each is published twice.
KINDS: Mapping[str, tuple[str | None, str | None, Mapping[str, str | bytes | File]]] = {
    "a list": ("v1.0.0", "web/v2.0.0", FILES),
    "no release": (None, None, FILES),
    "a rest": ("v1.0.0", "v1.1.0-rc.1", {**FILES, "agents/loose.md": AGENT.format("loose", "Read")}),
    "one pack": ("v1.0.0", None, {"agents/a.md": AGENT.format("a", "Read")}),
    "doubtful tags": ("v1.0.0", "release-2-of-web-9.9", FILES),
    "a pack elsewhere": ("v1.0.0", None, {**FILES, "registry.yaml": f"{LISTED}  far: {{git: ../far.git}}\n"}),
    "a folder that is not there": ("v1.0.0", None, {**FILES, "registry.yaml": f"{LISTED}  gone: {{path: gone}}\n"}),
}


def rows(cache: Cache, registry: Registry) -> RegistryRows:
    """The rows of a registry as a search with `--refresh` makes them."""
    catalog = GitCatalog(cache, {registry.alias: registry}, {})
    assert fetch_rows(catalog, [registry], by_index=True) == {}
    offline = Cache(cache.folder, offline=True)
    return read_rows(GitCatalog(offline, {registry.alias: registry}, {}), registry, DEFAULT_LIMITS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_shows_what_the_packs_show(kind: str, tmp_path: Path) -> None:
    """Rows, packs that cannot be read and findings are the same; the index is made twice, and once."""
    first, second, content = KINDS[kind]
    upstream = GitRegistry(tmp_path / "acme.git")
    upstream.publish(first, {**content, "packs/db/agents/old.md": AGENT.format("old", "Read")})
    upstream.publish(second, content)
    registry = Registry("acme", parse_git_url(upstream.url))
    direct = rows(Cache(tmp_path / "direct"), registry)
    done = make_index(upstream.path, "", dry_run=False)
    assert done.has_changed and not make_index(upstream.path, "", dry_run=False).has_changed
    cache = Cache(tmp_path / "cache")
    found = rows(cache, registry)
    assert [*found.rows] == [*direct.rows] and [*found.unread] == [*direct.unread]
    assert [*found.findings] == [*direct.findings]
    index = index_of(cache.repository(registry.git), registry)
    assert index is not None and index.is_complete == (kind not in ("doubtful tags", "a pack elsewhere"))
    upstream.publish("v9.0.0", content)
    after = Cache(tmp_path / "cache")
    assert index_of(after.repository(registry.git), registry) is None


def published(upstream: GitRegistry, change: Mapping[str, Any], packs: bytes) -> None:
    """Give a registry an index that another program made."""
    commit, tags = upstream.git("rev-parse", "main"), Refs(upstream.git("show-ref", "--tags").replace(" ", "\t")).tags
    head = json.loads(head_text(Head(commit, tags_digest(tags), packs.count(b"\n")))) | change
    write_index(upstream.path, {"index.json": json.dumps(head).encode(), "packs.jsonl": packs}, "x\n", 1)


def test_an_index_that_does_not_fit(tmp_path: Path) -> None:
    """One of another commit, of other tags, of another version, damaged or too large is one that is not there."""
    upstream = GitRegistry(tmp_path / "acme.git")
    upstream.publish("v1.0.0", FILES)
    registry = Registry("acme", parse_git_url(upstream.url))
    lie = pack_line(IndexedPack("lie"))

    def index(change: Mapping[str, Any], packs: bytes = lie, **fields: Any) -> Any:
        published(upstream, change, packs)
        return index_of(Cache(tmp_path / "cache").repository(registry.git), registry._replace(**fields))

    assert index({}) is not None and index({}, branch="main") is not None
    assert index({}, tags="{pack}-{version}") is None
    for change in (
        {"commit": "0" * 40},
        {"tags": "sha256:0"},
        {"index": 2},
        {"index": True},
        {"packs": 2},
        {"packs": 10**9},
        {"repository": "other"},
        {"commit": 7},
    ):
        assert index(change) is None, change
    for packs in (b"", b"[]\n", b"{}\n", b"[" * 100_000 + b"\n", lie + lie, b'{"pack":"a","items":[{"item":"x:y"}]}\n'):
        assert index({}, packs) is None, packs[:20]
    write_index(upstream.path, {"index.json": b" " * 70_000}, "x\n", 1)
    assert index_of(Cache(tmp_path / "cache").repository(registry.git), registry) is None
    upstream.git("update-ref", "refs/agentsync/index", upstream.git("rev-parse", "main:registry.yaml"))
    assert index_of(Cache(tmp_path / "cache").repository(registry.git), registry) is None


TEXT = st.text(max_size=8)
ITEM = st.builds(
    IndexedItem, st.builds("{}:{}".format, st.sampled_from(["agent", "mcp"]), TEXT.filter(bool)), TEXT, st.tuples(TEXT)
)
PACK = st.builds(
    IndexedPack,
    name=st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True),
    path=st.sampled_from(["", "packs/x"]),
    description=TEXT,
    keywords=st.lists(TEXT, max_size=2).map(tuple),
    versions=st.lists(st.sampled_from(["1.0", "2.0rc1"]), max_size=20).map(tuple),
    deprecated=TEXT,
    yanked=st.dictionaries(TEXT, TEXT, max_size=2),
    items=st.none() | st.lists(ITEM, max_size=3).map(tuple),
    is_outside=st.booleans(),
)


@given(st.lists(PACK, max_size=4, unique_by=lambda pack: pack.name))
def test_lines_are_read_as_they_were_written(packs: list[IndexedPack]) -> None:
    """All texts come through, halves of surrogate pairs aside; each line fits the schema."""
    head = Head("a" * 40, f"sha256:{'0' * 64}", len(packs), is_complete=False)
    if packs:
        assert read_head(head_text(head)) == head
    assert list(read_packs(b"".join(map(pack_line, packs)), head)) == packs


@given(
    st.binary(max_size=60), st.recursive(st.none() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=2))
)
def test_hostile_lines(data: bytes, value: object) -> None:
    """Any bytes are packs or none; nothing else comes of them."""
    head = Head("", "", 1)
    for text in (data, *(json.dumps({"pack": "a", key: value}).encode() for key in ("pack", *IndexedPack._fields))):
        try:
            assert all(isinstance(pack.description, str) for pack in read_packs(text, head))
        except InvalidIndexError:
            pass


def test_the_schema(tmp_path: Path) -> None:
    """All files of an index fit it."""
    from jsonschema import Draft7Validator

    upstream = GitRegistry(tmp_path / "acme.git")
    upstream.publish("v1.0.0", FILES)
    make_index(upstream.path, "", dry_run=False)
    schema = json.loads((files("agentsync") / "schemas/1/index.json").read_text())
    names = upstream.git("ls-tree", "-r", "--name-only", "refs/agentsync/index").split()
    assert len(names) == 4
    for name in names:
        part = {"index.json": "head", "packs.jsonl": "pack"}.get(name, "releases")
        text = upstream.read("refs/agentsync/index", name).decode()
        for line in [text] if part == "head" else text.splitlines():
            Draft7Validator({**schema, "anyOf": [{"$ref": f"#/definitions/{part}"}]}).validate(json.loads(line))
