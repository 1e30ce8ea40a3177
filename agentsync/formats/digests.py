"""Read digests as lock and receipt hold them: `sha256:HEX [lf:sha256:HEX] [+x]`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from agentsync.model.digest import FileDigest

_WRITTEN: Final = re.compile(r"sha256:([0-9a-f]{64})(?: lf:sha256:([0-9a-f]{64}))?( \+x)?")
_DIGITS: Final = slice(len("sha256:"), len("sha256:") + 64)
_AROUND: Final = frozenset(("sha256:", "sha256: +x"))


def parse_digest(text: str) -> FileDigest:
    """Return the digest that a text stands for, the inverse of `str`.

    Raises:
        ValueError: where the text is not `sha256:HEX`, an optional ` lf:sha256:HEX` and an optional ` +x`.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:80]!r} is not a digest: sha256:<64 hex digits>, then ' lf:sha256:<64 hex digits>' where lines end"
            " in CRLF, then ' +x' where executable"
        )
    return FileDigest(match[1], match[3] is not None, match[2] or "")


def parse_digests(texts: Collection[str]) -> list[FileDigest]:
    """Return the digests of many texts, checked together where all are well.

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
