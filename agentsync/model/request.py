"""Requests: what a word of the command line asks for."""

from __future__ import annotations

from typing import NamedTuple

from agentsync.model.git_url import GitUrl
from agentsync.model.rel_path import RelPath
from agentsync.versions.requirement import Pin


class PackRequest(NamedTuple):
    """A pack of a registry that the manifest knows; `pack` is None where only the alias is given."""

    alias: str
    pack: str | None = None
    pin: Pin | None = None


class SourceRequest(NamedTuple):
    """A repository or a folder on disk.

    Args:
        url: where it is.
        path: the folder in it, None for its root.
        pin: what the request fixes.
        ref: a plain name, which may be a tag or a branch. Never set together with `pin`.
        browsed: a ref and the path of a folder or file behind it, as a browser's address has them; set alone.
    """

    url: GitUrl
    path: RelPath | None = None
    pin: Pin | None = None
    ref: str | None = None
    browsed: str = ""
