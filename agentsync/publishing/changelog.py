"""Changelogs in the style of Keep a Changelog: what is unreleased becomes the section of a version.

Source of the format: https://keepachangelog.com/en/1.1.0/
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.model.invisible import hidden_places
from agentsync.versions.version import version_of

CHANGELOG: Final = "CHANGELOG.md"
_HEADING: Final = re.compile(r"(?P<mark>##?)(?!#)[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*")
_TITLE: Final = "#"  # of a heading that is no version's, and ends one all the same
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNRELEASED: Final = re.compile(r"\[?unreleased\b.*", re.IGNORECASE)
# `[1.2.0] - 2026-01-05`, `v1.2.0 (2026-01-05)`, `[1.2.0](URL)`, `1.2.0`
_VERSION: Final = re.compile(r"(?P<open>\[?)(?P<v>[vV]?)(?P<version>[0-9][^\s\])]*)\]?(?P<rest>.*)")
_IN_BRACKETS: Final = re.compile(r"\(?[0-9]{4}-[0-9]{2}-[0-9]{2}\)")
_LINK: Final = re.compile(r"\[[^\]]+\]:\s*\S+.*")
_COMPARED: Final = re.compile(
    r"(?P<name>\[unreleased\]:\s*)(?P<url>\S*/)(?P<from>[^\s/]+?)\.\.\.HEAD\s*", re.IGNORECASE
)
_MOST_SUBJECTS: Final = 100


class Changelog(NamedTuple):
    """A changelog with a section for a version.

    Args:
        text: the whole file.
        section: the text below the heading of the version.
    """

    text: str
    section: str


class _Heading(NamedTuple):
    line: int
    title: str


def with_release(
    text: str, version: Version, date: str, subjects: Sequence[str], tag: str = "", *, written: str = ""
) -> Changelog:
    """Return a changelog in which a version has a section; where it has one already, nothing changes.

    Args:
        text: the file, "" for none.
        date: of the release, `2026-01-05`.
        subjects: of the commits, for a version of which nothing was written yet.
        tag: of the release, for the links that compare two tags.
        written: how the version is spelled, "" for the usual way.
    """
    ends = "\r" if "\r\n" in text else ""
    raw = text.split("\n") if text else []
    lines = [line.removesuffix("\r") for line in raw]
    headings = _headings(lines)
    there = next((one for one in headings if _version_of(one.title) == version), None)
    if there is not None:
        return Changelog(text, _section(lines, there, headings))
    open_ = next((one for one in headings if _UNRELEASED.fullmatch(one.title)), None)
    name = written or str(version)
    heading = f"## {_styled(headings, name, date)}"
    said = _section(lines, open_, headings) if open_ is not None else ""
    section = said if _says_something(said) else "\n".join(_as_list(subjects))
    body = [heading, "", *section.split("\n"), ""]
    if open_ is not None:
        start, stop = open_.line, _end(lines, open_, headings)
    else:
        start = stop = next((one.line for one in headings if one.title != _TITLE), len(lines))
        before = lines[:start]
        while before and not before[-1].strip():
            before.pop()
        start, body = len(before), [*(["", *body] if before else ["# Changelog", "", *body])]
    edited = [*raw[:start], *(f"{line}{ends}" for line in body), *raw[stop:]]
    edited = _with_links(edited, name, tag) if tag else edited
    while edited and not edited[-1].strip():
        edited.pop()
    whole = "\n".join(edited)
    return Changelog(f"{whole.removesuffix(ends)}{ends}\n", section)


def _headings(lines: Sequence[str]) -> list[_Heading]:
    """Return the headings of the first two levels, none of those in fences of code; one without an end is none."""
    found: list[_Heading] = []
    fenced: list[_Heading] = []
    fence = ""
    for number, line in enumerate(lines):
        mark, heading = _FENCE.match(line), _HEADING.fullmatch(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence, fenced = "", []
        elif heading:
            title = heading["title"] if heading["mark"] != _TITLE else _TITLE
            (fenced if fence else found).append(_Heading(number, title))
    return found + fenced


def _version_of(title: str) -> Version | None:
    found = _VERSION.fullmatch(title)
    return version_of(found["version"]) if found is not None else None


def _end(lines: Sequence[str], heading: _Heading, headings: Sequence[_Heading]) -> int:
    """Return the line behind a section: of the next one, of the links at the end, or of the end."""
    after = next((one.line for one in headings if one.line > heading.line), None)
    if after is not None:
        return after
    end = len(lines)
    while end > heading.line + 1 and (not lines[end - 1].strip() or _LINK.fullmatch(lines[end - 1])):
        end -= 1
    return end


def _section(lines: Sequence[str], heading: _Heading, headings: Sequence[_Heading]) -> str:
    return "\n".join(lines[heading.line + 1 : _end(lines, heading, headings)]).strip("\n")


def _says_something(section: str) -> bool:
    """Return whether there is more than headings of groups that nothing stands in."""
    return any(line.strip() and not line.startswith("#") for line in section.split("\n"))


def _styled(headings: Sequence[_Heading], version: str, date: str) -> str:
    """Return the title of a version as the newest one that is there has it."""
    titles = [one.title for one in headings]
    newest = next((found for title in titles if _version_of(title) and (found := _VERSION.fullmatch(title))), None)
    if newest is None:
        plain = any(_UNRELEASED.fullmatch(title) and not title.startswith("[") for title in titles)
        return f"{version} - {date}" if plain else f"[{version}] - {date}"
    name = f"[{newest['v']}{version}]" if newest["open"] else f"{newest['v']}{version}"
    return f"{name} ({date})" if _IN_BRACKETS.search(newest["rest"]) else f"{name} - {date}"


def _as_list(subjects: Sequence[str]) -> Iterator[str]:
    """Yield a line for each commit; what would hide in it is left out."""
    told = list(dict.fromkeys(filter(None, map(shown_subject, subjects))))
    yield from (f"- {subject}" for subject in told[:_MOST_SUBJECTS])
    if len(told) > _MOST_SUBJECTS:
        yield f"- and {len(told) - _MOST_SUBJECTS} more commits"
    if not told:
        yield "- No change is described."


def shown_subject(text: str) -> str:
    """Return the subject of a commit as a line of a document, without characters that do not show."""
    line = " ".join("".join(letter if letter.isprintable() or letter.isspace() else "" for letter in text).split())
    hidden = set(hidden_places(line))
    return "".join(letter for place, letter in enumerate(line) if place not in hidden)


def _with_links(lines: Iterable[str], version: str, tag: str) -> list[str]:
    """Return the lines with the link that compares the unreleased commits moved on, and one for the version."""
    found: list[str] = []
    for line in lines:
        end = "\r" * line.endswith("\r")
        compared = _COMPARED.fullmatch(line.removesuffix("\r"))
        if compared is None:
            found.append(line)
            continue
        found.append(f"{compared['name']}{compared['url']}{tag}...HEAD{end}")
        found.append(f"[{version}]: {compared['url']}{compared['from']}...{tag}{end}")
    return found
