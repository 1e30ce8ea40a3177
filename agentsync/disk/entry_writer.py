"""Write entries: all edits of one document together, in one swap, and only where it still is what was read."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.disk.aside import Aside
from agentsync.disk.documents import Document, DocumentFile, pointer_to, read_document
from agentsync.disk.folder import Folder
from agentsync.documents.document import DocumentError
from agentsync.documents.editors import editor_for
from agentsync.errors import AgentsyncError, UnsafeError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Local
from agentsync.model.plan import SETTING_ASIDE, WRITING, Action, Change
from agentsync.model.rel_path import RelPath
from agentsync.model.slot import DocumentKind, EntryPath, SlotPath, content_digest, document_kind

_TRIES: Final = 2
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
# A comment, or a text in which what looks like one is none.
_COMMENTS: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.JSON: rf"{_STRING}|(//|/\*)",
    DocumentKind.TOML: rf"{_STRING}|'[^'\n]*'|(#)",
}


class _Edits(NamedTuple):
    """The outcome for a document.

    Args:
        data: its bytes, None where nothing is left of it.
        made: the pointers of the containers in it that agentsync made.
        aside: the entries of which something goes that agentsync did not write.
        changes: the changes as they were carried out.
        failures: why some of them were not.
    """

    data: bytes | None
    made: Collection[str]
    aside: Sequence[EntryPath]
    changes: Sequence[Change]
    failures: Sequence[AgentsyncError]


class EntryWriter:
    """Writer of slots that are entries.

    Args:
        contents: the content of every entry that is written.
        made: the containers that agentsync made; with `resumed`, those of the run that was interrupted too.
    """

    def __init__(
        self,
        folder: Folder,
        contents: Mapping[SlotPath, bytes],
        aside: Aside,
        made: Collection[EntryPath],
        *,
        resumed: bool,
    ) -> None:
        self._folder = folder
        self._contents = contents
        self._aside = aside
        self._resumed = resumed
        self.made = set(made)
        self.failures: list[AgentsyncError] = []

    def do(self, path: RelPath, changes: Sequence[Change]) -> Sequence[Change]:
        """Carry out the changes of one document; those that cannot be made are stopped."""
        try:
            for _ in range(_TRIES):
                document = read_document(self._folder, path)
                edits = self._edits(document, changes)
                if kept := _waiting(changes, edits.changes):
                    edits = self._edits(document, kept)
                if self._is_written(document.file, edits):
                    self.failures += edits.failures
                    others = {made for made in self.made if made.document != path}
                    self.made = others | {EntryPath(f"{path}#{pointer}") for pointer in edits.made}
                    return edits.changes
        except AgentsyncError as error:
            self.failures.append(error)
        return [change._replace(action=Action.STOP) if change.action in WRITING else change for change in changes]

    def _edits(self, document: Document, changes: Sequence[Change]) -> _Edits:
        data, aside, done = document.file.data, list[EntryPath](), list[Change]()
        failures: list[AgentsyncError] = []
        made: Collection[str] = [one.pointer for one in self.made if one.document == document.file.path]
        for change in changes:
            slot = change.path
            assert isinstance(slot, EntryPath), "the caller has chosen the writer"
            outcome, local = self._outcome(document, slot, change)
            done.append(outcome)
            if outcome.action not in WRITING or not self._is_to_do(change, local):
                continue
            try:
                data, made, taken = self._edited(data, slot, change, local, made)
            except DocumentError as error:
                failures.append(_refused(slot, error))
                done[-1] = change._replace(action=Action.STOP)
                continue
            if taken and (change.action in SETTING_ASIDE or _has_comment(slot, taken)):
                aside.append(slot)
        return _Edits(data, made, aside, done, failures)

    def _outcome(self, document: Document, slot: EntryPath, change: Change) -> tuple[Change, Local]:
        """Return the change as it can be carried out on the document as it is now, and what stands in its slot."""
        # What is carried still stands where it comes from, and is not looked for where it goes.
        before = None if change.action is Action.CARRY else change.base
        known = change.local if isinstance(change.local, FileDigest) else before
        local = document.local(slot, known.kin if known is not None else "")
        if change.action not in WRITING or local == change.local:
            return change, local
        if self._resumed and not self._is_to_do(change, local):
            return change, local
        # Another process may have brought it to the same end.
        if local == change.wanted:
            return (change._replace(action=Action.ADOPT) if change.wanted is not None else change), local
        return change._replace(action=Action.STOP), local

    def _is_to_do(self, change: Change, local: Local) -> bool:
        """Return whether something else stands there than what the change brings."""
        if change.wanted is None:
            return local is not None
        return local != content_digest(change.path, self._contents[change.path])

    def _edited(
        self, data: bytes | None, slot: EntryPath, change: Change, local: Local, made: Collection[str]
    ) -> tuple[bytes | None, Collection[str], str]:
        editor = editor_for(slot.document)
        if not isinstance(local, FileDigest):
            content = self._contents[slot]
            # An edit that went along with a member of a list is another value than the one that names it.
            return editor.insert(data, pointer_to(slot, content_digest(slot, content)), content, made)
        if change.wanted is not None:
            return editor.replace(data, pointer_to(slot, local), self._contents[slot], made)
        return editor.remove(data, pointer_to(slot, local), made)

    def _is_written(self, file: DocumentFile, edits: _Edits) -> bool:
        """Write a document; return False where it is no longer what was read."""
        if edits.data == file.data:
            return True
        if edits.aside:
            self._folder.copy_aside(file.path, self._aside.folder)
            self._aside.slots += [slot for slot in edits.aside if slot not in self._aside.slots]
        if edits.data is None:
            assert isinstance(file.local, FileDigest), "there was a file"
            return self._folder.delete(file.path, file.local)
        mode = None
        if isinstance(file.local, FileDigest):
            mode = stat.S_IMODE(self._folder.statuses[file.path].st_mode)
        return self._folder.write(file.path, edits.data, expected=file.local, mode=mode)


def _waiting(changes: Sequence[Change], done: Sequence[Change]) -> Sequence[Change]:
    """Return the changes, without those that take a member out of a list into which another one could not be put.

    What goes there may be what comes: a hook that has another value now. Nothing is returned where all can be done.
    """
    pairs = list(zip(changes, done, strict=True))
    failed = {_list_of(new) for old, new in pairs if old.wanted is not None and old.action != new.action is Action.STOP}
    stopped = [
        old._replace(action=Action.STOP)
        if old.wanted is None and old.action in WRITING and _list_of(old) in failed - {""}
        else old
        for old in changes
    ]
    return stopped if stopped != list(changes) else ()


def _list_of(change: Change) -> str:
    """Return the pointer of the list that a change is of a member of, "" for none."""
    slot = change.path
    return slot.table if isinstance(slot, EntryPath) and slot.member else ""


def _has_comment(slot: EntryPath, text: str) -> bool:
    pattern = _COMMENTS.get(document_kind(slot.document))
    return pattern is not None and any(found[1] for found in re.finditer(pattern, text))


def _refused(slot: EntryPath, error: DocumentError) -> UnsafeError:
    return UnsafeError(
        f"{slot} cannot be written", why=str(error), hint=f"change that in {slot.document}, and run the command again"
    )
