"""The items on disk that no pack owns: files in the folders of AI tools that neither the lock nor the receipt has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from agentsync.disk.folder import Folder
from agentsync.model.digest import FileDigest
from agentsync.model.item import Kind
from agentsync.model.lock import Lock
from agentsync.model.rel_path import RelPath, is_litter, why_unsafe
from agentsync.planning.copies import Copy, name_in
from agentsync.project.workspace import Workspace
from agentsync.targets.all_tools import TOOLS
from agentsync.targets.tool import FILES, FolderPlace


def unowned(workspace: Workspace) -> dict[Copy, dict[RelPath, bytes]]:
    """Return the items that no pack owns, with the bytes of their files, by path.

    They are looked for below the folders of the tools that the manifest names. What cannot be read, and what git
    ignores in the folder of a skill, is none.
    """
    project, folder = workspace.project, workspace.folder
    owned = set(map(str, (project.lock or Lock()).slots()))
    owned |= set(map(str, project.receipt.files)) if project.receipt is not None else set()
    taken = workspace.known(project.lock).owned_folders() if project.lock is not None else ()
    found: dict[Copy, dict[RelPath, bytes]] = {}
    for kind, home, is_folder in _homes(workspace):
        paths = [path for path in folder.walk(home) if not is_litter(path) and why_unsafe(path) is None]
        free = [path for path in paths if path not in owned and not path.startswith(tuple(f"{one}/" for one in taken))]
        groups = _skills(home, free) if is_folder else {path: [path] for path in free if path.endswith(".md")}
        for path, files in groups.items():
            if (read := _read(workspace, files, is_skill=is_folder)) is not None:
                main = _main(read) if is_folder else path
                found.setdefault(Copy(kind, path, home, main, name_in(read[main]), tuple(read)), read)
    return dict(sorted(found.items(), key=lambda one: one[0].path))


def _homes(workspace: Workspace) -> Iterator[tuple[Kind, RelPath, bool]]:
    """Yield the folders that the tools read items of a kind from, each once."""
    seen: set[str] = set()
    for name in workspace.project.manifest.targets:
        for kind, found in TOOLS[name].within(workspace.scope.name).places.items():
            for place in found:
                if isinstance(place, FILES) and place.folder not in seen:
                    seen.add(place.folder)
                    yield kind, RelPath(place.folder), isinstance(place, FolderPlace)


def _skills(home: RelPath, paths: Collection[RelPath]) -> dict[RelPath, list[RelPath]]:
    """Return the files of each folder with a `SKILL.md` right below the folder of the tool."""
    found: dict[RelPath, list[RelPath]] = {}
    for path in paths:
        name, slash, _ = path.removeprefix(f"{home}/").partition("/")
        if slash:
            found.setdefault(RelPath(f"{home}/{name}"), []).append(path)
    return {folder: files for folder, files in found.items() if any(_is_main(folder, path) for path in files)}


def _is_main(folder: RelPath, path: RelPath) -> bool:
    return path.lower() == f"{folder}/skill.md".lower()


def _main(files: Collection[RelPath]) -> RelPath:
    return min((path for path in files if path.lower().endswith("/skill.md")), key=lambda path: path.count("/"))


def _read(workspace: Workspace, files: Sequence[RelPath], *, is_skill: bool) -> dict[RelPath, bytes] | None:
    """Return the bytes of the plain files; None where the item's own file is none, or is too large for one."""
    if is_skill and len(files) > 1:
        from agentsync.project.working_tree import ignored

        hidden = ignored(workspace.scope.root, workspace.folder, files)
        files = [path for path in files if path not in hidden or path.lower().endswith("/skill.md")]
    local = workspace.folder.local_files(files)
    plain = [path for path in files if isinstance(local[path], FileDigest)]
    most = workspace.project.policy.limits.file
    small = [path for path in plain if _size(workspace.folder, path) <= most]
    read = {path: workspace.folder.read(path) for path in small}
    if is_skill:
        return read if any(path.lower().endswith("/skill.md") for path in read) else None
    return read or None


def _size(folder: Folder, path: RelPath) -> int:
    return folder.locate(path).stat().st_size
