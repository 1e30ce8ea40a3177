"""Rules of the group `skill`: what the agentskills specification asks for, and the links of a skill.

Source: https://agentskills.io/specification, and `skills-ref` 0.1.1, which is its validator.
"""

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

from agentsync.checking.found import Found, spot
from agentsync.checking.header import Header, text_of
from agentsync.checking.header_rules import headers
from agentsync.checking.subject import Subject
from agentsync.model.finding import Finding, Rule
from agentsync.model.item import Kind
from agentsync.model.names import close_to

FIELDS: Final = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
LONGEST_NAME: Final = 64
LONGEST_COMPATIBILITY: Final = 500
MOST_LINES: Final = 500
_OTHERS: Final = re.compile(r"[^\w]+|_+")
_FENCE: Final = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"\]\(\s*(?:<([^<>\n]+)>|([^\s()<>]+))(?:\s+[\"'(][^\n]*?)?\s*\)")
_ELSEWHERE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#|/|\\|~")
# What stands for a path instead of being one.
_PATTERN: Final = re.compile(r"[{}$*<>|\s]|\.\.\.")


def _skills(subject: Subject) -> Iterator[Header]:
    for header in headers(subject):
        if header.item.kind is Kind.SKILL and header.document.status.is_read:
            yield header


def _found(rule: str, header: Header, what: str, key: str = "", fix: str = "") -> Found:
    line, column = header.spot(key)
    return Found(rule, header.item.path, what, line, column, fix, header.item.key)


def names(subject: Subject) -> Iterator[Found]:
    """Yield the names that the specification does not take, and those that are not the folder's."""
    for header in _skills(subject):
        written = header.fields.get("name")
        folder = posixpath.basename(posixpath.dirname(header.item.path)) or subject.root.folder
        if not text_of(written):
            yield _found("skill-name", header, "it has no name", "name", f"name: {slug(folder)}")
            continue
        name = unicodedata.normalize("NFKC", text_of(written))
        if why := _why_no_name(name):
            yield _found("skill-name", header, f"its name {why}", "name", f"name: {slug(name)}")
        if unicodedata.normalize("NFKC", folder) != name:
            what = f"it is called {name!r} and lies in the folder {folder!r}"
            fix = f"name: {folder}" if not _why_no_name(folder) else f"rename the folder to {slug(name)}"
            yield _found("skill-name-folder", header, what, "name", fix)


def _why_no_name(name: str) -> str:
    """Return what is wrong with a name, "" for nothing."""
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters, more than {LONGEST_NAME}"
    if name != name.lower():
        return "has capital letters"
    if not all(letter.isalnum() or letter == "-" for letter in name):
        return "has other characters than letters, digits and hyphens"
    if name.startswith("-") or name.endswith("-") or "--" in name:
        return "has a hyphen at an end, or two in a row"
    return "" if name else "is empty"


def slug(text: str) -> str:
    """Return a name that the specification takes.

    >>> slug("C# Expert"), slug("  My_Skill-- ")
    ('c-expert', 'my-skill')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    return _OTHERS.sub("-", plain).strip("-")[:LONGEST_NAME].strip("-") or "skill"


def fields(subject: Subject) -> Iterator[Found]:
    """Yield the fields that the specification does not have, and a `compatibility` that it does not take."""
    for header in _skills(subject):
        for key in header.fields:
            if key not in FIELDS:
                what = f"`{key[:60]}` is no field of the agentskills specification"
                yield _found("skill-field", header, what, key, "put it below `metadata:`, unless an AI tool reads it")
        said = header.fields.get("compatibility")
        if said is None:
            continue
        if not isinstance(said, str):
            yield _found("skill-compatibility", header, "`compatibility` is no text", "compatibility")
        elif (more := len(said) - LONGEST_COMPATIBILITY) > 0:
            what = f"`compatibility` has {len(said):,} characters, more than {LONGEST_COMPATIBILITY}"
            yield _found("skill-compatibility", header, what, "compatibility", f"shorten it by {more:,} characters")


def lengths(subject: Subject) -> Iterator[Found]:
    """Yield the skills whose own file is long: all of it is read whenever the skill is used."""
    for header in headers(subject):
        lines = header.document.body.count(b"\n")
        if header.item.kind is Kind.SKILL and lines > MOST_LINES:
            what = f"its text has {lines:,} lines, and all of them are read whenever it is used"
            fix = "move what is needed now and then into files below references/"
            yield Found("skill-long", header.item.path, what, fix=fix, item=header.item.key)


def file_names(subject: Subject) -> Iterator[Found]:
    """Yield the skills whose file is called otherwise than SKILL.md, and references that are not installed."""
    for finding in subject.held.findings:
        if finding.rule is Rule.FILE_RENAMED:
            fix = f"git mv \0 {posixpath.join(posixpath.dirname(finding.path), 'SKILL.md')}"
            yield Found("file-renamed", finding.path, finding.what, fix=fix, item=finding.item)
    for finding in subject.examined.findings if subject.examined is not None else ():
        if finding.rule is Rule.REFERENCE_DANGLING and not _is_in_fence(subject, finding):
            yield Found("reference-dangling", finding.path, finding.what, finding.line or 1, item=finding.item)


def _is_in_fence(subject: Subject, finding: Finding) -> bool:
    """Return whether the line of a finding is an example, between two fences."""
    text = subject.texts.get(finding.path, b"").decode("utf-8", "replace")
    lines = _FENCE.sub(_blank, text).splitlines()
    return 0 < finding.line <= len(lines) and not lines[finding.line - 1].strip()


def links(subject: Subject) -> Iterator[Found]:
    """Yield the relative links of skills that lead nowhere in the pack."""
    known = {*subject.contents.entries, *(folder for path in subject.contents.entries for folder in _above(path))}
    for item in subject.items:
        if item.kind is not Kind.SKILL:
            continue
        home = posixpath.dirname(item.path)
        for path in item.files:
            if path.lower().endswith(".md") and (data := subject.texts.get(path)) is not None:
                yield from (found._replace(item=item.key) for found in _broken_links(path, home, data, known))


def _broken_links(path: str, home: str, data: bytes, known: set[str]) -> Iterator[Found]:
    text = data.decode("utf-8", "replace")
    bare = _CODE.sub(_blank, _FENCE.sub(_blank, text))
    for match in _LINK.finditer(bare):
        written = match[1] or match[2]
        goal = unquote(re.split("[#?]", written, maxsplit=1)[0])
        if not goal or _ELSEWHERE.match(written) or _PATTERN.search(goal) or goal.startswith("../"):
            continue
        folders = (posixpath.dirname(path), home)
        places = [posixpath.normpath(posixpath.join(folder, goal)) for folder in folders]
        if any(place in known for place in places) or _is_made_up(goal, folders, known):
            continue
        line, column = spot(text, match.start(1) if match[1] else match.start(2))
        near = close_to(places[0], [one for one in known if one.startswith(home)])
        fix = f"did you mean `{posixpath.relpath(near, posixpath.dirname(path) or '.')}`?" if near else ""
        yield Found("skill-link-broken", path, f"the link to {written!r} leads nowhere", line, column, fix)


def _is_made_up(goal: str, folders: tuple[str, str], known: set[str]) -> bool:
    """Return whether a link stands for one in an example: it names no file, and nothing of its folder is there."""
    first, _, rest = goal.removeprefix("./").partition("/")
    has_ending = "." in posixpath.basename(goal.rstrip("/"))
    return not has_ending and not (rest and any(posixpath.join(folder, first) in known for folder in folders))


def _blank(match: re.Match[str]) -> str:
    """Return blanks in the place of code, so that all that follows stays where it is."""
    return re.sub(r"[^\n]", " ", match[0])


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (names, fields, lengths, file_names, links)
