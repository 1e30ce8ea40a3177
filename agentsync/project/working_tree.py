"""Git and the files of a project: which of them it ignores, which line ends it writes, and which git that is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentsync.disk.folder import Folder
from agentsync.git import working_tree
from agentsync.git.git import git_version as git_version
from agentsync.model.rel_path import RelPath
from agentsync.model.working_tree import IgnoreRule, LineEnds


def ignored(root: Path, folder: Folder, paths: Iterable[RelPath]) -> dict[RelPath, IgnoreRule]:
    """Return the rule for each of some files that git ignores; `folder` knows which of them are links to elsewhere."""
    if not working_tree.is_in_repository(root):
        return {}
    inside = folder.in_tree(paths)
    return {inside[RelPath(real)]: rule for real, rule in working_tree.ignored(root, inside).items()}


def line_ends(root: Path, folder: Folder, paths: Iterable[RelPath]) -> dict[RelPath, LineEnds]:
    """Return the line ends that attributes of the repository give each of some files."""
    inside = folder.in_tree(paths)
    return {inside[RelPath(real)]: ends for real, ends in working_tree.line_ends(root, inside).items()}
