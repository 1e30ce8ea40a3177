"""Rules of the group `header`: what tools read of the headers of agents, skills and commands."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from agentsync.checking.found import Found, spot_in
from agentsync.checking.header import NOTHING, Header, text_of
from agentsync.checking.subject import Subject
from agentsync.formats.header_fields import KNOWN, is_slip, meant_field
from agentsync.formats.yaml_tree import YamlError, read_yaml
from agentsync.model.finding import Rule
from agentsync.model.item import DEFAULT_TARGETS, ClaudeCode, HeaderStatus, Kind
from agentsync.packs.frontmatter import read_document
from agentsync.targets.authoring import FIELD_FORMS, FIELD_VALUES, LIST, OTHER_FIELDS

LONGEST_DESCRIPTION: Final = 1024
_MOST_SHOWN: Final = 60
_BROKEN: Final = (HeaderStatus.REPAIRED, HeaderStatus.PARTIAL, HeaderStatus.UNREADABLE)


def headers(subject: Subject) -> Iterator[Header]:
    """Yield the headers of agents, skills and commands that the usual tools read."""
    for item in subject.items:
        if item.kind in FIELD_FORMS and item.target in ("", *DEFAULT_TARGETS) and item.path in subject.texts:
            yield Header(item, subject.document(item))


def _found(rule: str, header: Header, what: str, key: str = "", fix: str = "", case: str = "") -> Found:
    line, column = header.spot(key) if key else (1, 1)
    return Found(rule, header.item.path, what, line, column, fix, header.item.key, case)


def broken(subject: Subject) -> Iterator[Found]:
    """Yield the headers that are not valid YAML: those that are dropped, and those that are read all the same."""
    for header in headers(subject):
        document, item = header.document, header.item
        if document.status is HeaderStatus.NONE:
            continue
        is_dropped = document.claude_code is ClaudeCode.DROPPED
        if not is_dropped and document.status not in _BROKEN:
            continue
        line, column = (
            (document.line, document.column or 1) if document.line else spot_in(document.head, document.start)
        )
        why = document.error.partition(": ")[2] or document.error or "text of a value stands at the margin"
        lost = item.claude_code.lost(item.kind)
        what = f"{lost}: {why}" if is_dropped else f"its header is not valid YAML: {why}"
        rule = "header-dropped" if is_dropped else "header-repaired"
        yield Found(rule, item.path, what, line, column, _quoted(header), item.key)


def _quoted(header: Header) -> str:
    """Return the lines that are not valid YAML with their values in quotes, ready to paste."""
    document = header.document
    raw = document.head + document.body
    if b"\r" in raw and read_document(raw.replace(b"\r\n", b"\n")).claude_code is not ClaudeCode.DROPPED:
        if document.claude_code is ClaudeCode.DROPPED:
            return "end its lines with LF: `*.md text eol=lf` in .gitattributes, then `git add --renormalize .`"
    keys = [one.key for one in document.entries if not _is_yaml(document.head[one.start : one.end])]
    lines = [
        f"{key}: {json.dumps(value, ensure_ascii=False)}" for key in keys if (value := text_of(header.fields.get(key)))
    ]
    if lines:
        return "\n".join(["put the value in quotes:", *lines])
    counts = Counter(one.key for one in document.entries)
    twice = [f"`{key}:`" for key, number in counts.items() if number > 1]
    return f"keep one {' and one '.join(twice)}" if twice else "make it `key: value` lines, with quotes"


def _is_yaml(entry: bytes) -> bool:
    try:
        read_yaml(entry.decode("utf-8", "replace"))
    except YamlError:
        return False
    return True


def missing(subject: Subject) -> Iterator[Found]:
    """Yield the agents, skills and commands without a header."""
    for header in headers(subject):
        kind, name = header.item.kind, header.item.name
        if header.document.status is HeaderStatus.NONE:
            case = "a command" if kind is Kind.COMMAND else ""
            yield _found("header-missing", header, "it has no header", fix=_start_of(kind, name), case=case)
    headless = [one for one in subject.held.findings if one.rule is Rule.HEADER_MISSING]
    texts = subject.contents.read(one.path for one in headless)
    for finding in headless:
        name = finding.path.rpartition("/")[2].partition(".")[0]
        document = read_document(texts[finding.path])
        if document.status is HeaderStatus.UNREADABLE:
            what = f"it is not installed as an agent: its header cannot be read: {document.error}"
            yield Found("header-dropped", finding.path, what, document.line or 1, document.column or 1)
        else:
            yield Found("header-missing", finding.path, finding.what, fix=_start_of(Kind.AGENT, name))


def _start_of(kind: Kind, name: str) -> str:
    named = "" if kind is Kind.COMMAND else f"name: {name}\n"
    return f"begin it with\n---\n{named}description: what it does, and when to use it\n---"


def types(subject: Subject) -> Iterator[Found]:
    """Yield the fields whose type a tool does not take."""
    for header in headers(subject):
        known = header.types()
        for key, form in FIELD_FORMS[header.item.kind].items():
            found, members = known.get(key, (NOTHING, ()))
            if found == NOTHING:
                continue
            if found not in form.types:
                what = f"`{key}` is a {found}, and not a {' or a '.join(form.types)}"
            elif found == LIST and form.items and not set(members) <= set(form.items):
                what = f"`{key}` holds a {next(one for one in members if one not in form.items)}"
            else:
                continue
            fix = f"make it a {form.types[0]}" if form.types[0] != "text" else "write it as a text, in quotes"
            yield _found("field-type", header, what, key, fix, "only the field is lost" if form.is_lost_alone else "")


def unknown(subject: Subject) -> Iterator[Found]:
    """Yield the fields that no tool knows, above all those that are most likely misspelt."""
    for header in headers(subject):
        kind = header.item.kind
        for key in (one for one in header.fields if one not in OTHER_FIELDS):
            meant = meant_field(kind, key)
            if meant and meant not in header.fields and is_slip(kind, key, meant):
                what = f"no tool reads `{key}` of {_a(kind)}"
                yield _found("field-unknown", header, what, key, f"did you mean `{meant}`?", "like a known one")
            elif key not in KNOWN:
                yield _found("field-unknown", header, f"`{_cut(key)}` is no field that a tool reads", key)


def _a(kind: Kind) -> str:
    return f"an {kind}" if kind is Kind.AGENT else f"a {kind}"


def values(subject: Subject) -> Iterator[Found]:
    """Yield the fields with a value that the tool does not know."""
    for header in headers(subject):
        for key, known in FIELD_VALUES[header.item.kind].items():
            value = text_of(header.fields.get(key))
            if not value or value in known.words or re.fullmatch(known.pattern, value, re.IGNORECASE):
                continue
            if value.lower() in map(str.lower, known.words) and key in ("model", "shell"):
                continue
            words = ", ".join(known.words) or "a number"
            case = "the validator refuses it" if known.is_refused else ""
            yield _found("field-value", header, f"`{key}: {_cut(value)}` is not known", key, f"known: {words}", case)


def descriptions(subject: Subject) -> Iterator[Found]:
    """Yield the descriptions that are missing or too long."""
    for header in headers(subject):
        if header.document.status is HeaderStatus.NONE:
            continue
        described, kind = text_of(header.fields.get("description")), header.item.kind
        if not header.fields.get("description") and header.document.status.is_read:
            case = "" if kind is Kind.AGENT else "a skill or a command"
            fix = "say what it does, and when to use it"
            yield _found("description-missing", header, "it has no description", "description", fix, case)
        elif (more := len(described) - LONGEST_DESCRIPTION) > 0:
            what = f"its description has {len(described):,} characters, more than {LONGEST_DESCRIPTION:,}"
            yield _found("description-long", header, what, "description", f"shorten it by {more:,} characters")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."


RULES: Final[tuple[Callable[[Subject], Iterator[Found]], ...]] = (broken, missing, types, unknown, values, descriptions)
