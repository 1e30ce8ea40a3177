"""The backup of one run: what was set aside, and where."""

from __future__ import annotations

from pathlib import Path

from agentsync.disk.scope import Scope
from agentsync.disk.state_folder import StateFolder
from agentsync.model.slot import SlotPath


class Aside:
    """The files that a run sets aside; its folder is made with the first of it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.used: Path | None = None
        self.slots: list[SlotPath] = []
        # Files that were copied before, as they are expected to be when they are replaced.
        self.copied: set[SlotPath] = set()

    @property
    def folder(self) -> Path:
        """The folder of the backup."""
        if self.used is None:
            self.used = StateFolder(self._scope).unused_backup()
        return self.used
