"""Rules of the group `registry`: lists of packs, and what holds between the packs of one."""

import posixpath
from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found
from agentsync.checking.registry import Registry
from agentsync.checking.subject import Subject
from agentsync.model.finding import Rule
from agentsync.model.links import LINK
from agentsync.packs.pack_tree import PackTree, may_be_agent, may_be_command, may_be_item
from agentsync.registries.registry_file import REGISTRY_NAME


def invalid(registry: Registry) -> Iterator[Found]:
    """Yield why `registry.yaml` is not valid."""
    if registry.invalid is not None:
        yield registry.invalid


def missing_paths(registry: Registry) -> Iterator[Found]:
    """Yield the packs whose folder is not there."""
    for offer in registry.packs:
        if not offer.path:
            continue
        entry = registry.contents.entries.get(offer.path)
        if entry is None and any(path.startswith(f"{offer.path}/") for path in registry.paths):
            continue
        if entry is None:
            what = f"there is no folder {offer.path!r}"
        else:
            what = f"{offer.path!r} is a {'link' if entry.mode == LINK else 'file'}, and no folder"
        path, place = registry.spot(offer.name, "path")
        yield Found("pack-path-missing", path, what, *place, fix=_folders(registry), pack=offer.name)
    for finding in registry.offers.findings if registry.offers is not None else ():
        if finding.rule is Rule.PACK_PATH_MISSING:
            _, place = registry.spot(finding.pack)
            fix = _folders(registry)
            yield Found("pack-path-missing", finding.path, finding.what, *place, fix=fix, pack=finding.pack)


def _folders(registry: Registry) -> str:
    """Return the folders that hold items, as a fix."""
    tree = PackTree(registry.paths)
    found = {folder.rpartition("/")[0] for folder in tree.skills if folder}
    for path in tree.paths:
        if may_be_item(tree, path) and (may_be_agent(tree, path) or may_be_command(tree, path)):
            found.add(posixpath.dirname(path))
    tops = sorted({_without_container(folder) for folder in found if folder} - {""})
    return f"folders that hold items: {', '.join(tops[:5])}" if tops else ""


def _without_container(folder: str) -> str:
    parts = folder.split("/")
    stop = next((place for place, part in enumerate(parts) if part in ("agents", "skills", "commands")), len(parts))
    return "/".join(parts[:stop])


def empty(subject: Subject) -> Iterator[Found]:
    """Yield a pack in which nothing is found."""
    if not subject.items and not subject.held.natives:
        fix = "agents belong below agents/, skills into skills/NAME/SKILL.md, commands below commands/"
        yield Found("pack-empty", "", "there is no item in it", fix=fix)


REGISTRY_RULES: Final[tuple[Callable[[Registry], Iterator[Found]], ...]] = (invalid, missing_paths)
PACK_RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (empty,)
LIST: Final = REGISTRY_NAME
