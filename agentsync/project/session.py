"""Open a workspace: where the environment and the current folder say which scope is meant."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentsync.disk.scope import Scope, ScopeName, find_project, refuse_other_name
from agentsync.errors import ManifestError, UsageError
from agentsync.project.project import Environment, Options
from agentsync.project.workspace import Overtaken, Workspace
from agentsync.targets.all_targets import TARGETS

T = TypeVar("T")

if TYPE_CHECKING:
    from agentsync.git.cache import Cache
    from agentsync.model.git_url import GitUrl
    from agentsync.model.policy import TrustPolicy


class Start(StrEnum):
    """Where a command looks for its project."""

    UP = "up"  # in the current folder and those above
    HERE = "here"  # in the current folder, whatever is above
    ANYWHERE = "anywhere"  # as UP, and the current folder where there is none


def open_workspace(options: Options, start: Start = Start.UP) -> Workspace:
    """Open the scope that the options and the environment name.

    Args:
        options: how.
        start: where to look for the project.

    Raises:
        ManifestError: where there is no project here or above.
    """
    if options.target and options.target not in TARGETS:
        from agentsync.model.nearest import nearest

        raise UsageError(f"unknown target {options.target!r}", hint=nearest(options.target, TARGETS))
    if not options.user:
        return open_folder(_project(start), options)
    return _opened(user_scope(), options)


def write_in(
    options: Options, start: Start, act: Callable[[Workspace], T], *, dry_run: bool = False
) -> tuple[T, tuple[str, ...]]:
    """Open a scope and let a verb write to it; what an interrupted run began is finished first.

    Where another process wrote to the scope since the verb read it, all that was decided is worth
    nothing, and the verb runs again, holding the scope throughout. A verb that fails before it
    writes has touched nothing, not even a lock file.

    Args:
        options: how the scope is opened.
        start: where to look for the project.
        act: the verb.
        dry_run: whether it only tells what it would do.

    Returns:
        What the verb returns, and what was done before it.
    """
    workspace = open_workspace(options, start)
    try:
        if dry_run or not workspace.state.is_pending:
            return act(workspace), workspace.remarks
    except Overtaken:
        workspace = open_workspace(options, start)
    with workspace.exclusive():
        return act(workspace), workspace.remarks


def open_folder(folder: Path, options: Options) -> Workspace:
    """Open the project in a folder.

    Args:
        folder: where its manifest is, as an absolute path.
        options: how.
    """
    return _opened(project_scope(folder), options)


def _opened(scope: Scope, options: Options) -> Workspace:
    workspace = Workspace(scope, options, Environment(_cache, _own_policies))
    workspace.state.refuse_links()
    return workspace


def _cache(options: Options) -> Cache:
    from agentsync.git.cache import Cache

    return Cache(
        cache_folder(),
        offline=options.offline,
        progress=options.progress,
        counting=options.counting,
        patience=options.patience,
    )


def _own_policies() -> dict[str, TrustPolicy]:
    from agentsync.disk.policies import MACHINE, read_policies

    return read_policies((config_folder(), MACHINE))


def plain_folder(url: GitUrl) -> Path | None:
    """The folder a path names, where it is one on this disk and no git repository."""
    if url.kind != "path":
        return None
    folder = Path(url.location)
    is_git = (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())
    return folder if folder.is_dir() and not is_git else None


def is_on_disk(path: str) -> bool:
    """Whether there is something at a path, as a person wrote it in the current folder."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def cache_folder() -> Path:
    """Where cached repositories are: `AGENTSYNC_CACHE_DIR`, else the platform's cache folder."""
    if named := os.environ.get("AGENTSYNC_CACHE_DIR"):
        return Path(named).absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("agentsync")).absolute()


def config_folder() -> Path:
    """Where the user's own manifest and settings are."""
    if named := os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return Path(named).absolute()
    import platformdirs

    return Path(platformdirs.user_config_dir("agentsync")).absolute()


def own_state_folder() -> Path:
    """Where the user's own state is: `state` in `AGENTSYNC_CONFIG_DIR`, else the platform's state folder."""
    if os.environ.get("AGENTSYNC_CONFIG_DIR"):
        return config_folder() / "state"
    import platformdirs

    return Path(platformdirs.user_state_dir("agentsync")).absolute()


def user_scope() -> Scope:
    """The user's home, with the manifest in `AGENTSYNC_CONFIG_DIR` or the platform's config folder."""
    variables = {target.root: os.environ.get(target.root_variable) for target in TARGETS.values()}
    moved = {root: Path(named).resolve() for root, named in variables.items() if named}
    return _linking(Scope(ScopeName.USER, Path.home(), config_folder(), moved, own=own_state_folder))


def project_scope(folder: Path) -> Scope:
    """A project folder."""
    return _linking(Scope(ScopeName.PROJECT, folder, folder, own=lambda: _outside(folder)))


def _outside(project: Path) -> Path | None:
    """The user's own state folder, None where it is in the project: then it may have come with the checkout."""
    own = own_state_folder()
    return None if _real(own).is_relative_to(_real(project)) else own


def _linking(scope: Scope) -> Scope:
    """A scope whose tools' folders may be links: inside the scope, or where a policy of the user or machine says so."""
    where = {folder: _where(scope, folder) for target in TARGETS.values() for folder in target.folders}
    leading_out = {folder: link for folder, link in where.items() if link.is_symlink() and _leads_out(link, scope)}
    policies = _own_policies().values() if leading_out else ()
    allowed = {path for policy in policies for path in policy.linked_folders}
    moved = {folder: _real(link) for folder, link in leading_out.items() if link.as_posix() in allowed}
    return scope._replace(linkable=frozenset(where), moved={**moved, **scope.moved})


def _where(scope: Scope, folder: str) -> Path:
    root, _, rest = folder.partition("/")
    return scope.moved[root] / rest if root in scope.moved else scope.root / folder


def _leads_out(link: Path, scope: Scope) -> bool:
    return not any(_real(link).is_relative_to(_real(top)) for top in (scope.root, *scope.moved.values()))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # a Path's own way raises where links lead in a circle


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
