"""Change one entry of `registry.yaml`, and leave every other byte of it alone.

Each function takes the text of a valid file and returns the new text. `name` is the file: `registry.yaml`, or one that
it includes, which is a mapping of packs as a whole. A file that is not understood here is refused,
with the line to write by hand.
"""

from __future__ import annotations

from typing import Any, Final

from agentsync.errors import RefusedError
from agentsync.formats.edited_yaml import EditedYaml, plain_table
from agentsync.formats.yaml_edits import value_of
from agentsync.formats.yaml_text import flow, scalar
from agentsync.formats.yaml_tree import Items, Node, Table, Text
from agentsync.versions.version import version_of

_NAME: Final = "registry.yaml"
_PACKS, _RENAMES, _YANKED, _DEPRECATED = "packs", "renames", "yanked", "deprecated"


def add_pack(text: str, name: str, path: str) -> str:
    """Add a pack in a folder."""
    file = _read(text)
    value = flow({"path": path})
    packs = plain_table(value_of(file.root, _PACKS)) | {name: {"path": path}}
    edited = file.editor.set(_PACKS, name, value)
    return file.checked(edited, file.content | {_PACKS: packs}, f"write `{scalar(name)}: {value}` under `packs:`")


def yank(text: str, pack: str, version: str, reason: str, name: str = _NAME) -> str:
    """Withdraw a version; a list of versions becomes a mapping where there is a reason."""
    file, entry = _entry(text, pack, name)
    node = entry.get(_YANKED)
    known = yanked_in(node)
    key = _spelled(known, version)
    known[key] = reason
    hint = f"write `{flow({key: reason})}` as `yanked:` of {pack}"
    if isinstance(node, Table):
        edited = file.editor.set_in(node, key, scalar(reason))
        return _checked(file, edited, pack, {_YANKED: known}, hint)
    if any(known.values()):
        return _set_field(file, entry, pack, _YANKED, known)
    if isinstance(node, Items) and node.value:
        edited = file.editor.append(node, scalar(key)) if key not in plain_texts(node) else text
        return _checked(file, edited, pack, {_YANKED: list(known)}, hint)
    return _set_field(file, entry, pack, _YANKED, list(known))


def unyank(text: str, pack: str, version: str, name: str = _NAME) -> str:
    """Take back that a version was withdrawn; nothing happens where it was not."""
    file, entry = _entry(text, pack, name)
    node = entry.get(_YANKED)
    known = yanked_in(node)
    key = _spelled(known, version)
    if known.pop(key, None) is None:
        return text
    if not known:
        return _drop_field(file, pack, _YANKED)
    if isinstance(node, Table):
        edited = file.editor.drop_in(entry, _YANKED, key)
        return _checked(file, edited, pack, {_YANKED: known}, f"remove {key} from `yanked:` of {pack}")
    assert isinstance(node, Items)
    if node.flow:
        return _set_field(file, entry, pack, _YANKED, list(known))
    item = next(one for one in node.value if isinstance(one, Text) and one.value == key)
    edited = file.editor.drop_line(item)
    return _checked(file, edited, pack, {_YANKED: list(known)}, f"remove {key} from `yanked:` of {pack}")


def deprecate(text: str, pack: str, why: str, name: str = _NAME) -> str:
    """Say that a pack should not be used any more; without a reason, `true`."""
    file, entry = _entry(text, pack, name)
    return _set_field(file, entry, pack, _DEPRECATED, why or "true")


def undeprecate(text: str, pack: str, name: str = _NAME) -> str:
    """Take back that a pack should not be used; nothing happens where nothing says so."""
    file, entry = _entry(text, pack, name)
    return text if entry.get(_DEPRECATED) is None else _drop_field(file, pack, _DEPRECATED)


def rename(text: str, old: str, new: str) -> str:
    """Give a pack of `registry.yaml` another name, under which its old name is found."""
    return note_rename(rename_key(text, old, new), old, new)


def rename_key(text: str, old: str, new: str, name: str = _NAME) -> str:
    """Give a pack another name; `note_rename` lets its old name be found."""
    file = _read(text, name)
    packs = _packs(file)
    place = next(key for key, _ in packs.value if key.value == old)
    entries = {new if own == old else own: value for own, value in plain_table(packs).items()}
    hint = f"write `{scalar(new)}` instead of `{scalar(old)}` in {name}"
    return file.checked(file.editor.rename(place, new), _with_packs(file, entries), hint)


def note_rename(text: str, old: str, new: str) -> str:
    """Write down in `registry.yaml` what a pack was called before."""
    text = _forget(text, new)
    file = _read(text)
    renames = plain_table(value_of(file.root, _RENAMES)) | {old: new}
    hint = f"write `{scalar(old)}: {scalar(new)}` under `renames:`"
    return file.checked(file.editor.set(_RENAMES, old, scalar(new)), file.content | {_RENAMES: renames}, hint)


def _forget(text: str, name: str) -> str:
    """Drop a name from the old names: a pack has it again."""
    file = _read(text)
    renames = plain_table(value_of(file.root, _RENAMES))
    if renames.pop(name, None) is None:
        return text
    expected = file.content | {_RENAMES: renames}
    return file.checked(file.editor.drop(_RENAMES, name), expected, f"remove `{name}` under `renames:`")


def yanked_in(node: Node | None) -> dict[str, str]:
    """Return the withdrawn versions as they are written, each with its reason, "" for none."""
    if isinstance(node, Table):
        return {name: str(value) for name, value in plain_table(node).items()}
    return dict.fromkeys(plain_texts(node), "")


def plain_texts(node: Node | None) -> list[str]:
    """Return the texts of a list, none for anything else."""
    return [one.value for one in node.value if isinstance(one, Text)] if isinstance(node, Items) else []


def _spelled(known: dict[str, str], version: str) -> str:
    """Return a version as it is written there, else as it was given."""
    return next((text for text in known if version_of(text) == version_of(version)), version)


class _File(EditedYaml):
    """A file with packs; below `packs`, or as a whole where it is one that `registry.yaml` includes."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name, RefusedError)
        self.is_included = name != _NAME


def _read(text: str, name: str = _NAME) -> _File:
    return _File(text, name)


def _packs(file: _File) -> Table:
    packs = file.root if file.is_included else value_of(file.root, _PACKS)
    assert isinstance(packs, Table), "the file is valid, and has the pack"
    return packs


def _with_packs(file: _File, entries: dict[str, Any]) -> dict[str, Any]:
    """Return what a file is to say once its packs are these."""
    return entries if file.is_included else file.content | {_PACKS: entries}


def _entry(text: str, pack: str, name: str) -> tuple[_File, Table]:
    file = _read(text, name)
    entry = value_of(_packs(file), pack)
    assert isinstance(entry, Table), "the file is valid, and has the pack"
    return file, entry


def _set_field(file: _File, entry: Table, pack: str, field: str, value: Any) -> str:
    written = flow(value, sort=False) if not isinstance(value, str) else _flag_or_text(value)
    edited = file.editor.set_in(entry, field, written)
    return _checked(file, edited, pack, {field: value}, f"write `{field}: {written}` into {pack}")


def _flag_or_text(value: str) -> str:
    return value if value == "true" else scalar(value)


def _drop_field(file: _File, pack: str, field: str) -> str:
    packs = _packs(file)
    edited = file.editor.drop_in(packs, pack, field)
    entries = plain_table(packs)
    entries[pack] = {name: value for name, value in entries[pack].items() if name != field}
    return file.checked(edited, _with_packs(file, entries), f"remove `{field}` from {pack}")


def _checked(file: _File, edited: str, pack: str, fields: dict[str, Any], hint: str) -> str:
    entries = plain_table(_packs(file))
    return file.checked(edited, _with_packs(file, entries | {pack: entries[pack] | fields}), hint)
