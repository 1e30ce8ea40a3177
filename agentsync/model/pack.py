"""A pack: what one folder of one commit holds, and where it was offered."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl
    from agentsync.model.links import Links
from agentsync.model.git_file import TreeEntry
from agentsync.model.names import PackName


class Contents(Protocol):
    """The files of one pack at one commit, or of one folder on disk."""

    @property
    def tree(self) -> str:
        """Git's id of the pack's root tree."""

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path in the pack, with those behind links that are followed."""

    @property
    def links(self) -> "Links":
        """The symlinks, with what each stands for."""

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the size of each of these files in bytes, without reading it."""

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these files in one go; raise UnsafeError for one larger than any file that is read."""


class PackRoot(NamedTuple):
    """Root of a pack in its repository, and the part of it that counts.

    Args:
        name: its name in the lock.
        path: its root in its repository, "" for the whole.
        declared: the items that its registry lists for it by kind, where they are not its own to say.
        inner: what below its root belongs to other packs: folders and files, with all that is below them.
    """

    name: PackName
    path: str = ""
    declared: Mapping[str, tuple[str, ...]] = {}
    inner: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The folder name of a skill that is a whole pack: the last part of its path, else its name."""
        return self.path.rpartition("/")[2] or self.name.last


class Offer(NamedTuple):
    """One pack as a registry describes it.

    Args:
        git: the repository that holds it, which may be another one.
        path, inner: as in `PackRoot`.
        tag_template: how its release tags are spelled, None for the usual templates.
        deprecated: why it should no longer be used, "" where it may.
        yanked: releases that are withdrawn, with the reason, "" for none.
        elsewhere: whether `git` is not the registry itself.
        pinned: the commit the registry pins it to, "" for none.
        ref: the branch or tag of `git` that counts where there is no release, "" for its default.
        declared: the folders and files that are its items by kind (`agents`, `skills`,
            `commands`), where the registry lists them instead of the pack; empty otherwise.
    """

    name: str
    git: "GitUrl"
    path: str = ""
    description: str = ""
    tag_template: str | None = None
    deprecated: str = ""
    yanked: Mapping[str, str] = {}
    keywords: tuple[str, ...] = ()
    elsewhere: bool = False
    pinned: str = ""
    ref: str = ""
    declared: Mapping[str, tuple[str, ...]] = {}
    renamed_from: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
