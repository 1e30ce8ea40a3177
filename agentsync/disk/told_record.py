"""The record of what was told of each pack here already: it is told again only where it changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from agentsync.disk.state_folder import StateFolder, read_state
from agentsync.errors import AgentsyncError
from agentsync.model.finding import Told

_NAME: Final = "told.json"


class ToldRecord:
    """The file `.agentsync/told.json` of one scope: a digest by pack. Without it everything is told once more."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    def news(self, told: Sequence[Told]) -> tuple[Told, ...]:
        """Return what is told of the packs of which something else was told last."""
        known = self._read() if told else {}
        new = {pack for pack, digest in _digests(told).items() if known.get(pack) != digest}
        return tuple(one for one in told if one.pack in new)

    def remember(self, told: Sequence[Told], packs: Iterable[str]) -> None:
        """Remember what was told now, beside what is known of the other packs of the lock."""
        known = self._read()
        digests = {pack: known[pack] for pack in packs if pack in known} | _digests(told)
        if digests != known:
            with suppress(AgentsyncError, OSError):  # then it is told once more
                self._folder.prepare()
                text = json.dumps(digests, sort_keys=True, indent=1)
                self._folder.write(self._folder.inside(_NAME), f"{text}\n".encode())

    def _read(self) -> dict[str, str]:
        with suppress(OSError, ValueError, AgentsyncError, RecursionError):
            found = json.loads(read_state(self._folder.inside(_NAME)))
            return {str(pack): str(digest) for pack, digest in found.items()} if isinstance(found, dict) else {}
        return {}


def _digests(told: Sequence[Told]) -> dict[str, str]:
    by_pack: dict[str, list[list[object]]] = {}
    for one in told:
        by_pack.setdefault(one.pack, []).append(list(one))
    texts = {pack: json.dumps(sorted(ones, key=str)) for pack, ones in by_pack.items()}
    return {pack: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for pack, text in texts.items()}
