"""One conversation with a server in git's protocol v2: its refs, then its objects, over one connection.

Git's own helper for http speaks to the server: credentials, proxies, certificates, redirects and limits are git's, and
nothing but the questions is ours. `git ls-remote` and `git fetch` would ask the server again what it can, on a
new connection each. Objects go to a `PackStore`, which checks them as in a fetch. Where a server or a remote is not
like that, there is no conversation, and git does all of it.

Sources: gitprotocol-v2(5), gitprotocol-common(5), gitremote-helpers(7) for `stateless-connect`.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from agentsync.git.batch_process import Pipes
from agentsync.git.git import GitFailure, Progress, TooMuchOutput, begin, end_git, error_text
from agentsync.git.pack_store import PackStore, add_shallow
from agentsync.git.places import Places
from agentsync.git.ways import Protocol, Way, likely_way, way_to
from agentsync.late import late
from agentsync.platform.files import scratch_file
from agentsync.versions.refs import INDEX_REF

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl
    from agentsync.platform.processes import Process

_FLUSH: Final = b"0000"
_DELIMITER: Final = b"0001"
_RESPONSE_END: Final = b"0002"
_LENGTH: Final = late(rb"[0-9a-fA-F]{4}")
_SHALLOW: Final = late(rb"shallow ([0-9a-f]{40}|[0-9a-f]{64})\n?")
_AGENT: Final = "agent=git/agentsync"
_CONNECT: Final = b"stateless-connect git-upload-pack\n\n"
_DATA, _PROGRESS = b"\1", b"\2"  # bands of a response

_places = Places(16)  # conversations that are kept open at the same time


class Conversation:
    """Questions to one server, in turn; a failure ends it, and raises GitFailure.

    Args:
        way, pipes: what has connected.
        finish: ends it.
        use: called with each question.

    Attributes:
        sent, received: bytes of what was said; over http without headers, as the helper adds and removes them.
        requests: how often the server was asked, for what it can do too.
    """

    def __init__(self, way: Way, pipes: Pipes, finish: Callable[[], object], use: Callable[[], object]) -> None:
        self._arguments = way.arguments
        self._protocol = way.protocol
        self._pipes = pipes
        self._finish = finish
        self._use = use
        self._turn = threading.Lock()
        self._is_asked = False
        self.is_open = True
        self.sent = self.received = 0
        self.requests = 1
        self._can: dict[str, str] = {}
        if (first := self._next()) is None or first.rstrip(b"\n") != b"version 2":
            raise OlderProtocol
        while (line := self._next()) is not None:
            name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition("=")
            self._can[name] = value

    @property
    def delivers(self) -> bool:
        """Whether objects come in it: from a remote machine, whose server can leave out blobs."""
        return self._protocol is not Protocol.FILE and self.can_filter

    @property
    def can_filter(self) -> bool:
        """Whether the server can leave out blobs."""
        return "filter" in self._can.get("fetch", "").split()

    @property
    def object_format(self) -> str:
        """The hash that names its objects, `sha1` or `sha256`."""
        return self._can.get("object-format", "sha1")

    def list_refs(self, prefixes: Sequence[str], most: int) -> str:
        """Return the refs that begin like this, HEAD too where asked, as `git ls-remote --symref` prints them.

        Raises:
            TooMuchOutput: where their names are more than `most` bytes.
        """
        wanted = ["peel", "symrefs", *(f"ref-prefix {prefix}" for prefix in prefixes)]
        found: list[str] = []
        with self._asking("ls-refs", wanted):
            for line in self._lines():
                found += _ref_lines(line)
                most -= len(line)
                if most < 0:
                    raise TooMuchOutput
        return "".join(found)

    def fetch(
        self,
        folder: Path,
        wants: Sequence[str],
        options: Sequence[str],
        tell: Progress | None = None,
        most: int | None = None,
        *,
        check: bool = True,
    ) -> None:
        """Fetch objects into a repository, which nothing else writes to meanwhile.

        Args:
            options: lines of the request, such as `deepen 1`.
            tell: called with the progress that the server reports.
            most: the limit of what comes, in bytes; None for no limit.
            check: whether git refuses what no checkout may have. It cannot where a `.gitattributes` is left out.

        Raises:
            TooMuchOutput: where more than `most` comes.
        """
        silence = ["no-progress"] if tell is None else []
        wanted = ["ofs-delta", *silence, *options, *(f"want {oid}" for oid in wants), "done"]
        with PackStore(folder, check=check, is_thin="thin-pack" in options) as store, self._asking("fetch", wanted):
            shallow = self._until_pack()
            self._store(store, tell or (lambda text: None), most)
        if shallow:
            add_shallow(folder, shallow)

    def close(self) -> None:
        """End it; closing again does nothing."""
        self.is_open = False
        self._finish()

    def leave(self) -> None:
        """End it where it was asked something, and nothing now."""
        if self._is_asked and self._turn.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._turn.release()

    def _asking(self, command: str, wanted: Sequence[str]) -> _Asking:
        capabilities = [f"command={command}", _AGENT]
        if (object_format := self._can.get("object-format")) is not None:
            capabilities.append(f"object-format={object_format}")
        request = b"".join((*map(_line, capabilities), _DELIMITER, *map(_line, wanted), _FLUSH))
        return _Asking(self, self._turn, lambda: self._send(request))

    def _send(self, request: bytes) -> None:
        self._is_asked = True
        self._use()
        if not self.is_open:
            raise GitFailure(self._arguments, 128, "fatal: the conversation has ended")
        self.sent += len(request)
        self.requests += 1
        self._pipes.write(request)

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines of a response up to its end.

        Behind the last one the helper says that it is complete: what came before a cut could look like an end. Where a
        server is spoken to without helper, a flush is the end.
        """
        while (line := self._next()) is not None:
            yield line
        if self._protocol is Protocol.HTTP and self._pipes.read(4) != _RESPONSE_END:
            raise GitFailure(self._arguments, 128, "fatal: protocol error: unexpected response")

    def _next(self) -> bytes | None:
        """Return the next line, None at a flush; the delimiter is an empty line."""
        head = self._pipes.read(4)
        if head == _FLUSH:
            return None
        if head == _DELIMITER:
            return b""
        if not _LENGTH.fullmatch(head) or (size := int(head, 16)) < len(head):
            raise GitFailure(self._arguments, 128, "fatal: protocol error: bad line length")
        line = self._pipes.read(size - len(head))
        self.received += size
        if line.startswith(b"ERR "):
            raise GitFailure(self._arguments, 128, error_text(b"fatal: remote error: " + line[4:]))
        return line

    def _until_pack(self) -> list[str]:
        """Read up to the section with the pack; return the commits whose parents the server leaves out."""
        found: list[str] = []
        for line in self._lines():
            if line.rstrip(b"\n") == b"packfile":
                return found
            if commit := _SHALLOW.fullmatch(line):
                found.append(commit[1].decode("ascii"))
        raise GitFailure(self._arguments, 128, "fatal: expected packfile")

    def _store(self, store: PackStore, tell: Progress, most: int | None) -> None:
        last = None if most is None else self.received + most
        for line in self._lines():
            if last is not None and self.received > last:
                raise TooMuchOutput
            if line[:1] == _DATA:
                store.write(memoryview(line)[1:])
            elif line[:1] == _PROGRESS:
                tell(line[1:].decode("utf-8", "replace").replace("\r", "\n").strip().rpartition("\n")[2])
            else:
                raise GitFailure(self._arguments, 128, error_text(b"remote: " + line[1:]))
        store.finish()


class _Asking:
    """A question whose answer is read to its end; otherwise the conversation is over."""

    def __init__(self, conversation: Conversation, turn: threading.Lock, send: Callable[[], None]) -> None:
        self._conversation = conversation
        self._turn = turn
        self._send = send

    def __enter__(self) -> None:
        self._turn.acquire()
        try:
            self._send()
        except BaseException:
            self._turn.release()
            raise

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._conversation.close()
        self._turn.release()


class OlderProtocol(Exception):
    """The server does not speak version 2."""


def converse(url: GitUrl) -> Conversation | None:
    """Begin a conversation; None where the remote or the server is not one for it.

    Raises:
        GitFailure: where the server cannot be reached, or refuses.
    """
    if (likely := likely_way(url)) is None:
        return _begun_by(way_to(url))
    # Git's helper gets ready while git is asked for the user's rules; it connects when it is told to.
    with suppress(_OtherWay):
        return _begun_by(likely, lambda: way_to(url))
    return _begun_by(way_to(url))


class _OtherWay(Exception):
    """The likely way is not the one that git would take."""


def _begun_by(way: Way | None, ask: Callable[[], Way | None] | None = None) -> Conversation | None:
    """Begin a conversation.

    Args:
        ask: returns the way that git would take.

    Raises:
        _OtherWay: where that is another one; nothing has been said then.
    """
    if way is None:
        return None
    holder, begun = object(), list[weakref.ref[Conversation]]()
    if not _places.take(holder, lambda: _leave(begun)):
        return None
    process, errors = _started(way, holder)
    is_over = threading.Event()

    def end() -> None:
        if not is_over.is_set():
            is_over.set()
            end_git(process)
            errors.close()
            _places.give_back(holder)

    try:
        if ask is not None and ((right := ask()) is None or right.command != way.command):
            raise _OtherWay
        found = _begun(way, Pipes(way.arguments, process, errors), end, lambda: _places.use(holder))
    except BaseException:
        end()
        raise
    if found is None:
        end()
    else:
        begun.append(weakref.ref(found))
        weakref.finalize(found, end)  # where nothing closes it
    return found


def _started(way: Way, holder: object) -> tuple[Process, IO[bytes]]:
    """Start what connects; return it, and the file that takes its errors."""
    errors = scratch_file()
    try:
        return begin(way.command, way.environment, errors), errors
    except BaseException:
        _places.give_back(holder)
        errors.close()
        raise


def _leave(begun: Sequence[weakref.ref[Conversation]]) -> None:
    for one in begun:
        if (conversation := one()) is not None:
            conversation.leave()


def _begun(way: Way, pipes: Pipes, end: Callable[[], object], use: Callable[[], object]) -> Conversation | None:
    try:
        if way.protocol is Protocol.HTTP:
            pipes.write(_CONNECT)
            if pipes.read_line():
                return None  # `fallback`: an older protocol
        return Conversation(way, pipes, end, use)
    except OlderProtocol:
        return None
    except GitFailure as failure:
        if way.protocol is Protocol.HTTP:
            raise
        if way.protocol is Protocol.FILE:
            return None  # git says the same with more words
        unread = f"{failure.message}; fatal: Could not read from remote repository."
        raise GitFailure(failure.arguments, failure.exit_code, unread) from failure


def _line(text: str) -> bytes:
    data = f"{text}\n".encode()
    return b"%04x" % (len(data) + 4) + data


def _ref_lines(line: bytes) -> list[str]:
    """Return a line of `ls-refs` as `git ls-remote --symref` prints it; none for one that counts nothing here."""
    oid, _, rest = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
    if rest.startswith("refs/tags/") and " " not in rest:  # as nearly all
        return [f"{oid}\t{rest}\n"]
    name, *facts = rest.split(" ")
    if name not in ("HEAD", INDEX_REF) and not name.startswith(("refs/heads/", "refs/tags/")):
        return []
    known = dict(fact.partition(":")[::2] for fact in facts)
    target = [f"ref: {known['symref-target']}\t{name}\n"] if "symref-target" in known else []
    peeled = [f"{known['peeled']}\t{name}^{{}}\n"] if "peeled" in known else []
    return [*target, f"{oid}\t{name}\n", *peeled]
