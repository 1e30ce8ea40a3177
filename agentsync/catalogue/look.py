"""A look into a pack at one commit: what the catalogue shows of its items, their headers and their texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from agentsync.catalogue.safe_text import LONGEST
from agentsync.git.contents import GitContents
from agentsync.model.finding import Finding
from agentsync.model.item import DEFAULT_TARGETS, HeaderStatus, Kind
from agentsync.model.names import ItemKey, PackName
from agentsync.model.pack import Offer, PackRoot
from agentsync.model.pack_info import Holdings, ItemInfo
from agentsync.packs.discovery import FoundItem
from agentsync.packs.frontmatter import Document, read_document
from agentsync.packs.pack import Pack, read_pack
from agentsync.packs.pack_tree import PackTree
from agentsync.packs.plugin_parts import hooks_in, server_source, servers_in
from agentsync.planning.describing import describe
from agentsync.targets.all_tools import TOOLS

CHANGELOG: Final = "CHANGELOG.md"
_LARGEST: Final = 1024 * 1024  # bytes of a file that is shown; of its text a part
_LONGEST_VALUE: Final = 2_000
_MOST_FIELDS: Final = 60
_TOO_LARGE: Final = "The file is too large to be shown."


class ShownItem(NamedTuple):
    """One item of a pack.

    Args:
        facts: what `info` tells of it.
        fields: the header as rows, each value as a text.
        problem: why the header is not valid, or the text is not shown; "" for neither.
        text: Markdown, or JSON where `is_code`.
        left_out: how many characters of the text are not shown.
        files: how many files it has.
    """

    facts: ItemInfo
    kind: Kind
    name: str
    description: str
    fields: Sequence[tuple[str, str]] = ()
    problem: str = ""
    text: str = ""
    is_code: bool = False
    left_out: int = 0
    files: int = 1

    @property
    def key(self) -> ItemKey:
        return self.facts.item


class Look(NamedTuple):
    """Contents of a pack at one commit.

    Args:
        tree: git's id of its root.
        leaves: whether a link leads to files outside of its root.
        changelog: its own, "" for none.
    """

    tree: str
    holds: Holdings
    items: tuple[ShownItem, ...]
    findings: tuple[Finding, ...]
    leaves: bool
    changelog: str


def look_into(offer: Offer, contents: GitContents) -> Look:
    """Read a pack; raises what `read_pack` and `describe` do."""
    root = PackRoot(PackName(offer.name), offer.path, offer.declared, offer.inner)
    pack = read_pack(root, contents)
    holds, findings, _ = describe(pack, [TOOLS[name] for name in DEFAULT_TARGETS])
    texts = _texts(contents, {item.path for item in pack.items} | {CHANGELOG})
    documents = {item.path: read_document(texts[item.path]) for item in pack.items if item.path in texts}
    items = tuple(
        _shown(pack, item, facts, texts, documents) for item, facts in zip(pack.items, holds.items, strict=True)
    )
    prefix = f"{offer.path}/" if offer.path else ""
    return Look(
        tree=contents.tree,
        holds=holds,
        items=items,
        findings=tuple(findings),
        leaves=any(not real.startswith(prefix) for real in contents.links.origins.values()),
        changelog=texts.get(CHANGELOG, b"").decode("utf-8", "replace"),
    )


def _texts(contents: GitContents, paths: set[str]) -> Mapping[str, bytes]:
    there = [path for path in paths if path in contents.entries and contents.entries[path].is_plain]
    sizes = contents.sizes(there)
    return contents.read(path for path in there if sizes[path] <= _LARGEST)


def _shown(
    pack: Pack, item: FoundItem, facts: ItemInfo, texts: Mapping[str, bytes], documents: Mapping[str, Document]
) -> ShownItem:
    shown = ShownItem(facts, item.kind, item.name, item.description, files=len(item.files))
    if item.path not in texts:
        return shown._replace(problem=_TOO_LARGE)
    if item.kind in (Kind.HOOK, Kind.MCP):
        text, is_code = _part(pack, item, texts[item.path]), True
    else:
        text, is_code = documents[item.path].body.decode("utf-8", "replace"), False
        shown = _with_header(shown, documents[item.path])
    return shown._replace(text=text[:LONGEST], is_code=is_code, left_out=max(0, len(text) - LONGEST))


def _with_header(shown: ShownItem, document: Document) -> ShownItem:
    rows = tuple(_rows(document.fields))
    if document.status is HeaderStatus.UNREADABLE:
        rows = (("header", _cut(document.head.decode("utf-8", "replace"))),)
    return shown._replace(fields=rows, problem=document.error)


def _rows(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, (key, value) in enumerate(fields.items()):
        if number == _MOST_FIELDS:
            yield "...", f"and {len(fields) - _MOST_FIELDS} more"
            return
        yield _cut(key), _cut(_as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _part(pack: Pack, item: FoundItem, data: bytes) -> str:
    """Return the part of a file that a hook or a server is, as JSON that a person can read."""
    tree = PackTree(pack.contents.entries.keys(), pack.root.inner, pack.root.path)
    value: Any
    if item.kind is Kind.MCP:
        value = json.loads(server_source(servers_in(tree, item.path, data), item.name))
    else:
        value = {}
        for group in hooks_in(tree, item.path, data):
            value.setdefault(group.event, []).append(group.value)
    return json.dumps(value, ensure_ascii=False, indent=2)


_HEADING: Final = re.compile(r"##[ \t]+\[?v?(?P<version>[0-9][^\s\])]*)")
_LONGEST_NEWS: Final = 8_000


def news_of(changelog: str, version: str, message: str) -> str:
    """Return what a release says of itself: its section of the changelog, else the message of its tag, as Markdown."""
    found: list[str] = []
    inside = False
    for line in changelog.splitlines():
        if line.startswith("## "):
            heading = _HEADING.match(line)
            inside = heading is not None and heading["version"] == version
        elif inside:
            found.append(line)
    text = "\n".join(found).strip() or _told_by(message)
    return text if len(text) <= _LONGEST_NEWS else f"{text[:_LONGEST_NEWS]}..."


def _told_by(message: str) -> str:
    """Return the message of a tag without its trailers; "" where it only names the release."""
    lines = [line for line in message.splitlines() if not re.match(r"Agentsync-\w+: ", line)]
    text = "\n".join(lines).strip()
    return text if "\n" in text or len(text.split()) > 3 else ""
