"""Who signed a release: asked of git, which asks ssh or gpg. Nothing is believed that is not in the keys given here.

A tag counts only where it names itself and the commit that is locked: the signed object of one tag may stand under
the name of another. Git ends well for any good signature by a key that gpg knows, so that its words are read too.

Sources: git-verify-tag(1), "ALLOWED SIGNERS" in ssh-keygen(1), doc/DETAILS of GnuPG for the status lines.
"""

from __future__ import annotations

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
    """Who may sign.

    Args:
        allowed: a file of allowed signers for ssh, None for nobody.
        fingerprints: of keys that gpg knows.
    """

    allowed: Path | None = None
    fingerprints: Sequence[str] = ()

    def _file(self) -> bytes:
        if self.allowed is None or not self.allowed.is_file():
            return b""
        return read_plain_file(self.allowed, _LARGEST, follow=True)

    def digest(self) -> str:
        """Return what tells these signers from others: a digest over the file and the fingerprints."""
        file = self._file()
        return hashlib.sha256(b"\n".join((file, *(text.encode() for text in self.fingerprints)))).hexdigest()


def signer_of(repository: CachedRepository, want: Want, signers: Signers) -> str:
    """Who signed the tag that led to a commit, else the commit itself.

    Args:
        repository: where they are fetched from.
        want: the commit, and the ref that led to it.
        signers: who may sign.

    Returns:
        `ssh:PRINCIPAL KEY` or `gpg:FINGERPRINT`.

    Raises:
        IntegrityError: where none of them did.
        FetchError: where the tag or the commit cannot be had.
    """
    if signers.allowed is not None and not signers.allowed.is_file():
        raise IntegrityError(
            f"cannot read the allowed signers {signers.allowed}",
            why="`signers` of the registry names a file that is not there",
            hint="write it in the form of ssh-keygen: PRINCIPAL KEYTYPE KEY, one a line",
        )
    repository.need([Want(want.commit)] if not want.ref else [Want(want.commit, want.ref)])
    complaints = []
    for command, oid in _signed(repository, want):
        try:
            said = repository.verify(command, oid, signers.allowed)
        except GitFailure as failure:
            complaints.append(f"{command}: {failure.message}")
            continue
        if name := _known(said, signers):
            return name
        complaints.append(f"{command}: the key is none of the registry's signers")
    raise IntegrityError(
        f"commit {want.commit[:12]} of {repository.url.text} is signed by nobody that may",
        why="; ".join(complaints),
        hint="ask whoever keeps the registry; `signers` and `gpg` of the registry say who may sign",
    )


def _signed(repository: CachedRepository, want: Want) -> Iterator[tuple[str, str]]:
    """The objects whose signature counts: an annotated tag of the right name on the commit, and the commit."""
    if want.ref.startswith("refs/tags/"):
        oid, data = repository.tag_object(want.ref)
        facts = dict(line.partition(b" ")[::2] for line in data.partition(b"\n\n")[0].split(b"\n"))
        name = want.ref.removeprefix("refs/tags/").encode("utf-8", "surrogateescape")
        if (facts.get(b"object"), facts.get(b"tag")) == (want.commit.encode(), name):
            yield "verify-tag", oid
    yield "verify-commit", want.commit


def _known(said: str, signers: Signers) -> str:
    """The signer that git names, as far as it is one who may sign; "" otherwise."""
    if signers.allowed is not None and (by := _BY_SSH.search(said)):
        return f"ssh:{by[1]} {by[2]}"
    for by in _BY_GPG.finditer(said):
        for fingerprint in by.groups():
            if fingerprint in signers.fingerprints:
                return f"gpg:{fingerprint}"
    return ""
