"""Changes of `registry.yaml` that are commits of their own: yanked versions, deprecated and renamed packs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from agentsync.disk.author_tree import AuthorTree
from agentsync.errors import UsageError
from agentsync.formats import registry_edits
from agentsync.formats.git_url import parse_git_url
from agentsync.git.author import AuthorRepository
from agentsync.git.own_repository import open_checkout
from agentsync.model.names import nearest
from agentsync.model.pack import Offer
from agentsync.model.plain_name import LONGEST, is_plain_name
from agentsync.publishing.history import History, url_for
from agentsync.publishing.planned import refusal
from agentsync.publishing.publish_journal import FOLDER
from agentsync.registries.marketplace import MARKETPLACES
from agentsync.registries.registry_file import REGISTRY_NAME, included_files, packs_by_file, parse_registry_file
from agentsync.versions.version import is_among, version_of


class Listed(NamedTuple):
    """A change of the list of packs.

    Args:
        subject: of its commit, which says what it does.
        commit: None where nothing had to change, and in a dry run.
        has_changed: whether anything had to change.
    """

    subject: str
    commit: str | None
    has_changed: bool
    notes: tuple[str, ...] = ()


class Listing:
    """The `registry.yaml` of an author's repository, which is changed by commits of it alone."""

    def __init__(self, author: AuthorRepository, history: History, *, dry_run: bool) -> None:
        self._author, self._history, self._dry_run = author, history, dry_run
        self._tree = AuthorTree(author.top, author.git_dir / FOLDER)
        if self._tree.read(REGISTRY_NAME) is None:
            raise refusal(
                f"there is no {REGISTRY_NAME} at the top of this repository",
                why="what a registry says of its packs is written there",
                hint="start one: `agentsync registry init --from-tree`",
            )
        if begun := author.half_done():
            raise refusal(f"{begun} is not finished here", hint="finish it or abort it, see git status")
        head = history.files(history.head)
        text = self._read(REGISTRY_NAME)
        included = [path for path, _ in included_files(text, head)]
        self._texts = {REGISTRY_NAME: text, **{path: self._read(path) for path in included}}
        for path in self._texts:
            if author.changed(path):
                raise refusal(f"{path} has changes that are not committed", hint="commit them first")
        git = parse_git_url(author.top.as_posix())
        files = tuple((path, self._texts[path]) for path in included)
        offers = parse_registry_file(text, name=REGISTRY_NAME, git=git, files=files).offers
        self._offers = {offer.name: offer for offer in offers}
        self._lists = dict.fromkeys(self._offers, REGISTRY_NAME) | packs_by_file(files)

    def _read(self, path: str) -> str:
        return (self._tree.read(path) or b"").decode("utf-8", "surrogateescape")

    def yank(self, pack: str, version: str, reason: str) -> Listed:
        """Withdraw a version; raise RefusedError for one that is no release."""
        offer, version = self._pack(pack), version.removeprefix("v")
        found = self._release(offer, version)
        why = offer.yanked.get(next((text for text in offer.yanked if version_of(text) == found), ""), None)
        if why is not None and why == (reason or why):
            return Listed(f"{pack} {version} is yanked already", None, has_changed=False)
        path, text = self._listed(pack)
        edited = registry_edits.yank(text, pack, version, reason, path)
        return self._write({path: edited}, f"Yank {pack} {version}", reason)

    def unyank(self, pack: str, version: str) -> Listed:
        """Take back that a version was withdrawn."""
        offer, version = self._pack(pack), version.removeprefix("v")
        if not is_among(_version(version), offer.yanked):
            return Listed(f"{pack} {version} is not yanked", None, has_changed=False)
        path, text = self._listed(pack)
        edited = registry_edits.unyank(text, pack, version, path)
        return self._write({path: edited}, f"Take back the yank of {pack} {version}")

    def deprecate(self, pack: str, why: str, instead: str) -> Listed:
        """Say that a pack should not be used any more, and perhaps which one is to be used instead."""
        self._pack(pack)
        if instead:
            self._pack(instead)
            if instead == pack:
                raise UsageError(f"{pack} cannot be used instead of itself", hint="name another pack with --use")
        reason = "; ".join(filter(None, (why, f"use {instead}" if instead else "")))
        path, text = self._listed(pack)
        edited = registry_edits.deprecate(text, pack, reason, path)
        if edited == text:
            return Listed(f"{pack} is deprecated already", None, has_changed=False)
        return self._write({path: edited}, f"Deprecate {pack}", reason)

    def undeprecate(self, pack: str) -> Listed:
        """Take back that a pack should not be used."""
        self._pack(pack)
        path, text = self._listed(pack)
        edited = registry_edits.undeprecate(text, pack, path)
        if edited == text:
            return Listed(f"{pack} is not deprecated", None, has_changed=False)
        return self._write({path: edited}, f"Take back that {pack} is deprecated")

    def rename(self, old: str, new: str) -> Listed:
        """Give a pack another name; those who ask for the old one get it all the same."""
        if not is_plain_name(new):
            why = f"a name has lower-case letters, digits and single hyphens, at most {LONGEST} of them"
            raise UsageError(f"{new!r} cannot be the name of a pack", why=why, hint="choose another one")
        if new in self._offers:
            raise UsageError(f"there is a pack {new} already", hint="choose another name")
        self._pack(old)
        listed = self._history.files(self._history.head).entries
        lists = [path for path in MARKETPLACES if path in listed]
        notes = tuple(f"{path} is not changed: where it lists {old}, write {new} there" for path in lists)
        path, text = self._listed(old)
        edited = {**self._texts, path: registry_edits.rename_key(text, old, new, path)}
        edited[REGISTRY_NAME] = registry_edits.note_rename(edited[REGISTRY_NAME], old, new)
        return self._write(edited, f"Rename {old} to {new}")._replace(notes=notes)

    def _pack(self, name: str) -> Offer:
        if name not in self._offers:
            raise UsageError(f"{REGISTRY_NAME} has no pack {name!r}", hint=nearest(name, self._offers))
        return self._offers[name]

    def _release(self, offer: Offer, text: str) -> Version:
        """Return a version that is a release of a pack; those of a pack that lies elsewhere are not known here."""
        version = _version(text)
        if offer.elsewhere:
            return version
        known = [release.version for release in self._history.releases(offer)]
        if version not in known:
            shown = [str(one) for one in known]
            why = f"its releases: {', '.join(shown)}" if shown else "it has no release"
            raise refusal(
                f"{offer.name} has no release {text}", why=why, hint=nearest(text, shown) or "publish it first"
            )
        return version

    def _listed(self, pack: str) -> tuple[str, str]:
        """Return the file that lists a pack, and its text."""
        path = self._lists[pack]
        return path, self._texts[path]

    def _write(self, edited: Mapping[str, str], subject: str, body: str = "") -> Listed:
        """Write the files that differ, and commit them together; where there is no commit, they are as they were."""
        if self._dry_run:
            return Listed(subject, None, has_changed=True)
        changed = {path: (self._texts[path], text) for path, text in edited.items() if text != self._texts[path]}
        written: list[str] = []
        try:
            for path, (before, after) in changed.items():
                self._put(path, before, after)
                written.append(path)
            commit = self._author.commit(written, f"{subject}\n" + (f"\n{body}\n" if body else ""))
        except BaseException:
            for path in written:
                before, after = changed[path]
                self._put(path, after, before)
            raise
        return Listed(subject, commit, has_changed=True)

    def _put(self, path: str, before: str, after: str) -> None:
        self._tree.put(path, *(one.encode("utf-8", "surrogateescape") for one in (before, after)))


def _version(text: str) -> Version:
    version = version_of(text)
    if version is None:
        raise UsageError(f"{text!r} is not a version", hint="write it as 1.2.0")
    return version


@contextmanager
def listing(folder: Path, *, dry_run: bool) -> Iterator[Listing]:
    """Open the list of packs of the repository that a folder is in."""
    with open_checkout(folder, "HEAD") as checkout:
        repository = checkout.repository
        if repository.git_dir is None:
            raise UsageError(f"{folder} is in no git repository", hint="a registry is a git repository: git init")
        author = AuthorRepository(repository.top, repository.git_dir)
        yield Listing(author, History(repository, url_for(checkout), checkout.commit), dry_run=dry_run)
