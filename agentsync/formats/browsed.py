"""Addresses that a browser shows of a folder or a file in a repository, as the hosts write them.

GitHub `O/R/tree/REF/PATH` and `blob`, GitLab `G/R/-/tree/REF/PATH`, Gitea and Codeberg `O/R/src/branch/REF/PATH`,
Bitbucket `O/R/src/REF/PATH`. Where REF ends and PATH begins only the repository's refs tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple
from urllib.parse import unquote

from agentsync.versions.requirement import COMMIT_ID

_ADDRESSES: Final = (
    re.compile(r"(?P<repository>https://[^/?#]+(?:/[^/?#]+){2,}?)/-/(?P<kind>tree|blob|raw)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://[^/?#]+/[^/?#]+/[^/?#]+)/(?P<kind>tree|blob|raw)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://[^/?#]+/[^/?#]+/[^/?#]+)/(?P<kind>src)/(?:branch|tag|commit)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://bitbucket\.org/[^/?#]+/[^/?#]+)/(?P<kind>src)/(?P<rest>[^?#]+)"),
)
# Addresses of the large hosts as an address bar shows them.
_SHOWN_WITHOUT_SCHEME: Final = re.compile(r"(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/")
_BEHIND: Final = re.compile(r"[?#].*", re.DOTALL)


class Browsed(NamedTuple):
    """A place in a repository, as a browser shows it.

    Args:
        repository: the URL of the repository.
        rest: a branch, tag or commit, and the path behind it.
    """

    repository: str
    rest: str


def browsed(text: str) -> Browsed | None:
    """Return the place that an address shows, None for one that is no such address."""
    bare = _BEHIND.sub("", text).rstrip("/")
    if _SHOWN_WITHOUT_SCHEME.match(bare):
        bare = f"https://{bare}"
    for pattern in _ADDRESSES:
        if found := pattern.fullmatch(bare):
            return Browsed(found["repository"].removesuffix(".git"), unquote(found["rest"]))
    return None


def split_ref(rest: str, names: Collection[str]) -> tuple[str, str] | None:
    """Return the ref of a `Browsed.rest`, the longest of `names`, and the path behind it; None where there is none."""
    parts = rest.split("/")
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in names or (length == 1 and COMMIT_ID.fullmatch(name)):
            return name, "/".join(parts[length:])
    return None
