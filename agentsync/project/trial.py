"""A project that is there for a while: a pack on disk is installed into it, beside a copy of what a project has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsync.disk.author_tree import AuthorTree
from agentsync.disk.scope import find_project
from agentsync.errors import UsageError
from agentsync.formats.yaml_text import flow
from agentsync.model.lock import Lock
from agentsync.model.names import LOCK_NAME, MANIFEST_NAME, STATE_FOLDER, nearest
from agentsync.model.plain_name import plain_name
from agentsync.model.slot import file_of, patch_path
from agentsync.platform.files import scratch_folder
from agentsync.platform.links import walk
from agentsync.platform.other_places import in_folders_of
from agentsync.project.manifest_draft import ManifestDraft, set_pack
from agentsync.project.opening import open_folder
from agentsync.project.session import Options
from agentsync.project.workspace import Workspace
from agentsync.targets.all_tools import TOOLS


@contextmanager
def trial(
    pack: Path, name: str, project: Path | None, target: str, *, stays: bool
) -> Iterator[tuple[Workspace, ManifestDraft]]:
    """Make a project with the pack of a folder in its manifest, not yet installed; nothing else is written to.

    Args:
        name: what the pack is called, "" for the name of its folder.
        project: the project that is copied: its manifest, lock, patches and files for AI tools; None for none.
        target: the AI tool that the pack is installed for, "" for those of the manifest.
        stays: whether the folder is left there.
    """
    with scratch_folder(stays=stays) as root, in_folders_of(root):
        folder = root / "project"
        if project is not None:
            named = Path(os.path.normpath(Path.cwd() / project))
            if not named.is_dir():
                raise UsageError(f"there is no folder {project}", hint="name the folder of a project")
            _copy(find_project(named), folder)
        else:
            targets = f"targets: [{target}]\n" if target else ""
            AuthorTree(folder).put(MANIFEST_NAME, None, f"{targets}packs: {{}}\n".encode())
        workspace = open_folder(folder, Options(target=target if project is not None else ""))
        try:
            draft = ManifestDraft(workspace.project)
            if target and target not in draft.manifest.targets:
                known = draft.manifest.targets
                raise UsageError(f"{target!r} is not among the targets of the project", hint=nearest(target, known))
            taken = {entry.key for entry in draft.manifest.packs} | draft.manifest.registries.keys()
            name = plain_name(name or pack.name) or "pack"
            while name in taken:
                name += "-try"
            set_pack(draft, name, flow({"path": pack.as_posix()}, sort=False))
            yield workspace, draft
        finally:
            workspace.close()


def _copy(source: Path, goal: Path) -> None:
    """Copy what a project has for AI tools: manifest, lock, receipt, patches, and all files in their places.

    A file that stands there and is of no pack would clash with one of the pack, so that it is copied too.
    """
    lock = _lock_in(source)
    paths = [MANIFEST_NAME, LOCK_NAME, f"{STATE_FOLDER}/receipt.json"]
    for name, pack in lock.packs.items() if lock is not None else ():
        paths += [f"{STATE_FOLDER}/patches/{patch_path(name, path)}" for path in pack.kept]
    paths += dict.fromkeys(map(file_of, lock.slots())) if lock is not None else ()
    tree, there = AuthorTree(goal), AuthorTree(source)
    for path in dict.fromkeys((*paths, *_of_tools(source))):
        tree.copy_from(there, path)


def _of_tools(folder: Path) -> Iterator[str]:
    """Yield the files of a project that stand where AI tools read, each by its path in the project."""
    for tool in TOOLS.values():
        yield from tool.documents
        for home in tool.homes:
            for above, _, names in walk(folder / home):
                yield from (Path(above, name).relative_to(folder).as_posix() for name in names)


def installed_lock(workspace: Workspace) -> Lock | None:
    """Return the lock of a project as it is on disk now."""
    return _lock_in(workspace.scope.root)


def _lock_in(folder: Path) -> Lock | None:
    opened = open_folder(folder, Options(offline=True))
    try:
        return opened.project.lock
    finally:
        opened.close()
