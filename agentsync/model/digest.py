"""What identifies the content of one file: its SHA-256 and whether it may be executed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_WRITTEN: Final = re.compile(r"sha256:([0-9a-f]{64})( \+x)?")


class FileDigest(NamedTuple):
    """The content of a plain file.

    Args:
        sha256: 64 lower-case hex digits over the bytes of the file.
        executable: whether the owner may execute it.
    """

    sha256: str
    executable: bool = False

    def __str__(self) -> str:
        return f"sha256:{self.sha256}{' +x' if self.executable else ''}"


def digest_of(data: bytes, *, executable: bool = False) -> FileDigest:
    """The digest of these bytes."""
    import hashlib  # takes long to load, and what only reads digests needs none

    return FileDigest(hashlib.sha256(data).hexdigest(), executable)


def parse_digest(text: str) -> FileDigest:
    """The inverse of `str`.

    Raises:
        ValueError: where the text is not `sha256:HEX` with an optional ` +x`.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is not a digest: sha256:<64 hex digits>, then ' +x' where executable")
    return FileDigest(match[1], match[2] is not None)
