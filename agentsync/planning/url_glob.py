"""Globs over the URLs of repositories, for policies: scheme, host and path are matched part by part.

A `*` never leaves its part: in a host it does not cross a dot, in a path it does not cross a slash.
A part that is nothing but `*` stands for any host, or at the end of a path for all that lies below.
"""

import posixpath
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple
from urllib.parse import unquote

from agentsync.errors import PolicyError
from agentsync.model.git_url import SHORTHANDS, GitUrl
from agentsync.model.policy import TrustPolicy

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.*-]*)://([^/]*)(.*)", re.DOTALL)
_SCP: Final = re.compile(r"(?:([^/:@]*)@)?([^/:@]+):(.*)", re.DOTALL)
_PORTS: Final = {"https": "443", "http": "80", "ssh": "22"}
_ALL: Final = ("*", "**")


class _Parts(NamedTuple):
    """A URL, or a glob over URLs, taken apart; "" for a part that it does not have."""

    scheme: str
    user: str
    host: str
    port: str
    path: tuple[str, ...]
    is_absolute: bool


def check_repository(policy: TrustPolicy, url: GitUrl) -> None:
    """Refuse a repository that a policy does not allow, before anything is asked of it."""
    if not all(any(glob_matches(glob, url) for glob in globs) for globs in policy.registries):
        globs = "; ".join(", ".join(some) or "none" for some in policy.registries)
        raise PolicyError(
            f"the policy does not allow {url.text}",
            why=f"allowed registries: {globs}",
            hint="`agentsync policy show` tells where each rule comes from",
        )


def glob_matches(glob: str, url: GitUrl) -> bool:
    """Return whether a glob allows a repository: a URL with `*` in host or path, or a path of this machine."""
    if glob in _ALL:
        return True
    wanted, found = _taken_apart(glob), _taken_apart(url.text)
    return (
        fnmatchcase(found.scheme, wanted.scheme)
        and wanted.user in ("", found.user)
        and _host_matches(wanted, found)
        and wanted.is_absolute == found.is_absolute
        and _path_matches(wanted.path, found.path)
    )


def _taken_apart(text: str) -> _Parts:
    short, _, rest = text.partition(":")
    if short in SHORTHANDS and not rest.startswith("//"):
        text = f"{SHORTHANDS[short]}/{rest}"
    if parts := _SCHEME.fullmatch(text):
        scheme, authority, path = parts[1].lower(), parts[2], parts[3]
        user, _, host = authority.rpartition("@")
        name, port = _without_port(host)
        port = "" if port == _PORTS.get(scheme) else port
        return _Parts(scheme, user.partition(":")[0], name, port, _segments(path), True)
    if (parts := _SCP.fullmatch(text)) and not text.startswith((".", "/")):
        return _Parts("scp", parts[1] or "", parts[2].lower(), "", _segments(parts[3]), parts[3].startswith("/"))
    # On Windows, `//server/share` is a path of another machine.
    server, _, path = text.removeprefix("//").partition("/") if text.startswith("//") else ("", "", text)
    return _Parts("", "", server.lower(), "", _segments(path), text.startswith("/"))


def _without_port(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    is_port = bool(colon) and (port.isdecimal() or port in _ALL) and not name.endswith(":")
    return (name.lower(), port) if is_port else (host.lower(), "")


def _segments(path: str) -> tuple[str, ...]:
    """Return the parts of a path without `.`, `..` and the `.git` at its end."""
    tidy = posixpath.normpath(unquote(path)) if path else ""
    parts = [part for part in tidy.split("/") if part not in ("", ".")]
    if parts:
        parts[-1] = parts[-1].removesuffix(".git")
    return tuple(parts)


def _host_matches(wanted: _Parts, found: _Parts) -> bool:
    if wanted.port not in _ALL and wanted.port != found.port:
        return False
    if wanted.host in _ALL:
        return bool(found.host)
    globs, labels = wanted.host.split("."), found.host.split(".")
    return len(globs) == len(labels) and all(map(fnmatchcase, labels, globs))


def _path_matches(globs: Sequence[str], parts: Sequence[str]) -> bool:
    if globs and globs[-1] in _ALL:
        globs, parts = globs[:-1], [*parts[: len(globs) - 1], *(() if len(parts) >= len(globs) else ("",))]
    elif not globs:
        return True
    return len(globs) == len(parts) and all(map(fnmatchcase, parts, globs))
