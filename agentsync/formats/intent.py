"""The changes that a command is about to make to a scope, written to the journal first.

An interrupted command is finished from its intent, which holds every byte. An intent counts only in the folder where
it was written, not in a copy of it. The journal is one line of JSON, then the bytes it names, one after another.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import Any, Final, NamedTuple

from agentsync.formats.json_text import read_own_json
from agentsync.model.digest import FileDigest, parse_digest
from agentsync.model.drift import Blocked, Drift, Local, Replaced, Unclear, Unreadable
from agentsync.model.plan import Action, Change, Plan
from agentsync.model.rel_path import RelPath, rel_path
from agentsync.model.slot import EntryPath, SlotPath, entry_path

INTENT_VERSION: Final = 1


class Intent(NamedTuple):
    """All changes of one command.

    Args:
        contents: the bytes of every file that the plan writes.
        manifest, lock: their new texts, None where they stay.
        before: the digests of the manifest and the lock that these take the place of, "" for none.
        patches: the recorded edits that are written, by pack and path, or with None forgotten.
        conflicts: the attempts at merging that are left for a person, with upstream's files.
        settled: the attempts that are done with, and whether they were used.
        installed: the lock to remember as installed, "" for none.
        made: the containers of entries that agentsync made, or makes with this plan.
        origin: the record of where the scope is from, None where it stays; with it the receipt stays.
    """

    plan: Plan
    contents: Mapping[SlotPath, bytes] = {}
    manifest: str | None = None
    lock: str | None = None
    before: tuple[str, str] = ("", "")
    patches: Mapping[tuple[str, SlotPath], bytes | None] = {}
    conflicts: Mapping[SlotPath, tuple[bytes, bytes]] = {}
    settled: Mapping[SlotPath, bool] = {}
    installed: str = ""
    made: frozenset[EntryPath] = frozenset()
    origin: bytes | None = None

    def fits(self, manifest: str | None, lock: str | None) -> bool:
        """Return whether manifest and lock have their old or their new texts."""
        pairs = ((manifest, self.manifest, self.before[0]), (lock, self.lock, self.before[1]))
        return all(text_id(found) in (before, text_id(new or found)) for found, new, before in pairs)


def text_id(text: str | None) -> str:
    """Return a digest of a text; "" for none."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def digests_in(intent: Intent) -> Iterator[FileDigest]:
    """Yield the digest of every content that the plan names, old and new."""
    for change in intent.plan.changes:
        for digest in (change.base, change.local, change.wanted):
            if isinstance(digest, FileDigest):
                yield digest


class NewerIntent(ValueError):
    """A newer agentsync wrote the journal."""


def dump_intent(intent: Intent, folder: str) -> bytes:
    """Return the bytes of the journal, with the id of the folder that it is written in."""
    blobs: list[bytes] = []

    def kept(data: bytes | None) -> int | None:
        if data is None:
            return None
        blobs.append(data)
        return len(data)

    head = {
        "journal": INTENT_VERSION,
        "folder": folder,
        "before": intent.before,
        "manifest": kept(_bytes(intent.manifest)),
        "lock": kept(_bytes(intent.lock)),
        "installed": kept(_bytes(intent.installed)),
        "changes": [_row(change) for change in intent.plan.changes],
        "contents": [[_place(path), kept(data)] for path, data in intent.contents.items()],
        "patches": [[pack, _place(path), kept(data)] for (pack, path), data in intent.patches.items()],
        "conflicts": [[path, kept(one), kept(other)] for path, (one, other) in intent.conflicts.items()],
        "settled": [[path, used] for path, used in intent.settled.items()],
        "hints": [_place(change.path) for change in intent.plan.changes if change.hint],
        "made": sorted(intent.made),
        "origin": kept(intent.origin),
    }
    return b"".join([json.dumps(head, ensure_ascii=True).encode(), b"\n", *blobs])


def parse_intent(data: bytes, folder: str) -> Intent | None:
    """Return the intent of a journal, None where it was written in another folder.

    Raises:
        NewerIntent: where a newer agentsync wrote it.
        ValueError, UnsafeError: where it is damaged, or names a path that is not safe.
    """
    line, _, rest = data.partition(b"\n")
    head = read_own_json(line)
    if not isinstance(head.get("journal"), int):
        raise ValueError("no journal")
    if head["journal"] > INTENT_VERSION:
        raise NewerIntent(f"version {head['journal']}")
    if head.get("folder") != folder:
        return None
    try:
        return _intent(head, _Blobs(rest))
    except (KeyError, TypeError) as error:
        raise ValueError(f"damaged: {error!r}") from error


class _Blobs(BytesIO):
    """Reader of one piece of the bytes after another."""

    def next(self, size: int | None) -> bytes | None:
        return None if size is None else self.take(size)

    def take(self, size: int) -> bytes:
        found = self.read(size)
        if len(found) != size:
            raise ValueError("cut short")
        return found


def _intent(head: dict[str, Any], blobs: _Blobs) -> Intent:
    manifest, lock, installed = (_text(blobs.next(head[name])) for name in ("manifest", "lock", "installed"))
    hints = [_slot(place) for place in head.get("hints", ())]
    # In the order of the pieces.
    return Intent(
        plan=Plan(tuple(_change(row, hints) for row in head["changes"])),
        manifest=manifest,
        lock=lock,
        installed=installed or "",
        contents={_slot(path): blobs.take(size) for path, size in head["contents"]},
        patches={(str(pack), _slot(path)): blobs.next(size) for pack, path, size in head["patches"]},
        conflicts={rel_path(path): (blobs.take(one), blobs.take(other)) for path, one, other in head["conflicts"]},
        settled={rel_path(path): bool(used) for path, used in head["settled"]},
        before=(str(head["before"][0]), str(head["before"][1])),
        made=frozenset(map(EntryPath, head.get("made", ()))),
        origin=blobs.next(head.get("origin")),
    )


def _row(change: Change) -> list[str | list[str] | None]:
    digests = (_written(change.base), _written(change.local), _written(change.wanted))
    return [_place(change.path), change.drift, change.action, *digests]


def _place(slot: SlotPath) -> str | list[str]:
    """Return how the journal names a slot: an entry by its document and its pointer."""
    return [slot.document, slot.pointer] if isinstance(slot, EntryPath) else slot


def _slot(place: object, drift: Drift | None = None) -> SlotPath:
    if isinstance(place, list):
        document, pointer = place
        return entry_path(f"{document}#{pointer}")
    return _path(str(place), drift)


def _change(row: list[Any], hints: Collection[SlotPath]) -> Change:
    place, drift, action, base, local, wanted = row
    path = _slot(place, Drift(drift))
    return Change(
        path=path,
        owners=(),
        base=None if base is None else parse_digest(base),
        local=_local(local),
        wanted=None if wanted is None else parse_digest(wanted),
        drift=Drift(drift),
        action=Action(action),
        hint=path in hints,
    )


def _path(text: str, drift: Drift | None) -> RelPath:
    """Return a path. An extra file, which is only left or set aside, may have a name that no lock accepts."""
    if drift is Drift.EXTRA and not text.startswith("/") and not {"..", "."} & set(text.split("/")):
        return RelPath(text)
    return rel_path(text)


def _written(local: Local) -> str | None:
    if isinstance(local, Blocked):
        return f"^{local.kind} {local.path}"
    if isinstance(local, Unclear):
        return f"!{local.why}"
    return None if local is None else f"?{local.reason}" if isinstance(local, Unreadable) else str(local)


def _local(text: str | None) -> Local:
    if text is None:
        return None
    if text.startswith("?"):
        return Unreadable(text[1:])
    if text.startswith("!"):
        return Unclear(text[1:])
    if text.startswith("^"):
        kind, _, path = text[1:].partition(" ")
        return Blocked(Replaced(kind), rel_path(path))
    return parse_digest(text) if text.startswith("sha256:") else Replaced(text)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "surrogateescape")
