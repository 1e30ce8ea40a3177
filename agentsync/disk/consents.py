"""What somebody here has said yes to and was not installed yet: `.agentsync/grants.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.scope import Scope
from agentsync.disk.state import State
from agentsync.disk.state_folder import state_entry, write_state

_NAME: Final = "grants.json"

# By pack and item, the gains that are accepted.
Accepted = Mapping[tuple[str, str], Sequence[str]]


class Consents:
    """The accepted gains of one scope; they hold until the next lock is written."""

    def __init__(self, scope: Scope, state: State) -> None:
        self._scope = scope
        self._state = state

    def accepted(self) -> Accepted:
        """What is accepted; nothing where the file cannot be read."""
        try:
            rows = json.loads((self._scope.state / _NAME).read_bytes())["accepted"]
            return {(row["pack"], row["item"]): [str(gain) for gain in row["gains"]] for row in rows}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return {}

    def accept(self, gains: Accepted) -> None:
        """Remember what is accepted, in place of what was.

        Raises:
            DiskError: where it cannot be written.
        """
        rows = [{"pack": pack, "item": item, "gains": list(more)} for (pack, item), more in sorted(gains.items())]
        self._state.prepare()
        where = self._scope.state / _NAME
        try:
            write_state(self._scope, where, json.dumps({"accepted": rows}, indent=1).encode() + b"\n")
            self._state.clear_stage()
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def forget(self) -> None:
        """Forget all of it: the lock now says what was accepted.

        Raises:
            DiskError: where it cannot be removed.
        """
        where = self._scope.state / _NAME
        try:
            with state_entry(self._scope, where) as entry:
                entry.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(f"cannot remove {where}", error) from error
