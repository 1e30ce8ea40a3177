"""Checks of the provenance of locked packs: their signers, the registry that offers them, and the trees of commits.

The lock alone is never believed. A check that succeeded is noted on this machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.errors import IntegrityError
from agentsync.git.cache import Cache
from agentsync.git.fetching import Want
from agentsync.git.notes import note_name
from agentsync.model.lock import Lock, LockedPack

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl
    from agentsync.model.manifest import Registry


class Provenance:
    """The provenance of the locked packs of one scope; `home` is the folder that paths of a manifest start from."""

    def __init__(self, home: Path, cache: Cache, url: Callable[[str], GitUrl]) -> None:
        self._home = home
        self._cache = cache
        self._url = url

    def signer(self, pack: LockedPack, registry: Registry) -> str:
        """Return which of a registry's signers signed the locked release or its commit.

        The answer is noted for this commit and ref and these signers. Raises what `signer_of` does.
        """
        from agentsync.git.signatures import Signers, signer_of

        assert pack.git is not None, "a folder on disk has no registry"
        allowed = Path(os.path.normpath(self._home / registry.signers)) if registry.signers else None
        signers = Signers(allowed, registry.gpg)
        fact = ("signed", pack.git, pack.commit, pack.ref, signers.digest())
        if pack.signer and self._cache.notes.read(note_name(*fact, pack.signer)):
            return pack.signer
        found = signer_of(self._cache.repository(self._url(pack.git)), Want(pack.commit, pack.ref), signers)
        self._cache.notes.write(note_name(*fact, found), True)
        return found

    def check_signers(self, lock: Lock, registries: Mapping[str, Registry], *, again: bool = False) -> None:
        """Insist that each pack is signed by the signer in the lock, where its registry has signers."""
        signed = {alias: registry for alias, registry in registries.items() if registry.is_signed}
        for pack in lock.packs.values() if signed else ():
            registry = signed.get(pack.name.alias)
            if registry is None or pack.folder:
                continue
            # Without a name, no note is read.
            if (signer := self.signer(pack._replace(signer="") if again else pack, registry)) != pack.signer:
                why = f"it is signed by {signer}, and the lock says {pack.signer or 'no signer'}"
                raise _changed_lock(pack, "is not signed by the signer in the lock", why)
            # A signature is of the commit, and not of another tree.
            self.check_tree(pack, fetch=True)

    def check_tree(self, pack: LockedPack, *, fetch: bool) -> None:
        """Insist that the tree of a locked pack is the one at its path in its commit.

        Args:
            fetch: fetch the commit where the cache lacks it; otherwise its tree is believed there.
        """
        if pack.git is None:
            return
        note = note_name("tree", pack.git, pack.commit, pack.path, pack.tree)
        if self._cache.notes.read(note):
            return
        repository, want = self._cache.repository(self._url(pack.git)), Want(pack.commit, pack.ref)
        if not fetch and repository.objects.absent({pack.commit: want}):
            return

        def read() -> str | None:
            repository.need([want])
            return repository.objects.tree_id(pack.commit, pack.path)

        if (tree := repository.healing(read)) != pack.tree:
            there = f"{f'tree {tree[:12]}' if tree else 'no folder'} at {pack.path or 'its root'}"
            why = f"commit {pack.commit[:12]} has {there}, the lock says {pack.tree[:12]}"
            raise _changed_lock(pack, "is not what its commit holds", why)
        self._cache.notes.write(note, True)

    def check_offer(self, pack: LockedPack) -> None:
        """Insist that a pack which is not its registry's own is offered by the commit of it that the lock names."""
        if not pack.registry or not pack.offer:
            return
        note = note_name("offered", pack.name, pack.registry, pack.offer, str(pack.git), pack.path, pack.commit)
        if self._cache.notes.read(note):
            return
        from agentsync.registries.offer_lists import OfferLists

        repository = self._cache.repository(self._url(pack.registry))
        lists = OfferLists(self._cache)
        offer = repository.healing(lambda: lists.at(repository, Want(pack.offer))).named(pack.name.pack)
        named = (offer.git.text, offer.path) if offer is not None else None
        if offer is None or named != (pack.git, pack.path) or (offer.pinned and pack.commit != offer.pinned):
            why = f"commit {pack.offer[:12]} of {pack.registry} does not offer {pack.commit[:12]} of {pack.git}"
            raise _changed_lock(pack, "is not what its registry offers", why)
        self._cache.notes.write(note, True)


def _changed_lock(pack: LockedPack, what: str, why: str) -> IntegrityError:
    hint = "the lock was changed by hand: put it back from your version control"
    return IntegrityError(f"{pack.name} {what}", why=why, hint=hint).of(pack=pack.name)
