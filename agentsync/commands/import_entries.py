"""Manifest entries for what another tool's files ask for, with the commits that its lock names."""

from __future__ import annotations

import re

from agentsync.errors import AgentsyncError, FetchError
from agentsync.merging.lock_merge import Earlier
from agentsync.model.imported import ForeignPack, Lost
from agentsync.model.item import Choice
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import ManifestEntry
from agentsync.model.names import PackName
from agentsync.planning.clashing import PacksClashError
from agentsync.planning.copies import Forms, Spot, hold
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.unowned import unowned
from agentsync.project.workspace import Workspace
from agentsync.registries.foreign import is_commit
from agentsync.registries.past_files import forms, read_past
from agentsync.versions.refs import Refs
from agentsync.versions.release_index import releases
from agentsync.versions.requirement import RANGE_MARKS, Pin, PinKind


class Entries:
    """The entries that are written into a draft.

    Attributes:
        added: what each new entry is for, by its name in the lock.
        earlier: the entries that make the resolver prefer the commits of the other tool's lock.
    """

    def __init__(self, workspace: Workspace, draft: ManifestDraft, *, keep_going: bool) -> None:
        self._workspace, self._draft, self._keep_going = workspace, draft, keep_going
        self.added: dict[str, ForeignPack] = {}
        self.earlier: dict[str, tuple[Earlier, ...]] = {}

    def add(self, pack: ForeignPack) -> list[Lost]:
        """Write an entry, unless there is one already; return what is lost of it."""
        try:
            if pack.folder:
                return self._add_folder(pack)
            return self._add_plugin(pack) if pack.market else self._add_repository(pack)
        except FetchError as error:
            if not self._keep_going:
                tell_way_out(error)
                raise
            return [_lost(pack, error.what)]
        except AgentsyncError as error:
            return [_lost(pack, error.what)]

    def take_back(self, name: str, why: str) -> Lost:
        """Take an entry out again."""
        self._draft.take_back(name)
        self.earlier.pop(name, None)
        return _lost(self.added.pop(name), why)

    def leave_out(self, error: PacksClashError) -> list[Lost]:
        """Leave out the items that the other tool did not install: of each clash, the pack named last has its own."""
        order = {name: -number for number, name in enumerate(self.added)}
        told: list[Lost] = []
        for name, renames in error.renames(lambda pack: (order.get(PackName(pack), -len(order)), pack)).items():
            if name not in self.added:
                return []
            pack = self.added[PackName(name)]
            self._draft.extend(name, Choice(excluded=tuple(renames)))
            told += [
                Lost(pack.origin, f"{pack.entry}: {item}", "another pack has one of this name") for item in renames
            ]
        return told

    def _add_folder(self, pack: ForeignPack) -> list[Lost]:
        written = pack.folder if pack.folder.startswith((".", "/", "~")) else f"./{pack.folder}"
        choice = _choice(pack)
        if any(entry.folder == written and entry.choice == choice for entry in self._draft.manifest.packs):
            return []
        if not (self._workspace.scope.home / written).is_dir():
            return [_lost(pack, f"there is no folder {written}")]
        self._put(pack, ManifestEntry(self._free(_as_alias(pack.entry)), folder=written, choice=choice))
        return []

    def _add_plugin(self, pack: ForeignPack) -> list[Lost]:
        project, registries = self._workspace.project, self._draft.manifest.registries
        url = project.url(pack.git)
        alias = next((one.alias for one in registries.values() if one.git.key == url.key), "")
        name = PackName.of(alias or self._free(_as_alias(pack.market)), pack.entry)
        if self._draft.entry(name) is not None:
            return []
        if not alias:
            self._draft.put_registry(name.alias, pack.git, branch=pack.ref)
        catalog = project.catalog(self._draft.manifest)
        offer = catalog.offer(name)
        found, refs = list(catalog.releases(name, offer)), catalog.refs(offer)
        held = next((one for one in found if pack.commit and refs.tags[one.tag] == pack.commit), None)
        branch, pin = catalog.default_branch(name, offer) or "", Pin(PinKind.VERSION, "*")
        if found and held is None and branch and pack.commit and not offer.elsewhere:
            pin = Pin(PinKind.BRANCH, branch)  # the tool follows it: what is installed is no release
        self._put(pack, ManifestEntry(name, registry=name.alias, pack=name.pack, pin=pin))
        if pack.commit and not offer.elsewhere:
            ref = f"refs/tags/{held.tag}" if held is not None else f"refs/heads/{branch}"
            self._prefer(name, pack, ref, str(held.version) if held is not None else None, str(pin))
        return []

    def _add_repository(self, pack: ForeignPack) -> list[Lost]:
        project = self._workspace.project
        url = project.url(pack.git)
        choice = _choice(pack)
        for entry in self._draft.manifest.packs:
            same = entry.git is not None and entry.git.key == url.key and entry.path == pack.path
            if same and entry.choice.only == choice.only and {*entry.choice.excluded} >= {*choice.excluded}:
                return []
        refs = project.cache.repository(url).refs()
        pin = _pin(pack, refs)
        if pin is None:
            return [_lost(pack, f"{pack.git} has no branch, tag or version {pack.ref!r}")]
        key = self._free(_as_alias(pack.entry))
        self._put(pack, ManifestEntry(PackName(key), git=url, path=pack.path, pin=pin, choice=choice))
        return self._lock(key, pack, pin, refs)

    def _lock(self, name: str, pack: ForeignPack, pin: Pin, refs: Refs) -> list[Lost]:
        """Prefer the commit of the tool's own lock, or the one that the files on disk are of."""
        commit = pack.commit if is_commit(pack.commit) else self._found(pack)
        if not commit or pin.kind is PinKind.COMMIT:
            return []
        if pin.kind is PinKind.TAG:
            is_same = refs.tags[pin.text] == commit
            return [] if is_same else [Lost(pack.origin, f"{pack.entry}: commit", f"the tag {pin.text} has moved")]
        if pin.kind is PinKind.BRANCH:
            self._prefer(name, pack._replace(commit=commit), f"refs/heads/{pin.text}", None, str(pin))
            return []
        for one in releases(pack.git.removesuffix(".git").rpartition("/")[2], refs.tags):
            if refs.tags[one.tag] == commit:
                self._prefer(name, pack._replace(commit=commit), f"refs/tags/{one.tag}", str(one.version), str(pin))
                return []
        return [Lost(pack.origin, f"{pack.entry}: commit", f"{commit[:12]} is no release of it")]

    def _found(self, pack: ForeignPack) -> str:
        """Return the newest commit that has a skill as it is on disk, "" where none does: its file names no commit."""
        if not pack.spot:
            return ""
        copies = unowned(self._workspace)
        copy = next((one for one in copies if one.is_folder and one.inner == pack.entry), None)
        if copy is None:
            return ""
        past = read_past(self._workspace.project.cache.repository(self._workspace.project.url(pack.git)))
        long = bool(past.commits) and len(past.commits[-1].oid) == 64
        ids = {path: Forms(*forms(data, long=long)) for path, data in copies[copy].items()}
        spot = Spot(copy, pack.spot, ids[copy.main].same)
        held = next(iter(hold(past, [spot], ids)), None)
        return past.commits[held.commits[-1]].oid if held is not None else ""

    def _prefer(self, name: str, pack: ForeignPack, ref: str, version: str | None, requested: str) -> None:
        alias = PackName(name).alias
        registry = self._draft.manifest.registries.get(alias) if PackName(name).has_registry else None
        entry = LockedPack(
            name=PackName(name),
            version=version,
            git=registry.git.text if registry is not None else self._workspace.project.url(pack.git).text,
            ref=ref,
            commit=pack.commit,
            tree="",
            path="",
            requested=requested,
        )
        self.earlier[name] = (Earlier(entry, is_sound=True),)

    def _put(self, pack: ForeignPack, entry: ManifestEntry) -> None:
        self._draft.put(entry)
        self.added[entry.key] = pack

    def _free(self, name: str) -> PackName:
        manifest = self._draft.manifest
        taken = {*manifest.registries, *(entry.key for entry in manifest.packs)}
        number, free = 2, name
        while free in taken:
            free, number = f"{name}-{number}", number + 1
        return PackName(free)


def _pin(pack: ForeignPack, refs: Refs) -> Pin | None:
    """Return the pin for what is asked for; None where there is no such ref."""
    ref = pack.ref
    if is_commit(ref):
        return Pin(PinKind.COMMIT, ref)
    if not ref:
        if pack.commit and pack.origin.startswith("apm."):
            return Pin(PinKind.COMMIT, pack.commit)
        return Pin(PinKind.BRANCH, refs.default_branch) if refs.default_branch else None
    if ref in refs.tags:
        return Pin(PinKind.TAG, ref)
    if ref in refs.branches:
        return Pin(PinKind.BRANCH, ref)
    try:
        return Pin(PinKind.VERSION, _with_commas(ref)) if ref[0] in RANGE_MARKS or ref[0].isdigit() else None
    except ValueError:
        return None


def _with_commas(text: str) -> str:
    """Return a range as a manifest writes it: `>=1.0.0 <2.0.0` has a blank between its parts."""
    return re.sub(r"\s+(?=[<>=!~^])", ",", text.strip())


def _choice(pack: ForeignPack) -> Choice:
    return Choice(only=pack.only, excluded=pack.excluded, rename=pack.rename, targets=pack.targets)


def tell_way_out(error: FetchError) -> None:
    """Add to the hint how a source is left out that cannot be reached."""
    error.hint = "; ".join(filter(None, (error.hint, "--keep-going leaves it out")))


def _lost(pack: ForeignPack, why: str) -> Lost:
    return Lost(pack.origin, pack.entry, why)


def _as_alias(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "pack"
