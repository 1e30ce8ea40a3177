"""Take copies into manifest and lock: the commit of each pack, the items of it, and what each copy was made of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.commands.copied import Find
from agentsync.errors import AgentsyncError, ResolutionError
from agentsync.merging.lock_merge import Earlier
from agentsync.model.digest import FileDigest
from agentsync.model.item import Choice
from agentsync.model.lock import Lock, LockedItem, LockedPack
from agentsync.model.manifest import ManifestEntry
from agentsync.model.names import PackName
from agentsync.model.rel_path import RelPath
from agentsync.packs.pack import Pack, read_pack
from agentsync.planning.copies import Copy, choose_commit
from agentsync.planning.locking import choose, fill_known
from agentsync.planning.owners import PlaceIndex
from agentsync.planning.placing import Place, places, tools_for
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.past_files import contents_at, fetch_bases
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import Tool
from agentsync.versions.catalog import Candidate
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.version import caret

_GLOB = re.compile(r"([*?\[])")


class Taken(NamedTuple):
    """A copy that goes into the manifest.

    Args:
        item: the item that it is a copy of, as the lock has it.
        word: the word of `only` that takes it.
    """

    find: Find
    item: LockedItem
    word: str


class PackPlan(NamedTuple):
    """One pack that copies are of.

    Args:
        candidate: the commit that it is taken from.
        pin: what the manifest asks for.
        left: why some of the copies cannot be taken.
        is_new: whether the manifest has no entry of it yet.
    """

    name: PackName
    candidate: Candidate
    pin: Pin
    taken: tuple[Taken, ...]
    left: Mapping[Copy, str]
    is_new: bool


def plan_pack(workspace: Workspace, draft: ManifestDraft, finds: Sequence[Find]) -> PackPlan:
    """Choose the commit of one pack by its copies, and find the items that they are copies of."""
    source, name = finds[0].source, finds[0].name
    entry = draft.entry(name)
    locked = (workspace.project.lock or Lock()).packs.get(name)
    tools = [TOOLS[tool].within(workspace.scope.name) for tool in draft.manifest.targets]
    if locked is not None:
        candidates = [(_locked_candidate(locked), entry.pin if entry is not None else None)]
    else:
        candidates = list(_candidates(finds))
    failure: AgentsyncError | None = None
    for candidate, pin in candidates:
        try:
            found = source.catalog.pack_at(candidate)
            held = read_pack(found.root(name), found.contents, workspace.project.policy.limits)
        except ResolutionError as error:
            failure = failure or error
            continue
        matcher = _Matcher(candidate, held, tools, entry.choice if entry is not None else Choice())
        taken, left = matcher.match(finds)
        asked = pin or (entry.pin if entry is not None else None) or Pin(PinKind.COMMIT, candidate.commit)
        return PackPlan(name, candidate, asked, taken, left, entry is None)
    assert failure is not None, "there is a candidate"
    raise failure


def _locked_candidate(locked: LockedPack) -> Candidate:
    from packaging.version import Version

    version = Version(locked.version) if locked.version is not None else None
    return Candidate(locked.name, version, locked.ref, locked.commit)


def _candidates(finds: Sequence[Find]) -> Iterator[tuple[Candidate, Pin]]:
    """Yield the commit that holds the copies, then the newest one: older commits may not have the pack yet."""
    source, offer, name = finds[0].source, finds[0].offer, finds[0].name
    catalog, past = source.catalog, source.past
    refs = catalog.refs(offer)
    found = catalog.releases(name, offer)
    released = list(found.within(stable=True)) or list(found)
    releases = {one.tag: past.places[refs.tags[one.tag]] for one in released if refs.tags[one.tag] in past.places}
    versions = {one.tag: one.version for one in released}
    branch = catalog.default_branch(name, offer) or ""
    chosen = choose_commit(past, [find.held.commits for find in finds], releases, past.places[refs.branches[branch]])
    follow = Pin(PinKind.BRANCH, branch)
    if chosen.tag:
        version, ref = versions[chosen.tag], f"refs/tags/{chosen.tag}"
        yield Candidate(name, version, ref, refs.tags[chosen.tag]), Pin(PinKind.VERSION, caret(version))
    else:
        yield Candidate(name, None, f"refs/heads/{branch}", past.commits[chosen.place].oid), follow
    if releases:
        tag = next(iter(releases))
        pin = Pin(PinKind.VERSION, caret(versions[tag]))
        yield Candidate(name, versions[tag], f"refs/tags/{tag}", refs.tags[tag]), pin
    yield Candidate(name, None, f"refs/heads/{branch}", refs.branches[branch]), follow


class _Matcher:
    """The items of a pack at one commit, and the copies of them."""

    def __init__(self, candidate: Candidate, held: Pack, tools: Sequence[Tool], choice: Choice) -> None:
        self._candidate = candidate
        self._held = held
        self._tools = tools
        self._choice = choice._replace(only=())
        self._root = held.root.path

    def match(self, finds: Sequence[Find]) -> tuple[tuple[Taken, ...], dict[Copy, str]]:
        """Return the copies that can be taken, and why the others cannot."""
        every = self._places(())
        whole = PlaceIndex(every)
        asked = {find.copy: path for find in finds if (path := self._path_of(find, whole)) is not None}
        placed = PlaceIndex(self._places(tuple(asked.values())) if asked else ())
        keys = [item.key for item in self._held.items]
        taken, left = [], {}
        for find in finds:
            place = _at(placed, find.copy)
            if place is None:
                left[find.copy] = self._why(find, every)
                continue
            item = place.item
            is_alone = keys.count(item.own_key) == 1
            taken.append(Taken(find, item, _GLOB.sub(r"[\1]", item.own_key if is_alone else item.path)))
        return tuple(taken), left

    def _path_of(self, find: Find, whole: PlaceIndex) -> str | None:
        """Return the item that a copy is of: the one on its path where there is one, else what has its place."""
        spot = find.held.spot.path
        own = spot.removeprefix(f"{self._root}/") if self._root else spot
        is_at_home = not self._root or spot.startswith(f"{self._root}/")
        if is_at_home and any(item.path == own and item.kind is find.copy.kind for item in self._held.items):
            return own
        place = _at(whole, find.copy)
        return place.item.path if place is not None else None

    def _places(self, paths: tuple[str, ...]) -> list[Place]:
        name = self._held.root.name
        only = tuple(_GLOB.sub(r"[\1]", path) for path in paths)
        pack = LockedPack(
            name=name,
            version=None,
            git=None,
            ref="",
            commit=self._candidate.commit,
            tree=self._held.contents.tree,
            path=self._root,
            requested="",
            declared=self._held.root.declared,
            inner=self._held.root.inner,
            choice=self._choice._replace(only=only),
        )
        tools = tools_for(pack, self._tools)
        return list(places(choose(pack, self._held, tools).pack, tools))

    def _why(self, find: Find, every: Sequence[Place]) -> str:
        """Return why a copy is not taken: another item has its place, or it has another place than its item."""
        own, name = find.held.spot.path, self._held.root.name
        inner = own.removeprefix(f"{self._root}/") if self._root else own
        if (there := _at(PlaceIndex(every), find.copy)) is not None:
            return f"{there.item.path} of {name} has its place"
        goal = next((place.path for place in every if place.item.path == inner), None)
        return f"it is {own} of {name}, which is installed as {goal}" if goal else f"{name} does not install {own}"


def _at(index: PlaceIndex, copy: Copy) -> Place | None:
    return next((place for place in index.holding(copy.main) if place.main == copy.main), None)


def write_entries(draft: ManifestDraft, plans: Sequence[PackPlan]) -> None:
    """Write the registries and packs of the plans into a draft; what is there already gets the items beside its own."""
    for plan in plans:
        source = plan.taken[0].find.source
        if source.registry.alias not in draft.manifest.registries:
            draft.put_registry(source.registry.alias, source.registry.git.text, branch=source.registry.branch or "")
        words = Choice(only=tuple(sorted({taken.word for taken in plan.taken})))
        if plan.is_new:
            name = plan.name
            draft.put(ManifestEntry(name, registry=name.alias, pack=name.pack, pin=plan.pin, choice=words))
            continue
        entry = draft.entry(plan.name)
        assert entry is not None, "the manifest has an entry of it"
        draft.take_up(entry.key)
        if entry.choice.only:
            draft.extend(entry.key, words)


def earlier_of(plans: Sequence[PackPlan]) -> dict[str, tuple[Earlier, ...]]:
    """Return the entries that make the resolver prefer the commits of the plans."""
    found: dict[str, tuple[Earlier, ...]] = {}
    for plan in plans:
        one, registry = plan.candidate, plan.taken[0].find.source.registry
        if plan.is_new:
            pack = LockedPack(
                name=plan.name,
                version=str(one.version) if one.version is not None else None,
                git=registry.git.text,
                ref=one.ref,
                commit=one.commit,
                tree="",
                path="",
                requested=str(plan.pin),
            )
            found[str(plan.name)] = (Earlier(pack, is_sound=True),)
    return found


class Base(NamedTuple):
    """The base of one copy: the digests of its files as they would have been installed.

    Args:
        commit: the commit that it was made of.
        entry: the entry of the lock that gives these bytes again; None where that is the new lock's.
    """

    commit: str
    files: Mapping[RelPath, FileDigest]
    entry: LockedPack | None = None


def prepare_bases(lock: Lock, taken: Sequence[Taken]) -> None:
    """Fetch what copies were made of, as far as the locked commits do not hold it: one request for each registry."""
    older: dict[str, list[Find]] = {}
    for find in (one.find for one in taken):
        if find.source.past.places.get(lock.packs[find.name].commit) not in find.held.commits:
            older.setdefault(find.source.registry.alias, []).append(find)
    for finds in older.values():
        oids = {oid for find in finds for oid in find.held.oids}
        fetch_bases(finds[0].source.repository, {find.commit for find in finds}, oids)


def base_of(workspace: Workspace, lock: Lock, taken: Taken) -> Base:
    """Return what a copy was made of: the locked commit where that holds it, else the newest commit that does."""
    find, pack = taken.find, lock.packs[taken.find.name]
    past = find.source.past
    if past.places.get(pack.commit) in find.held.commits:
        return Base(pack.commit, pack.files)
    item = taken.item._replace(path=find.held.spot.path)
    entry = LockedPack(
        name=PackName(f"{find.offer.name}-{find.commit}"),
        version=None,
        git=pack.git,
        ref="",
        commit=find.commit,
        tree="",
        path="",
        requested=f"commit:{find.commit}",
        choice=Choice(targets=pack.choice.targets, rename=pack.choice.rename, edits=pack.choice.edits),
        items=(item,),
    )
    contents = contents_at(find.source.repository, find.commit)
    tools = tools_for(entry, workspace.project.tools(lock))
    filled = fill_known(entry._replace(tree=contents.tree), contents, tools, workspace.project.policy.limits)
    return Base(find.commit, filled.files, filled)


def past_lock(lock: Lock, bases: Sequence[Base]) -> Lock | None:
    """Return the lock that gives the bytes again that copies were made of, None where the new one has them all."""
    packs: dict[str, LockedPack] = {}
    for base in bases:
        if (entry := base.entry) is not None:
            before = packs.get(entry.name, entry)
            items = tuple(sorted({*before.items, *entry.items}, key=lambda item: item.key))
            packs[entry.name] = entry._replace(items=items, files={**before.files, **entry.files})
    return Lock(packs, lock.targets) if packs else None
