"""Fetching into one cached repository: the least that is enough, and no more than a server lets us ask for.

A commit is fetched without its history and, where the server can, without its files, but for the small ones.
Where a server delivers nothing less, all of it is fetched, into a repository of its own. The next fetch deletes
what a killed one left.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from agentsync.errors import AgentsyncError, DiskError, FetchError, RefusedError
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.late import late
from agentsync.platform.files import drop_tree, remove, replace
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import Patience, process_lock
from agentsync.platform.retrying import make_folders
from agentsync.versions.refs import INDEX_REF

if TYPE_CHECKING:
    from agentsync.git.objects import ObjectReader
    from agentsync.git.remotes import Remote, Remotes

T = TypeVar("T")

_EVERYTHING: Final = (
    "--no-filter",
    REMOTE,
    "+refs/heads/*:refs/agentsync/heads/*",
    "+refs/tags/*:refs/agentsync/tags/*",
)
_SMALL: Final = "2k"
_NEW: Final = "64k"  # of what changed since a commit that is there
_LAST: Final = "agentsync-last"
_MOST_LAST: Final = 64 * 1024  # bytes of it
_TOP: Final = "filter tree:2"  # of a commit: its root tree and the files in that
_COMMIT: Final = late("^(?:[0-9a-f]{40}|[0-9a-f]{64})$", re.MULTILINE)


class Want(NamedTuple):
    """A commit, or a tree in it, that must be in the cache.

    Args:
        commit: its id.
        ref: the full ref that leads to it, "" where none is known.
        tree: the tree that is enough, "" for the commit with all its trees.
    """

    commit: str
    ref: str = ""
    tree: str = ""

    @property
    def object_id(self) -> str:
        """The id of the object to ask for."""
        return self.tree or self.commit


class Fetcher:
    """Writes what is fetched into one cached repository; the folder is made by the first fetch.

    Attributes:
        is_mending: the repository takes the place of a damaged one, which is set aside for as long.
    """

    def __init__(self, objects: "ObjectReader", remote: "Remote", remotes: "Remotes") -> None:
        self._folder = objects.folder
        self._objects = objects
        self._remote = remote
        self._remotes = remotes
        self._is_tidy = False
        self._turn = threading.Lock()
        self.is_mending = False

    def get_ready(self, object_format: str) -> None:
        """Make the cached repository where it is missing, and start what reads it, before the first fetch.

        Nothing is raised: the fetch meets the same failure, and an interruption closes the pipes of what was started.
        A repository that is there is not guarded for this: another process that does not wait would fail for it.
        """
        with suppress(AgentsyncError, GitFailure, OSError, ValueError):
            if not self._folder.is_dir():
                with self.guarded(Patience(waits=False)):
                    self._prepare(object_format)
            self._objects.get_ready()

    def fetch_wants(self, missing: dict[str, Want]) -> dict[str, Want]:
        """Fetch what is still missing, asking for less first; return what was not delivered."""
        with self.guarded():
            missing = self._objects.absent(missing)
            least = self._least(missing.values())
            # A server leaves out what is here only where it may send differences; not all that they are from is here.
            plain = [option for option in least if option != "thin-pack"]
            tries = [least, plain] if len(plain) < len(least) else [least]
            if missing and any(self._converse(list(missing), *options) for options in tries):
                self._remember(missing.values())
                missing = self._objects.absent(missing)
            # A commit that the server says it does not have comes no other way.
            gone = {oid: want for oid, want in missing.items() if oid in self._remote.lacking and not want.tree}
            missing = {oid: want for oid, want in missing.items() if oid not in gone}
            for arguments in _attempts(list(missing.values())):
                if self._fetch(arguments, missing) and not (missing := self._objects.absent(missing)):
                    return gone
            if missing:
                self._fetch_everything(missing)
            return gone | self._objects.absent(missing)

    def fetch_blobs(self, oids: Sequence[str], seen: int) -> None:
        """Fetch blobs.

        Args:
            oids: those that were missing.
            seen: the stamp of the objects when that was looked up.
        """
        with self.guarded():
            # Another process may have fetched them meanwhile.
            missing = list(oids if self._objects.stamp() == seen else self._objects.absent(dict.fromkeys(oids)))
            if missing and self._converse(missing, "filter blob:none"):
                missing = list(self._objects.absent(dict.fromkeys(missing)))
            listing = "".join(f"{oid}\n" for oid in missing).encode()
            if missing and not self._fetch(("--filter=blob:none", "--stdin", REMOTE), missing, listing):
                self._fetch_everything(missing)

    def fetch_index(self, commit: str) -> None:
        """Fetch the commit of an index with the files at its top, in one question where the server can leave out more.

        Nothing is raised where the remote does not deliver it.
        """
        with self.guarded(), suppress(FetchError):
            if self._objects.absent({commit: commit}) and not self._converse([commit], "deepen 1", _TOP):
                self._fetch(("--depth=1", f"--{_TOP.replace(' ', '=')}", REMOTE, f"+{INDEX_REF}:{INDEX_REF}"), [commit])

    def fetch_tag(self, ref: str, own: str) -> None:
        """Fetch the object that a tag names itself, as a ref of our own."""
        with self.guarded():
            self._fetch(("--depth=1", "--filter=blob:none", REMOTE, f"+{ref}:{own}"), [])

    def delete_leftovers(self) -> None:
        """Delete what a killed fetch left, once; during another process's fetch they may be in use."""
        if self._is_tidy:
            return
        self._is_tidy = True
        folder = self._folder
        beside = any(folder.with_suffix(suffix).exists() for suffix in (".new", ".old"))
        if beside or next((folder / "objects" / "pack").glob("tmp_*"), None) is not None:
            with suppress(DiskError, RefusedError), self.guarded(Patience(waits=False)):
                self._tidy_up()

    @contextmanager
    def guarded(self, patience: Patience | None = None) -> Iterator[None]:
        """Keep other processes from writing to the cached repository."""
        what = f"the cached copy of {self._remote.url.text}"
        # Another thread is no other process, which `patience` is about.
        with self._turn, guarded(self._folder, what, patience or self._remotes.patience):
            yield

    def _fetch(self, arguments: Sequence[str], oids: Iterable[str], stdin: bytes = b"") -> bool:
        """Fetch into the cached repository, which is made where it is missing; return False where git refuses.

        Raises:
            FetchError: where the remote is out of reach, so that asking for something else is no use.
        """
        self._prepare(_format_of(oids))
        if self._remote.answer.failure is not None:
            raise self._remote.answer.failure
        try:
            self._remote.fetch(self._folder, arguments, stdin)
        except GitFailure as failure:
            self._remote.refuse_out_of_reach(failure)
            return False
        finally:
            _delete_leftovers(self._folder)
        return True

    def _prepare(self, object_format: str) -> None:
        """Make the cached repository where it is missing, and tidy up in it."""
        try:
            if not self._folder.is_dir():
                remove(self._folder)
                replace(self._create(object_format), self._folder)
            self._tidy_up()
        except OSError as error:
            raise unwritable(self._folder, error.strerror or str(error)) from error

    def _tidy_up(self) -> None:
        """Delete what a killed fetch left in the repository and beside it; the guard is held."""
        _delete_leftovers(self._folder)
        drop_tree(self._folder.with_suffix(".new"))
        if not self.is_mending:
            drop_tree(self._folder.with_suffix(".old"))

    def _converse(self, oids: Sequence[str], *options: str) -> bool:
        """Fetch objects in one conversation with the remote; return False where git has to fetch them itself."""
        self._prepare(_format_of(oids))
        self._objects.get_ready()
        try:
            return self._remote.answer.failure is None and self._remote.fetch_by_id(self._folder, oids, *options)
        finally:
            _delete_leftovers(self._folder)

    def _least(self, wants: Iterable[Want]) -> Sequence[str]:
        """Return how little is enough of these: trees whole, of commits no history and their small files.

        What an earlier commit has as well is left out. So of what is new, larger files come along.
        """
        if all(want.tree for want in wants):
            return ()
        known = list(self._objects.sizes(self._last()))
        earlier = [f"{word} {oid}" for oid in known for word in ("shallow", "have")]
        thin = ["thin-pack"] if known else []
        return (*thin, "deepen 1", f"filter blob:limit={_NEW if known else _SMALL}", *sorted(earlier, reverse=True))

    def _last(self) -> list[str]:
        """Return the commits that were fetched last with all their trees."""
        with suppress(OSError, UnicodeDecodeError):
            return _COMMIT.findall(read_plain_file(self._folder / _LAST, _MOST_LAST).decode("ascii"))
        return []

    def _remember(self, wants: Iterable[Want]) -> None:
        if commits := [want.commit for want in wants if not want.tree]:
            with suppress(OSError):
                (self._folder / _LAST).write_text("".join(f"{oid}\n" for oid in commits), "ascii")

    def _fetch_everything(self, oids: Iterable[str]) -> None:
        """Fetch all branches and tags with all their history, from a server that delivers nothing less.

        They are fetched into a new repository, because git leaves out what the cached one should have, and
        moved to the objects that are cached already, which may exist nowhere else any more.
        """
        scratch = self._create(_format_of(oids))
        try:
            self._remote.fetch(scratch, _EVERYTHING)
            packs = self._folder / "objects" / "pack"
            make_folders(packs)
            # Git sees a pack once its index is there.
            for file in sorted((scratch / "objects" / "pack").iterdir(), key=lambda file: file.suffix == ".idx"):
                goal = packs / file.name
                # A file is named by its bytes; one that a git has open cannot be replaced on Windows.
                if not goal.exists() or goal.stat().st_size != file.stat().st_size:
                    replace(file, goal)
        except GitFailure as failure:
            raise self._remote.unreachable(failure) from failure
        except OSError as error:
            raise unwritable(self._folder, error.strerror or str(error)) from error
        finally:
            drop_tree(scratch)

    def _create(self, object_format: str) -> Path:
        """Make an empty repository beside the cached one."""
        scratch = self._folder.with_suffix(".new")
        drop_tree(scratch)
        try:
            run_git(("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}", str(scratch)))
        except BaseException as error:
            drop_tree(scratch)
            if isinstance(error, GitFailure):
                raise unwritable(self._folder.parent, error.message) from error
            raise
        return scratch


def _format_of(oids: Iterable[str]) -> str:
    return "sha256" if any(len(oid) == 64 for oid in oids) else "sha1"


@contextmanager
def guarded(folder: Path, what: str, patience: Patience | None = None) -> Iterator[None]:
    """Keep other processes from writing to a repository; `what` is its name in messages."""
    try:
        make_folders(folder.parent, 0o700)
    except OSError as error:
        raise unwritable(folder.parent, error.strerror or str(error)) from error
    with process_lock(Path(f"{folder}.lock"), what, patience or Patience()):
        yield


def retried(folder: Path, act: Callable[[], T]) -> T:
    """Run `act` on a repository, once more on a new one where git fails."""
    try:
        return act()
    except GitFailure:
        # It may be damaged by a killed git: all of it can be fetched again.
        drop_tree(folder)
        return act()


def _delete_leftovers(folder: Path) -> None:
    """Delete lock files of git that a killed fetch left, and that stop all later ones; our own guard is held."""
    with suppress(OSError):
        for path in (folder / "shallow.lock", *(folder / "refs" / "agentsync").glob("**/*.lock")):
            remove(path)
        for path in (folder / "objects" / "pack").glob("tmp_*"):
            remove(path)


def _attempts(wants: Sequence[Want]) -> Iterator[tuple[str, ...]]:
    """Yield arguments of fetches for these wants, the smallest first: trees, commits, refs by name."""
    if not wants:
        return
    if all(want.tree for want in wants):
        yield ("--no-filter", REMOTE, *(f"+{want.tree}:refs/agentsync/{want.tree}" for want in wants))
    # The small files that describe registries and packs come along.
    shallow = ("--depth=1", f"--filter=blob:limit={_SMALL}", REMOTE)
    yield (*shallow, *(f"+{want.commit}:refs/agentsync/{want.commit}" for want in wants))
    if all(want.ref for want in wants):
        yield (*shallow, *(f"+{want.ref}:refs/agentsync/{want.commit}" for want in wants))


def unwritable(folder: Path, reason: str) -> DiskError:
    """Return the failure of a cache that cannot be written to."""
    return DiskError(
        f"cannot write to the cache {folder}",
        why=reason,
        hint="name another folder in AGENTSYNC_CACHE_DIR",
    )
