"""The catalog over git: which packs a registry offers, at which commits, and what they ask for."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentsync.errors import FetchError, ResolutionError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.model.lock import LockedPack
from agentsync.model.manifest import ManifestEntry, Registry
from agentsync.model.names import PackName
from agentsync.registries.git_catalog import GitCatalog
from agentsync.registries.locked import locked_contents
from agentsync.versions.catalog import Candidate
from agentsync.versions.requirement import Pin, parse_pin
from tests.git.kit import GitCalls, url_of
from tests.git_registry import Files, GitRegistry
from tests.memory_catalog import requirement
from tests.needs import needs

AGENT = "---\nname: a\ndescription: d\n---\n"
LIST = """\
registry: 1
name: acme
packs:
  back: { path: packs/back, description: The back, yanked: ["1.1.0"] }
  front: { path: packs/front }
"""
FILES: Files = {"registry.yaml": LIST, "packs/back/agents/a.md": AGENT, "packs/front/agents/b.md": AGENT}
ANY = parse_pin("*")


@dataclass(frozen=True)
class Shop:
    """A catalog over some registries, and its cache."""

    cache: Cache
    catalog: GitCatalog

    def versions(self, name: str, pin: Pin = ANY) -> list[str]:
        """The candidates as text, newest first."""
        return [str(candidate) for candidate in self.catalog.candidates(name, pin)]


def shop(cache: Cache, registries: Mapping[str, GitRegistry], *loose: ManifestEntry, branch: str | None = None) -> Shop:
    """A catalog over these registries."""
    known = {alias: Registry(alias, url_of(registry), branch) for alias, registry in registries.items()}
    return Shop(cache, GitCatalog(cache, known, {wish.key: wish for wish in loose}))


@pytest.fixture
def acme(cache: Cache, git_registry: GitRegistry) -> Shop:
    """A registry of two packs with two releases."""
    for version in ("1.0.0", "1.1.0"):
        git_registry.publish(f"v{version}", {**FILES, "packs/back/version": version})
    return shop(cache, {"acme": git_registry})


def test_what_a_registry_offers(acme: Shop) -> None:
    """Its list, with what it says of each pack."""
    assert acme.catalog.knows("acme/back") and not acme.catalog.knows("other/back")
    offer = acme.catalog.offer("acme/back")
    assert (offer.path, offer.description, offer.yanked) == ("packs/back", "The back", {"1.1.0": ""})
    with pytest.raises(ResolutionError, match="registry acme has no pack 'bakc'") as caught:
        acme.catalog.offer("acme/bakc")
    assert caught.value.hint == "did you mean `back`?" and caught.value.why == "packs: back, front"


def test_a_repository_that_lists_nothing(cache: Cache, git_registry: GitRegistry) -> None:
    """It is one pack, called like itself, and its alias alone names it."""
    git_registry.publish("v1.0.0", {"agents/a.md": AGENT})
    found = shop(cache, {"x": git_registry}).catalog
    assert found.name_of(ManifestEntry(PackName("x"), "x")) == "x/agents"
    assert found.offer("x/agents").path == ""


def test_which_pack(acme: Shop) -> None:
    """An alias alone is not enough where there are several."""
    assert acme.catalog.name_of(ManifestEntry(PackName("acme/back"), "acme", "back")) == "acme/back"
    with pytest.raises(ResolutionError, match="registry acme has 2 packs: say which") as caught:
        acme.catalog.name_of(ManifestEntry(PackName("acme"), "acme"))
    assert caught.value.why == "back, front"


def test_the_branch_that_counts(cache: Cache, git_registry: GitRegistry) -> None:
    """The manifest's own, else the repository's; one that is not there is told."""
    git_registry.publish(None, FILES)
    git_registry.publish(None, {**FILES, "registry.yaml": LIST.replace("front", "side")}, branch="next")
    assert shop(cache, {"acme": git_registry}, branch="next").catalog.offer("acme/side")
    with pytest.raises(ResolutionError, match="registry acme has no branch 'nxet'") as caught:
        shop(cache, {"acme": git_registry}, branch="nxet").catalog.offer("acme/back")
    assert caught.value.hint == "did you mean `next`?"


def test_an_empty_registry(cache: Cache, git_registry: GitRegistry) -> None:
    """It has no branch at all."""
    with pytest.raises(ResolutionError, match=r"agents\.git is empty"):
        shop(cache, {"acme": git_registry}).catalog.offer("acme/back")


def test_releases(acme: Shop, git_registry: GitRegistry) -> None:
    """Newest first; those that were withdrawn are marked; a pack's own tags hide the others."""
    assert acme.versions("acme/back") == ["acme/back 1.1.0", "acme/back 1.0.0"]
    assert [candidate.yanked for candidate in acme.catalog.candidates("acme/back", ANY)] == [True, False]
    assert [candidate.yanked for candidate in acme.catalog.candidates("acme/front", ANY)] == [False, False]
    git_registry.publish("front/v3.0.0", FILES)
    again = shop(Cache(acme.cache.folder), {"acme": git_registry})
    assert again.versions("acme/front") == ["acme/front 3.0.0"]
    assert again.versions("acme/back") == ["acme/back 1.1.0", "acme/back 1.0.0"]


@pytest.mark.parametrize("yanked", ["1.1", "v1.1.0", "1.1.0.0"])
def test_releases_are_withdrawn_by_version(cache: Cache, git_registry: GitRegistry, yanked: str) -> None:
    """However the list spells them."""
    git_registry.publish("v1.1.0", {**FILES, "registry.yaml": LIST.replace('"1.1.0"', f'"{yanked}"')})
    (candidate,) = shop(cache, {"acme": git_registry}).catalog.candidates("acme/back", ANY)
    assert candidate.yanked


def test_tags_branches_and_commits(acme: Shop, git_registry: GitRegistry) -> None:
    """The commit of a pin, by its full ref; a failure names similar refs."""
    tagged = git_registry.git("rev-parse", "v1.0.0")
    (by_tag,) = acme.catalog.candidates("acme/back", parse_pin("tag:v1.0.0"))
    assert (by_tag.ref, by_tag.commit, str(by_tag.version)) == ("refs/tags/v1.0.0", tagged, "1.0.0")
    (by_branch,) = acme.catalog.candidates("acme/back", parse_pin("branch:main"))
    assert (by_branch.ref, by_branch.version) == ("refs/heads/main", None)
    assert acme.catalog.candidates("acme/back", parse_pin(f"commit:{tagged}")) == (
        Candidate("acme/back", None, "", tagged),
    )
    for pin, hint in (("tag:v1.0.1", "did you mean `v1.0.0`?"), ("branch:mian", "did you mean `main`?")):
        with pytest.raises(ResolutionError, match="acme/back: there is no") as caught:
            acme.catalog.candidates("acme/back", parse_pin(pin))
        assert caught.value.hint == hint


def test_a_tag_and_a_branch_of_one_name(cache: Cache, git_registry: GitRegistry) -> None:
    """Each is asked for by its full ref, so neither can stand for the other."""
    good = git_registry.publish("v1.0.0", {"agents/a.md": AGENT})
    evil = git_registry.publish(None, {"agents/a.md": "evil"}, branch="v1.0.0")
    found = shop(cache, {"x": git_registry})
    (release,) = found.catalog.candidates("x/agents", ANY)
    assert release.commit == good != evil
    assert found.catalog.pack_at(release).contents.read(["agents/a.md"]) == {"agents/a.md": AGENT.encode()}


def test_a_pack_without_releases(cache: Cache, git_registry: GitRegistry) -> None:
    """Its default branch stands in."""
    commit = git_registry.publish("not-a-version", {"agents/a.md": AGENT})
    (candidate,) = shop(cache, {"x": git_registry}).catalog.candidates("x/agents", ANY)
    assert (candidate.commit, candidate.ref, candidate.stands_in) == (commit, "refs/heads/main", True)


def test_the_files_of_a_release(acme: Shop, git_registry: GitRegistry) -> None:
    """Below the pack's root, with git's id of that folder."""
    newest, _ = acme.catalog.candidates("acme/back", ANY)
    at = acme.catalog.pack_at(newest)
    assert sorted(at.contents.entries) == ["agents/a.md", "version"]
    assert at.contents.tree == git_registry.git("rev-parse", "v1.1.0:packs/back")
    assert at.contents.read(["version"]) == {"version": b"1.1.0"}


def test_a_pack_that_moved(cache: Cache, git_registry: GitRegistry) -> None:
    """An old release is found where that commit says; one that is nowhere is told."""
    git_registry.publish("v0.9.0", {"README.md": "Nothing yet"})
    git_registry.publish("v1.0.0", {"registry.yaml": LIST.replace("packs/back", "old"), "old/agents/a.md": AGENT})
    git_registry.publish("v2.0.0", FILES)
    found = shop(cache, {"acme": git_registry})
    newest, older, oldest = found.catalog.candidates("acme/back", ANY)
    assert found.catalog.pack_at(newest).path == "packs/back"
    assert found.catalog.pack_at(older).path == "old"
    with pytest.raises(ResolutionError, match="there is no folder 'packs/back' at commit"):
        found.catalog.pack_at(oldest)


def test_a_loose_pack(cache: Cache, git_registry: GitRegistry) -> None:
    """From a folder of a repository that is no registry."""
    git_registry.publish("v1.0.0", FILES)
    wish = ManifestEntry(PackName("mine"), git=url_of(git_registry), path="packs/back", pin=ANY)
    found = shop(cache, {}, wish)
    (candidate,) = found.catalog.candidates("mine", ANY)
    assert found.catalog.pack_at(candidate).path == "packs/back"
    lost = shop(cache, {}, ManifestEntry(PackName("mine"), git=url_of(git_registry), path="../x", pin=ANY))
    with pytest.raises(ResolutionError, match=r"there is no folder '\.\./x'"):
        lost.catalog.pack_at(candidate)
    assert cache.count() == 1


def test_what_a_pack_requires(cache: Cache, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Of its own registry by a bare name; of another one by its URL, if the manifest lists it."""
    other = GitRegistry(tmp_path / "other.git")
    own = f"requires:\n  front: ^1\n  theirs: {{ git: {other.url}, pack: base, version: '>=2' }}\n"
    git_registry.publish("v1.0.0", {**FILES, "packs/back/pack.yaml": f"name: back\n{own}"})
    both = shop(cache, {"acme": git_registry, "theirs": other})
    (candidate,) = both.catalog.candidates("acme/back", ANY)
    assert both.catalog.requires(candidate) == (requirement("acme/front", "^1"), requirement("theirs/base", ">=2"))
    alone = shop(cache, {"acme": git_registry})
    with pytest.raises(ResolutionError, match=r"agentsync\.yaml does not list") as caught:
        alone.catalog.requires(candidate)
    assert caught.value.hint == f"agentsync registry add other {other.url}"


def test_each_repository_is_asked_once(
    cache: Cache, git_registry: GitRegistry, tmp_path: Path, git_calls: GitCalls
) -> None:
    """All at the same time, also where two aliases and a loose pack mean the same one."""
    other = GitRegistry(tmp_path / "other.git")
    for registry in (git_registry, other):
        registry.publish("v1.0.0", FILES)
    wishes = [ManifestEntry(PackName(f"{alias}/back"), alias, "back", pin=ANY) for alias in ("a", "b", "c")]
    loose = ManifestEntry(PackName("mine"), git=url_of(git_registry), path="packs/back", pin=ANY)
    found = shop(cache, {"a": git_registry, "b": git_registry, "c": other}, loose)
    git_calls.take()
    found.catalog.prepare([*wishes, loose])
    assert git_calls.commands().count("ls-remote") == 2
    for name in ("a/back", "c/back", "mine"):
        found.versions(name)
    assert git_calls.commands() == []


def test_one_registry_that_is_gone(acme: Shop, git_registry: GitRegistry, tmp_path: Path) -> None:
    """Fails the question, and names itself."""
    gone = GitRegistry(tmp_path / "gone.git")
    shutil.rmtree(gone.path)
    found = shop(acme.cache, {"acme": git_registry, "gone": gone}).catalog
    with pytest.raises(FetchError, match=r"cannot read file://.*gone\.git"):
        found.prepare(
            [
                ManifestEntry(PackName("acme/back"), "acme", "back", pin=ANY),
                ManifestEntry(PackName("gone/x"), "gone", "x", pin=ANY),
            ]
        )


@needs("open removal")
def test_a_cache_that_loses_everything_at_any_time(acme: Shop) -> None:
    """Between any two questions."""

    def lose() -> None:
        for path in (acme.cache.folder / "git-v1").glob("*.git/objects/pack/*.idx"):
            path.unlink()

    newest, _ = acme.catalog.candidates("acme/back", ANY)
    lose()
    assert acme.catalog.requires(newest) == ()
    lose()
    at = acme.catalog.pack_at(newest)
    lose()
    assert at.contents.read(["version"]) == {"version": b"1.1.0"}
    lose()
    assert at.contents.read(["agents/a.md"]) == {"agents/a.md": AGENT.encode()}


# Packs that are locked.


def locked(registry: GitRegistry, tag: str, path: str, name: str) -> LockedPack:
    """The lock's entry for a release."""
    commit, tree = registry.git("rev-parse", f"{tag}^0", f"{tag}:{path}").split()
    return LockedPack(PackName(name), "1", registry.url, f"refs/tags/{tag}", commit, tree, path, "*")


def test_locked_packs(acme: Shop, git_registry: GitRegistry, tmp_path: Path, git_calls: GitCalls) -> None:
    """One fetch for each repository, no question about refs; then none at all."""
    other = GitRegistry(tmp_path / "other.git")
    other.publish("v1", {"agents/x.md": AGENT})
    packs = [
        locked(git_registry, "v1.0.0", "packs/back", "acme/back"),
        locked(git_registry, "v1.1.0", "packs/front", "acme/front"),
        locked(other, "v1", "", "other/other"),
    ]
    git_calls.take()
    for fetches in (2, 0):
        found = locked_contents(Cache(acme.cache.folder), packs, parse_git_url)
        assert {name: sorted(contents.entries) for name, contents in found.items()} == {
            "acme/back": ["agents/a.md", "version"],
            "acme/front": ["agents/b.md"],
            "other/other": ["agents/x.md"],
        }
        assert found["acme/back"].read(["version"]) == {"version": b"1.0.0"}
        calls = git_calls.commands()
        assert calls.count("fetch") == fetches and "ls-remote" not in calls
    assert locked_contents(acme.cache, [], parse_git_url) == {}


def test_a_locked_pack_offline(acme: Shop, git_registry: GitRegistry) -> None:
    """A failure names the missing commit."""
    packs = [locked(git_registry, "v1.0.0", "packs/back", "acme/back")]
    with pytest.raises(FetchError, match="the cache does not have commit"):
        locked_contents(Cache(acme.cache.folder, offline=True), packs, parse_git_url)


def test_a_locked_path_on_disk(acme: Shop, git_registry: GitRegistry) -> None:
    """Starts from the folder of the lock."""
    pack = locked(git_registry, "v1.0.0", "packs/back", "acme/back")
    relative = LockedPack(
        pack.name, "1", f"./{git_registry.path.name}", pack.ref, pack.commit, pack.tree, pack.path, "*"
    )
    found = locked_contents(
        acme.cache, [relative], lambda text: parse_git_url(text, base=git_registry.path.parent.as_posix())
    )
    assert found["acme/back"].tree == pack.tree
    assert parse_git_url(f"./{git_registry.path.name}", base=git_registry.path.parent.as_posix()).is_local
