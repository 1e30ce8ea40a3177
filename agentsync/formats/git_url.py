"""Read the URL or path of a git repository, and refuse what is not safe to give to git.

Accepted: `https://`, `ssh://`, `user@host:path`, `file:///`, paths that start with `/`, `./`, `../` or a drive (`C:/`),
also as Windows writes them, the shorthands of `SHORTHANDS`, and `http://` to this machine or to hosts that the user
names. All else is refused, above all forms for which git runs a command (`ext::`, `fd::`, any `x::y`, a leading `-`)
and protocols without protection (`git://`, `ftp://`).

Source of the forms: "GIT URLS" in git-fetch(1); RFC 3986 for what stands between their marks.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
import unicodedata
from collections.abc import Set
from typing import Final
from urllib.parse import unquote

from agentsync.errors import UnsafeError, UsageError
from agentsync.late import late
from agentsync.model.git_url import SHORTHANDS, GitUrl, UrlKind

FORMS: Final = "https://HOST/PATH, ssh://HOST/PATH, git@HOST:PATH, file:///PATH, ./PATH, /PATH or github:OWNER/REPO"
_MAX_LENGTH: Final = 2048
_DEFAULT_PORTS: Final = {"https": "443", "http": "80", "ssh": "22"}
_HELPER: Final = late(r"[A-Za-z0-9+.-]*::")
_SHORT: Final = late(rf"({'|'.join(SHORTHANDS)}):(.*)")
_SCHEME: Final = late(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?")
_SCP: Final = late(r"([^/:@\s]*)@(\[[^\]/]*\]|[^/:@\[\]]*):(.*)")
_DRIVE: Final = late(r"[A-Za-z]:/")
_WINDOWS_PATH: Final = late(r"[A-Za-z]:\\|\\\\[^\\/?.]|\.{1,2}\\")
# The long form of such a path, which no shell needs and some programs hand on.
_LONG_FORM: Final = late(r"\\\\\?\\(?:(UNC\\)|(?=[A-Za-z]:\\))", re.IGNORECASE)
_HOST_AND_PORT: Final = late(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_HOST: Final = late(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_USER: Final = late(r"[A-Za-z0-9_.+~][A-Za-z0-9_.+~-]*")
_OWNER_OR_REPOSITORY: Final = late(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*")
_NOT_IN_URLS: Final = late(r'[\s"<>^`{|}]')
_BIDI_AND_CONTROL: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def parse_git_url(text: str, *, base: str = "", allow_http: Set[str] = frozenset()) -> GitUrl:
    """Read where a repository is.

    Args:
        base: the POSIX path of the folder that a relative path starts from.
        allow_http: hosts, in lower case, that plain http may go to besides this machine.

    Raises:
        UnsafeError: if git must not be given this.
        UsageError: if it cannot be understood.
    """
    text = with_slashes(text)
    _refuse_characters(text)
    if _HELPER.match(text):
        raise UnsafeError(
            "a URL of the form 'x::y' is refused", why="git would run a command for it", hint=f"use {FORMS}"
        )
    if short := _SHORT.fullmatch(text):
        return _from_shorthand(short[1], short[2])
    if parts := _SCHEME.fullmatch(text):
        scheme, authority, path, query, fragment = parts.groups(default="")
        if fragment:
            raise UsageError("a git URL has no '#' part", hint="choose a branch or tag with 'branch:' or 'tag:'")
        if _NOT_IN_URLS.search(text):
            raise UsageError("the URL holds a character that no URL may", hint="write it as %XX, a blank as %20")
        return _from_scheme(scheme.lower(), authority, path, query if query != "?" else "", allow_http)
    if text in {".", ".."} or text.startswith(("/", "./", "../")) or _DRIVE.match(text):
        return _from_path(text, base)
    if text.startswith("~"):
        raise UsageError(f"'{text}': ~ is not expanded", hint="write the folder out, or start with ./ or ../")
    if parts := _SCP.fullmatch(text):
        return _from_scp(*parts.groups())
    raise _not_understood(text)


def with_slashes(text: str) -> str:
    """Return a path of Windows (`C:\\x`, `\\\\server\\share`, `.\\x`) with `/`, other text as it is."""
    if found := _LONG_FORM.match(text):
        text = ("\\\\" if found[1] else "") + text[found.end() :]
    return text.replace("\\", "/") if _WINDOWS_PATH.match(text) else text


def _refuse_characters(text: str) -> None:
    if not text.strip():
        raise UsageError("the git URL is empty", hint=f"use {FORMS}")
    if any(unicodedata.category(character) in _BIDI_AND_CONTROL for character in text):
        raise UnsafeError("the git URL holds a control or invisible character", hint="type it anew")
    if text != text.strip():
        raise UsageError("the git URL starts or ends with a blank", hint="remove the blank")
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"the git URL is longer than {_MAX_LENGTH} characters")
    if text.startswith("-"):
        raise _option("a git URL")
    if "\\" in text:
        raise UnsafeError("the git URL holds a backslash", hint="write / between folders, on Windows too")


def _from_shorthand(service: str, path: str) -> GitUrl:
    names = path.removesuffix(".git").split("/")
    fits = len(names) >= 2 if service == "gitlab" else len(names) == 2
    if any(name.startswith("-") for name in names):
        raise _option("a name in a git URL")
    if not fits or not all(_OWNER_OR_REPOSITORY.fullmatch(name) and name.strip(".") for name in names):
        form = "gitlab:GROUP/REPO" if service == "gitlab" else f"{service}:OWNER/REPO"
        raise UsageError(f"a repository on {service} is written {form}", hint=f"use {form}, or {FORMS}")
    return _from_scheme("https", SHORTHANDS[service].partition("://")[2], f"/{'/'.join(names)}.git", "", frozenset())


def _from_scheme(scheme: str, authority: str, path: str, query: str, allow_http: Set[str]) -> GitUrl:
    if scheme not in {"https", "http", "ssh", "file"}:
        raise UnsafeError(f"'{scheme}://' is refused", why="it is not one of https, ssh and file", hint=f"use {FORMS}")
    if query and scheme in {"ssh", "file"}:
        raise UsageError(f"a URL with {scheme}:// has no '?' part")
    name = _repository_name(_checked_path(path))
    if scheme == "file":
        if authority:
            raise UsageError("a file URL names no host", hint="write file:///PATH, with three slashes")
        location = f"file://{path}"
        return GitUrl(location, UrlKind.FILE, "", f"file://{_trimmed(unquote(path))}", name, location)
    user_info, at, host_and_port = authority.rpartition("@")
    if unquote(user_info).startswith("-"):
        raise _option("the user in a git URL")
    host, port = _host_and_port(host_and_port)
    if scheme == "http":
        _refuse_http(host, allow_http)
    shown = ""
    if scheme == "ssh" and at:
        # ssh accepts no password in a URL: it is removed for git as well.
        user_info = _checked_user(user_info.partition(":")[0])
        shown = f"{user_info}@"
    end = "" if port in {"", _DEFAULT_PORTS[scheme]} else f":{port}"
    public_query = _public_query(query)
    return GitUrl(
        text=f"{scheme}://{shown}{host_and_port}{path}{public_query}",
        kind=UrlKind(scheme),
        host=host,
        key=f"{scheme}://{shown}{host}{end}{_without_git(path)}{public_query}",
        repository_name=name,
        location=f"{scheme}://{user_info}{at}{host_and_port}{path}{query}",
    )


def _from_scp(user: str, host_text: str, path: str) -> GitUrl:
    host = _checked_host(host_text)
    _checked_user(user)
    if path.startswith("-"):
        raise _option("the path in a git URL")
    if path.startswith(":") or _NOT_IN_URLS.search(path) or "?" in path or "#" in path:
        raise UsageError("the path after 'user@host:' holds a character that it may not", hint=f"use {FORMS}")
    name = _repository_name(_checked_path(path if path.startswith("/") else f"/{path}"), decode=False)
    text = f"{user}@{host_text}:{path}"
    return GitUrl(text, UrlKind.SCP, host, f"{user}@{host}:{_without_git(path)}", name, text)


def _from_path(text: str, base: str) -> GitUrl:
    joined = text if _DRIVE.match(text) else posixpath.join(base, text)
    path = posixpath.normpath(joined)
    if not path.strip("/"):
        raise UsageError("the root of the disk is not a repository", hint="write the path of a folder below it")
    name = _repository_name(path, decode=False)
    if _DRIVE.match(joined):
        # Without the scheme, git reads the drive as a host on systems without drives.
        location = f"file:///{path.replace('%', '%25')}"
        return GitUrl(text, UrlKind.PATH, "", f"file:///{path}", name, location)
    if joined.startswith("/"):
        return GitUrl(text, UrlKind.PATH, "", f"file:///{path.lstrip('/')}", name, path)
    if not path.startswith("../") and path not in {".", ".."}:
        # Without the dot, `./-x` would become an option and `./ext::x` a command.
        path = f"./{path}"
    return GitUrl(text, UrlKind.PATH, "", path, name, path)


def _host_and_port(text: str) -> tuple[str, str]:
    """Return host in lower case, and port. No error quotes them: they may be part of a password."""
    parts = _HOST_AND_PORT.fullmatch(text)
    if parts is None or (parts[2] and not 0 < int(parts[2]) < 65536):
        raise UsageError(
            "the host and port of the git URL cannot be read",
            why="after the host may stand ':' and a port number",
            hint="leave passwords to a git credential helper, or write '/', '?' and '#' in them as %XX",
        )
    return _checked_host(parts[1]), (parts[2] or "").lstrip("0")


def _checked_host(text: str) -> str:
    if not text:
        raise UsageError("the git URL names no host", hint=f"use {FORMS}")
    if unquote(text).startswith("-"):
        raise _option("the host in a git URL")
    if not text.isascii():
        raise UnsafeError(
            f"the host '{text}' is not ASCII",
            why="it may only look like another host",
            hint=_punycode_hint(text),
        )
    if text.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(text[1:-1])}]"
        except ValueError:
            raise UsageError("what stands in [...] in the git URL is not an IPv6 address") from None
    if not _HOST.fullmatch(text) or ".." in text:
        raise UsageError("the host of the git URL is not a host name", hint=f"use {FORMS}")
    return text.lower().removesuffix(".")


def _punycode_hint(host: str) -> str:
    try:
        return f"if that is the host you mean, write {host.encode('idna').decode()}"
    except UnicodeError:
        return "write its ASCII form, xn--..."


def _refuse_http(host: str, allow_http: Set[str]) -> None:
    if host == "localhost" or host in allow_http:
        return
    try:
        if ipaddress.ip_address(host.strip("[]")).is_loopback:
            return
    except ValueError:
        pass
    raise UnsafeError(
        f"plain http to {host} is refused",
        why="others on the network can change what is delivered",
        hint=f"use https://{host}/...",
    )


def _checked_user(user: str) -> str:
    if user.startswith("-"):
        raise _option("the user in a git URL")
    if not _USER.fullmatch(user):
        raise UsageError("the user in the git URL is not a user name", hint="use git@HOST:PATH or ssh://git@HOST/PATH")
    return user


def _checked_path(path: str) -> str:
    """Return the path of a URL that names a repository, without detours."""
    parts = path.strip("/").split("/") if path.strip("/") else []
    if not parts:
        raise UsageError("the git URL names no repository", hint=f"use {FORMS}")
    if "//" in path:
        raise UsageError("the path of the git URL has an empty part", hint="write one / between folders")
    for part in parts:
        plain = unquote(part)
        if plain in {".", ".."} or "/" in plain or "\\" in plain:
            raise UnsafeError("the path of the git URL walks through '.' or '..'", hint="write the path it leads to")
        if any(unicodedata.category(character) in _BIDI_AND_CONTROL for character in plain):
            raise UnsafeError("the path of the git URL holds a control character", hint="write the path without it")
    return path


def _public_query(query: str) -> str:
    if not query:
        return ""
    from agentsync.model.redaction import is_secret  # few URLs have a query

    kept = "&".join(part for part in query[1:].split("&") if not is_secret(part.partition("=")[0]))
    return f"?{kept}" if kept else ""


def _trimmed(path: str) -> str:
    return path.rstrip("/") or "/"


def _without_git(path: str) -> str:
    """Return the path as servers compare it: without `.git` and slashes at its end."""
    path = _trimmed(path)
    while path.endswith(".git") and not path.endswith("/.git"):
        path = _trimmed(path.removesuffix(".git"))
    return path


def _repository_name(path: str, *, decode: bool = True) -> str:
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and parts[-1] == ".git":
        parts.pop()
    name = unquote(parts[-1]) if decode else parts[-1]
    name = name.removesuffix(".git").removesuffix(".bundle")
    return "" if name in {".", ".."} else name


def _option(what: str) -> UnsafeError:
    return UnsafeError(f"{what} starts with '-'", why="git or ssh would read it as an option")


def _not_understood(text: str) -> UsageError:
    # With an `@` it may hold a password in an unknown form.
    what = "the git URL is not understood" if "@" in text else f"'{text[:100]}' is not a git URL or path"
    if re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]+", text):
        return UsageError(what, hint=f"write github:{text}, or ./{text} for a folder")
    return UsageError(what, hint=f"use {FORMS}")
