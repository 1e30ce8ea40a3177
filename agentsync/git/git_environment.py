"""The environment of git, without variables that change its repository or make it run programs.

Sources: git(1) ENVIRONMENT VARIABLES, git-config(1).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agentsync.platform.places import no_folder

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl

# The remote of every call. Not `origin`: many people configure that one for all their repositories.
REMOTE: Final = "agentsync"
NO_HOOKS: Final = f"core.hooksPath={no_folder()}"
_INHERITED: Final = frozenset(
    (
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_ASKPASS",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_DATE",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_EXEC_PATH",
        "GIT_HTTP_USER_AGENT",
        "GIT_HTTP_PROXY_AUTHMETHOD",
        "GIT_HTTP_LOW_SPEED_LIMIT",
        "GIT_HTTP_LOW_SPEED_TIME",
    )
)
_INHERITED_STARTS: Final = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_SSL_", "GIT_PROXY_SSL_")
_FIXED: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOC_LIMIT": "128m",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
SETTINGS: Final = (
    NO_HOOKS,
    "core.fsmonitor=false",
    f"core.attributesFile={os.devnull}",
    "core.symlinks=false",
    "core.autocrlf=false",
    "apply.whitespace=nowarn",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.bigFileThreshold=16m",
    "transfer.fsckObjects=true",
    "fetch.fsckObjects=true",
    "fetch.unpackLimit=1",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "transfer.bundleURI=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "credential.interactive=false",
    "safe.bareRepository=all",
)
# What a git that runs as the user would run it does not do: work for later, which another git would wait for.
USERS_SETTINGS: Final = ("gc.auto=0", "maintenance.auto=false")
_PROTOCOLS: Final = ("https", "ssh", "file")
# As with http: a server that is silent for half a minute is gone.
SSH: Final = "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=2"


def git_environment(inherited: Mapping[str, str], remote: GitUrl | None = None) -> dict[str, str]:
    """Return the environment that a git is started with; `remote` is the repository that `REMOTE` stands for."""
    environment = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("GIT_") or name in _INHERITED or name.startswith(_INHERITED_STARTS)
    }
    allowed = [*_PROTOCOLS, "http"] if remote is not None and remote.kind == "http" else list(_PROTOCOLS)
    if (narrower := inherited.get("GIT_ALLOW_PROTOCOL")) is not None:
        allowed = [name for name in allowed if name in narrower.split(":")]
    environment |= _FIXED
    environment["GIT_ALLOW_PROTOCOL"] = ":".join(allowed)
    if remote is not None:
        # A partial clone, for the one call that fetches: the configuration of the cached repository names no remote,
        # so that no reading command starts a download for a missing object.
        settings = {"url": remote.location, "promisor": "true", "partialclonefilter": "blob:none"}
        count = environment.get("GIT_CONFIG_COUNT", "0")
        for number, (key, value) in enumerate(settings.items(), start=int(count) if count.isdecimal() else 0):
            environment[f"GIT_CONFIG_KEY_{number}"] = f"remote.{REMOTE}.{key}"
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
            environment["GIT_CONFIG_COUNT"] = str(number + 1)
    return environment


def users_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a git that runs in an author's own repository as they would run it.

    No variable names another repository or index, and none asks a question; hooks get the variables as they are.
    """
    environment = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("GIT_") or name in _INHERITED or name.startswith(_INHERITED_STARTS)
    }
    return environment | {"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "false", "GIT_PAGER": "cat"}
