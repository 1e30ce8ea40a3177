"""Read the arguments of `agentsync add`: a pack of a known registry, or a source, see `GRAMMAR`.

Whether alias, pack and repository exist is not known here.
"""

import re
from collections.abc import Callable, Collection, Set
from typing import Final, NamedTuple
from urllib.parse import unquote

from agentsync.errors import UsageError
from agentsync.formats.git_url import parse_git_url, with_slashes
from agentsync.model.git_url import SHORTHANDS
from agentsync.model.manifest import PackRequest, SourceRequest
from agentsync.model.rel_path import rel_path
from agentsync.versions.requirement import (
    COMMIT_ID,
    RANGE_MARKS,
    Pin,
    PinKind,
    is_alias,
    is_pack_name,
    parse_pin,
    why_bad_ref_name,
)

GRAMMAR: Final = (
    "use ALIAS/PACK, ALIAS/PACK@VERSION, 'ALIAS/PACK>=1,<2', github:OWNER/REPO, a git URL or a path, each"
    " with @branch:NAME, @tag:NAME or @commit:ID if needed, and //FOLDER after a repository"
)
# Addresses that a browser shows of a folder or a file, as the hosts write them: GitHub `O/R/tree/REF/PATH` and `blob`,
# GitLab `G/R/-/tree/REF/PATH`, Gitea and Codeberg `O/R/src/branch/REF/PATH`, Bitbucket `O/R/src/REF/PATH`. Where REF
# ends and PATH begins only the repository's refs tell.
_ADDRESSES: Final = (
    re.compile(r"(?P<repository>https://[^/?#]+(?:/[^/?#]+){2,}?)/-/(?P<kind>tree|blob|raw)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://[^/?#]+/[^/?#]+/[^/?#]+)/(?P<kind>tree|blob|raw)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://[^/?#]+/[^/?#]+/[^/?#]+)/(?P<kind>src)/(?:branch|tag|commit)/(?P<rest>[^?#]+)"),
    re.compile(r"(?P<repository>https://bitbucket\.org/[^/?#]+/[^/?#]+)/(?P<kind>src)/(?P<rest>[^?#]+)"),
)
# Addresses of the large hosts as an address bar shows them.
_SHOWN_WITHOUT_SCHEME: Final = re.compile(r"(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/")
_BEHIND: Final = re.compile(r"[?#].*", re.DOTALL)
_PACK_REQUEST: Final = re.compile(
    rf"(?P<alias>[^/@\s{re.escape(RANGE_MARKS)}]*)(?:/(?P<pack>[^/@\s{re.escape(RANGE_MARKS)}]*))?"
    rf"(?:@(?P<at>.*)|\s*(?P<range>[{re.escape('^~<>=!')}].*))?"
)
_PATH: Final = re.compile(r"[/~]|\.\.?(?:/|$)")
_LOCAL_PATH: Final = re.compile(rf"{_PATH.pattern}|[A-Za-z]:/")
_ON_DISK: Final = re.compile(rf"{_LOCAL_PATH.pattern}|file:///")
_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*/?")
_SHORTHAND: Final = re.compile(rf"(?:{'|'.join(SHORTHANDS)}):")
# `acme@branch:main` is an alias with a branch, not a user at a host that is called `branch`.
_SCP: Final = re.compile(r"[^/@\s]+@(?!(?:branch|tag|commit):)(?:\[[^\]/]*\]|[^/:@\s]+):")
_KIND_OF_REF: Final = re.compile(r"@(?:branch|tag|commit):")
_GIT_FOLDER_AT: Final = re.compile(r"(.+?\.git(?://[^@]*)?)@(.*)")


def parse_request(
    text: str, *, base: str = "", allow_http: Set[str] = frozenset(), exists: Callable[[str], bool] = lambda _: False
) -> PackRequest | SourceRequest:
    """Read one argument of `agentsync add`.

    A source starts with `/`, `./`, `../`, a drive, a scheme, a shorthand or `user@host:`; all else is a pack.
    The folder in a repository follows the first `//` of its path. A ref follows the last `@`, or the first `@branch:`,
    `@tag:` or `@commit:`; an `@` right after a `/` belongs to a name (`//packages/@scope`). A path on disk that exists
    as it is written holds no ref. The refs in a browser's address are left to `registries.browsing`.

    Args:
        base: the POSIX path of the folder that a relative path starts from.
        exists: whether there is something at a path on disk, as it is written.

    Raises:
        UsageError: if the text is not understood, with the grammar as hint.
        UnsafeError: if the URL or the folder is refused for safety.
    """
    if (place := browsed(text)) is not None:
        return SourceRequest(parse_git_url(place.repository), browsed=place.rest)
    text = with_slashes(text)
    if not _is_source(text):
        return _pack_request(text)
    location, ref = _split_path_ref(text, exists) if _ON_DISK.match(text) else _split_ref(text)
    location, slashes, folder = _split_folder(location)
    url = parse_git_url(location, base=base, allow_http=allow_http)
    if slashes and not folder:
        raise _not_understood("no folder follows the '//'")
    path = rel_path(folder) if folder else None
    if ref is None:
        return SourceRequest(url, path)
    pin = _pin_of(ref.strip())
    if pin is None and (reason := why_bad_ref_name(ref)):
        raise _not_understood(f"{ref!r} names no version, tag or branch: {reason}")
    return SourceRequest(url, path, pin, None if pin else ref)


def _is_source(text: str) -> bool:
    if _PATH.match(text) or _SHORTHAND.match(text) or _AUTHORITY.match(text) or _SCP.match(text):
        return True
    # `x::y`, `user:password@host:path`: the reader of URLs has the right error, without the password.
    return "\\" in text or text.startswith("-") or ":" in text.partition("@")[0]


def _split_ref(text: str, start: int | None = None) -> tuple[str, str | None]:
    """Take `@ref` off a source, no earlier than at `start`: by default where the path of a URL begins."""
    start = _start_of_path(text) if start is None else start
    explicit = _KIND_OF_REF.search(text, start)
    if explicit:
        return text[: explicit.start()], text[explicit.start() + 1 :]
    at = text.rfind("@", start)
    if at <= start or text[at - 1] == "/" or text.endswith((".git", ".bundle")):
        return text, None
    return text[:at], text[at + 1 :]


def _split_path_ref(text: str, exists: Callable[[str], bool]) -> tuple[str, str | None]:
    """Take `@ref` off a path on disk: what exists is the path, and what follows its `@` is the ref.

    A ref may hold an `@` itself (`@pdf@1.0.0`), and so may a path: the longest path that exists counts. Where none
    does, the ref starts as in a URL, on a plain path only behind `.git`.
    """
    location, slashes, _ = _split_folder(text)
    if slashes and exists(location.removeprefix("file://")):
        return _split_ref(text, len(location) + len(slashes))
    ends = [place for place, character in enumerate(text) if character == "@"]
    for end in (len(text), *reversed(ends)):
        if exists(text[:end].removeprefix("file://")):
            return text[:end], text[end + 1 :] if end < len(text) else None
    if not _LOCAL_PATH.match(text):
        return _split_ref(text)
    if explicit := _KIND_OF_REF.search(text, 1):
        return text[: explicit.start()], text[explicit.start() + 1 :]
    after_git = _GIT_FOLDER_AT.fullmatch(text)
    return (after_git[1], after_git[2]) if after_git else (text, None)


def _split_folder(text: str) -> tuple[str, str, str]:
    """Split a source without ref at the `//` before its folder; empty texts where there is none."""
    at = text.find("//", _start_of_path(text))
    return (text, "", "") if at < 0 else (text[:at], "//", text[at + 2 :].removesuffix("/"))


def _start_of_path(text: str) -> int:
    """Return the first place where `@` and `//` have a meaning: behind the host and the path's first slash."""
    for start in (_AUTHORITY, _SHORTHAND, _SCP):
        if found := start.match(text):
            return found.end()
    return 1


def _pack_request(text: str) -> PackRequest:
    parts = _PACK_REQUEST.fullmatch(text)
    if parts is None or not is_alias(parts["alias"]):
        raise _not_understood(f"{text[:200]!r} is neither ALIAS/PACK nor a git URL nor a path")
    pack: str | None = parts["pack"]
    if pack is not None and not is_pack_name(pack):
        raise _not_understood(f"{pack!r} cannot be the name of a pack")
    if parts["at"] is not None:
        pin = _pin_of(parts["at"].strip())
        if pin is None:
            raise _not_understood(
                f"{'@' + parts['at']!r} is not a version", why="a branch is written @branch:NAME, a tag @tag:NAME"
            )
        return PackRequest(parts["alias"], pack, pin)
    if parts["range"] is None:
        return PackRequest(parts["alias"], pack)
    try:
        return PackRequest(parts["alias"], pack, Pin(PinKind.VERSION, parts["range"].strip()))
    except ValueError as error:
        raise _not_understood(str(error)) from error


def _pin_of(ref: str) -> Pin | None:
    if not ref:
        raise _not_understood("nothing follows the '@'")
    try:
        if _KIND_OF_REF.match(f"@{ref}"):
            return parse_pin(ref)
        if COMMIT_ID.fullmatch(ref):
            return Pin(PinKind.COMMIT, ref)
    except ValueError as error:
        raise _not_understood(str(error)) from error
    try:
        return Pin(PinKind.VERSION, ref)
    except ValueError:
        return None


def _not_understood(what: str, why: str = "") -> UsageError:
    return UsageError(what, why=why, hint=GRAMMAR)


class Browsed(NamedTuple):
    """A place in a repository: its URL, and `rest`, a branch, tag or commit and the path behind it."""

    repository: str
    rest: str


def browsed(text: str) -> Browsed | None:
    """Return the place that an address shows, None for one that is no such address."""
    bare = _BEHIND.sub("", text).rstrip("/")
    if _SHOWN_WITHOUT_SCHEME.match(bare):
        bare = f"https://{bare}"
    for pattern in _ADDRESSES:
        if found := pattern.fullmatch(bare):
            return Browsed(found["repository"].removesuffix(".git"), unquote(found["rest"]))
    return None


def split_ref(rest: str, names: Collection[str]) -> tuple[str, str] | None:
    """Return the ref of a `Browsed.rest`, the longest of `names`, and the path behind it; None where there is none."""
    parts = rest.split("/")
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in names or (length == 1 and COMMIT_ID.fullmatch(name)):
            return name, "/".join(parts[length:])
    return None
