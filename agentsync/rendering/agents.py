"""Make an agent into the file in which another tool reads it, its body byte for byte."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentsync.formats.yaml_tree import Plain
from agentsync.packs.limits import AgentHeader, is_nothing, limits_in, read_agent
from agentsync.rendering.agent_form import JSON, MARKDOWN, AgentForm
from agentsync.rendering.header import with_header
from agentsync.rendering.narrowing import narrow
from agentsync.rendering.rendered import Loss, Rendered, Source, refused
from agentsync.rendering.toml_text import toml_document
from agentsync.rendering.value import Value

_CARRIED: Final = ("name", "description", "tools", "disallowedTools")
_SET_HERE: Final = ("name", "description")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_BLANKS: Final = " \t\r\n\f\v\ufeff"


def render_agent(form: AgentForm, source: Source) -> Rendered:
    """Return an agent as a tool reads it; refused where the tool would not load it, or its guard would be missing."""
    header = read_agent(source.data)
    if header.error:
        return refused(f"its header cannot be read: {header.error}")
    limits = limits_in(header.fields)
    if limits.may_be_guarded:
        return refused("its hooks may be what guards it, and they cannot be written there", "hooks")
    fields = {**header.fields, **{key: source.edits[key] for key in _SET_HERE if key in source.edits}}
    own = _own_name(fields.get("name"), source.path)
    name = form.name_there(own)
    if not name:
        return refused(f"its name {own!r} is none there", "name")
    if form.skips and posixpath.basename(source.path).startswith(form.skips):
        return refused(f"a file whose name begins with {form.skips!r} is not loaded there", "name")
    description = _text(fields.get("description"))
    if form.needs_description and not description:
        return refused("no description, and it would not be loaded without one", "description")
    if why := _unfit_body(form, header.body):
        return refused(why, "body")
    narrowed = narrow(form.power, limits)
    numbers = dict(_numbers(form, header.fields))
    written: dict[str, Value] = {"name": name, **({"description": description} if description else {})}
    written |= {key: source.edits[key] for key in form.declared if key in source.edits}
    written |= {**form.marks, **narrowed.fields, **numbers}
    try:
        data = _written(form, written, header.body)
    except UnicodeEncodeError:
        return refused("its header holds half a character")
    renamed = [Loss("renamed", f"{own} is {name}", "its own name is none there")] if name != own else []
    lost = (*_dropped(form, header, source, numbers), *renamed, *narrowed.lost)
    return Rendered(data, lost, narrowed.residue)


def _text(value: object) -> str:
    """Return a text that is a text, with both halves of each character as one; "" for a blank one and all else."""
    if not isinstance(value, str) or not value.strip():
        return ""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _own_name(value: object, path: str) -> str:
    return _text(value).strip() or posixpath.basename(path).removesuffix(".md")


def _unfit_body(form: AgentForm, body: bytes) -> str:
    """Return why a tool would not load a body, "" where it would."""
    text = body.decode("utf-8", "replace").strip(_BLANKS)
    if len(text) < form.least_body:
        return f"its body has fewer than {form.least_body} characters" if text else "its body is empty"
    if form.expands and (found := re.search(form.expands, text)):
        return f"the tool would put something else in the place of {found[0]!r} in its body"
    if form.is_utf_8 or form.shape != MARKDOWN:
        try:
            body.decode()
        except UnicodeDecodeError:
            return "its body is not UTF-8"
    return ""


def _numbers(form: AgentForm, fields: Mapping[str, Plain]) -> Iterator[tuple[str, int]]:
    for key, there in form.numbers.items():
        value = fields.get(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            yield there, int(value)


def _dropped(form: AgentForm, header: AgentHeader, source: Source, numbers: Mapping[str, int]) -> Iterator[Loss]:
    """Yield every key that is not written, of the header and of what the manifest declares."""
    for key, value in header.fields.items():
        if key in _SET_HERE and key not in source.edits and not is_nothing(value) and not isinstance(value, str):
            yield Loss("dropped", key, "it is no text")
        if key in _CARRIED or key in source.edits or form.numbers.get(key) in numbers:
            continue
        if key != "permissionMode":
            yield Loss("dropped", key, "no such key there")
        elif limits_in({key: value}).mode != "plan":
            yield Loss("dropped", f"{key} {value}", "a mode that gives more is never carried over")
    for key in source.edits:
        if key not in form.declared and key not in _SET_HERE:
            yield Loss("dropped", key, "no key that can be declared there")


def _written(form: AgentForm, fields: Mapping[str, Value], body: bytes) -> bytes:
    if form.shape == MARKDOWN:
        return with_header(fields, body)
    if form.shape == JSON:
        return f"{json.dumps({**fields, form.body_key: body.decode()}, ensure_ascii=False, indent=2)}\n".encode()
    texts = {key: value for key, value in fields.items() if isinstance(value, str)}
    return toml_document(texts, form.body_key, body.decode())
