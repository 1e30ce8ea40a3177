"""Signers of releases, verified by git, which runs ssh or gpg. Only the given keys are trusted.

A tag counts only where it names itself and the commit that is locked: the signed object of one tag may be stored under
the name of another. Git succeeds for any good signature by a key that gpg knows, so that its output is read too.

Sources: git-verify-tag(1), "ALLOWED SIGNERS" in ssh-keygen(1), doc/DETAILS of GnuPG for the status lines.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import IntegrityError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import Want
from agentsync.git.git import GitFailure
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 8 * 1024 * 1024  # bytes of a file of allowed signers
_BY_SSH: Final = re.compile(r'^Good "git" signature for (.+) with \S+ key (SHA256:\S+)$', re.MULTILINE)
_BY_GPG: Final = re.compile(r"^\[GNUPG:\] VALIDSIG ([0-9A-F]+)(?: .*)? ([0-9A-F]+)$", re.MULTILINE)


class Signers(NamedTuple):
    """The trusted signers: a file of allowed signers for ssh, and fingerprints of keys that gpg knows."""

    allowed: Path | None = None
    fingerprints: Sequence[str] = ()

    def _file(self) -> bytes:
        if self.allowed is None or not self.allowed.is_file():
            return b""
        return read_plain_file(self.allowed, _LARGEST, follow=True)

    def digest(self) -> str:
        """Return a digest over the file and the fingerprints."""
        file = self._file()
        return hashlib.sha256(b"\n".join((file, *(text.encode() for text in self.fingerprints)))).hexdigest()


def signer_of(repository: CachedRepository, want: Want, signers: Signers) -> str:
    """Return the signer of the tag that led to a commit, else of the commit: `ssh:PRINCIPAL KEY` or `gpg:FINGERPRINT`.

    Args:
        want: the commit, and the ref that led to it.

    Raises:
        IntegrityError: where none of them did.
    """
    if signers.allowed is not None and not signers.allowed.is_file():
        raise IntegrityError(
            f"cannot read the allowed signers {signers.allowed}",
            why="`signers` of the registry names a file that is not there",
            hint="write it in the form of ssh-keygen: PRINCIPAL KEYTYPE KEY, one a line",
        )
    repository.need([Want(want.commit)] if not want.ref else [Want(want.commit, want.ref)])
    failures = []
    for command, oid in _signed(repository, want):
        try:
            output = repository.verify(command, oid, signers.allowed)
        except GitFailure as failure:
            failures.append(f"{command}: {failure.message}")
            continue
        if name := _known(output, signers):
            return name
        failures.append(f"{command}: the key is none of the registry's signers")
    raise IntegrityError(
        f"commit {want.commit[:12]} of {repository.url.text} has no signature of a trusted signer",
        why="; ".join(failures),
        hint="contact the registry maintainer; `signers` and `gpg` of the registry name the trusted signers",
    )


def _signed(repository: CachedRepository, want: Want) -> Iterator[tuple[str, str]]:
    """Yield the objects whose signature counts: an annotated tag of the right name on the commit, and the commit."""
    if want.ref.startswith("refs/tags/"):
        oid, data = repository.tag_object(want.ref)
        facts = dict(line.partition(b" ")[::2] for line in data.partition(b"\n\n")[0].split(b"\n"))
        name = want.ref.removeprefix("refs/tags/").encode("utf-8", "surrogateescape")
        if (facts.get(b"object"), facts.get(b"tag")) == (want.commit.encode(), name):
            yield "verify-tag", oid
    yield "verify-commit", want.commit


def _known(output: str, signers: Signers) -> str:
    """Return the trusted signer in the output of git; "" for any other."""
    if signers.allowed is not None and (by := _BY_SSH.search(output)):
        return f"ssh:{by[1]} {by[2]}"
    for by in _BY_GPG.finditer(output):
        for fingerprint in by.groups():
            if fingerprint in signers.fingerprints:
                return f"gpg:{fingerprint}"
    return ""
