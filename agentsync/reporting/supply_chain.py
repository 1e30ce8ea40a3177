"""Where packs come from, as other programs name it: package URLs, addresses of commits, headers and grants."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from agentsync.model.lock import LockedPack
from agentsync.model.names import PackName

_HOSTED: Final = re.compile(
    r"(?:https?://|ssh://)?(?:[^@/]+@)?(?:www\.)?(github|bitbucket)\.(?:com|org)[:/]([^/]+)/([^/]+?)(?:\.git)?/?"
)
_SCP: Final = re.compile(r"(?:[^@/:]+@)?[^/:]{2,}:(?!//).+")


def label(pack: LockedPack) -> str:
    """Return its version, else its commit, else the tree of its folder."""
    return pack.version or pack.commit or pack.tree


def package_url(pack: LockedPack) -> str:
    """Return the package URL of a pack.

    A repository at a host that has a type of its own is named by it; any other by the name of the pack and its
    repository. Source: the specification of package URLs, and its types `github`, `bitbucket` and `generic`.
    """
    inside = f"#{quote(pack.path)}" if pack.path not in ("", ".") else ""
    match = _HOSTED.fullmatch(pack.git or "")
    if match is not None:
        host, owner, repository = match.groups()
        return f"pkg:{host}/{quote(owner.lower())}/{quote(repository.lower())}@{pack.commit}{inside}"
    where = f"?vcs_url={quote(commit_address(pack), safe=':/')}" if pack.git else ""
    return f"pkg:generic/{quote(PackName(pack.name).pack, safe='')}@{quote(label(pack), safe='')}{where}{inside}"


def commit_address(pack: LockedPack) -> str:
    """Return `git+URL@COMMIT` of a pack from git, the form of package URLs and of SPDX; "" for a folder on disk."""
    return f"git+{url_of(pack.git)}@{pack.commit}" if pack.git else ""


def url_of(git: str) -> str:
    """Return a repository as a URL: `USER@HOST:PATH` and paths of this machine are given the scheme that they lack."""
    if "://" in git:
        return git
    if _SCP.fullmatch(git):
        host, _, path = git.partition(":")
        return f"ssh://{host}/{path.removeprefix('/')}"
    return f"file://{quote(git)}" if git.startswith("/") else quote(git)


def facts(pack: LockedPack) -> Iterator[tuple[str, str]]:
    """Yield what the lock says of a pack beside its name and files: of each item the header and the grants, too."""
    named = (("commit", pack.commit), ("tree", pack.tree), ("ref", pack.ref), ("signer", pack.signer))
    yield from ((f"agentsync:{name}", value) for name, value in named if value)
    for item in pack.items:
        yield f"agentsync:header:{item.key}", str(item.header)
    for item in pack.items:
        yield from ((f"agentsync:grant:{item.key}", grant) for grant in item.grants)
    yield from (("agentsync:kept", str(slot)) for slot in sorted(map(str, pack.kept)))
