"""What was said yes to here and is not installed yet: in the user's own state folder, where no checkout can say yes."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.scope import Scope
from agentsync.disk.stamps import LENGTH
from agentsync.disk.state import State
from agentsync.errors import RefusedError
from agentsync.model.grant import Gainer
from agentsync.platform.plain_files import read_plain_file

_LARGEST: Final = 4 * 1024 * 1024
_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


# The gains that are accepted.
Accepted = Mapping[Gainer, Sequence[str]]


class Consents:
    """The accepted gains of one scope; they hold until the next lock is written, by agentsync or by git.

    Args:
        scope: whose.
        state: its files.
    """

    def __init__(self, scope: Scope, state: State) -> None:
        self._scope = scope
        self._state = state

    def accepted(self) -> Accepted:
        """What is accepted; nothing where the file cannot be read, or was not written for this folder and lock."""
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
        """Remember what is accepted, in place of what was.

        Raises:
            RefusedError: where no folder of the user's own is outside of the project.
            DiskError: where it cannot be written.
        """
        self._state.make_folder()
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
        scratch = where.with_name(f"{where.name}.{os.getpid()}-{threading.get_ident()}.new")
        try:
            where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            scratch.unlink(missing_ok=True)
            try:
                with os.fdopen(os.open(scratch, _WRITING, 0o600), "wb") as file:
                    file.write(f"{stamp}\n".encode() + text)
                    file.flush()
                    os.fsync(file.fileno())
                scratch.replace(where)
            finally:
                scratch.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def forget(self) -> None:
        """Forget all of it: the lock now says what was accepted.

        Raises:
            DiskError: where it cannot be removed.
        """
        where = self._where()
        try:
            if where is not None:
                where.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise disk_error(f"cannot remove {where}", error) from error

    def _where(self) -> Path | None:
        own = self._scope.own()
        name = hashlib.sha256(os.fsencode(os.path.realpath(self._scope.home))).hexdigest()
        return own / "consents" / f"{name[:32]}.json" if own is not None else None

    def _lock(self) -> bytes:
        """What tells the lock that they were given for from every other."""
        text = self._state.texts()[1]
        return hashlib.sha256((text or "").encode("utf-8", "surrogateescape")).digest()
