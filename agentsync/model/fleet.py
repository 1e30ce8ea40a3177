"""The nouns of a fleet: the repositories of a list, and what was found in each of them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from agentsync.model.git_url import GitUrl

FLEET_NAME: Final = "fleet.yaml"


class FleetStanding(StrEnum):
    """State of one repository of a fleet, the worst first: of several that fit, the first one counts."""

    UNREACHABLE = "unreachable"
    DENIED = "denied"
    GONE = "gone"
    EMPTY = "empty"
    BROKEN = "broken"
    MOVED_TAG = "moved tag"
    POLICY = "policy"
    LOCK = "lock"
    DRIFT = "drift"
    OUTDATED = "outdated"
    LOCK_ONLY = "lock only"
    CLEAN = "clean"
    UNMANAGED = "unmanaged"


UNANSWERED: Final = frozenset((FleetStanding.UNREACHABLE, FleetStanding.DENIED))
"""The standings of a repository that did not answer: what was found there before is kept, with its age."""


class Member(NamedTuple):
    """A repository of a fleet's list.

    Args:
        url: where it is; its `key` tells repositories apart, its `text` is what results and reports hold.
        branch: the branch to look at, "" for the one that HEAD names.
        folders: the folders of its projects, "." for the root; none where each `agentsync.yaml` in the tree is one.
    """

    url: GitUrl
    branch: str = ""
    folders: tuple[str, ...] = ()


class FoundItem(NamedTuple):
    """An item of a locked pack, `KIND:NAME`, and what it asks for, such as `net`."""

    item: str
    grants: tuple[str, ...] = ()


class FoundPack(NamedTuple):
    """A pack in the lock of a project.

    Args:
        folder: the folder of the project in its repository, "." for the root.
        version: None where it is no release.
        commit, tree: what is locked, "" for a pack that is a folder.
        registry: the URL of the registry that offers it, else of its repository, without credentials; "" for a pack
            that is a folder.
        tag: the tag that it was locked by, "" for none.
        wanted: what asks for it, the manifest and other packs, as `registries.standing.asked_text` writes it, such as
            `^1.2` or `^1.2 and <1.5`; "" for any version.
    """

    folder: str
    pack: str
    version: str | None
    commit: str
    tree: str
    registry: str = ""
    tag: str = ""
    wanted: str = ""
    items: tuple[FoundItem, ...] = ()


class FoundFile(NamedTuple):
    """A slot that is not as its lock has it; `pack` is "" for an extra file, `drift` a word of `model/drift.py`."""

    folder: str
    path: str
    pack: str
    drift: str


class FoundRepository(NamedTuple):
    """One repository of a fleet at a commit; all that is found depends on that commit, and on what it was held against.

    Args:
        repository: its URL, without credentials.
        commit: the commit that was looked at, "" where there is none.
        standing: without what registries say: never `moved tag` or `outdated`.
        looked_at: seconds since 1970.
        error: why it is unreachable, denied, gone, broken, or against the policy; "" for no reason. No credentials.
        folders: the folders of its projects.
        blobs: SHA-256 by the id of each blob that was read and that the fleet did not know.
        requests, received: how often its host was asked, and the number of bytes that came.
        wait: seconds after which its host may be asked again, where it was too busy to answer (429, 503, a connection
            that is refused); 0 where it named none, None where it was not busy. The engine asks it again.
    """

    repository: str
    commit: str
    standing: FleetStanding
    looked_at: float
    error: str = ""
    folders: tuple[str, ...] = ()
    packs: tuple[FoundPack, ...] = ()
    files: tuple[FoundFile, ...] = ()
    blobs: Mapping[str, str] = {}
    requests: int = 0
    received: int = 0
    wait: float | None = None


class Unchanged(NamedTuple):
    """A repository that is at the commit that the results have; what they hold of it still counts."""

    repository: str
    commit: str
    looked_at: float
    requests: int = 0
    received: int = 0


class PackUpstream(NamedTuple):
    """What the registry of a locked pack says of it.

    Args:
        standing: `moved tag` or `outdated`; None for neither, and where the registry was not asked.
        newest: the newest version that the requirement allows, "" where that is not known.
        told: what is told beside it, such as the reason of a yank.
    """

    standing: FleetStanding | None = None
    newest: str = ""
    told: str = ""


class Remembered(NamedTuple):
    """What the results hold of one repository.

    Args:
        found: with what registries say in its standing. Where it did not answer, commit, folders, packs and files
            are those of its last answer.
        upstream: one for each of its packs, in their order.
        last: its standing when it answered last, None where it never did.
        answered_at: when that was, in seconds since 1970.
    """

    found: FoundRepository
    upstream: tuple[PackUpstream, ...] = ()
    last: FleetStanding | None = None
    answered_at: float = 0.0


class PackUse(NamedTuple):
    """A pack as locks have it, apart from folders: one lock entry for all repositories that have it.

    Args:
        number: of the entry in the results.
        pack: with "" as its folder.
        repositories: how many repositories have it.
        differing: how many of its slots are not as the locks have them, in all of them.
    """

    number: int
    pack: FoundPack
    upstream: PackUpstream
    repositories: int
    differing: int


class Holder(NamedTuple):
    """A project whose lock has a lock entry, and how its repository stands."""

    repository: str
    folder: str
    standing: FleetStanding
    answered_at: float


class PackDrift(NamedTuple):
    """How much of a pack differs: slots, and repositories that have such; "" is what no pack has, such as an extra."""

    pack: str
    files: int
    repositories: int


class VersionUse(NamedTuple):
    """A version of a pack, else the start of its commit or tree, and how many repositories have it."""

    pack: str
    version: str
    repositories: int


class FleetRun(NamedTuple):
    """One run of `fleet check`.

    Args:
        started, finished: seconds since 1970; 0 for one that was interrupted.
        listed, asked: how many repositories its list has, and how many of them were asked.
        standings: how many repositories had each standing at its end.
    """

    number: int
    started: float
    finished: float
    listed: int
    asked: int
    requests: int
    received: int
    standings: Mapping[FleetStanding, int] = {}


class Fleet(NamedTuple):
    """A list of repositories as `fleet.yaml` says it, and what they are held against.

    Args:
        lists: paths of further lists, as they are written.
        exclude: globs over the repositories that are left out.
        policy: the path of a policy, as it is written; "" for none.
        registries: the registries that are asked in any case, by a name for them.
    """

    repositories: tuple[Member, ...] = ()
    lists: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    policy: str = ""
    registries: Mapping[str, GitUrl] = {}
