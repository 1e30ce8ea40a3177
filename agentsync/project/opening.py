"""Open a workspace: the current folder and the options name the scope."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from agentsync.disk.scope import Scope, find_project, refuse_other_name
from agentsync.errors import ManifestError, UsageError
from agentsync.project.project import Project
from agentsync.project.scopes import project_scope, user_scope
from agentsync.project.session import Options, Session
from agentsync.project.workspace import Overtaken, Workspace
from agentsync.targets.all_tools import TOOLS

T = TypeVar("T")


class Start(StrEnum):
    """The folders in which a command looks for its project."""

    UP = "up"  # in the current folder and those above
    HERE = "here"  # in the current folder, whatever is above
    ANYWHERE = "anywhere"  # as UP, and the current folder where there is none


def open_workspace(options: Options, start: Start = Start.UP, session: Session | None = None) -> Workspace:
    """Open the scope that the options and the environment name.

    Args:
        start: the folders to look for the project in.
        session: the session that it belongs to, a new one by default.

    Raises:
        ManifestError: where there is no project here or above.
    """
    if options.target and options.target not in TOOLS:
        from agentsync.model.names import nearest

        raise UsageError(f"unknown target {options.target!r}", hint=nearest(options.target, TOOLS))
    session = session or Session()
    if not options.user:
        return open_folder(_project(start), options, session)
    return _opened(user_scope(lambda: session.own_policies), options, session)


def write_in(
    options: Options, start: Start, act: Callable[[Workspace], T], *, dry_run: bool = False
) -> tuple[T, tuple[str, ...]]:
    """Open a scope and let a verb write to it; what an interrupted run began is finished first.

    Where another process wrote to the scope since the verb read it, the verb runs again and holds the
    scope throughout. A verb that fails before it writes has touched nothing, not even a lock file.

    Args:
        act: the verb.
        dry_run: whether it only tells what it would do.

    Returns:
        What the verb returns, and the notes on the run.
    """
    session = Session()
    workspace = open_workspace(options, start, session)
    try:
        if dry_run or not workspace.state.journal.is_pending:
            return act(workspace), workspace.remarks
    except Overtaken:
        workspace = open_workspace(options, start, session)
    with workspace.exclusive():
        return act(workspace), workspace.remarks


def open_folder(folder: Path, options: Options, session: Session | None = None) -> Workspace:
    """Open the project in a folder.

    Args:
        folder: the folder of its manifest, as an absolute path.
        session: the session that it belongs to, a new one by default.
    """
    session = session or Session()
    return _opened(project_scope(folder, lambda: session.own_policies), options, session)


def _opened(scope: Scope, options: Options, session: Session) -> Workspace:
    workspace = Workspace(Project(session, scope, options))
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
        raise
