"""What identifies the content of one file: its SHA-256 and whether it may be executed."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_WRITTEN: Final = re.compile(r"sha256:([0-9a-f]{64})( \+x)?")
_DIGITS: Final = slice(len("sha256:"), len("sha256:") + 64)
_AROUND: Final = frozenset(("sha256:", "sha256: +x"))


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


def parse_digests(texts: Collection[str]) -> list[FileDigest]:
    """The same for many, looked at together where all of them are well.

    Raises:
        ValueError: for the first that is not.
    """
    sums = [text[_DIGITS] for text in texts]
    digits = "".join(sums)
    around = {text[: _DIGITS.start] + text[_DIGITS.stop :] for text in texts}
    is_hex = digits.isascii() and not digits.encode().translate(None, b"0123456789abcdef")
    if is_hex and len(digits) == 64 * len(texts) and around <= _AROUND:
        return list(map(FileDigest, sums, [text.endswith("x") for text in texts]))
    return [parse_digest(text) for text in texts]
