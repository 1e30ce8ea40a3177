"""One cached repository: its refs and its objects, fetched where they are missing.

Every object that is read is hashed again, because git returns a damaged object as if it were whole. A damaged copy is
set aside, and fetched anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agentsync.errors import AgentsyncError, FetchError, GoneError, IntegrityError
from agentsync.git.asked_refs import AskedRefs
from agentsync.git.fetching import Fetcher, Want, unwritable
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_object import DamagedCache
from agentsync.git.listing import EVERYTHING, TAGS, Listing
from agentsync.git.notes import Notes
from agentsync.git.objects import ObjectReader
from agentsync.git.refs_record import RefsRecord
from agentsync.git.remotes import Remote, RemoteAnswer, Remotes
from agentsync.model.policy import DEFAULT_LIMITS, Limits
from agentsync.platform.file_system import file_identity
from agentsync.platform.files import drop_tree, remove_tree, replace
from agentsync.versions.refs import INDEX_REF, Refs

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

T = TypeVar("T")
_NOTES: Final = "agentsync-1"
# Beyond so many beginnings of refs, and so many questions, all refs are asked for.
_MOST_PREFIXES: Final = 2_000
_MOST_QUESTIONS: Final = 6


class CachedRepository:
    """The cached copy of one repository."""

    def __init__(self, url: GitUrl, folder: Path, remotes: Remotes, limits: Limits = DEFAULT_LIMITS) -> None:
        self.url = url
        self.folder = folder
        self.limits = limits
        self.notes = Notes(folder / _NOTES)
        self.objects = ObjectReader(folder, limits)
        self.remotes = remotes
        self._remote = Remote(url, remotes, limits)
        self._record = RefsRecord(folder)
        self._refs = AskedRefs(self._asked)
        self._fetcher = Fetcher(self.objects, self._remote, remotes)

    def through(self, remotes: Remotes) -> CachedRepository:
        """Return the same repository, with this way to its remote."""
        if remotes is self.remotes:
            return self
        view = copy(self)
        view.remotes = remotes
        view._refs = AskedRefs(view._asked)
        return view

    def close(self) -> None:
        """End every git process of it; the next question starts others."""
        self.objects.close()
        self._remote.end()

    @property
    def is_cached(self) -> bool:
        """True where something of it is in the cache."""
        return self.folder.is_dir()

    def connect(self) -> None:
        """Begin to connect to its remote, which is going to be asked, and do not wait for it."""
        if not self.remotes.offline:
            self._remote.connect(self._fetcher.get_ready)

    def refs(self) -> Refs:
        """Return its branches and tags: each is asked for once in a session, and recorded for `--offline`.

        Without a word of which are wanted, all are asked for.

        Raises:
            FetchError: where the remote cannot be reached, or was never reached before going offline.
        """
        self._asked()
        return self._refs

    def want_refs(self, prefixes: Iterable[str]) -> None:
        """Let the next question for refs ask for those that begin in these ways too, as far as they are not known."""
        with self._remote.answer.guard:
            self._remote.answer.wanted |= dict.fromkeys(prefixes)

    def want_all_refs(self) -> None:
        """Let the next question for refs ask for all, where not all are known."""
        self.want_refs((TAGS,))

    @property
    def needs_no_wants(self) -> bool:
        """True where no further question for refs can be of use: all are known, or none is asked."""
        known = self._remote.answer.listing
        return self.remotes.offline or (known is not None and known.held is None)

    def has_seen_tags(self, prefixes: Iterable[str]) -> bool:
        """Return whether a tag that begins in one of these ways was ever recorded."""
        return self._record.mentions(f"\t{TAGS}{prefix}" for prefix in prefixes)

    def record_files(self, *, with_objects: bool) -> list[Path]:
        """Return the files that are others after its refs, and where asked its objects, have changed in the cache."""
        packs = self.folder / "objects" / "pack"
        return [*self._record.files, *([packs] if with_objects else [])]

    def _asked(self, prefixes: Sequence[str] = ()) -> tuple[Listing, Refs]:
        """Return what is known, with all refs that begin in these ways."""
        answer = self._remote.answer
        with answer.guard:
            known = self._remembered(answer, prefixes) if self.remotes.offline else self._answered(answer, prefixes)
            if answer.read is None or answer.read[0] is not known:
                answer.read = known, Refs(known.text)
            return answer.read

    def _answered(self, answer: RemoteAnswer, prefixes: Sequence[str]) -> Listing:
        if answer.failure is not None:
            raise answer.failure
        known = answer.listing
        if known is not None and not known.lacks(prefixes):
            return known
        wanted = list(dict.fromkeys(("HEAD", INDEX_REF, *answer.wanted, *prefixes)))
        missing = known.lacks(wanted) if known is not None else wanted
        is_first_and_any = known is None and not answer.wanted and not prefixes
        if is_first_and_any or TAGS in missing or len(missing) > _MOST_PREFIXES or answer.questions >= _MOST_QUESTIONS:
            missing = list(EVERYTHING)
        newer = self._remote.list_refs(missing)
        answer.questions += 1
        answer.listing = newer if known is None else known.with_newer(newer)
        answer.recorded = None
        self._record.write(newer)
        return answer.listing

    def _remembered(self, answer: RemoteAnswer, prefixes: Sequence[str]) -> Listing:
        if answer.recorded is None:
            found = answer.listing
            if found is None or found.held is not None:
                recorded = self._record.read()
                found = recorded if found is None else found if recorded is None else recorded.with_newer(found)
            answer.recorded = found
        if answer.recorded is None or answer.recorded.lacks(prefixes):
            raise self._remote.offline("the branches and tags")
        return answer.recorded

    def need(self, wants: Iterable[Want]) -> None:
        """Fetch those of these commits and trees that are not in the cache: at most one fetch in the usual case.

        Raises FetchError where the repository does not deliver them.
        """
        wanted = {want.object_id: want for want in wants}
        self.objects.preload([oid for oid, want in wanted.items() if not want.tree])
        missing = self.objects.absent(wanted)
        if not missing:
            self._fetcher.delete_leftovers()
            return
        if self.remotes.offline:
            raise self._remote.offline(f"commit {next(iter(missing.values())).commit[:12]}")
        self.remotes.say(f"fetching {self.url.text}")
        gone = self._fetcher.fetch_wants(missing)
        if not gone:
            return
        self._remote.refuse_web_page()
        want = next(iter(gone.values()))
        error = GoneError(
            f"{self.url.text} does not deliver commit {want.commit[:12]}",
            why="it is not, or no longer, part of any branch or tag there",
            hint="contact the registry maintainer, or ask for another commit in agentsync.yaml",
        )
        error.commit = want.commit
        raise error

    def need_blobs(self, oids: Iterable[str]) -> dict[str, int]:
        """Fetch those of these blobs that are not in the cache, all at once; return the size of each in bytes.

        Raises:
            DamagedCache: where one is still missing.
        """
        wanted = list(dict.fromkeys(oids))
        seen = self.objects.stamp()
        found = self.objects.sizes(wanted)
        missing = [oid for oid in wanted if oid not in found]
        if not missing:
            return found
        if self.remotes.offline:
            raise self._remote.offline(f"{len(missing)} files")
        self.remotes.say(f"fetching {len(missing)} files of {self.url.text}")
        self._fetcher.fetch_blobs(missing, seen)
        found = self.objects.sizes(wanted)
        if gone := [oid for oid in wanted if oid not in found]:
            raise DamagedCache(f"blob {gone[0]} cannot be read")
        return found

    def top_files(self, commit: str, most: Mapping[str, int]) -> dict[str, bytes]:
        """Return the files at the top of an index's commit, those alone that are there and not larger than this.

        They are fetched where the cache lacks them; where that is not possible, there are none.
        """
        if not self.remotes.offline and self.objects.absent({commit: commit}):
            self.remotes.say(f"fetching the index of {self.url.text}")
            self._fetcher.fetch_index(commit)
        with suppress(AgentsyncError, DamagedCache):
            if self.objects.absent({commit: commit}) or (tree := self.objects.tree_id(commit, "")) is None:
                return {}
            oids = self.objects.files_in([tree], list(most))[tree]
            sizes = self.objects.sizes(oids.values()) if self.remotes.offline else self.need_blobs(oids.values())
            small = {path: oid for path, oid in oids.items() if oid in sizes and sizes[oid] <= most[path]}
            blobs = self.objects.blobs(small.values())
            return {path: blobs[oid] for path, oid in small.items()}
        return {}

    def tag_object(self, ref: str) -> tuple[str, bytes]:
        """Return id and bytes of the object that a tag names itself, fetched anew; no bytes for a lightweight tag."""
        own = f"refs/agentsync/signed/{ref.removeprefix('refs/')}"
        if not self.remotes.offline:
            self._fetcher.fetch_tag(ref, own)
        try:
            oid = run_git(("rev-parse", "--verify", "--end-of-options", own), git_dir=self.folder).decode().strip()
        except GitFailure as failure:
            raise self._remote.unreachable(failure) from failure
        found = self.objects.read_object(oid)
        return oid, found.data if found.kind == b"tag" else b""

    def verify(self, command: str, oid: str, allowed: Path | None) -> str:
        """Return the output of `verify-tag` or `verify-commit`; raise GitFailure where the signature is not good."""
        signers = ("-c", f"gpg.ssh.allowedSignersFile={allowed or os.devnull}")
        printed = run_git((*signers, command, "--raw", oid), git_dir=self.folder, with_errors=True)
        return printed.decode("utf-8", "replace")

    def healing(self, read: Callable[[], T]) -> T:
        """Run `read`; where the cache turns out damaged, replace the repository and run it once more.

        Raises:
            IntegrityError: where a fresh copy is damaged too.
            FetchError: where no fresh copy can be fetched.
        """
        seen = file_identity(self.folder / "HEAD")
        try:
            return read()
        except DamagedCache as error:
            if self.remotes.offline:
                raise FetchError(
                    f"the cached copy of {self.url.text} is damaged", why=str(error), hint="run once without --offline"
                ) from error
        with self._set_aside(seen):
            try:
                return read()
            except DamagedCache as error:
                damage = error
        raise IntegrityError(
            f"{self.url.text} delivers objects that are not what their ids say",
            why=str(damage),
            hint="the repository itself is damaged: run `git fsck` in it",
        ) from damage

    @contextmanager
    def _set_aside(self, seen: tuple[int, int, int] | None) -> Iterator[None]:
        """Set the damaged copy aside for a block, so that another one is fetched.

        Where the block fails, the damaged one is put back: some of it may exist nowhere else.
        """
        self.objects.forget()
        aside = self.folder.with_suffix(".old")
        is_ours = False
        with self._fetcher.guarded():
            # Another process may have found the same damage, and replaced the copy.
            if file_identity(self.folder / "HEAD") == seen and self.folder.exists():
                drop_tree(aside)
                try:
                    replace(self.folder, aside)
                except OSError as error:
                    raise unwritable(self.folder, error.strerror or str(error)) from error
                self._fetcher.is_mending = is_ours = True
        try:
            yield
        except BaseException:
            if is_ours:
                self.objects.forget()
                with self._fetcher.guarded(), suppress(OSError):
                    drop_tree(self.folder)
                    replace(aside, self.folder)
            raise
        finally:
            self._fetcher.is_mending = False
        if aside.exists():
            with self._fetcher.guarded(), suppress(OSError):
                if self.folder.exists():
                    remove_tree(aside)
                else:
                    replace(aside, self.folder)
