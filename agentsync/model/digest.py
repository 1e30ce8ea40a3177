"""The identity of the content of one file: its SHA-256 and whether it is executable."""

from collections.abc import Collection
from typing import Final, NamedTuple

from agentsync.late import late
from agentsync.model.working_tree import is_script, to_lf

_WRITTEN: Final = late(r"sha256:([0-9a-f]{64})(?: lf:sha256:([0-9a-f]{64}))?(?: by:([0-9a-f]{12}))?( \+x)?")
_DIGITS: Final = slice(len("sha256:"), len("sha256:") + 64)
_AROUND: Final = frozenset(("sha256:", "sha256: +x"))


class FileDigest(NamedTuple):
    """The content of a plain file. Two are equal where bytes and mode are; the rest follows from the bytes.

    Args:
        sha256: 64 lower-case hex digits over the bytes of the file.
        executable: whether the owner may execute it.
        lf: the same over its bytes with LF in place of CRLF, for a text that holds CRLF; "" for any other, and where
            it is not known.
        is_script: whether it names the program that runs it; False where it is not known.
        kin: what a member of a list is found by where its value was changed: of a hook, a digest of its commands.
        has_mode: whether the file system says what may be executed; where it does not, every mode is the same.
    """

    sha256: str
    executable: bool = False
    lf: str = ""
    is_script: bool = False
    has_mode: bool = True
    kin: str = ""

    def __str__(self) -> str:
        """Return it as lock and receipt hold it: `sha256:HEX [lf:sha256:HEX] [by:HEX] [+x]`."""
        more = f"{f' lf:sha256:{self.lf}' if self.lf else ''}{f' by:{self.kin}' if self.kin else ''}"
        return f"sha256:{self.sha256}{more}{' +x' if self.executable else ''}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileDigest) and self[0] == other[0] and self.same_mode(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[0])

    @property
    def runs(self) -> bool:
        """Return whether the system runs it as a program, to which a CR is no line end."""
        return self.executable or self.is_script

    def same_mode(self, other: "FileDigest") -> bool:
        """Return whether both may be executed, or neither, as far as the file system says."""
        return self[1] == other[1] or not (self.has_mode and other.has_mode)

    def same_text(self, other: "FileDigest") -> bool:
        """Return whether the bytes are equal but for line ends, whatever the modes are."""
        return self.sha256 == other.sha256 or (self.lf or self.sha256) == (other.lf or other.sha256)

    def fits(self, data: bytes) -> bool:
        """Return whether these are the bytes it names, in both forms where it names two."""
        import hashlib

        is_it = hashlib.sha256(data).hexdigest() == self.sha256
        return is_it and (not self.lf or digest_of(data).lf == self.lf)


def digest_of(data: bytes, *, executable: bool = False) -> FileDigest:
    """Return the digest of these bytes."""
    import hashlib  # takes long to load, and what only reads digests needs none

    lf = to_lf(data)
    return FileDigest(
        hashlib.sha256(data).hexdigest(),
        executable,
        hashlib.sha256(lf).hexdigest() if len(lf) != len(data) else "",
        is_script(data),
    )


def parse_digest(text: str) -> FileDigest:
    """Return the digest that a text stands for, the inverse of `str`; raise ValueError for any other text."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:80]!r} is not a digest: sha256:<64 hex digits>, then ' lf:sha256:<64 hex digits>' where lines end"
            " in CRLF, then ' +x' where executable"
        )
    return FileDigest(match[1], match[4] is not None, match[2] or "", kin=match[3] or "")


def parse_digests(texts: Collection[str]) -> list[FileDigest]:
    """Return the digests of many texts, checked together where all are well; raise as `parse_digest` does."""
    sums = [text[_DIGITS] for text in texts]
    digits = "".join(sums)
    around = {text[: _DIGITS.start] + text[_DIGITS.stop :] for text in texts}
    is_hex = digits.isascii() and not digits.encode().translate(None, b"0123456789abcdef")
    if is_hex and len(digits) == 64 * len(texts) and around <= _AROUND:
        return list(map(FileDigest, sums, [text.endswith("x") for text in texts]))
    return [parse_digest(text) for text in texts]
