"""The first manifest of a scope: its text, and the folder that it is made in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentsync.model.names import MANIFEST_NAME, ScopeName
from agentsync.model.schemas import editor_line
from agentsync.platform.places import known_home

if TYPE_CHECKING:
    from agentsync.project.workspace import Workspace

_TEXT: Final = """\
# What this {scope} takes from where. How: agentsync help add

registries: {{}}
#  acme: https://git.acme.example/ai/agents.git    # alias: any git URL, or github:owner/repo

packs: {{}}
#  acme/python-backend: ">=1.2,<2"                 # alias/pack: a version range
"""


def first_manifest(scope: ScopeName) -> str:
    """Return the text of a manifest that asks for nothing yet."""
    return editor_line("manifest") + _TEXT.format(scope=scope)


def first_folder(start: Path) -> Path:
    """Return the folder for a manifest where there is none above: the top of the git repository, else this one.

    A home folder that is a repository as a whole is none: what is in it is not one project.
    """
    top = repository_top(start)
    return start if top is None or top == known_home() else top


def repository_top(start: Path) -> Path | None:
    """Return the top of the git repository that a folder lies in, None where it lies in none; git is not asked."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def first_notes(workspace: Workspace, *, dry_run: bool = False) -> list[str]:
    """Return the note on a manifest that a command makes, none where there is one already."""
    if not workspace.state.is_first:
        return []
    shown = workspace.scope.manifest
    return [f"there is no {MANIFEST_NAME} yet: it {'would be' if dry_run else 'is'} made at {shown}"]


def outer_notes(workspace: Workspace) -> list[str]:
    """Return the remark on a project that lies below another one, whose items AI tools find here, too."""
    if workspace.scope.name is not ScopeName.PROJECT:
        return []
    root = workspace.scope.root
    outer = next((folder for folder in root.parents if (folder / MANIFEST_NAME).is_file()), None)
    if outer is None:
        return []
    return [f"this project lies below another one, {outer}: AI tools read the folders of both"]
