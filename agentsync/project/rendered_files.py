"""Files of a locked pack, made of its blobs as each AI tool reads them, and checked against the lock."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from agentsync.errors import IntegrityError, RefusedError
from agentsync.model.lock import LockedPack
from agentsync.model.names import ItemKey
from agentsync.model.pack import Contents
from agentsync.model.slot import SlotPath, fits
from agentsync.planning.consent import residue_grants
from agentsync.planning.placing import Placed, declared, placed_files, render, slot_of
from agentsync.targets.tool import Tool


class RenderedFiles(NamedTuple):
    """Files of one pack as they are installed.

    Args:
        graded: the bytes that say what their items ask for: of a file in another tool's words its source.
        added: the grants that tools add to those, by item.
    """

    installed: dict[SlotPath, bytes]
    graded: dict[SlotPath, bytes]
    added: dict[ItemKey, set[str]]


def rendered_files(
    pack: LockedPack, contents: Contents, targets: Sequence[Tool], forms: Mapping[str, int]
) -> RenderedFiles:
    """Make the files of one pack that its entry names; `forms` are those in which its targets are locked.

    Raises:
        IntegrityError: where they are not what the lock says.
        RefusedError: where an older form of a tool is locked, of other bytes.
    """
    plain = frozenset(path for path, entry in contents.entries.items() if entry.is_plain)
    slots = pack.slots
    placed = [file for file in placed_files(pack, targets, plain) if file.path in slots]
    # The files that a hook runs are placed with it, also where it is in place and they are not.
    if pack.entries or pack.files.keys() - {file.path for file in placed}:
        from agentsync.planning.placing_entries import placed_entries

        placed += placed_entries(pack, targets, contents)
    data = contents.read({file.source for file in placed})
    made = RenderedFiles({}, {}, {})
    for file in placed:
        if file.is_as_it_is:
            if file.path in slots:
                made.installed[file.path] = made.graded[file.path] = data[file.source]
            continue
        rendered = render(file, data[file.source])
        if rendered.data is None or (slot := slot_of(file, rendered.data)) not in slots:
            continue
        made.installed[slot] = rendered.data
        made.graded[slot] = declared(file, data[file.source]) if file.is_rendered else rendered.data
        if rendered.residue:
            made.added.setdefault(file.item, set()).update(residue_grants(file.tool, rendered.residue))
    _refuse_others(pack, contents, placed, made, lambda path: _refuse_older_form(path, placed, targets, forms))
    return made


def _refuse_others(
    pack: LockedPack,
    contents: Contents,
    placed: Collection[Placed],
    made: RenderedFiles,
    explain: Callable[[SlotPath], object],
) -> None:
    """Refuse files that are not what the lock says; `explain` raises what explains one of them better."""
    entries, has_modes = contents.entries, not pack.folder
    modes: dict[SlotPath, bool] = {file.path: entries[file.source].executable for file in placed}
    for path, digest in pack.slots.items():
        found = made.installed.get(path)
        if found is not None and fits(digest, path, found):
            what = "another mode" if has_modes and path in pack.files and modes[path] != digest.executable else ""
        else:
            what = "no such file" if found is None else "other bytes"
        if what:
            explain(path)
            raise IntegrityError(
                f"{path} is not what the lock says",
                why=f"{pack.name} at {pack.commit[:12] or pack.folder} gives {what}",
                hint="the lock was changed by hand, or made by another version of agentsync: run `agentsync lock`",
            )


def _refuse_older_form(
    path: SlotPath, placed: Collection[Placed], targets: Sequence[Tool], forms: Mapping[str, int]
) -> None:
    """Refuse a file that an older agentsync locked in another form of its tool."""
    names = {file.tool for file in placed if file.path == path}
    for tool in targets:
        if (not names or tool.name in names) and forms.get(tool.name, tool.form) < tool.form:
            raise RefusedError(
                f"locked in form {forms[tool.name]} of {tool.name}",
                why=f"this agentsync writes form {tool.form}, which gives {path} other bytes",
                hint="run `agentsync lock`, review the change and commit it",
            )
