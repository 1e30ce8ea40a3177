"""One scope, opened: the only reader of environment and current folder, and the one flow.

Everything a command does runs through here: read the manifest, decide the lock, plan, apply. What
a command does not need is not read, and what it does not need to fetch is not fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import platformdirs

from agentsync.disk.apply import Applied, apply_plan
from agentsync.disk.folder import Folder, disk_error
from agentsync.disk.folder_contents import FolderContents
from agentsync.disk.scope import Scope, ScopeName, find_project
from agentsync.disk.state import State
from agentsync.errors import IntegrityError, LockError, UsageError
from agentsync.model.digest import digest_of
from agentsync.model.item import Kind
from agentsync.model.lock import Lock, LockedPack
from agentsync.model.manifest import Manifest, parse_manifest
from agentsync.model.pack import Contents, Finding
from agentsync.model.plan import Plan, Policy
from agentsync.model.receipt import Receipt
from agentsync.model.rel_path import RelPath
from agentsync.model.section import nearest
from agentsync.planning.locking import check_clashes, examine, render, targets_of
from agentsync.planning.placing import placed_files
from agentsync.planning.planner import Known, make_plan
from agentsync.planning.satisfaction import Match, Need, match, reasons
from agentsync.resolving.resolver import choose
from agentsync.store.cache import Cache
from agentsync.store.git_catalog import GitCatalog, locked_contents
from agentsync.targets.all_targets import TARGETS
from agentsync.targets.target import Target

MANIFEST_START = """\
# What this {scope} takes from where. Reference: docs/reference/manifest.md

registries: {{}}
#  acme: https://git.acme.example/ai/agents.git    # alias: any git URL, or github:owner/repo

packs: {{}}
#  acme/python-backend: ">=1.2,<2"                 # alias/pack: a version range
"""


@dataclass(frozen=True, slots=True)
class Options:
    """How a workspace is opened.

    Args:
        user: the user scope instead of the project.
        offline: never ask a remote.
        target: install for this AI tool only, "" for all.
        progress: told what is being fetched.
    """

    user: bool = False
    offline: bool = False
    target: str = ""
    progress: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A lock, and what was seen while it was decided.

    Args:
        lock: the new lock.
        before: the lock as it was read, None where there was none.
        findings: files that were refused.
        unplaced: by pack, the kinds that no target has a place for.
        notes: warnings, such as a deprecated pack.
    """

    lock: Lock
    before: Lock | None
    findings: tuple[Finding, ...] = ()
    unplaced: Mapping[str, Mapping[Kind, int]] | None = None
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the lock file has to be written."""
        return self.before != self.lock


class Workspace:
    """A scope with its manifest, lock, receipt, files and the cache."""

    def __init__(self, scope: Scope, cache: Cache, options: Options) -> None:
        self.scope = scope
        self.cache = cache
        self.options = options
        self.state = State(scope)
        self.folder = Folder(scope)

    @cached_property
    def manifest(self) -> Manifest:
        """What is asked for."""
        return self.read_manifest(self.state.manifest_text())

    def read_manifest(self, text: str) -> Manifest:
        """A manifest of this scope, from its text."""
        shown = self.scope.manifest.name if self.scope.name is ScopeName.PROJECT else str(self.scope.manifest)
        return parse_manifest(text, name=shown, base=self._base, targets=tuple(TARGETS))

    @cached_property
    def lock(self) -> Lock | None:
        """What was decided, None where nothing was."""
        return self.state.lock()

    @cached_property
    def receipt(self) -> Receipt | None:
        """What we last wrote here."""
        return self.state.receipt()

    @property
    def _base(self) -> str:
        return self.scope.home.as_posix()

    def catalog(self, manifest: Manifest | None = None) -> GitCatalog:
        """What the registries of a manifest offer."""
        return GitCatalog(self.cache, (manifest or self.manifest).registries)

    def decide(self, manifest: Manifest | None = None, *, locked: bool = False) -> Decision:
        """Decide the lock: keep every decision that still fits, make the others.

        Args:
            manifest: what is asked for, the scope's own by default.
            locked: fail where the lock would change.

        Raises:
            LockError: where it must not change and would.
            ResolutionError, FetchError, ClashError: where no lock is possible.
        """
        manifest = manifest or self.manifest
        if locked and (why := reasons(manifest, self.lock)):
            raise LockError(
                "agentsync.lock does not fit agentsync.yaml",
                why="; ".join(why),
                hint="run `agentsync lock`, review the change and commit it",
            )
        decision = _Decider(self, manifest).decide()
        if locked and decision.changed and decision.before is not None:
            raise LockError(
                "agentsync.lock would change",
                why="a folder that a pack is taken from has changed",
                hint="run `agentsync lock`, review the change and commit it",
            )
        return decision

    def require_lock(self) -> Lock:
        """The lock as it is.

        Raises:
            LockError: where there is none.
        """
        if self.lock is None:
            raise LockError(
                "there is no agentsync.lock", why=f"looked at {self.scope.lock}", hint="run `agentsync lock`"
            )
        return self.lock

    def targets(self, lock: Lock) -> tuple[Target, ...]:
        """The AI tools that a lock is for."""
        unknown = [name for name in lock.targets if name not in TARGETS]
        if unknown:
            raise LockError(f"the lock names the target {unknown[0]!r}, which is unknown", hint="update agentsync")
        return tuple(TARGETS[name] for name in lock.targets)

    def plan(self, lock: Lock, policy: Policy) -> Plan:
        """How every file stands against a lock, and what the policy says to do.

        Args:
            lock: what the disk should agree with.
            policy: the table that decides.
        """
        known = Known(lock, self.lock, self.receipt, self.targets(lock))
        present = {path for folder in known.owned_folders() for path in self.folder.walk(folder)}
        return make_plan(known, self.folder.local, present, policy)

    def contents(self, packs: Sequence[LockedPack]) -> dict[str, Contents]:
        """The files of locked packs, by name.

        Raises:
            FetchError: where they are not in the cache and cannot be fetched.
            IntegrityError: where a folder on disk is no longer what was locked.
        """
        found: dict[str, Contents] = {}
        for pack in packs:
            if pack.folder:
                found[pack.name] = folder = self.folder_contents(pack.folder)
                if folder.tree != pack.tree:
                    raise IntegrityError(
                        f"{pack.folder} is not what {pack.name} was locked to",
                        why=f"its tree is {folder.tree[:12]}, the lock says {pack.tree[:12]}",
                        hint="run `agentsync lock` to lock it as it is now",
                    )
        return found | locked_contents(self.cache, [pack for pack in packs if not pack.folder], self._base)

    def folder_contents(self, written: str) -> FolderContents:
        """The files of a folder that a manifest names."""
        return FolderContents(Path(os.path.normpath(self.scope.home / written)), written)

    def bytes_of(self, lock: Lock, paths: Sequence[RelPath]) -> dict[RelPath, bytes]:
        """The locked bytes of files, each checked against its digest in the lock.

        Raises:
            FetchError: where they are not in the cache and cannot be fetched.
            IntegrityError: where they are not what the lock says.
        """
        wanted = set(paths)
        packs = [pack for pack in lock.packs.values() if not wanted.isdisjoint(pack.files)]
        contents = self.contents(packs) if packs else {}
        found: dict[RelPath, bytes] = {}
        for pack in packs:
            found |= _rendered(pack, contents[pack.name], targets_of(pack, self.targets(lock)), wanted)
        return found

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the scope: one process at a time writes to it."""
        from filelock import FileLock

        self.state.prepare()
        try:
            with FileLock(self.scope.state / "write.lock"):
                yield
        except PermissionError as error:
            raise disk_error(f"cannot write to {self.scope.state}", error) from error

    def save_lock(self, lock: Lock) -> None:
        """Write the lock and nothing else."""
        with self.exclusive():
            self.state.save_lock(lock)
            self.state.clear_stage()

    def save_manifest(self, text: str) -> None:
        """Write the manifest and nothing else."""
        with self.exclusive():
            self.state.save_manifest(text)
            self.state.clear_stage()

    def carry_out(self, plan: Plan, decision: Decision, *, manifest_text: str | None = None) -> Applied:
        """Apply a plan and remember it: manifest and lock first, then the files, the receipt last.

        Everything that has to be fetched is fetched before the first file is touched.

        Args:
            plan: what to do.
            decision: the lock that it belongs to.
            manifest_text: the manifest to write, None to leave it.
        """
        contents = self.bytes_of(decision.lock, [change.path for change in plan.writing if change.wanted is not None])
        with self.exclusive():
            if manifest_text is not None:
                self.state.save_manifest(manifest_text)
            if decision.changed:
                self.state.save_lock(decision.lock)
            applied = apply_plan(plan, contents, self.scope)
            self.state.save_receipt(applied.receipt)
            self.state.clear_stage()
        return applied


class _Decider:
    """Decides one lock for a manifest."""

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._catalog = workspace.catalog(manifest)
        self._targets = tuple(TARGETS[name] for name in manifest.targets)
        self._findings: list[Finding] = []
        self._unplaced: dict[str, Mapping[Kind, int]] = {}
        self._notes: list[str] = []

    def decide(self) -> Decision:
        before = self._workspace.lock
        matches = match(self._manifest, before)
        self._catalog.prepare([found.wish for found in matches if found.need is Need.CHOOSE and not found.wish.folder])
        packs = [self._pack(found) for found in matches]
        lock = Lock({pack.name: pack for pack in packs}, self._manifest.targets)
        if lock != before:
            check_clashes(packs, self._targets)
        return Decision(lock, before, tuple(self._findings), self._unplaced, tuple(self._notes))

    def _pack(self, found: Match) -> LockedPack:
        if found.wish.folder is not None:
            return self._folder_pack(found, found.wish.folder)
        if found.need is Need.NOTHING and found.locked is not None:
            return found.locked
        if found.need is Need.EXAMINE and found.locked is not None:
            pack = replace(found.locked, choice=found.wish.choice)
            return self._examined(pack, self._workspace.contents([pack])[pack.name])
        return self._chosen_pack(found)

    def _chosen_pack(self, found: Match) -> LockedPack:
        wish = found.wish
        offer = self._catalog.offer(wish)
        candidate = choose(wish, offer, self._catalog.refs(offer), found.locked)
        path, contents = self._catalog.contents(wish, offer, candidate)
        name = wish.key if wish.git is not None else f"{wish.registry}/{offer.name}"
        if offer.deprecated:
            self._notes.append(f"{name} is deprecated: {offer.deprecated}")
        if candidate.yanked:
            self._notes.append(f"{name} {candidate.version} was yanked; it stays only because it is locked")
        pack = LockedPack(
            name=name,
            version=candidate.version,
            registry=self._manifest.registries[wish.registry].git.text if offer.elsewhere and wish.registry else None,
            git=offer.git.text,
            ref=candidate.ref,
            commit=candidate.commit,
            tree=contents.tree,
            path=path,
            requested=str(wish.pin),
            choice=wish.choice,
        )
        return self._examined(pack, contents)

    def _folder_pack(self, found: Match, folder: str) -> LockedPack:
        contents = self._workspace.folder_contents(folder)
        if found.need is Need.NOTHING and found.locked is not None and found.locked.tree == contents.tree:
            return found.locked
        pack = LockedPack(
            found.wish.key, None, None, "", "", contents.tree, "", "", folder=folder, choice=found.wish.choice
        )
        return self._examined(pack, contents)

    def _examined(self, pack: LockedPack, contents: Contents) -> LockedPack:
        targets = targets_of(pack, self._targets)
        examined = examine(pack, contents, targets)
        self._findings.extend(examined.findings)
        if examined.unplaced:
            self._unplaced[pack.name] = examined.unplaced
        if not examined.pack.items:
            self._notes.append(
                f"{pack.name} holds nothing that can be installed for {', '.join(t.name for t in targets)}"
            )
        return examined.pack


def open_workspace(options: Options, *, new: bool = False) -> Workspace:
    """Open the scope that the options and the environment name.

    Args:
        options: how.
        new: take the current folder for the project, whatever it holds.

    Raises:
        ManifestError: where there is no project here or above.
    """
    if options.target and options.target not in TARGETS:
        raise UsageError(f"unknown target {options.target!r}", hint=nearest(options.target, TARGETS))
    scope = project_scope(Path.cwd()) if new and not options.user else _scope(options)
    return Workspace(scope, Cache(cache_folder(), offline=options.offline, progress=options.progress), options)


def cache_folder() -> Path:
    """Where cached repositories are: `AGENTSYNC_CACHE_DIR`, else the platform's cache folder."""
    return Path(os.environ.get("AGENTSYNC_CACHE_DIR") or platformdirs.user_cache_dir("agentsync")).absolute()


def user_scope() -> Scope:
    """The user's home, with the manifest in `AGENTSYNC_CONFIG_DIR` or the platform's config folder."""
    home = Path(os.environ.get("AGENTSYNC_CONFIG_DIR") or platformdirs.user_config_dir("agentsync")).absolute()
    roots = {target.root: Path.home() / target.root for target in TARGETS.values()}
    for target in TARGETS.values():
        if moved := os.environ.get(target.root_variable):
            roots[target.root] = Path(moved).absolute()
    # The user's own link to a folder elsewhere is the user's business; a project's would not be.
    return Scope(ScopeName.USER, Path.home(), home, {name: path.resolve() for name, path in roots.items()})


def project_scope(folder: Path) -> Scope:
    """A project folder."""
    return Scope(ScopeName.PROJECT, folder, folder)


def _scope(options: Options) -> Scope:
    return user_scope() if options.user else project_scope(find_project(Path.cwd()))


def _rendered(
    pack: LockedPack, contents: Contents, targets: Sequence[Target], wanted: set[RelPath]
) -> dict[RelPath, bytes]:
    """The installed bytes of the wanted files of one pack, checked against the lock."""
    plain = frozenset(path for path, entry in contents.entries.items() if entry.is_plain)
    placed = [file for file in placed_files(pack, targets, plain) if file.path in wanted and file.path in pack.files]
    data = contents.read({file.source for file in placed})
    found = {file.path: render(file, data[file.source]) for file in placed}
    for path in wanted & pack.files.keys():
        digest = pack.files[path]
        if path not in found or digest_of(found[path], executable=digest.executable) != digest:
            what = "other bytes" if path in found else "no such file"
            raise IntegrityError(
                f"{path} is not what the lock says",
                why=f"{pack.name} at {pack.commit[:12] or pack.folder} gives {what}",
                hint="the lock was changed by hand, or made by another version of agentsync: run `agentsync lock`",
            )
    return found
