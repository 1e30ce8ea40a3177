"""The tags of a repository on this machine: their commits, their own objects, and when they were made."""

from __future__ import annotations

from typing import Final, NamedTuple

from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_object import DamagedCache
from agentsync.git.own_repository import OwnRepository
from agentsync.git.signature_block import Signature, signature_in

_FIELDS: Final = ("objecttype", "objectname", "*objectname", "creatordate:unix", "refname:lstrip=2")
_FORMAT: Final = "%00".join(f"%({field})" for field in _FIELDS)
_LARGEST: Final = 256 * 1024  # bytes of a tag's own object


class Tag(NamedTuple):
    """A tag.

    Args:
        object_id: of the tag itself, the commit where it is a lightweight one.
        date: in seconds since 1970, 0 where none is known.
    """

    name: str
    commit: str
    object_id: str
    date: int

    @property
    def is_annotated(self) -> bool:
        return self.object_id != self.commit


def list_tags(repository: OwnRepository) -> dict[str, Tag]:
    """Return every tag by its name."""
    listing = run_git(("for-each-ref", f"--format={_FORMAT}", "refs/tags"), git_dir=repository.git_dir)
    found: dict[str, Tag] = {}
    for row in listing.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        kind, oid, peeled, date, name = row.split("\0")
        found[name] = Tag(name, peeled if kind == "tag" else oid, oid, int(date) if date.isdecimal() else 0)
    return found


def message_of(repository: OwnRepository, tag: Tag) -> str:
    """Return the message of an annotated tag without its signature, "" where there is none."""
    if not tag.is_annotated:
        return ""
    body = _data(repository, tag.object_id).partition(b"\n\n")[2].decode("utf-8", "replace")
    return body.partition("-----BEGIN ")[0].strip()


def signature_of(repository: OwnRepository, tag: Tag) -> Signature | None:
    """Return the signature of a tag, else of its commit; it is read, and not verified."""
    signed = _data(repository, tag.object_id) if tag.is_annotated else b""
    return signature_in(signed) or signature_in(_data(repository, tag.commit))


def _data(repository: OwnRepository, oid: str) -> bytes:
    try:
        size = repository.objects.sizes([oid]).get(oid, _LARGEST + 1)
        return repository.objects.read_object(oid).data if size <= _LARGEST else b""
    except (DamagedCache, GitFailure):
        return b""
