"""The gains that a person accepted here and that are not installed yet.

They are in the user's own state folder, where no checkout can write.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.scope import Scope
from agentsync.disk.stamps import LENGTH
from agentsync.disk.state import State
from agentsync.errors import RefusedError
from agentsync.model.grant import Gainer
from agentsync.platform.files import own_scratch, remove, replace
from agentsync.platform.links import real_path
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 4 * 1024 * 1024


# The gains that are accepted.
Accepted = Mapping[Gainer, Sequence[str]]


class Consents:
    """The accepted gains of one scope; they hold until the next lock is written, by agentsync or by git."""

    def __init__(self, scope: Scope, state: State) -> None:
        self._scope = scope
        self._state = state

    def accepted(self) -> Accepted:
        """Return what is accepted; nothing where the file was not written for this folder and lock."""
        where = self._where()
        try:
            data = read_plain_file(where, _LARGEST) if where is not None else b""
            stamp, text = data[:LENGTH].decode("ascii", "replace"), data[LENGTH + 1 :]
            if not self._state.stamps.holds(stamp, "consents", [self._lock(), text]):
                return {}
            rows = json.loads(text)["accepted"]
            return {
                Gainer(row["pack"], row["source"], row["item"]): [str(gain) for gain in row["gains"]] for row in rows
            }
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return {}

    def accept(self, gains: Accepted) -> None:
        """Remember what is accepted, and forget what was.

        Raises:
            RefusedError: where no folder of the user's own is outside of the project.
            DiskError: where it cannot be written.
        """
        self._state.folder.make()
        rows = [{**one._asdict(), "gains": list(more)} for one, more in sorted(gains.items())]
        text = json.dumps({"accepted": rows}, indent=1).encode() + b"\n"
        stamp = self._state.stamps.make("consents", [self._lock(), text])
        where = self._where()
        if not stamp or where is None:
            raise RefusedError(
                "a yes cannot be kept",
                why=self._state.stamps.trouble,
                hint="give it with the command that it is for: `agentsync update --accept-grants`",
            )
        with disk_errors(f"cannot write {where}"), own_scratch(where, f"{stamp}\n".encode() + text) as scratch:
            replace(scratch, where)

    def forget(self) -> None:
        """Forget all of them: the lock now says what was accepted.

        Raises:
            DiskError: where it cannot be removed.
        """
        where = self._where()
        with disk_errors(f"cannot remove {where}"), suppress(NotADirectoryError):
            if where is not None:
                remove(where)

    def _where(self) -> Path | None:
        own = self._scope.own()
        name = hashlib.sha256(os.fsencode(real_path(self._scope.home))).hexdigest()
        return own / "consents" / f"{name[:32]}.json" if own is not None else None

    def _lock(self) -> bytes:
        """Return the digest of the lock that the gains were accepted for."""
        text = self._state.texts()[1]
        return hashlib.sha256((text or "").encode("utf-8", "surrogateescape")).digest()
