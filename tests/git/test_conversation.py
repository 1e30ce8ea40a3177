"""One conversation over http: what comes is what git itself would fetch, with fewer requests; else git does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from agentsync.errors import AgentsyncError, GoneError
from agentsync.formats.git_url import parse_git_url
from agentsync.git import conversation, remotes
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.conversation import converse
from agentsync.git.fetching import Want
from agentsync.git.git import GitFailure, run_git
from agentsync.git.places import Places
from agentsync.git.remotes import _LIST
from agentsync.model.git_url import GitUrl
from tests.cli.http_server import git_answer, running
from tests.faults.flaky_server import Trouble, flaky
from tests.git.kit import files_of
from tests.git_registry import GitRegistry

LARGE = "All of it.\n" * 400
PACK = b"PACK\0\0\0\2"


class Server:
    """What was asked of a server, and how it answers: `version` is the protocol that it knows."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.version = 2
        self.spoil: tuple[bytes, bytes] = (b"", b"")

    def requests(self) -> int:
        """How many there were since the last look."""
        count = len(self.asked)
        self.asked.clear()
        return count


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serve the repositories in a folder."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            headers: Mapping[str, str] = {
                name: value for name, value in self.headers.items() if server.version == 2 or name != "Git-Protocol"
            }
            server.asked.append(body.decode("latin-1"))
            status, found, rest = git_answer(folder, self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in found.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest.replace(*server.spoil) if server.spoil[0] else rest)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with running(Handler) as url:
        server.url = url
        yield server


@pytest.fixture
def server(git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of a registry with a release, a branch, an annotated tag and large files."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:http")
    monkeypatch.setattr(conversation, "_places", Places(16))  # what another test left open takes none
    monkeypatch.setattr(remotes, "_WAITS", (0.0, 0.01))
    git_registry.publish("v1.0.0", {"a/one.md": "one", "a/large.md": LARGE, "b/two.md": "two"})
    git_registry.git("branch", "other")
    git_registry.git("tag", "-a", "-m", "x", "annotated")
    git_registry.git("update-ref", "refs/notes/x", "HEAD")
    with serving(git_registry.path.parent) as found:
        yield found


def opened(server: Server, registry: GitRegistry, folder: Path) -> CachedRepository:
    """The repository in a cache of its own."""
    return Cache(folder).repository(parse_git_url(f"{server.url}/{registry.path.name}"))


def test_refs_and_objects(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The refs are those of `git ls-remote`; they, a commit with its small files, and the large ones are 4 requests."""
    repository = opened(server, git_registry, tmp_path / "cache")
    refs = repository.refs()
    commit = refs.tags["v1.0.0"]
    assert set(refs.tags) == {"v1.0.0", "annotated"} and refs.default_branch == "main" and "other" in refs.branches
    assert server.requests() == 2
    (record,) = (tmp_path / "cache").rglob("*.refs")
    assert record.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n" == run_git(
        _LIST, remote=repository.url
    )
    server.requests()
    found = files_of(repository, commit, "refs/tags/v1.0.0")
    assert found == {"a/one.md": b"one", "a/large.md": LARGE.encode(), "b/two.md": b"two"}
    assert server.requests() == 2
    run_git(("rev-list", "--objects", "--missing=allow-any", commit), git_dir=repository.folder)
    repository.close()


def test_an_update_brings_what_changed(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The commit before is told to the server: its files do not come again, and the new one does with all of them."""
    old = git_registry.git("rev-parse", "HEAD")
    repository = opened(server, git_registry, tmp_path / "cache")
    files_of(repository, old)
    new = git_registry.publish("v1.1.0", {"a/one.md": "one", "a/large.md": LARGE + "more", "b/two.md": "two"})
    repository = opened(server, git_registry, tmp_path / "cache")
    server.requests()
    assert repository.refs().tags["v1.1.0"] == new
    assert files_of(repository, new)["a/large.md"] == f"{LARGE}more".encode()
    assert (
        "thin-pack" in server.asked[-1] and f"have {old}" in server.asked[-1] and f"shallow {old}" in server.asked[-1]
    )
    assert server.requests() == 3
    shown = run_git(("rev-list", "--count", new), git_dir=repository.folder)
    assert shown == b"1\n", "its parents are not there, and git knows"


def test_a_server_of_an_older_protocol(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Git asks and fetches itself."""
    server.version = 0
    repository = opened(server, git_registry, tmp_path / "cache")
    commit = repository.refs().tags["v1.0.0"]
    assert files_of(repository, commit, "refs/tags/v1.0.0")["a/large.md"] == LARGE.encode()


@pytest.mark.parametrize(
    "spoil", [(PACK, b"PACK\0\0\0\7"), (b"packfile", b"pickfile"), (b"\1PACK", b"\3PACK"), (b"0001", b"00z1")]
)
def test_an_answer_that_is_damaged(
    server: Server, git_registry: GitRegistry, tmp_path: Path, spoil: tuple[bytes, bytes]
) -> None:
    """Nothing of it is taken: git asks again, and says what is wrong; once it is right, all comes."""
    repository = opened(server, git_registry, tmp_path / "cache")
    commit = repository.refs().tags["v1.0.0"]
    server.spoil = spoil
    with pytest.raises(AgentsyncError):
        files_of(repository, commit)
    server.spoil = (b"", b"")
    repository = opened(server, git_registry, tmp_path / "cache")
    assert files_of(repository, commit)["b/two.md"] == b"two"


def test_a_listing_that_is_cut_off(server: Server, git_registry: GitRegistry) -> None:
    """Wherever it was cut off it is a failure, and never a listing with fewer refs: also where the rest looks whole."""
    prefixes = ("refs/heads/", "refs/tags/")
    with flaky(git_registry.path.parent) as broken:
        url = parse_git_url(f"{broken.url}/{git_registry.path.name}")
        conversation = converse(url)
        assert conversation is not None
        greeting = broken.sent
        whole = conversation.list_refs(prefixes, 10_000)
        conversation.close()
        # Within the first lengths of a line, of which a part and the helper's own end look like an end.
        line = len("0050") + len(whole.split("\n")[1]) + len(" symref-target:refs/heads/main")
        for after in (*range(greeting, greeting + 5), *range(greeting + line - 2, greeting + line + 6)):
            broken.trouble, broken.sent = Trouble(after, times=1), 0
            with pytest.raises(GitFailure):
                _listed(url, prefixes)
        broken.trouble = None
        assert _listed(url, prefixes) == whole


def _listed(url: GitUrl, prefixes: tuple[str, ...]) -> str:
    conversation = converse(url)
    assert conversation is not None
    try:
        return conversation.list_refs(prefixes, 10_000)
    finally:
        conversation.close()


def test_what_the_server_does_not_have(server: Server, git_registry: GitRegistry, tmp_path: Path) -> None:
    """The failure is the same as without a conversation; what else is wanted comes, and no one asks for it again."""
    repository, there = opened(server, git_registry, tmp_path / "cache"), git_registry.git("rev-parse", "HEAD")
    for _ in range(2):
        with pytest.raises(GoneError, match="does not deliver commit 111111111111"):
            repository.need([Want("1" * 40), Want(there)])
    assert len([body for body in server.asked if there in body]) == 2, "with what is lost, and without"
    assert len([body for body in server.asked if "1" * 40 in body]) == 1
    repository.need([Want(there)])


def test_the_longest_idle_gives_its_place(
    server: Server, git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are only so many conversations; one that has to wait for nothing begins anew where it is needed again."""
    monkeypatch.setattr(conversation, "_places", Places(1))
    head = git_registry.git("rev-parse", "HEAD")
    one, other = (opened(server, git_registry, tmp_path / name) for name in ("one", "other"))
    assert one.refs().tags == other.refs().tags
    server.requests()
    assert files_of(one, head) == files_of(other, head)
    assert server.requests() == 6, "each connects again, and git is not asked to"
    one.close()
    other.close()
    fresh = converse(one.url)
    assert fresh is not None and converse(one.url) is None, "one that was asked nothing yet is not ended"
    fresh.close()


def test_rules_for_urls(
    server: Server, git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`insteadOf` counts as for git: to http it is a conversation, to a path it is none."""
    url = parse_git_url("https://git.example/x/registry")
    goals = ((server.url, True), (str(git_registry.path.parent), False))
    for goal, is_http in goals:
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{goal}/{git_registry.path.name}.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", url.location)
        server.requests()
        if is_http:  # plain http is for those who ask for it
            with pytest.raises(AgentsyncError, match="cannot read"):
                Cache(tmp_path / goal[:4]).repository(url).refs()
            assert server.requests() == 0
        else:
            assert "v1.0.0" in Cache(tmp_path / "cache").repository(url).refs().tags
