"""Verification of a lock: its bytes made again, and the refs of its repositories asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import Final

from agentsync.errors import AgentsyncError, FetchError, IntegrityError, PolicyError
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.lock import Lock, LockedPack
from agentsync.platform.process_copy import ProcessCopy, Turns, copied, processors
from agentsync.project.locked_files import LockedFiles
from agentsync.project.workspace import Workspace
from agentsync.versions.refs import Refs

# So many files take longer to make again than it takes to copy a process.
_MANY: Final = 500
# Copies at the same time; each has the files of one pack in memory.
_MOST: Final = 3


@contextmanager
def damage_search(workspace: Workspace, lock: Lock) -> Iterator[Callable[[], list[AgentsyncError]]]:
    """Make every locked file again from its blob, pack by pack, while a block does something else.

    Where there are many files, a copy of this process does it, and names the packs that are whole. Any other is made
    again here, so that a failure is the same in either process.

    Yields:
        What waits for the end, and returns a failure for each pack that differs.
    """
    packs = [pack for _, pack in sorted(lock.packs.items())]
    search = _Search(packs, partial(_failure, workspace, lock, workspace.project.locked))
    if sum(len(pack.slots) for pack in packs) < _MANY:
        found = search.failures()
        yield lambda: found
        return
    workspace.close()  # a copy would share its processes with this one
    with closing(Turns(len(packs))) as turns, ExitStack() as running:

        def work() -> bytes:
            # What has to be fetched is left to this process: copies would wait for each other.
            cached = _Search(packs, partial(_failure, workspace, lock, workspace.project.locked.offline()))
            whole = cached.whole(turns)
            workspace.close()
            return bytes(number in whole for number in range(len(packs)))

        copies: list[ProcessCopy] = []
        while len(copies) < min(processors() - 1, len(packs), _MOST) and (copy := copied(work)) is not None:
            copies.append(running.enter_context(copy))
        if not copies:
            found = search.failures()
            yield lambda: found
            return

        def rest() -> list[AgentsyncError]:
            search.whole(turns)
            for copy in copies:
                search.settle(copy.found() or b"")
            return search.failures()

        yield rest


class _Search:
    """The search for packs whose files are not what the lock says."""

    def __init__(self, packs: Sequence[LockedPack], check: Callable[[LockedPack], AgentsyncError | None]) -> None:
        self._packs = packs
        self._check = check
        self._found: dict[int, AgentsyncError | None] = {}

    def whole(self, numbers: Iterable[int]) -> set[int]:
        """Check the packs of these numbers; return those of them that are whole."""
        for number in numbers:
            self._found[number] = self._check(self._packs[number])
        return {number for number, error in self._found.items() if error is None}

    def settle(self, whole: bytes) -> None:
        """Take over which packs are whole, by their numbers."""
        self._found.update((number, None) for number, is_whole in enumerate(whole) if is_whole)

    def failures(self) -> list[AgentsyncError]:
        """Check every pack that was not checked, and return all failures by the names of packs."""
        left = [number for number in range(len(self._packs)) if number not in self._found]
        # Two packs are in memory, so that git unpacks one while the other is hashed.
        run_parallel([partial(self.whole, [number]) for number in left], most=2)
        return [error for _, error in sorted(self._found.items()) if error is not None]


def _failure(workspace: Workspace, lock: Lock, files: LockedFiles, pack: LockedPack) -> AgentsyncError | None:
    """Make every file of a pack again, and return why one is not what the lock says; None where all are."""
    try:
        files.provenance.check_tree(pack, fetch=not workspace.options.offline)
        files.bytes_of(Lock({pack.name: pack}, lock.targets), list(pack.slots))
    except (IntegrityError, FetchError) as error:
        return error.of(pack=pack.name)
    return None


def ask_tags(workspace: Workspace, packs: Iterable[LockedPack]) -> dict[str, Refs | AgentsyncError]:
    """Ask the repositories of locked packs for their tags, all at the same time.

    Returns:
        The refs by repository, as the lock writes it; a failure for each that cannot be asked.
    """
    tags: dict[str, list[str]] = {}
    for pack in packs:
        if pack.git:
            tags.setdefault(pack.git, []).append(f"refs/tags/{pack.tag}")

    def ask(git: str) -> Refs | AgentsyncError:
        try:
            repository = workspace.project.cache.repository(workspace.project.url(git))
            repository.want_refs(tags[git])
            return repository.refs()
        except (FetchError, PolicyError) as error:
            return error

    return dict(zip(tags, run_parallel([partial(ask, git) for git in tags], SMALL_BATCH), strict=True))
