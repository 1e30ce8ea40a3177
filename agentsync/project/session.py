"""Session: the cache, the policies and the answers of registries, which all projects of a process share."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agentsync.platform.places import cache_folder, config_folder, machine_folders
from agentsync.platform.process_lock import Patience

if TYPE_CHECKING:
    from agentsync.git.cache import Cache
    from agentsync.model.policy import TrustPolicy


class Options(NamedTuple):
    """The options of a workspace.

    Args:
        user: the user scope instead of the project.
        offline: never ask a remote.
        target: install for this AI tool only, "" for all.
        progress: called with each step.
        counting: called with the progress of a fetch, many times a second.
        accepted: the items or packs, as globs, whose new grants are accepted beforehand.
        confirm: shows lines to a person and asks a question about them; None where no person is there.
        patience: the time to wait for another process.
        begin: called with the `Project`, before what a verb needs besides is loaded.
        passing: the project is gone after the command, so that the cache does not remember it as a user of anything.
    """

    user: bool = False
    offline: bool = False
    target: str = ""
    progress: Callable[[str], None] | None = None
    counting: Callable[[str], None] | None = None
    accepted: Sequence[str] = ()
    confirm: Callable[[Sequence[str], str], bool] | None = None
    patience: Patience = Patience()
    begin: Callable[[Any], object] | None = None
    passing: bool = False


class Session:
    """One run of a command, or a while in another program.

    A registry is asked once in a session, for any number of projects. Another session asks again.

    Args:
        policies: policies by their files, in place of those of the user and of the machine.
    """

    def __init__(self, policies: "Mapping[str, TrustPolicy] | None" = None) -> None:
        self._caches: dict[bool, Cache] = {}
        self._policies = policies

    def cache(self, options: Options) -> "Cache":
        """Return the cache of all projects; those that ask no remote have one of their own."""
        if options.offline not in self._caches:
            from agentsync.git.cache import Cache

            self._caches[options.offline] = Cache(
                cache_folder(),
                offline=options.offline,
                progress=options.progress,
                counting=options.counting,
                patience=options.patience,
            )
        return self._caches[options.offline]

    @property
    def may_have_policies(self) -> bool:
        """True where a policy of the user or of the machine stands somewhere; it is not read for that."""
        from agentsync.model.policy import POLICY_NAME

        if self._policies is not None:
            return bool(self._policies)
        return any(os.path.lexists(folder / POLICY_NAME) for folder in (config_folder(), *machine_folders()))

    @cached_property
    def own_policies(self) -> "Mapping[str, TrustPolicy]":
        """The policies of the user and of the machine, by their files."""
        if self._policies is not None:
            return self._policies
        from agentsync.disk.policies import read_policies

        return read_policies((config_folder(), *machine_folders()))

    def close(self) -> None:
        """End every process that waits for further questions; the session can be used all the same."""
        for cache in self._caches.values():
            cache.close()


def clean_cache(*, dry_run: bool) -> int:
    """Delete every cached repository and every record of a clean check; return the number of repositories."""
    from agentsync.disk import clean_record
    from agentsync.git.cache import Cache
    from agentsync.platform.files import drop_tree

    cache = Cache(cache_folder())
    if dry_run:
        return cache.count()
    count = cache.clean()
    if clean_record.folder():
        drop_tree(Path(clean_record.folder()))
    return count
