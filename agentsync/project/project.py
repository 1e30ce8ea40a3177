"""Project: one scope in a session, with its manifest, lock, receipt and policy."""

from __future__ import annotations

import os
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.errors import LockError
from agentsync.model.names import ScopeName
from agentsync.project.session import Options, Session
from agentsync.targets.all_tools import TOOLS, tools_of

# What decides is loaded where something has to be decided: it takes longer to load than most commands to run.
if TYPE_CHECKING:
    from agentsync.disk.folder import Folder
    from agentsync.disk.slots import Slots
    from agentsync.git.cache import Cache
    from agentsync.model.git_url import GitUrl
    from agentsync.model.lock import Lock, LockFault
    from agentsync.model.manifest import Manifest, ManifestEntry
    from agentsync.model.policy import TrustPolicy
    from agentsync.model.slot import Receipt, SlotPath
    from agentsync.planning.gate import Gate
    from agentsync.project.locked_files import LockedFiles
    from agentsync.registries.git_catalog import GitCatalog
    from agentsync.targets.tool import Tool


class Project:
    """A scope whose files are read when they are asked for, each once."""

    def __init__(self, session: Session, scope: Scope, options: Options) -> None:
        self.session = session
        self.scope = scope
        self.options = options
        # The time of the first look, in nanoseconds since 1970.
        self.since = time.time_ns()
        self.state = State(scope)
        self._sound: Lock | None = None  # the last lock that was checked and had no fault

    @cached_property
    def cache(self) -> Cache:
        """The cached repositories, all within the policy, and those of the manifest as it names them."""
        home = None if self.options.passing else self.scope.home
        cache = self.session.cache(self.options).for_project(self.policy.limits, self._permit, home)
        if "manifest" in vars(self):
            _introduce(cache, self.manifest)
        return cache

    @property
    def project_policy(self) -> TrustPolicy:
        """The policy in the manifest; it can only be stricter than the others."""
        from agentsync.model.policy import TrustPolicy

        return self._written_manifest.policy if self.scope.manifest.is_file() else TrustPolicy()

    @cached_property
    def policy(self) -> TrustPolicy:
        """The strictest policy of the project, the user and the machine."""
        from agentsync.model.policy import strictest

        return strictest(self.project_policy, list(self.session.own_policies.values()))

    def _permit(self, url: GitUrl) -> None:
        if self.policy.registries:
            from agentsync.planning.url_glob import check_repository

            check_repository(self.policy, url)

    def check_policy(self, lock: Lock) -> None:
        """Raise `PolicyError` for a lock that the policy forbids."""
        from agentsync.planning.lock_check import check_lock_policy

        check_lock_policy(self.policy, lock)

    def gate(self, lock: Lock) -> Gate:
        """Return the gate that the bytes of a lock pass before they are installed."""
        from agentsync.planning.gate import Gate

        return Gate(self.policy, self.tools(lock))

    @cached_property
    def _written_manifest(self) -> Manifest:
        return self.read_manifest(self.state.manifest_text())

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest, whose repositories the policy allows."""
        manifest = self._written_manifest
        for url in manifest.repositories():
            self._permit(url)
        if "cache" in vars(self):
            _introduce(self.cache, manifest)
        return manifest

    def read_manifest(self, text: str) -> Manifest:
        """Read the text of a manifest of this scope."""
        from agentsync.formats.manifest import parse_manifest

        shown = self.scope.manifest.name if self.scope.name is ScopeName.PROJECT else str(self.scope.manifest)
        base = self.scope.home.as_posix()
        return parse_manifest(text, name=shown, base=base, targets=tuple(TOOLS), allow_http=self._hosts)

    @property
    def _hosts(self) -> frozenset[str]:
        return frozenset(host for policy in self.session.own_policies.values() for host in policy.http_hosts)

    def url(self, text: str) -> GitUrl:
        """Read the URL of a repository, as the manifest or the lock of this scope writes it."""
        from agentsync.formats.git_url import parse_git_url

        return parse_git_url(text, base=self.scope.home.as_posix(), allow_http=self._hosts)

    @cached_property
    def lock(self) -> Lock | None:
        """The lock, None where there is none."""
        return self.state.lock()

    def read_again(self) -> None:
        """Forget what was read of the manifest, the lock and the receipt, since this process wrote them."""
        for name in ("_written_manifest", "manifest", "policy", "lock", "receipt", "locked"):
            vars(self).pop(name, None)

    @cached_property
    def folder(self) -> Folder:
        """The files on disk."""
        from agentsync.disk.folder import Folder

        return Folder(self.scope)

    @cached_property
    def slots(self) -> Slots:
        """The files on disk, and the entries in documents."""
        from agentsync.disk.slots import Slots

        return Slots(self.folder)

    @cached_property
    def locked(self) -> LockedFiles:
        """The bytes that a lock asks for."""
        from agentsync.project.locked_files import LockedFiles

        return LockedFiles(self.scope, self.cache, self.state, self.url, self.gate)

    @cached_property
    def receipt(self) -> Receipt | None:
        """The record of the last write, None where there is none."""
        return self.state.receipt()

    def written(self, url: GitUrl) -> str:
        """Return a URL as a manifest of this scope holds it: relative paths start from its folder."""
        if url.kind != "path" or not url.text.startswith("."):
            return url.text
        try:
            where = Path(os.path.relpath(url.folder, self.scope.home)).as_posix()
        except ValueError:
            return url.folder  # it is on another drive
        return where if where.startswith(".") else f"./{where}"

    def faults_of(self, lock: Lock | None) -> tuple[LockFault, ...]:
        """Return the faults of a lock's entries, each of which must follow from its own facts."""
        if lock is None or self._sound is lock:
            return ()
        from agentsync.planning.lock_check import entry_faults

        found = entry_faults(lock, self.tools(lock))
        if not found:
            self._sound = lock
        return found

    def refuse_broken_lock(self, lock: Lock | None) -> None:
        """Raise `LockError` with the packs whose entry in a lock has a fault."""
        if found := self.faults_of(lock):
            packs = sorted({one.pack for one in found})
            raise LockError(
                f"agentsync.lock is not what was decided: {', '.join(packs)}",
                why="; ".join(dict.fromkeys(one.why for one in found)),
                hint="run `agentsync lock`: it decides these packs again",
            ).of(pack=packs[0] if len(packs) == 1 else "")

    def require_lock(self) -> Lock:
        """Return the lock; raise `LockError` where there is none."""
        if self.lock is None:
            raise LockError(
                "there is no agentsync.lock", why=f"looked at {self.scope.lock}", hint="run `agentsync lock`"
            )
        return self.lock

    def tools(self, lock: Lock) -> tuple[Tool, ...]:
        """Return the AI tools that a lock is for, with their places in this scope."""
        return tools_of(lock, self.scope.name)

    def catalog(self, manifest: Manifest | None = None, *, offline: bool = False) -> GitCatalog:
        """Return the catalog of the registries of a manifest, by default this scope's; `offline` asks no remote."""
        from agentsync.registries.git_catalog import GitCatalog

        manifest = manifest or self.manifest
        cache = self.cache.offline() if offline else self.cache
        direct: dict[str, ManifestEntry] = {entry.key: entry for entry in manifest.packs if entry.git is not None}
        before = self.lock if self.policy.min_age else None
        locked = {name: pack.commit for name, pack in before.packs.items()} if before is not None else {}
        return GitCatalog(cache, manifest.registries, direct, min_age=self.policy.min_age, locked=locked)

    def orphans(self, lock: Lock) -> list[tuple[str, SlotPath]]:
        """Return the patches in the state folder that a lock has no use for, by pack and path."""
        used = {(pack.name, path) for pack in lock.packs.values() for path in pack.kept}
        return [patch for patch in self.state.patches.listed() if patch not in used]

    def verify_signers(self, lock: Lock, *, again: bool = False) -> None:
        """Check that each locked pack is signed by the signer in the lock; `again`, where that is remembered, too."""
        if self.scope.manifest.is_file():
            self.locked.provenance.check_signers(lock, self.manifest.registries, again=again)

    @property
    def adding(self) -> tuple[str, ...]:
        """The command that adds a pack to this scope, for hints."""
        return ("agentsync", "add", *(("--user",) if self.scope.name is ScopeName.USER else ()))


def _introduce(cache: Cache, manifest: Manifest) -> None:
    """Name the repositories of a manifest first: its URLs may hold a password, those of the lock never do."""
    for url in manifest.repositories():
        cache.repository(url)
