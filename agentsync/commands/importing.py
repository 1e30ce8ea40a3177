"""Import what another tool's files ask for: manifest entries, locked to the commits that its own lock names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentsync.commands.grants import granting, refused
from agentsync.commands.import_entries import Entries, tell_way_out
from agentsync.errors import AgentsyncError, Exit, FetchError, ResolutionError, UnsafeError, UsageError
from agentsync.model.digest import FileDigest
from agentsync.model.drift import Blocked
from agentsync.model.imported import ForeignPack, Imported, Lost, Texts
from agentsync.model.lock import Lock
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.model.slot import SlotPath
from agentsync.planning.clashing import PacksClashError
from agentsync.project.adopted import adopted_plan, write_adopted
from agentsync.project.decision import Decision
from agentsync.project.first_manifest import first_notes
from agentsync.project.foreign_files import read_foreign
from agentsync.project.manifest_draft import ManifestDraft
from agentsync.project.workspace import Workspace
from agentsync.registries.foreign import Reader
from agentsync.registries.foreign_readers import READERS
from agentsync.reporting.import_report import ImportedRow, import_data, import_lines
from agentsync.targets.all_tools import TOOLS


class ImportOptions(NamedTuple):
    """Options of `import`; `keep_going` leaves out a source that cannot be reached."""

    dry_run: bool = False
    keep_going: bool = False


def import_from(workspace: Workspace, words: Sequence[str], options: ImportOptions) -> Outcome:
    """Write manifest entries for what another tool's files ask for; no file on disk changes."""
    first = first_notes(workspace, dry_run=options.dry_run)
    found = _read(workspace, words)
    draft = ManifestDraft(workspace.project)
    entries = Entries(workspace, draft, keep_going=options.keep_going)
    lost = [one for imported in found for one in imported.lost]
    lost += _set_targets(workspace, draft, [one for imported in found for one in imported.targets])
    for imported in found:
        for pack in imported.packs:
            lost += entries.add(pack)
    linked: list[str] = []
    decision = _decided(workspace, draft, entries, lost, options) if entries.added else None
    if decision is not None and not options.dry_run:
        granted = granting(workspace, decision)
        if granted.refusal is not None:
            return refused(decision, granted, granted.refusal)
        linked = _write(workspace, draft, decision, entries.added)
    lock = decision.lock if decision is not None else workspace.project.lock or Lock()
    rows = [ImportedRow(pack.origin, name, _commit(lock, name)) for name, pack in entries.added.items()]
    unmatched = _unmatched(workspace, lock, [pack for one in found for pack in one.packs])
    return Outcome(
        import_data(rows, lost, unmatched),
        import_lines(rows, lost, unmatched, dry_run=options.dry_run),
        [
            *(first if rows else ()),
            *(one for imported in found for one in imported.advice),
            *linked,
            *_left_over(unmatched),
        ],
        Exit.DIFFERS if lost or unmatched else Exit.OK,
        findings=decision.findings if decision is not None else (),
        told=decision.told if decision is not None else None,
    )


def _read(workspace: Workspace, words: Sequence[str]) -> list[Imported]:
    """Return what the files ask for that words name, by tool or by file; all that are there where none does."""
    chosen = [reader for reader in READERS if not words or any(_is_named(reader, word) for word in words)]
    scope = workspace.scope
    known = [name for reader in READERS for name in (reader.name, *reader.asked(scope.name))]
    for word in words:
        if not any(_is_named(reader, word) for reader in READERS):
            raise UsageError(f"{word} is no file and no tool that can be imported", hint=nearest(word, known))
    found: list[tuple[Reader, Texts]] = []
    for reader in chosen:
        asked = reader.asked(scope.name)
        texts = read_foreign(workspace, asked, reader.looked_into)
        if any(name in texts for name in asked):
            found.append((reader, texts))
    if not found:
        raise UsageError(
            "there is nothing to import",
            why=f"looked for {', '.join(name for reader in chosen for name in reader.asked(scope.name))}",
            hint="files that were copied by hand are found by `agentsync adopt`",
        )
    return [reader.read(texts, str(scope.root)) for reader, texts in found]


def _is_named(reader: Reader, word: str) -> bool:
    tidy = re.sub(r"^\./", "", word)
    files = (*reader.files, *reader.user_files)
    return tidy == reader.name or any(tidy == name or tidy.endswith(f"/{name}") for name in files)


def _set_targets(workspace: Workspace, draft: ManifestDraft, named: Sequence[tuple[str, str]]) -> list[Lost]:
    """Take the targets into a manifest that is made here; return those that it does not have then."""
    taken = tuple(dict.fromkeys(name for _, name in named if name in TOOLS))
    if workspace.state.is_first and taken:
        draft.put_targets(taken)
    there = draft.manifest.targets
    return [_no_target(origin, name) for origin, name in dict.fromkeys(named) if name not in there]


def _no_target(origin: str, name: str) -> Lost:
    if name in TOOLS:
        return Lost(origin, f"targets: {name}", "write it under `targets:` in agentsync.yaml")
    return Lost(origin, f"targets: {name}", "there is no target of this name, see `agentsync targets`")


def _decided(
    workspace: Workspace, draft: ManifestDraft, entries: Entries, lost: list[Lost], options: ImportOptions
) -> Decision | None:
    """Decide the lock; an entry that cannot be taken is left out and told, unless nothing else is left."""
    while entries.added:
        try:
            return workspace.decide(draft.manifest, earlier=entries.earlier)
        except PacksClashError as error:
            told = entries.leave_out(error)
            if not told:
                raise
            lost += told
        except (ResolutionError, UnsafeError, FetchError) as error:
            name = next((one for one in (error.pack, *error.asked_by) if one in entries.added), None)
            if name is None:
                raise
            if isinstance(error, FetchError) and not options.keep_going:
                tell_way_out(error)
                raise
            lost.append(entries.take_back(name, _why(error)))
    return None


def _why(error: AgentsyncError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what


def _write(workspace: Workspace, draft: ManifestDraft, decision: Decision, names: Collection[str]) -> list[str]:
    """Write manifest and lock; what is on disk as the lock has it becomes ours, all else an edit of it.

    Returns:
        A remark on each link that stands where the files of an item belong.
    """
    bases: dict[SlotPath, FileDigest] = {}
    for name in names:
        bases |= decision.lock.packs[name].slots
    plan = adopted_plan(workspace, decision.lock, bases)
    write_adopted(workspace, plan, decision, draft.text if draft.is_new else None, None)
    links = dict.fromkeys(change.local.path for change in plan.changes if isinstance(change.local, Blocked))
    return [
        f"{path} is a link of the other tool: remove it, and `agentsync install` writes the files" for path in links
    ]


def _commit(lock: Lock, name: str) -> str:
    return lock.packs[name].commit if name in lock.packs else ""


def _unmatched(workspace: Workspace, lock: Lock, packs: Sequence[ForeignPack]) -> list[str]:
    """Return the files that the other tool wrote, that are there, and that no pack of the lock has."""
    slots: Mapping[SlotPath, FileDigest] = lock.slots()
    left = sorted(_left(workspace, slots, {path for pack in packs for path in pack.files}))
    return [path for path in left if not any(path.startswith(f"{other.rstrip('/')}/") for other in left)]


def _left_over(unmatched: Sequence[str]) -> list[str]:
    """Return the remark on files that stay beside those of the packs."""
    if not unmatched:
        return []
    return ["what is unmatched stays where it is, and a tool may load it twice: remove it too when all is well"]


def _left(workspace: Workspace, slots: Mapping[SlotPath, FileDigest], paths: Collection[str]) -> Iterator[str]:
    for path in paths:
        has = path in slots or any(slot.startswith(f"{path.rstrip('/')}/") for slot in slots)
        if not has and (workspace.scope.root / path).exists():
            yield path
