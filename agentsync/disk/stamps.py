"""Stamps: they tell what this user's agentsync wrote into this folder from what came with a checkout.

A stamp is a keyed digest over the bytes, their purpose, and the identity of the state folder. The key
is in the user's own state folder, where no checkout can read or write. So a file that was copied or
cloned, or that another user wrote, has no stamp that holds here.

Source: RFC 7693 (BLAKE2), section 2.5, keyed hashing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import reason
from agentsync.disk.scope import Scope
from agentsync.platform.file_system import folder_identity, others_may_write
from agentsync.platform.ownership import is_own
from agentsync.platform.plain_files import open_plain, read_handle

_NAME: Final = "key"
_SIZE: Final = 32  # bytes of the key, and of a stamp
LENGTH: Final = 2 * _SIZE  # of a stamp as text


class Stamps:
    """The stamps of one scope.

    Args:
        scope: whose state folder they are bound to.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._key = b""
        # Why no stamp could be made, "" where none was asked for or all could.
        self.trouble = ""

    def make(self, purpose: str, data: Iterable[bytes]) -> str:
        """Return the stamp of some bytes that are about to be written; "" where there is no place for a key.

        Args:
            purpose: what they are for; the same bytes for something else have another stamp.
            data: the bytes, in any number of pieces.
        """
        try:
            key = self._known_key() or self._new_key()
            return self._digest(key, purpose, data)
        except OSError as error:
            self.trouble = reason(error)
            return ""

    def holds(self, stamp: str, purpose: str, data: Iterable[bytes]) -> bool:
        """Return whether a stamp was made here, for these bytes and this purpose."""
        if len(stamp) != LENGTH:
            return False
        try:
            key = self._known_key()
            return bool(key) and compare_digest(self._digest(key, purpose, data).encode(), stamp.encode())
        except OSError:
            return False

    def _digest(self, key: bytes, purpose: str, data: Iterable[bytes]) -> str:
        folder = folder_identity(self._scope.state)
        found = hashlib.blake2b(f"{purpose}\0{folder}\0".encode(), key=key, digest_size=_SIZE, person=b"agentsync")
        for piece in data:
            found.update(piece)
        return found.hexdigest()

    def _known_key(self) -> bytes:
        """Return the key; b"" where there is none yet, or others may know it."""
        if not self._key and (own := self._scope.own()) is not None:
            with suppress(FileNotFoundError, NotADirectoryError):
                self._key = _read_key(own / _NAME)
        return self._key

    def _new_key(self) -> bytes:
        from agentsync.platform.files import give_name, own_scratch, remove

        own = self._scope.own()
        if own is None:
            raise OSError(0, "your own state folder is inside the project")
        where = own / _NAME
        with own_scratch(where, os.urandom(_SIZE)) as scratch, suppress(FileNotFoundError):
            give_name(scratch, where)
        for left in own.glob(f"{_NAME}.*.new"):  # by a process that was killed, or that has its key now
            remove(left)
        self._key = _read_key(where)
        return self._key


def _read_key(where: Path) -> bytes:
    """Return the key in a file; raise OSError where it is no key, or where others may have put it there."""
    handle = open_plain(where)
    try:
        status = os.fstat(handle)
        if not is_own(status) or others_may_write(where, status):
            raise OSError(0, f"others may write to {where}")
        key = read_handle(handle, _SIZE, _SIZE)
    finally:
        os.close(handle)
    if len(key) != _SIZE:
        raise OSError(0, f"{where} is damaged: remove it")
    return key
