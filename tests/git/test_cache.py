"""The cache: it asks for little, asks once, believes no damaged byte, and mends itself."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from agentsync.errors import DiskError, FetchError, IntegrityError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want
from agentsync.git.git_object import DamagedCache, object_id
from tests.git.kit import GitCalls, files_of, objects_in, url_of
from tests.git_registry import SERVER_SETTINGS, File, GitRegistry, plain_git_environment
from tests.needs import needs
from tests.programs import write_program

# Larger than what comes along with a commit.
FILES = {f"agents/{name}.md": f"---\nname: {name}\n---\n{name * 3000}\n" for name in "abc"}
MORE = {**FILES, "agents/a.md": "changed\n" * 400, "skills/s/SKILL.md": "A skill\n" * 400}
AS_BYTES = {path: data.encode() for path, data in FILES.items()}
MORE_AS_BYTES = {path: data.encode() for path, data in MORE.items()}


@pytest.fixture
def first(git_registry: GitRegistry) -> str:
    """The commit of an old release, with a newer one on top."""
    commit = git_registry.publish("v1", FILES)
    git_registry.publish("v2", MORE)
    return commit


@pytest.fixture
def repository(cache: Cache, git_registry: GitRegistry, first: str) -> CachedRepository:
    """The registry in an empty cache."""
    return cache.repository(url_of(git_registry))


def afresh(repository: CachedRepository, *, offline: bool = False) -> CachedRepository:
    """The same repository for another process; this one has ended, and holds no file open."""
    repository.objects.forget()
    return Cache(repository.folder.parent.parent, offline=offline).repository(repository.url)


def tree_of(registry: GitRegistry, commit: str, path: str = "") -> str:
    """The id of a tree."""
    return registry.git("rev-parse", f"{commit}:{path}" if path else f"{commit}^{{tree}}")


# What is asked for.


def test_refs_are_asked_once(repository: CachedRepository, git_registry: GitRegistry, git_calls: GitCalls) -> None:
    """For any number of questions, from any number of threads."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: repository.refs(), range(16)))
    assert git_calls.commands() == ["ls-remote"]
    assert all(refs is answers[0] for refs in answers)
    assert answers[0].default_branch == "main" and set(answers[0].tags) == {"v1", "v2"}


def test_one_repository_for_all_its_spellings(cache: Cache, git_registry: GitRegistry) -> None:
    """And for all threads."""
    urls = [parse_git_url(text) for text in (git_registry.url, f"{git_registry.url}/")] * 8
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(cache.repository, urls)))) == 1


def test_a_commit_comes_without_history_and_without_files(
    repository: CachedRepository, git_registry: GitRegistry, git_calls: GitCalls
) -> None:
    """One commit and its trees, in one fetch; the files that are read come in one more."""
    commit = repository.refs().tags["v2"]
    git_calls.take()
    repository.need([Want(commit, "refs/tags/v2")])
    assert git_calls.commands().count("fetch") == 1
    assert objects_in(repository.folder) == ["commit", "tree", "tree", "tree", "tree"]
    assert files_of(repository, commit) == MORE_AS_BYTES
    assert git_calls.commands().count("fetch") == 1
    assert objects_in(repository.folder).count("blob") == 4
    assert files_of(afresh(repository), commit) == MORE_AS_BYTES
    assert "fetch" not in git_calls.commands()


def test_small_files_come_with_the_commit(cache: Cache, git_registry: GitRegistry, git_calls: GitCalls) -> None:
    """Files that describe a pack need no second fetch; large ones do."""
    commit = git_registry.publish("v1", {"pack.yaml": "name: a\n", "agents/a.md": "x" * 3000})
    repository = cache.repository(url_of(git_registry))
    repository.need([Want(commit, "refs/tags/v1")])
    assert objects_in(repository.folder).count("blob") == 1
    git_calls.take()
    root = repository.objects.tree_id(commit, "") or ""
    assert repository.objects.files_in([root], ["pack.yaml", "agents/none.md", "none/x"])[root].keys() == {"pack.yaml"}
    oid = repository.objects.files_in([root], ["pack.yaml"])[root]["pack.yaml"]
    assert repository.objects.blobs(repository.need_blobs([oid])) == {oid: b"name: a\n"}
    assert "fetch" not in git_calls.commands()


def test_only_missing_files_are_fetched(repository: CachedRepository, first: str, git_calls: GitCalls) -> None:
    """Files that two releases share are fetched once."""
    assert files_of(repository, first) == AS_BYTES
    newest = repository.refs().tags["v2"]
    repository.need([Want(newest, "refs/tags/v2")])
    git_calls.take()
    assert files_of(repository, newest) == MORE_AS_BYTES
    assert objects_in(repository.folder).count("blob") == 5


def test_a_locked_tree_comes_alone(
    repository: CachedRepository, git_registry: GitRegistry, git_calls: GitCalls
) -> None:
    """In one fetch, with its files, without its commit and the rest of the repository."""
    commit = git_registry.git("rev-parse", "v2")
    want = Want(commit, "refs/tags/v2", tree_of(git_registry, commit, "skills"))
    repository.need([want])
    assert GitContents(repository, want).read(["s/SKILL.md"]) == {"s/SKILL.md": MORE_AS_BYTES["skills/s/SKILL.md"]}
    assert git_calls.commands().count("fetch") == 1
    assert objects_in(repository.folder) == ["blob", "tree", "tree"]


def test_many_wants_are_one_fetch(
    repository: CachedRepository, git_registry: GitRegistry, first: str, git_calls: GitCalls
) -> None:
    """Trees of several packs, or commits of several releases."""
    newest = git_registry.git("rev-parse", "v2")
    trees = [Want(one, "", tree_of(git_registry, one)) for one in (first, newest)]
    repository.need(trees)
    assert git_calls.commands().count("fetch") == 1
    afresh(repository).need([Want(first, "refs/tags/v1"), Want(newest, "refs/tags/v2")])
    assert git_calls.commands().count("fetch") == 1
    afresh(repository).need([Want(first), Want(newest), *trees])
    assert git_calls.commands() == ["cat-file"]


def test_nothing_is_nothing(repository: CachedRepository, git_calls: GitCalls) -> None:
    """No git for no question."""
    repository.need([])
    repository.need_blobs([])
    assert repository.objects.blobs({}) == {}
    assert git_calls.commands() == []


def test_what_is_not_there_any_more(repository: CachedRepository, first: str) -> None:
    """A commit that the registry does not deliver; what is cached stays."""
    assert files_of(repository, first) == AS_BYTES
    with pytest.raises(FetchError, match=r"does not deliver commit 111111111111") as caught:
        files_of(repository, "1" * 40, "refs/tags/gone")
    assert "registry maintainer" in caught.value.hint
    assert files_of(afresh(repository, offline=True), first) == AS_BYTES


def test_a_registry_that_is_gone(
    repository: CachedRepository, git_registry: GitRegistry, first: str, git_calls: GitCalls
) -> None:
    """It is not asked again and again for other things; what is cached serves on."""
    assert files_of(repository, first) == AS_BYTES
    shutil.rmtree(git_registry.path)
    git_calls.take()
    with pytest.raises(FetchError, match="cannot read file://") as caught:
        repository.need([Want("1" * 40, "refs/tags/v9")])
    assert git_calls.commands().count("fetch") == 1
    assert "does not appear to be a git repository" in caught.value.why
    with pytest.raises(FetchError, match="cannot read"):
        afresh(repository).refs()
    assert files_of(afresh(repository), first) == AS_BYTES


def test_offline(repository: CachedRepository, git_registry: GitRegistry, first: str, git_calls: GitCalls) -> None:
    """The last answer and what is cached; everything else is an error that says so."""
    offline = afresh(repository, offline=True)
    with pytest.raises(FetchError, match="the cache does not have the branches and tags") as caught:
        offline.refs()
    assert caught.value.hint == "run once without --offline"
    with pytest.raises(FetchError, match=f"does not have commit {first[:12]}"):
        offline.need([Want(first)])
    refs = repository.refs()
    repository.need([Want(first)])
    git_registry.publish("v3", {})
    git_calls.take()
    assert (offline.refs().branches, offline.refs().tags) == (refs.branches, refs.tags)
    with pytest.raises(FetchError, match="does not have 3 files"):
        files_of(offline, first)
    assert not {"fetch", "ls-remote", "init"} & set(git_calls.commands())


# Trees.


def test_the_tree_of_a_folder(repository: CachedRepository, git_registry: GitRegistry, first: str) -> None:
    """As git names it; None for what is no folder, or no way to write one."""
    newest = git_registry.git("rev-parse", "v2")
    repository.need([Want(newest)])
    for path in ("", "agents", "skills", "skills/s"):
        assert repository.objects.tree_id(newest, path) == tree_of(git_registry, newest, path)
    before = sorted(repository.folder.iterdir())
    for path in ("none", "agents/a.md", "agents/a.md/x", "skills/none", "..", "../x", "./agents", "agents/", "/agents",
                 "agents//", "a:b", "^{tree}", "a\nb", ".", "agents/..", "x missing", "-x", "\udcff"):  # fmt: skip
        assert repository.healing(partial(repository.objects.tree_id, newest, path)) is None
    assert sorted(repository.folder.iterdir()) == before


def test_an_id_that_is_no_commit(repository: CachedRepository, git_registry: GitRegistry) -> None:
    """The id of an annotated tag, as `git rev-parse` gives it, is told apart."""
    git_registry.publish("v3", FILES, annotated=True)
    tag = git_registry.git("rev-parse", "v3")
    with pytest.raises(ResolutionError, match="is a tag, not a commit"):
        files_of(repository, tag)


def test_entries(repository: CachedRepository, git_registry: GitRegistry) -> None:
    """Every mode, and names of any bytes."""
    odd = 'a "b"\t\\c\n/é'
    commit = git_registry.publish(
        None,
        {"x.sh": File("1", executable=True), "l": File("x.sh", symlink=True), "m": File(gitlink="1" * 40), odd: "2"},
    )
    repository.need([Want(commit)])
    entries = repository.objects.entries(tree_of(git_registry, commit))
    assert {path: entry.mode for path, entry in entries.items()} == {
        "x.sh": "100755",
        "l": "120000",
        "m": "160000",
        odd: "100644",
    }
    assert entries[odd].oid == object_id(b"blob", b"2")


def test_replacements_have_no_say(
    repository: CachedRepository, git_registry: GitRegistry, first: str, git_calls: GitCalls
) -> None:
    """Neither those of the registry, nor such that found their way into the cache."""
    evil = git_registry.publish(None, {"agents/a.md": "evil\n"}, branch="evil")
    git_registry.git("replace", first, evil)
    assert files_of(repository, first) == AS_BYTES
    repository.need([Want(evil)])
    command = ["git", f"--git-dir={repository.folder}", "replace", first, evil]
    subprocess.run(command, env=plain_git_environment(), check=True)
    git_calls.take()
    assert files_of(afresh(repository), first) == AS_BYTES
    assert "fetch" not in git_calls.commands()


# Servers that deliver less than others.


def served(tmp_path: Path, server: Mapping[str, str]) -> tuple[GitRegistry, list[str]]:
    """A registry behind such a server, with three commits on one branch."""
    registry = GitRegistry(tmp_path / "served.git", server=server)
    commits = [registry.publish("v1", FILES), registry.publish(None, {}), registry.publish("v2", MORE)]
    return registry, commits


@pytest.mark.parametrize("version", ["0", "2"])
@pytest.mark.parametrize("by_id", ["true", "false"])
@pytest.mark.parametrize("filters", ["true", "false"])
def test_any_server_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, by_id: str, filters: str
) -> None:
    """That refuses filters, or single objects, or speaks the old protocol."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.version")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", version)
    settings = {"uploadpack.allowFilter": filters, "uploadpack.allowAnySHA1InWant": by_id}
    registry, (old, _, newest) = served(tmp_path, settings)
    for number, (commit, ref, files) in enumerate(
        [(newest, "refs/tags/v2", MORE_AS_BYTES), (old, "refs/heads/main", AS_BYTES), (old, "", AS_BYTES)]
    ):
        cached = Cache(tmp_path / f"cache{number}").repository(url_of(registry))
        assert files_of(cached, commit, ref) == files
    cached = Cache(tmp_path / "cache").repository(url_of(registry))
    want = Want(old, "refs/heads/main", tree_of(registry, old))
    cached.need([want])
    contents = GitContents(cached, want)
    assert contents.read(contents.entries) == AS_BYTES


def test_falling_back_keeps_what_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that upstream deleted stay, also where everything else has to be fetched anew."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.version")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "0")
    registry, (old, _, _) = served(tmp_path, {"uploadpack.allowFilter": "true"})
    cached = Cache(tmp_path / "cache").repository(url_of(registry))
    assert files_of(cached, old, "refs/tags/v1") == AS_BYTES
    registry.delete_tag("v1")
    registry.git("update-ref", "-d", "refs/heads/main")
    registry.git("update-ref", "-d", "refs/tags/v2")
    new = [registry.publish(None, {"x.md": "1"}), registry.publish(None, {"x.md": "2"})]
    registry.git("reflog", "expire", "--expire=now", "--all")
    registry.git("gc", "--quiet", "--prune=now")
    assert files_of(afresh(cached), new[0], "refs/heads/main") == {"x.md": b"1"}
    assert files_of(afresh(cached, offline=True), old) == AS_BYTES


def test_branches_that_become_folders(tmp_path: Path) -> None:
    """`topic` yesterday, `topic/one` today: fetched by the same cache."""
    registry = GitRegistry(tmp_path / "served.git", server={})
    one = registry.publish(None, {"x": "1"}, branch="topic")
    cached = Cache(tmp_path / "cache").repository(url_of(registry))
    assert files_of(cached, one, "refs/heads/topic") == {"x": b"1"}
    registry.git("update-ref", "-d", "refs/heads/topic")
    two = registry.publish(None, {"x": "2"}, branch="topic/one")
    assert files_of(afresh(cached), two, "refs/heads/topic/one") == {"x": b"2"}


def long_ids(folder: Path) -> str:
    """A repository with SHA-256, and its one commit."""
    git = ["git", f"--git-dir={folder}"]
    environment = plain_git_environment()
    command = [*git, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main"]
    subprocess.run(command, env=environment, check=True)
    stream = b"commit refs/heads/main\ncommitter a <a@b> 1 +0000\ndata 1\nx\nM 644 inline d/a.md\ndata 3\nabc\n"
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, env=environment, check=True)
    done = subprocess.run([*git, "rev-parse", "main"], env=environment, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("asked_first", [True, False])
def test_long_ids(cache: Cache, tmp_path: Path, asked_first: bool) -> None:
    """Also where only the lock tells that they are long."""
    commit = long_ids(tmp_path / "long.git")
    repository = cache.repository(parse_git_url((tmp_path / "long.git").as_uri()))
    if asked_first:
        assert repository.refs().branches == {"main": commit}
    assert files_of(repository, commit, "refs/heads/main", path="d") == {"a.md": b"abc"}


def test_a_bundle(cache: Cache, git_registry: GitRegistry, first: str, tmp_path: Path) -> None:
    """A registry in one file."""
    git_registry.git("bundle", "create", str(tmp_path / "agents.bundle"), "--all", "HEAD")
    repository = cache.repository(parse_git_url(str(tmp_path / "agents.bundle")))
    assert repository.refs().default_branch == "main"
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    newest = repository.refs().tags["v2"]
    assert files_of(repository, newest, "refs/tags/v2") == MORE_AS_BYTES


# Damage.


def _remove(pattern: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in list(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.chmod(0o644)
                path.unlink()

    return damage


def _cut(pattern: str, length: int = 20) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:length])

    return damage


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _a_file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("what?")


def _overwritten(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"\xff[garbage\n")


def _no_commit(folder: Path) -> None:
    """The packs that hold the commit and the trees are gone, and the files' are not."""
    packs = sorted((folder / "objects" / "pack").glob("*.pack"), key=lambda path: path.stat().st_mtime_ns)
    for path in (folder / "objects" / "pack").glob(f"{packs[0].stem}.*"):
        path.chmod(0o644)
        path.unlink()


DAMAGE: Final[dict[str, Callable[[Path], object]]] = {
    "packs cut": _cut("objects/pack/*.pack"),
    "packs emptied": _cut("objects/pack/*.pack", 0),
    "indexes cut": _cut("objects/pack/*.idx"),
    "packs cut in half": _cut("objects/pack/*.pack", 100),
    "no indexes": _remove("objects/pack/*.idx"),
    "no packs": _remove("objects/pack/*.pack"),
    "no pack folder": _remove("objects/pack"),
    "no objects": _remove("objects"),
    "no commit": _no_commit,
    "no HEAD": _remove("HEAD"),
    "HEAD emptied": _cut("HEAD", 0),
    "no refs": _remove("refs"),
    "no config": _remove("config"),
    "config overwritten": _overwritten("config"),
    "shallow overwritten": _overwritten("shallow"),
    "nothing": _emptied,
    "a file instead": _a_file_instead,
    "gone": lambda folder: shutil.rmtree(folder),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_repository_is_mended(repository: CachedRepository, first: str, name: str) -> None:
    """Whatever happened to it: the files are right, and no failure is reported."""
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    repository.objects.forget()  # it would hold files open that are to be damaged
    DAMAGE[name](repository.folder)
    assert files_of(afresh(repository), first, "refs/tags/v1") == AS_BYTES
    assert files_of(afresh(repository, offline=True), first) == AS_BYTES


def flip(folder: Path, number: int) -> None:
    """Change one bit of one file that holds objects or tells where they are."""
    dice = random.Random(number)
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".pack", ".idx", ".rev"))
    where = dice.choice(files)
    data = bytearray(where.read_bytes())
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    where.chmod(0o600)
    where.write_bytes(data)


def both_releases(repository: CachedRepository) -> list[dict[str, bytes]]:
    """All files of the registry."""
    refs = {"v1": repository.refs().tags["v1"], "v2": repository.refs().tags["v2"]}
    return [files_of(repository, commit, f"refs/tags/{tag}") for tag, commit in refs.items()]


def assert_flips_do_no_harm(repository: CachedRepository, numbers: range) -> None:
    """With one bit changed, the files are the right ones."""
    assert both_releases(repository) == [AS_BYTES, MORE_AS_BYTES]
    whole = repository.folder.with_name("whole")
    shutil.copytree(repository.folder, whole)
    repository.objects.close()
    for number in numbers:
        shutil.rmtree(repository.folder)
        shutil.copytree(whole, repository.folder)
        flip(repository.folder, number)
        assert both_releases(afresh(repository)) == [AS_BYTES, MORE_AS_BYTES], f"flip {number}"


def test_a_flipped_bit_is_found_and_mended(repository: CachedRepository) -> None:
    """In packs and indexes."""
    assert_flips_do_no_harm(repository, range(12))


@pytest.mark.slow
def test_many_flipped_bits(repository: CachedRepository) -> None:
    """The same for many places."""
    assert_flips_do_no_harm(repository, range(1000, 1040))


@pytest.mark.long
def test_a_great_many_flipped_bits(repository: CachedRepository) -> None:
    """The same for very many places."""
    assert_flips_do_no_harm(repository, range(2000, 2600))


def plant(folder: Path, oid: str, kind: bytes, data: bytes) -> None:
    """Put other bytes under the id of an object, as git itself would never do."""
    import zlib

    where = folder / "objects" / oid[:2] / oid[2:]
    where.parent.mkdir(exist_ok=True)
    where.write_bytes(zlib.compress(kind + b" %d\0" % len(data) + data))


@pytest.mark.parametrize("what", ["commit", "root tree", "tree", "blob"])
def test_other_bytes_under_the_same_id(
    repository: CachedRepository, git_registry: GitRegistry, first: str, what: str
) -> None:
    """Git hands them out without a word; they are found out and fetched anew."""
    evil = git_registry.publish(None, {"agents/a.md": "evil\n", "agents/b.md": "", "agents/c.md": ""}, branch="evil")
    assert files_of(repository, evil)["agents/a.md"] == b"evil\n"
    names = {"commit": "", "root tree": "^{tree}", "tree": ":agents", "blob": ":agents/a.md"}
    good, bad = (git_registry.git("rev-parse", f"{commit}{names[what]}") for commit in (first, evil))
    kind = what.rpartition(" ")[2]
    data = subprocess.run(
        ["git", f"--git-dir={git_registry.path}", "cat-file", kind, bad],
        env=plain_git_environment(), check=True, capture_output=True,
    ).stdout  # fmt: skip
    plant(repository.folder, good, kind.encode(), data)
    assert files_of(afresh(repository), first, "refs/tags/v1") == AS_BYTES


def test_reading_alone_finds_damage(repository: CachedRepository, first: str) -> None:
    """A failure is reported where nothing helps."""
    repository.need([Want(first)])
    for oid in ("1" * 40, repository.objects.tree_id(first, "") or ""):
        with pytest.raises(DamagedCache, match=f"blob {oid} cannot be read"):
            repository.objects.blobs({oid: 1})
    with pytest.raises(DamagedCache):
        repository.objects.entries("1" * 40)
    with pytest.raises(DamagedCache, match="is missing"):
        repository.objects.tree_id("1" * 40, "")


def test_offline_a_damaged_copy_is_kept(repository: CachedRepository, first: str) -> None:
    """There may be no other, and other parts of it may be whole."""
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    _cut("objects/pack/*.idx")(repository.folder)
    before = sorted(path.name for path in repository.folder.rglob("*"))
    with pytest.raises(FetchError, match=r"the cached copy of file://.* is damaged") as caught:
        files_of(afresh(repository, offline=True), first)
    assert caught.value.hint == "run once without --offline"
    assert sorted(path.name for path in repository.folder.rglob("*")) == before


def test_a_damaged_copy_stays_where_no_other_can_be_had(
    repository: CachedRepository, git_registry: GitRegistry, first: str
) -> None:
    """Once its registry is gone, what is whole in it may exist nowhere else."""
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    repository.objects.forget()
    _cut("objects/pack/*.idx")(repository.folder)
    before = sorted(path.name for path in (repository.folder / "objects").rglob("*"))
    shutil.move(git_registry.path, git_registry.path.with_name("elsewhere"))
    with pytest.raises(FetchError):
        files_of(afresh(repository), first, "refs/tags/v1")
    assert sorted(path.name for path in (repository.folder / "objects").rglob("*")) == before
    shutil.move(git_registry.path.with_name("elsewhere"), git_registry.path)
    assert files_of(afresh(repository), first, "refs/tags/v1") == AS_BYTES
    assert not repository.folder.with_suffix(".old").exists()


def test_a_registry_that_is_damaged_itself(repository: CachedRepository, first: str) -> None:
    """Fetching it again does not help, and is not tried for ever."""
    reads: list[int] = []

    def read() -> None:
        reads.append(1)
        raise DamagedCache("blob x holds other bytes")

    with pytest.raises(IntegrityError, match="delivers objects that are not what their ids say") as caught:
        repository.healing(read)
    assert len(reads) == 2 and caught.value.why == "blob x holds other bytes"


@needs("open removal")
@needs("inodes")
def test_what_another_process_mended_is_left_alone(
    repository: CachedRepository, first: str, git_calls: GitCalls
) -> None:
    """It met the same damage and was faster."""
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    reads: list[int] = []

    def read() -> dict[str, bytes]:
        reads.append(1)
        if len(reads) == 1:
            shutil.rmtree(repository.folder)
            files_of(afresh(repository), first, "refs/tags/v1")
            git_calls.take()
            raise DamagedCache("the old one was damaged")
        return files_of(repository, first)

    assert repository.healing(read) == AS_BYTES
    assert "fetch" not in git_calls.commands()


def test_stale_locks_do_not_block(repository: CachedRepository, git_registry: GitRegistry, first: str) -> None:
    """Files that a killed fetch left behind."""
    repository.need([Want(first, "refs/tags/v1")])
    newest = git_registry.git("rev-parse", "v2")
    left = ["shallow.lock", f"refs/agentsync/{newest}.lock", "objects/pack/tmp_pack_x", "objects/pack/tmp_idx_x"]
    for name in left:
        (repository.folder / name).touch()
    scratch = repository.folder.with_suffix(".new")
    scratch.mkdir()
    assert files_of(afresh(repository), newest, "refs/tags/v2") == MORE_AS_BYTES
    assert not any((repository.folder / name).exists() for name in left) and not scratch.exists()
    scratch.mkdir()
    assert files_of(afresh(repository), newest, "refs/tags/v2") == MORE_AS_BYTES
    assert not scratch.exists(), "nor where nothing has to be fetched"


# Several at once.


def run_parallel(count: int, act: Callable[[int], object]) -> list[object]:
    """Run it in threads that start together."""
    gate = threading.Barrier(count)

    def wait_and_act(number: int) -> object:
        gate.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_act, range(count)))


@pytest.mark.parametrize("shared", [True, False])
def test_eight_at_once(repository: CachedRepository, first: str, git_calls: GitCalls, shared: bool) -> None:
    """Threads of one process, or as if of eight: each gets its files, and each thing is fetched once."""
    found = run_parallel(8, lambda _: files_of(repository if shared else afresh(repository), first, "refs/tags/v1"))
    assert found == [AS_BYTES] * 8
    assert git_calls.commands().count("fetch") == 2


@needs("inodes")
@pytest.mark.parametrize(
    "name", ["indexes cut", "packs cut", "no HEAD", pytest.param("gone", marks=needs("open removal"))]
)
def test_eight_meet_damage(repository: CachedRepository, first: str, name: str) -> None:
    """One mends it, and none of the others is led to believe that the registry is at fault."""
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    DAMAGE[name](repository.folder)
    assert run_parallel(8, lambda _: files_of(afresh(repository), first, "refs/tags/v1")) == [AS_BYTES] * 8


FETCHING = """
import sys
from pathlib import Path
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.fetching import Want
Cache(Path(sys.argv[1])).repository(parse_git_url(sys.argv[2])).need([Want(sys.argv[3], sys.argv[4])])
"""


@pytest.fixture
def killed(
    repository: CachedRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Path]]:
    """Kills a process in the middle of a fetch; returns the file that lets the orphaned git go on."""
    go, started = tmp_path / "go", tmp_path / "started"
    script = f'touch {started}\nuntil [ -e {go} ]; do sleep 0.02; done\nexec "$@"'
    slow = write_program(tmp_path / "slow.sh", script)
    config = tmp_path / "slow-config"
    config.write_text(f"[uploadpack]\n\tpackObjectsHook = {slow}\n")

    def kill(commit: str, ref: str) -> Path:
        command = [
            sys.executable,
            "-c",
            FETCHING,
            str(repository.folder.parent.parent),
            repository.url.text,
            commit,
            ref,
        ]
        process = subprocess.Popen(command, env={**os.environ, "GIT_CONFIG_GLOBAL": str(config)})
        deadline = time.monotonic() + 30
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert started.exists()
        return go

    yield kill
    go.touch()


@pytest.mark.parametrize("orphan_goes_on", [True, False])
def test_a_killed_process(
    repository: CachedRepository, first: str, killed: Callable[..., Path], orphan_goes_on: bool
) -> None:
    """The next one does its work, while the orphaned git still waits, or ends in the middle of it."""
    go = killed(first, "refs/tags/v1")
    if orphan_goes_on:
        go.touch()
    assert files_of(repository, first, "refs/tags/v1") == AS_BYTES
    go.touch()
    time.sleep(0.2)
    assert files_of(afresh(repository), first, "refs/tags/v1") == AS_BYTES
    newest = repository.refs().tags["v2"]
    assert files_of(afresh(repository), newest, "refs/tags/v2") == MORE_AS_BYTES


# The folder of the cache.


def test_counting_and_cleaning(cache: Cache, repository: CachedRepository, first: str, tmp_path: Path) -> None:
    """Only repositories count; nothing is left."""
    assert cache.count() == 0 and cache.clean() == 0
    repository.refs()
    assert cache.count() == 0
    repository.need([Want(first)])
    assert cache.count() == 1 and cache.clean() == 1
    assert cache.count() == 0 and not any(repository.folder.parent.glob("*"))
    assert files_of(afresh(repository), first) == AS_BYTES


def test_nothing_is_left_beside_a_repository(repository: CachedRepository, first: str) -> None:
    """No half-made repository, also of one that was killed while it was made."""
    scratch = repository.folder.with_suffix(".new")
    (scratch / "refs").mkdir(parents=True)
    files_of(repository, first)
    assert not scratch.exists()


def test_a_cache_that_cannot_be_written(tmp_path: Path, git_registry: GitRegistry, first: str) -> None:
    """Questions that need no disk are answered; the rest is an error of the disk."""
    (tmp_path / "file").touch()
    repository = Cache(tmp_path / "file" / "cache").repository(url_of(git_registry))
    assert repository.refs().tags["v1"] == first
    with pytest.raises(DiskError, match="cannot write to the cache") as caught:
        repository.need([Want(first)])
    assert "AGENTSYNC_CACHE_DIR" in caught.value.hint


@needs("modes")
def test_the_cache_is_the_users_own(repository: CachedRepository) -> None:
    """It may hold files of private registries."""
    repository.refs()
    assert repository.folder.parent.stat().st_mode & 0o077 == 0


def test_progress(tmp_path: Path, git_registry: GitRegistry, first: str) -> None:
    """Told for a person who is watching; a password is not."""
    told: list[str] = []
    cached = Cache(tmp_path / "cache", progress=told.append).repository(url_of(git_registry))
    cached.refs()
    files_of(cached, first)
    assert told[0] == f"asking {git_registry.url}"
    assert f"fetching {git_registry.url}" in told and f"fetching 3 files of {git_registry.url}" in told


def test_settings_of_servers_are_those_of_the_kit() -> None:
    """The other tests stand on a server that delivers single objects."""
    assert set(SERVER_SETTINGS) == {"uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"}
