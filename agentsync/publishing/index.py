"""Write the index of a registry into its repository, and push it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agentsync.errors import UsageError
from agentsync.git.author import AuthorRepository
from agentsync.git.index_ref import index_there, write_index
from agentsync.git.own_repository import open_checkout
from agentsync.publishing.branches import line_of, shallow_refusal
from agentsync.publishing.history import History, url_for
from agentsync.publishing.indexing import index_files
from agentsync.registries.registry_index import tags_digest


class Indexed(NamedTuple):
    """An index that was made, or would be.

    Args:
        commit: that of the index.
        source: the commit that it is made from.
        size: of all its files in bytes.
        has_changed: whether the repository had another one, or none.
        pushed: the remote that has it now, "" for none.
        has_pushed: whether the remote had another one, or none.
        unread: the packs that could not be read: the index has their names alone.
    """

    commit: str
    source: str
    packs: int
    size: int
    has_changed: bool
    unread: tuple[str, ...]
    notes: tuple[str, ...] = ()
    pushed: str = ""
    has_pushed: bool = False


def make_index(folder: Path, push: str, *, dry_run: bool) -> Indexed:
    """Make the index of the registry that a working tree or a bare repository is, from its last commit.

    Args:
        push: the remote that gets it, see `line_of`; "" for none.

    Raises:
        UsageError: where there is no repository, or no commit.
        FetchError: where it cannot be read, or the remote cannot be reached.
        RefusedError: where the remote does not take it.
        ResolutionError: where its `registry.yaml` is not valid.
    """
    with open_checkout(folder, "HEAD") as checkout:
        repository = checkout.repository
        if repository.git_dir is None:
            raise UsageError(f"{folder} is in no git repository", hint="a registry is a git repository: git init")
        author = AuthorRepository(repository.top, repository.git_dir)
        if author.is_shallow():
            raise shallow_refusal("commits and tags are missing that an index has")
        history = History(repository, url_for(checkout), checkout.commit)
        found = repository.healing(lambda: index_files(history))
        message, date = f"Index of {checkout.commit}\n", repository.objects.committed(checkout.commit)
        commit = write_index(repository.folder, found.files, message, date)
        has_changed = index_there(repository.git_dir) != commit
        if has_changed and not dry_run:
            write_index(repository.git_dir, found.files, message, date)
        done = Indexed(
            commit=commit,
            source=checkout.commit,
            packs=found.packs,
            size=sum(map(len, found.files.values())),
            has_changed=has_changed,
            unread=found.unread,
        )
        return _pushed(done, author, history, push, dry_run=dry_run) if push else done


def _pushed(done: Indexed, author: AuthorRepository, history: History, push: str, *, dry_run: bool) -> Indexed:
    remote = line_of(author, push).remote
    there = author.ask_remote(remote)
    notes: tuple[str, ...] = ()
    tip = there.branches.get(there.default_branch or "")
    if tip != done.source or tags_digest(there.tags) != tags_digest(history.tags):
        what = "another commit" if tip != done.source else "other tags"
        notes = (f"{remote} has {what}: nothing uses the index there until it is made again from what is there",)
    if there.index != done.commit and not dry_run:
        author.push_index(remote, there.index)
    return done._replace(notes=notes, pushed=remote, has_pushed=there.index != done.commit)
