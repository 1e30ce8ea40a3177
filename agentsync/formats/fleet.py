"""Read which repositories a fleet is: `fleet.yaml`, and lists of URLs as text or as JSON.

The formats are documented in `docs/reference/fleet.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from fnmatch import fnmatchcase
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any, Final

from agentsync.errors import AgentsyncError, UsageError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.section import Section, read_section
from agentsync.formats.yaml_tree import Node, Text
from agentsync.model.fleet import Fleet, Member
from agentsync.model.git_url import GitUrl, UrlKind
from agentsync.model.rel_path import rel_path

FLEET_VERSION: Final = "1"
_TOP_KEYS: Final = ("fleet", "repositories", "lists", "exclude", "policy", "registries")
_REPOSITORY_KEYS: Final = ("git", "branch", "folders")
_EXAMPLE: Final = "a fleet is written like this: { fleet: 1, repositories: [https://git.example/shop.git] }"
_ON_GITHUB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+")
_REMARK: Final = re.compile(r"\s#.*", re.DOTALL)
# The keys of `gh repo list --json ...` that name a repository, the best first.
_URL_KEYS: Final = ("url", "sshUrl", "nameWithOwner")


class FleetError(UsageError):
    """A list of repositories is missing, or is not valid."""

    code = "fleet"


def parse_fleet(text: str, *, name: str, base: str = "", allow_http: Set[str] = frozenset()) -> Fleet:
    """Read a `fleet.yaml`, called `name` in messages; raise FleetError with the place where it is not valid.

    Args:
        base: the folder that relative paths start from.
        allow_http: see `parse_git_url`.
    """
    top = read_section(text, name, FleetError, hint=_EXAMPLE)
    version = top.text("fleet")
    if version != FLEET_VERSION:
        told = f"`fleet: {FLEET_VERSION}` is expected" if version is None else f"unknown format `fleet: {version}`"
        hint = "a newer agentsync may know this format" if version else f"begin the file with `fleet: {FLEET_VERSION}`"
        raise top.problem(top.node("fleet"), told, hint=hint)
    top.only_keys(_TOP_KEYS)
    reader = _Reader(top, base, allow_http)
    return Fleet(
        repositories=tuple(reader.repositories()),
        lists=top.texts("lists"),
        exclude=top.texts("exclude"),
        policy=top.text("policy") or "",
        registries=reader.registries(),
    )


class _Reader:
    def __init__(self, top: Section, base: str, allow_http: Set[str]) -> None:
        self._top = top
        self._base = base
        self._allow_http = allow_http

    def repositories(self) -> Iterator[Member]:
        node = self._top.node("repositories")
        for one in () if node is None else self._top.as_items(node, "repositories"):
            yield self._member(one)

    def registries(self) -> dict[str, GitUrl]:
        section = self._top.section("registries")
        return {key.value: self._url(section, node, key.value) for key, node in section.entries()}

    def _member(self, node: Node) -> Member:
        if isinstance(node, Text):
            return Member(self._url(self._top, node, "repositories"))
        entry = self._top.as_section(node, "repositories")
        entry.only_keys(_REPOSITORY_KEYS)
        where = entry.node("git")
        if where is None:
            raise entry.problem(node, "a repository needs `git: URL`")
        return Member(self._url(entry, where, "git"), entry.text("branch") or "", tuple(self._folders(entry)))

    def _folders(self, entry: Section) -> Iterator[str]:
        for text in dict.fromkeys(entry.texts("folders")):
            path = text.removeprefix("./").rstrip("/") or "."
            try:
                yield path if path == "." else rel_path(path)
            except AgentsyncError as error:
                raise entry.problem(entry.node("folders"), error.what, hint=error.why) from error

    def _url(self, section: Section, node: Node, key: str) -> GitUrl:
        try:
            return member_url(section.as_text(node, key), base=self._base, allow_http=self._allow_http)
        except FleetError:
            raise
        except AgentsyncError as error:
            raise section.problem(node, error.what, hint=error.hint or error.why) from error


def member_url(text: str, *, base: str = "", allow_http: Set[str] = frozenset()) -> GitUrl:
    """Read where a repository of a fleet is; `OWNER/REPO` is on GitHub, and the text of a path is absolute."""
    url = parse_git_url(f"github:{text}" if _ON_GITHUB.fullmatch(text) else text, base=base, allow_http=allow_http)
    return url._replace(text=url.folder) if url.kind is UrlKind.PATH else url


def read_list(
    lines: Iterable[str], *, name: str, base: str = "", allow_http: Set[str] = frozenset()
) -> Iterator[Member]:
    """Yield the repositories of a list as they are read: one on each line, or JSON as `gh repo list` prints it.

    Behind a blank may stand a remark with `#`, behind a tab anything.

    Raises:
        FleetError: with the line, where one is not understood.
    """
    rest = iter(lines)
    number = 0
    for number, line in enumerate(rest, 1):
        text = line.removeprefix("\ufeff").strip() if number == 1 else line.strip()
        if text.startswith("["):
            before = "\n" * (number - 1)
            yield from _json_members(f"{before}{line}{''.join(rest)}", name, base, allow_http)
            return
        text = _REMARK.sub("", text.partition("\t")[0]).strip()
        if text and not text.startswith("#"):
            yield _listed(text, name, (number, 0), base, allow_http)


def _json_members(text: str, name: str, base: str, allow_http: Set[str]) -> Iterator[Member]:
    """Read a JSON array element by element, so that a fault has its line."""
    decode, place, first = json.JSONDecoder().raw_decode, text.index("[") + 1, True
    while True:
        place = WHITESPACE.match(text, place).end()
        if text[place : place + 1] == "]":
            return
        if not first:
            if text[place : place + 1] != ",":
                raise _problem(name, _at(text, place), "this is no JSON list: `,` or `]` is expected")
            place = WHITESPACE.match(text, place + 1).end()
        try:
            value, end = decode(text, place)
        except (ValueError, RecursionError) as error:
            what = getattr(error, "msg", "it is nested too deep")
            raise _problem(name, _at(text, getattr(error, "pos", place)), f"this is no JSON list: {what}") from error
        yield _listed(_named(value, name, _at(text, place)), name, _at(text, place), base, allow_http)
        place, first = end, False


def _named(value: Any, name: str, place: tuple[int, int]) -> str:
    """Return the URL or name that an element of a JSON list has."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in _URL_KEYS if value.get(key)), None)
    if not isinstance(value, str):
        raise _problem(name, place, f"a URL is expected, or an object with one of {', '.join(_URL_KEYS)}")
    return value


def _at(text: str, place: int) -> tuple[int, int]:
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)


def _listed(text: str, name: str, place: tuple[int, int], base: str, allow_http: Set[str]) -> Member:
    try:
        return Member(member_url(text, base=base, allow_http=allow_http))
    except AgentsyncError as error:
        raise _problem(name, place, error.what, why=error.why, hint=error.hint) from error


def _problem(name: str, place: tuple[int, int], what: str, *, why: str = "", hint: str = "") -> FleetError:
    line, column = place
    where = f"{name}, line {line}" + (f", column {column}" if column else "")
    return FleetError(f"{where}: {what}", why=why, hint=hint).at(line, column or 1, what)


def is_excluded(url: GitUrl, globs: Iterable[str]) -> bool:
    """Return whether a glob fits a repository: its URL, or its path on its host; `*` is any text."""
    path = url.key.partition("://")[2].partition("/")[2] if "://" in url.key else url.key.partition(":")[2]
    texts = (url.text, url.key, path.lstrip("/"))
    return any(fnmatchcase(text, glob) for glob in globs for text in texts)
