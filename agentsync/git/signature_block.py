"""Signatures as they stand in tags and commits: of which sort they are, and by which key. Nothing is verified here.

Sources: PROTOCOL.sshsig of OpenSSH, RFC 9580 (OpenPGP), git-tag(1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final, NamedTuple

_SSH: Final = re.compile(rb"-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]{1,20000}?)-----END SSH SIGNATURE-----")
_OTHERS: Final = {b"-----BEGIN PGP SIGNATURE-----": "OpenPGP", b"-----BEGIN SIGNED MESSAGE-----": "X.509"}
_MAGIC: Final = b"SSHSIG\x00\x00\x00\x01"


class Signature(NamedTuple):
    """A signature: its sort, and the fingerprint of its key, "" where that is not told."""

    sort: str
    key: str = ""


def signature_in(data: bytes) -> Signature | None:
    """Return the signature in the bytes of a tag or a commit, None where there is none."""
    if found := _SSH.search(data):
        return Signature("SSH", _fingerprint(found[1]))
    return next((Signature(sort) for mark, sort in _OTHERS.items() if mark in data), None)


def _fingerprint(block: bytes) -> str:
    """Return the fingerprint of the key as `ssh-keygen -l` prints it."""
    try:
        blob = base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        return ""
    start = len(_MAGIC) + 4
    end = start + int.from_bytes(blob[len(_MAGIC) : start], "big")
    if not blob.startswith(_MAGIC) or end > len(blob) or end == start:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob[start:end]).digest()).rstrip(b"=").decode()
