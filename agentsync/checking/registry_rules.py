"""Rules of the group `registry`: lists of packs, and what holds between the packs of one."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from agentsync.checking.found import Found, Spot, spot
from agentsync.checking.part import Part
from agentsync.checking.past import Releases
from agentsync.checking.registry import Registry, folders_above
from agentsync.checking.skill_rules import slug
from agentsync.checking.subject import Subject, read_subject
from agentsync.errors import AgentsyncError
from agentsync.formats.json_text import read_json
from agentsync.model.finding import Rule
from agentsync.model.links import LINK
from agentsync.model.names import PackName, nearest
from agentsync.model.pack import Offer, PackRoot
from agentsync.packs.pack import is_below
from agentsync.packs.pack_file import PACK_FILE, PLUGIN_FILES, parse_pack_file
from agentsync.packs.pack_tree import PackTree, may_be_agent, may_be_command, may_be_item
from agentsync.registries.marketplace import MARKETPLACES, read_marketplace
from agentsync.registries.registry_file import REGISTRY_NAME, registry_in
from agentsync.versions.version import parse_range

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_NAME: Final = 64


def invalid(registry: Registry) -> Iterator[Found]:
    """Yield why `registry.yaml` is not valid."""
    yield from registry.invalid


def missing_paths(registry: Registry) -> Iterator[Found]:
    """Yield the packs whose folder is not there."""
    for offer in registry.packs:
        if not offer.path:
            continue
        entry = registry.contents.entries.get(offer.path)
        if entry is None and offer.path in registry.folders:
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


def overlaps(registry: Registry) -> Iterator[Found]:
    """Yield the packs in whose folder other packs lie, unless they leave that out themselves."""
    inside: dict[str, list[Offer]] = {}
    for one in registry.packs:
        for folder in (*folders_above(one.path), *([""] if one.path else [])):
            inside.setdefault(folder, []).append(one)
    for offer in registry.packs:
        prefix = f"{offer.path}/" if offer.path else ""
        inner = inside.get(offer.path, [])
        told = [one.name for one in inner if not _leaves_out(registry, offer, one.path[len(prefix) :])]
        if told and not offer.declared:
            what = (
                f"{_some(told)} {'lies' if len(told) == 1 else 'lie'} in its folder, and what is there is not its own"
            )
            folders = sorted({one.path[len(prefix) :].partition("/")[0] for one in inner})
            fix = f"exclude: [{', '.join(folders)}] in its pack.yaml"
            path, place = registry.spot(offer.name)
            yield Found("pack-overlap", path, what, *place, fix=fix, pack=offer.name)


def _leaves_out(registry: Registry, offer: Offer, folder: str) -> bool:
    path = f"{offer.path}/{PACK_FILE}" if offer.path else PACK_FILE
    entry = registry.contents.entries.get(path)
    if entry is None or not entry.is_plain:
        return False
    try:
        own = parse_pack_file(registry.contents.read([path])[path].decode("utf-8", "replace"), name=path)
    except AgentsyncError:
        return False
    return any(is_below(folder, pattern) for pattern in own.exclude)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def names(registry: Registry) -> Iterator[Found]:
    """Yield the packs whose name is hard to write."""
    for offer in registry.packs if registry.lists else ():
        if not _NAME.fullmatch(offer.name) or len(offer.name) > _LONGEST_NAME:
            better = slug(offer.name)
            what = f"{offer.name!r} is not made of lower-case letters, digits and single hyphens"
            path, place = registry.spot(offer.name)
            fix = f"{better}, with `renames: {{ {offer.name}: {better} }}`"
            yield Found("pack-name", path, what, *place, fix=fix, pack=offer.name)


def undescribed(registry: Registry) -> Iterator[Found]:
    """Yield the packs without a description, in a list or in their own files."""
    for offer in registry.packs:
        if not offer.description and not _own_description(registry, offer):
            path, place = registry.spot(offer.name)
            where = path or (f"{offer.path}/{PACK_FILE}" if offer.path else PACK_FILE)
            fix = f"write `description:` into {where}" if path != MARKETPLACES[0] else "write a `description`"
            yield Found("pack-undescribed", path, "it has no description", *place, fix=fix, pack=offer.name)


def _own_description(registry: Registry, offer: Offer) -> str:
    """Return what a pack says of itself, "" for nothing."""
    entries = registry.contents.entries
    for name in (PACK_FILE, *PLUGIN_FILES):
        path = f"{offer.path}/{name}" if offer.path else name
        if path not in entries or not entries[path].is_plain:
            continue
        data = registry.contents.read([path])[path]
        try:
            text = data.decode("utf-8", "replace")
            found = (
                parse_pack_file(text, name=path).description if name == PACK_FILE else read_json(data)["description"]
            )
        except (AgentsyncError, ValueError, LookupError, TypeError):
            continue
        if isinstance(found, str) and found.strip():
            return found
    return ""


def unlisted(registry: Registry) -> Iterator[Found]:
    """Yield the folders of items that no pack has, but for those of one tool, which are the repository's own set."""
    rest = registry.offers.rest if registry.offers is not None and registry.lists else None
    if rest is None:
        return
    root = PackRoot(PackName(rest.name), "", {}, rest.inner)
    found = read_subject(root, Part(registry.contents, registry.paths, "", registry.sizes))
    counts: Counter[str] = Counter()
    for item in found.items if isinstance(found, Subject) else ():
        if not item.path.startswith("."):
            counts[_without_container(posixpath.dirname(item.path))] += 1
    for folder, number in sorted(counts.items()):
        name = slug(posixpath.basename(folder) or registry.git.repository_name or "all")
        what = f"{number} item{'s' * (number > 1)} in {folder or 'the root'} belong to no pack"
        yield Found("pack-unlisted", folder, what, fix=f"{name}: {{ path: {folder or '.'} }}")


def differing(registry: Registry) -> Iterator[Found]:
    """Yield what `registry.yaml` and the marketplace say otherwise of one pack, and what one of them lists alone."""
    market, own = _market_of(registry), _own_of(registry)
    if market is None or own is None:
        return
    for name in [*own, *(name for name in market if name not in own)]:
        path, place = registry.spot(name)
        if name not in market:
            what, fix = (
                f"{path} lists it, and {MARKETPLACES[0]} does not",
                f'{{"name": "{name}", "source": "./{own[name]}"}}',
            )
        elif name not in own:
            what, fix = (
                f"{MARKETPLACES[0]} lists it, and {REGISTRY_NAME} does not",
                f"{name}: {{ path: {market[name] or '.'} }}",
            )
        elif own[name] != market[name]:
            what = f"its folder is {own[name] or '.'} in {REGISTRY_NAME} and {market[name] or '.'} in {MARKETPLACES[0]}"
            fix = "let both name one folder"
        else:
            continue
        yield Found("marketplace-differs", path, what, *place, fix=fix, pack=name)


def _market_of(registry: Registry) -> dict[str, str] | None:
    if MARKETPLACES[0] not in registry.texts:
        return None
    found = read_marketplace(registry.texts[MARKETPLACES[0]], registry.git, {"", *registry.folders}.__contains__)
    return {offer.name: offer.path for offer in found.offers if not offer.elsewhere}


def _own_of(registry: Registry) -> dict[str, str] | None:
    try:
        found = registry_in(registry.contents, registry.git)
    except AgentsyncError:
        return None
    if found is None:
        return None
    return {offer.name: offer.path for offer in found.offers if not offer.elsewhere}


def requirements(registry: Registry, subjects: Sequence[Subject], releases: Releases | None) -> Iterator[Found]:
    """Yield the packs that are required of this registry and are not there, in no fitting release, or in a circle."""
    known = {name: offer for offer in registry.packs for name in (offer.name, *offer.renamed_from)}
    needs: dict[str, list[str]] = {}
    for subject in subjects:
        name = str(subject.root.name)
        try:
            wanted = [need for need in subject.held.needs() if need.git is None and not need.market]
        except AgentsyncError as error:
            path, place = registry.spot(name)
            yield Found("requires-unknown", path, error.what, *place, pack=name)
            continue
        needs[name] = [known[need.pack].name for need in wanted if need.pack in known]
        for need in wanted:
            path, place = _needed_at(subject, need.pack)
            if need.pack not in known:
                what = f"it requires {need.pack}, which is not in this registry"
                yield Found("requires-unknown", path, what, *place, fix=nearest(need.pack, list(known)), pack=name)
            elif releases is not None and (found := releases.of(known[need.pack])):
                if not any(parse_range(need.range).allows(release.version) for release in found):
                    there = ", ".join(str(release.version) for release in found[:5])
                    what = f"it requires {need.pack} {need.range}, and no release fits"
                    yield Found("requires-unknown", path, what, *place, fix=f"there are {there}", pack=name)
    for name in sorted(needs):
        if name in _reached(needs, name):
            path, place = registry.spot(name)
            yield Found("requires-unknown", path, "it requires itself, through what it requires", *place, pack=name)


def _needed_at(subject: Subject, pack: str) -> tuple[str, Spot]:
    """Return where a pack states a requirement."""
    root, entries = subject.root.path, subject.contents.entries
    for name in (PACK_FILE, *PLUGIN_FILES):
        if name in entries and entries[name].is_plain:
            text = subject.contents.read([name])[name].decode("utf-8", "replace")
            found = re.search(rf"(?<![\w.-]){re.escape(pack)}(?![\w.-])", text)
            if found is not None:
                return posixpath.join(root, name), spot(text, found.start())
    return posixpath.join(root, PACK_FILE), Spot()


def _reached(needs: Mapping[str, Sequence[str]], start: str) -> set[str]:
    found: set[str] = set()
    left = [*needs.get(start, ())]
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += needs.get(name, ())
    return found


REGISTRY_RULES: Final[tuple[Callable[[Registry], Iterator[Found]], ...]] = (invalid, missing_paths, unlisted, differing)
PACK_RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (empty,)
LISTED_RULES: Final[tuple[Callable[[Registry], Iterator[Found]], ...]] = (overlaps, names, undescribed)
"""Those that find something about one pack each: a check of one pack asks them too."""
