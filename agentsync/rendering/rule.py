"""Write a rule as another tool reads it: its meaning is read once, and each tool has a header for it, or none.

A rule holds always, for some files, where its description fits, or where it is called by its name. A tool that
lacks such a rule gets none: one that holds more often than its source is another rule.

Sources of the three dialects: https://code.claude.com/docs/en/memory (`paths`), https://cursor.com/docs/context/rules
(`globs`, `alwaysApply`), https://docs.github.com/en/copilot/how-tos/configure-custom-instructions (`applyTo`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.rendering.header import with_header
from agentsync.rendering.rendered import Loss, Rendered, Source, refused
from agentsync.rendering.rule_form import Meaning, Part, RuleForm, SectionForm
from agentsync.rendering.value import Bare, Value

if TYPE_CHECKING:
    from agentsync.packs.frontmatter import Document


_KEYS: Final[Mapping[str, str]] = {".instructions.md": "applyTo", ".mdc": "globs", ".md": "paths"}
_FOR_ALL: Final = frozenset(("**", "**/*"))
_YES: Final = frozenset(("true", "yes", "on"))
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LIST: Final = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]")
_MARKER: Final = b"<!-- agentsync:"
_BOM: Final = b"\xef\xbb\xbf"
_BLANK_LINES: Final = re.compile(rb"(?:[ \t]*\n)+")
_LESS: Final[Mapping[Meaning, str]] = {
    Meaning.FILES: "it is for some files only, and the tool has no such rules",
    Meaning.FITS: "it is for where its description fits, and the tool has no such rules",
    Meaning.MANUAL: "it is for where it is called by its name, and the tool has no such rules",
}


class Rule(NamedTuple):
    """A rule as its source means it.

    Args:
        others: the keys of its header that say nothing of this.
    """

    meaning: Meaning
    globs: tuple[str, ...]
    description: str
    others: tuple[str, ...]
    body: bytes


def render_rule(form: RuleForm, source: Source) -> Rendered:
    """Return a rule in a tool's form; refuse one of a meaning that the tool does not have."""
    if form.native and dialect(source.path) == form.native:
        return Rendered(source.data)
    rule = read_rule(source.path, source.data)
    if isinstance(rule, str):
        return refused(rule)
    if rule.meaning not in form.headers:
        return refused(_LESS[rule.meaning])
    header = form.headers[rule.meaning]
    fields = {key: value for key, part in header if (value := _value(part, rule, source)) is not None}
    parts = {part for _, part in header}
    lost = tuple(_dropped(rule, described=bool(parts & {Part.DESCRIPTION, Part.DESCRIBED})))
    return Rendered(_file(fields, rule.body), lost)


def render_section(form: SectionForm, source: Source) -> Rendered:
    """Return the text of a section: LF, no blank lines at its start, one line end at its end."""
    rule = read_rule(source.path, source.data)
    if isinstance(rule, str):
        return refused(rule)
    if rule.meaning is Meaning.FILES:
        return refused(f"it is for some files only, and a part of {form.document} is for all")
    if rule.meaning is not Meaning.ALWAYS:
        return refused(f"{_LESS[rule.meaning].partition(',')[0]}, and a part of {form.document} is there always")
    if _MARKER in rule.body:
        return refused("it holds the words of a marker of agentsync")
    text = rule.body.removeprefix(_BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    blank = _BLANK_LINES.match(text)
    text = text[blank.end() if blank else 0 :].rstrip(b"\n")
    if not text.strip():
        return refused("it is empty")
    return Rendered(text + b"\n", tuple(_dropped(rule, described=False)))


def dialect(path: str) -> str:
    """Return how the name of a rule's file ends, as its tool means it; "" for none of the three."""
    return next((suffix for suffix in _KEYS if path.lower().endswith(suffix)), "")


def read_rule(path: str, data: bytes) -> Rule | str:
    """Return a rule, or why it cannot be read."""
    from agentsync.packs.frontmatter import read_document

    document = read_document(data)
    if document.head and not document.status.is_read:
        return f"its header cannot be read ({document.error})"
    suffix = dialect(path)
    key = _KEYS.get(suffix, "paths")
    globs = globs_in(document.fields.get(key))
    if globs is None:
        return f"`{key}` of its header is no list of globs"
    is_mdc = suffix == ".mdc"
    own = {key, "description", *(("alwaysApply",) if is_mdc else ())}
    description = _text(document, "description")
    meaning = _meaning(document, globs, description, is_mdc=is_mdc)
    others = [name for name in document.fields if name not in own]
    if not description and document.fields.get("description"):
        others.append("description")
    return Rule(meaning, globs, description, tuple(others), document.body)


def _meaning(document: "Document", globs: tuple[str, ...], description: str, *, is_mdc: bool) -> Meaning:
    if (is_mdc and _text(document, "alwaysApply").lower() in _YES) or not _FOR_ALL.isdisjoint(globs):
        return Meaning.ALWAYS
    if globs:
        return Meaning.FILES
    if not is_mdc:
        return Meaning.ALWAYS
    return Meaning.FITS if description else Meaning.MANUAL


def globs_in(value: object) -> tuple[str, ...] | None:
    """Return the globs that a field names, None where it is something else.

    It is a text with commas between them, or a list, which may be written in a text that is not valid YAML.

    >>> globs_in("**/*.{ts,tsx}, src/*.js"), globs_in('[*.py, "*.pyi"]'), globs_in(None), globs_in({"a": "b"})
    (('**/*.{ts,tsx}', 'src/*.js'), ('*.py', '*.pyi'), (), None)
    """
    if isinstance(value, list):
        texts = value
    else:
        texts = [value or ""]
        if isinstance(value, str) and _LIST.fullmatch(value):
            texts = [value[1:-1]]
    if not all(isinstance(text, str) for text in texts):
        return None
    found = [glob for text in texts for glob in _split(text)]
    return tuple(dict.fromkeys(found)) if not any(map(_CONTROL.search, found)) else None


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas, those in braces aside."""
    depth, start = 0, 0
    for place, letter in enumerate(f"{text},"):
        if letter in "{}":
            depth = max(0, depth + (1 if letter == "{" else -1))
        elif letter == "," and (not depth or place == len(text)):
            glob = text[start:place].strip()
            if len(glob) > 1 and glob[0] == glob[-1] and glob[0] in "\"'":
                glob = glob[1:-1].strip()
            if glob:
                yield glob
            start = place + 1


def _value(part: Part | Bare, rule: Rule, source: Source) -> Value | None:
    if isinstance(part, Bare):
        return part
    if part is Part.DESCRIPTION:
        return rule.description or None
    if part is Part.DESCRIBED:
        return rule.description or Bare("")
    if part is Part.NAME:
        return source.item.name.rpartition(":")[2]
    if part is Part.LIST:
        return rule.globs
    joined = ",".join(rule.globs)
    return joined if part is Part.JOINED else Bare(joined)


def _dropped(rule: Rule, *, described: bool) -> Iterator[Loss]:
    lost = [] if described or not rule.description else ["description"]
    for key in (*lost, *rule.others):
        yield Loss("dropped", key, "the tool has no such key")


def _file(fields: Mapping[str, Value], body: bytes) -> bytes:
    """Return a file with a header where it has fields; a body that looks like one gets an empty one before it."""
    from agentsync.packs.header_block import find_block

    if fields:
        return with_header(fields, body.removeprefix(_BOM))
    return body if find_block(body) is None else with_header({}, body.removeprefix(_BOM))


def _text(document: "Document", key: str) -> str:
    text = document.fields.get(key)
    return text.strip() if isinstance(text, str) else ""
