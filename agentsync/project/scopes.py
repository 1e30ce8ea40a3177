"""The scopes: the project of a folder, and the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agentsync.disk.scope import Scope
from agentsync.model.names import ScopeName
from agentsync.platform.links import is_link, real_path
from agentsync.platform.places import config_folder, own_state_folder
from agentsync.targets.all_tools import TOOLS

if TYPE_CHECKING:
    from agentsync.model.policy import TrustPolicy

    Policies = Callable[[], Mapping[str, TrustPolicy]]


def user_scope(policies: Policies) -> Scope:
    """Return the user's home, with the manifest in `AGENTSYNC_CONFIG_DIR` or the platform's config folder.

    Args:
        policies: reads those of the user and of the machine, where a folder leads out of the scope.
    """
    variables = {tool.root: os.environ.get(tool.root_variable) for tool in TOOLS.values()}
    moved = {root: Path(named).resolve() for root, named in variables.items() if named}
    return _linking(Scope(ScopeName.USER, Path.home(), config_folder(), moved, own=own_state_folder), policies)


def project_scope(folder: Path, policies: Policies) -> Scope:
    """Return a project folder, see `user_scope`."""
    return _linking(Scope(ScopeName.PROJECT, folder, folder, own=lambda: _outside(folder)), policies)


def _outside(project: Path) -> Path | None:
    """Return the user's own state folder, None where it is in the project: a checkout may bring that along."""
    own = own_state_folder()
    return None if _real(own).is_relative_to(_real(project)) else own


def _linking(scope: Scope, policies: Policies) -> Scope:
    """Let the tools' folders be links: inside the scope, or where a policy of the user or machine says so."""
    tools = (tool.within(scope.name) for tool in TOOLS.values())
    where = {folder: _where(scope, folder) for tool in tools for folder in tool.folders}
    leading_out = {folder: link for folder, link in where.items() if is_link(link) and _leads_out(link, scope)}
    allowed = {path for policy in policies().values() for path in policy.linked_folders} if leading_out else set()
    moved = {folder: _real(link) for folder, link in leading_out.items() if link.as_posix() in allowed}
    return scope._replace(linkable=frozenset(where), moved={**moved, **scope.moved})


def _where(scope: Scope, folder: str) -> Path:
    root, _, rest = folder.partition("/")
    return scope.moved[root] / rest if root in scope.moved else scope.root / folder


def _leads_out(link: Path, scope: Scope) -> bool:
    return not any(_real(link).is_relative_to(_real(top)) for top in (scope.root, *scope.moved.values()))


def _real(path: Path) -> Path:
    return Path(real_path(path))  # a Path's own way raises where links lead in a circle
