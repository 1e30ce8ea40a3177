"""Open a workspace: the current folder and the options name the scope, the project of a folder or the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentsync.disk.scope import Scope, find_project, refuse_other_name
from agentsync.errors import ManifestError, UsageError
from agentsync.model.names import MANIFEST_NAME, PASSED_OVER, ScopeName
from agentsync.platform.links import is_link, real_path, walk
from agentsync.platform.places import config_folder, home_folder, own_state_folder
from agentsync.project.first_manifest import first_folder, first_manifest
from agentsync.project.project import Project
from agentsync.project.session import Options, Session
from agentsync.targets.all_tools import TOOLS

if TYPE_CHECKING:
    from agentsync.project.workspace import Workspace

T = TypeVar("T")


class Start(StrEnum):
    """The folders in which a command looks for its project."""

    UP = "up"  # in the current folder and those above
    HERE = "here"  # in the current folder, whatever is above
    ANYWHERE = "anywhere"  # as UP, and the current folder where there is none
    NEW = "new"  # as UP; where there is none, one is made at the top of the repository


def open_workspace(options: Options, start: Start = Start.UP, session: Session | None = None) -> Workspace:
    """Open the scope that the options and the environment name, in a session, a new one by default."""
    if options.target and options.target not in TOOLS:
        from agentsync.model.names import nearest

        raise UsageError(f"unknown target {options.target!r}", hint=nearest(options.target, TOOLS))
    if options.user:
        workspace = _opened(_user_scope(), options, session or Session())
    else:
        workspace = open_folder(_project(start), options, session)
    if start is Start.NEW:
        workspace.state.starter = first_manifest(workspace.scope.name)
    return workspace


def write_in(
    options: Options, start: Start, act: Callable[[Workspace], T], *, dry_run: bool = False
) -> tuple[T, tuple[str, ...]]:
    """Open a scope and let a verb write to it; what an interrupted run began is finished first.

    Where another process wrote to the scope since the verb read it, the verb runs again and holds the
    scope throughout. A verb that fails before it writes has touched nothing, not even a lock file.
    The notes on the run are returned, too.
    """
    session = Session()
    workspace = open_workspace(options, start, session)
    from agentsync.project.workspace import Overtaken

    try:
        if dry_run or not workspace.state.journal.is_pending:
            return act(workspace), workspace.remarks
    except Overtaken:
        workspace = open_workspace(options, start, session)
    with workspace.exclusive():
        return act(workspace), workspace.remarks


def open_folder(folder: Path, options: Options, session: Session | None = None) -> Workspace:
    """Open the project in a folder, an absolute path, in a session, a new one by default."""
    scope = Scope(ScopeName.PROJECT, folder, folder, own=lambda: _outside(folder))
    return _opened(scope, options, session or Session())


def projects_below(top: Path) -> Iterator[Path]:
    """Yield each folder with a manifest, at or below a folder, in order; links are not followed."""
    for where, folders, files in walk(top):
        folders[:] = sorted(name for name in folders if name not in PASSED_OVER)
        if MANIFEST_NAME in files:
            yield Path(where)


def _opened(scope: Scope, options: Options, session: Session) -> Workspace:
    project = Project(session, _linking(scope, session), options)
    if options.begin is not None and not project.state.journal.is_pending:
        options.begin(project)
    from agentsync.project.workspace import Workspace  # what plans and writes takes a while to load

    workspace = Workspace(project)
    workspace.state.folder.refuse_links()
    return workspace


def _project(start: Start) -> Path:
    if start is Start.HERE:
        refuse_other_name(Path.cwd())
        return Path.cwd()
    try:
        return find_project(Path.cwd())
    except ManifestError:
        if start is Start.ANYWHERE:
            return Path.cwd()
        if start is Start.NEW:
            return first_folder(Path.cwd())
        raise


def _user_scope() -> Scope:
    """Return the user's home, with the manifest in `AGENTSYNC_CONFIG_DIR` or the platform's config folder."""
    roots = {(root, os.environ.get(root.variable)) for tool in TOOLS.values() for root in tool.roots}
    moved = {root.folder: Path(named).resolve() / root.below for root, named in roots if named}
    return Scope(ScopeName.USER, home_folder(), config_folder(), moved, own=own_state_folder)


def _outside(project: Path) -> Path | None:
    """Return the user's own state folder, None where it is in the project: a checkout may bring that along."""
    own = own_state_folder()
    return None if _real(own).is_relative_to(_real(project)) else own


def _linking(scope: Scope, session: Session) -> Scope:
    """Let the tools' folders be links: inside the scope, or where a policy of the user or machine says so."""

    def leads_out(link: Path) -> bool:
        return not any(_real(link).is_relative_to(_real(top)) for top in (scope.root, *scope.moved.values()))

    @cache
    def folders() -> frozenset[str]:
        return frozenset(folder for tool in TOOLS.values() for folder in tool.within(scope.name).folders)

    if not session.may_have_policies:
        return scope._replace(linkable=folders)
    where = {folder: _where(scope, folder) for folder in folders()}
    leading_out = {folder: link for folder, link in where.items() if is_link(link) and leads_out(link)}
    policies = session.own_policies.values() if leading_out else ()
    allowed = {path for policy in policies for path in policy.linked_folders}
    moved = {folder: _real(link) for folder, link in leading_out.items() if link.as_posix() in allowed}
    return scope._replace(linkable=folders, moved={**moved, **scope.moved})


def _where(scope: Scope, folder: str) -> Path:
    root, _, rest = folder.partition("/")
    return scope.moved[root] / rest if root in scope.moved else scope.root / folder


def _real(path: Path) -> Path:
    return Path(real_path(path))  # a Path's own way raises where links lead in a circle
