"""The items that lie in no pack of a repository, and the packs that lie in the folders of others."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from agentsync.errors import UnsafeError
from agentsync.model.git_url import GitUrl
from agentsync.model.item import Kind
from agentsync.model.links import links_in
from agentsync.model.pack import Contents, Offer
from agentsync.packs.discovery import candidates, survey
from agentsync.packs.frontmatter import read_document
from agentsync.packs.inspection import readable
from agentsync.packs.item_places import may_be_agent, may_be_command, may_be_item
from agentsync.packs.pack_tree import PackTree

# Where there are agents outside, one of the first has a description.
_FIRST: Final = 20


def with_inner(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Return packs of one repository, each with the paths below its root that belong to others."""
    covered = {path for offer in offers if not offer.elsewhere for path in _covered(offer)}
    return tuple(
        offer if offer.elsewhere or offer.declared else offer._replace(inner=_inside(offer.path, covered))
        for offer in offers
    )


def rest_of(contents: Contents, offers: Sequence[Offer], git: GitUrl, name: str) -> Offer | None:
    """Return the pack, of this name, of the items that lie in no other one; None where there are none."""
    covered = {path for offer in offers if not offer.elsewhere for path in _covered(offer)}
    if "" in covered:
        return None
    inner = _outermost(covered | set(_reached(contents, covered)))
    description = "what lies in no pack of its own"
    return Offer(name, git, description=description, inner=inner) if _holds_items(contents, inner) else None


def _covered(offer: Offer) -> Iterator[str]:
    """Yield the paths that a pack takes: its folder, or those on its lists."""
    if not offer.declared:
        yield offer.path
    for listed in offer.declared.values():
        yield from (posixpath.join(offer.path, entry).rstrip("/") for entry in listed)


def _inside(root: str, covered: Collection[str]) -> tuple[str, ...]:
    prefix = f"{root}/" if root else ""
    return _outermost({path[len(prefix) :] for path in covered if path != root and path.startswith(prefix)})


def _outermost(paths: Collection[str]) -> tuple[str, ...]:
    """Return the paths without those that lie below others of them, sorted."""
    found: list[str] = []
    for path in sorted(paths, key=lambda path: f"{path}/"):
        if not found or not path.startswith(f"{found[-1]}/"):
            found.append(path)
    return tuple(sorted(found))


def _reached(contents: Contents, covered: Collection[str]) -> Iterator[str]:
    """Yield the paths outside of packs that links in packs lead to."""
    links = set(links_in(contents.entries))
    tree = PackTree((), covered)
    for shown, real in contents.links.origins.items():
        if tree.is_own(shown):
            continue
        link = shown
        while link and link not in links:
            link = posixpath.dirname(link)
        below = shown[len(link) :]
        yield real[: -len(below)] if below and real.endswith(below) else real


def _holds_items(contents: Contents, inner: Collection[str]) -> bool:
    """Return whether an agent, skill or command lies outside; files are read only where names do not tell."""
    origins = contents.links.origins
    own = PackTree((), inner)
    paths = [path for path in contents.entries if own.is_own(origins.get(path, path))]
    tree = PackTree(paths, inner)
    if any(tree.folder(path).shipped and tree.is_own(path) for path in tree.skills.values()):
        return True
    if any(may_be_command(tree, path) and may_be_item(tree, path) for path in tree.paths):
        return True
    asked = sorted(path for path in candidates(contents.entries, inner) if contents.entries[path].is_plain)
    try:
        placed = (path for path in asked if path in tree and may_be_agent(tree, path) and may_be_item(tree, path))
        first = contents.read(islice(placed, _FIRST))
        if any("description" in read_document(text).fields for text in first.values()):
            return True
        texts = contents.read(readable("", asked, contents)[0])
    except UnsafeError:
        return True
    found = survey(contents.entries, lambda path: texts.get(path, b""), inner=inner, origins=origins)
    return any(item.kind in (Kind.AGENT, Kind.SKILL, Kind.COMMAND) for item in found.items)
