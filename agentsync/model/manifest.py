"""The manifest, `agentsync.yaml`: what a person asks for."""

from collections.abc import Mapping
from typing import NamedTuple

from agentsync.model.git_url import GitUrl
from agentsync.model.item import DEFAULT_TARGETS, Choice
from agentsync.model.names import PackName
from agentsync.model.policy import TrustPolicy
from agentsync.model.rel_path import RelPath
from agentsync.versions.requirement import Pin


class Registry(NamedTuple):
    """A git repository that offers packs, under the alias the manifest gives it.

    Args:
        branch: the branch whose `registry.yaml` counts, None for the default branch.
        signers: a file of allowed signers, as written: who may sign its packs by ssh; "" for none required.
        gpg: the fingerprints of the keys that may sign them.
        tags: the template of its tags that is tried first, "" for the usual ones alone.
    """

    alias: str
    git: GitUrl
    branch: str | None = None
    signers: str = ""
    gpg: tuple[str, ...] = ()
    tags: str = ""

    @property
    def is_signed(self) -> bool:
        return bool(self.signers or self.gpg)


class ManifestEntry(NamedTuple):
    """One entry under `packs:`. Exactly one of `registry`, `git` and `folder` says where from.

    Args:
        key: the entry's key, `alias/pack`, `alias`, or a name of its own.
        pack: the pack's name in that registry, None where the registry has just one.
        path: the pack's folder in `git`, "" for its root.
        folder: a folder on disk, as written.
        pin: None for a folder.
    """

    key: PackName
    registry: str | None = None
    pack: str | None = None
    git: GitUrl | None = None
    path: str = ""
    folder: str | None = None
    pin: Pin | None = None
    choice: Choice = Choice()


class Manifest(NamedTuple):
    """The content of `agentsync.yaml`.

    Args:
        targets: the AI tools to install for, sorted.
        residue: the classes of power that an item may have in an AI tool although its source does not, by tool.
    """

    registries: Mapping[str, Registry] = {}
    packs: tuple[ManifestEntry, ...] = ()
    targets: tuple[str, ...] = DEFAULT_TARGETS
    policy: TrustPolicy = TrustPolicy()
    residue: Mapping[str, tuple[str, ...]] = {}

    def repositories(self) -> tuple[GitUrl, ...]:
        return (
            *(registry.git for registry in self.registries.values()),
            *(entry.git for entry in self.packs if entry.git is not None),
        )


class PackRequest(NamedTuple):
    """A pack of a registry that the manifest knows; `pack` is None where only the alias is given."""

    alias: str
    pack: str | None = None
    pin: Pin | None = None


class SourceRequest(NamedTuple):
    """A repository or a folder on disk.

    Args:
        path: the folder in it, None for its root.
        ref: a plain name, which may be a tag or a branch. Never set together with `pin`.
        browsed: a ref and the path of a folder or file behind it, as a browser's address has them; set alone.
    """

    url: GitUrl
    path: RelPath | None = None
    pin: Pin | None = None
    ref: str | None = None
    browsed: str = ""
