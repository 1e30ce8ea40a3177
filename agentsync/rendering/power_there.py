"""Power that the edit of a rendered file adds to what its item may do, read from the tool's own words.

Each way to write limits is read back by one function. What cannot be read is told as power that is not known.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentsync.model.grant import ALL, CLASSES, RESIDUE, UNREAD, class_of
from agentsync.model.item import HeaderStatus
from agentsync.packs.frontmatter import read_document
from agentsync.packs.granting import load_grant
from agentsync.packs.limits import PLANNED, server_tools
from agentsync.rendering.agent_form import JSON, MARKDOWN, AgentForm, Denials, Switches, ToolList
from agentsync.rendering.command_form import CommandForm
from agentsync.rendering.narrowing import denial_of

_TYPED = "$ARGUMENTS"


class Had(NamedTuple):
    """The power of an item by its lock, and the tool that reads it."""

    grants: frozenset[str]
    target: str

    @property
    def denied(self) -> list[str]:
        """The tools that are taken away where all others are there."""
        return [grant.partition(":")[2] for grant in self.grants if grant.startswith("without:")]

    def has_class(self, name: str) -> bool:
        """Return whether a class of power is granted, all of it, or left by the tool."""
        if name in self.grants or f"{RESIDUE}{self.target}:{name}" in self.grants:
            return True
        is_planned = name in PLANNED and "permission:plan" in self.grants
        return ALL in self.grants and not is_planned and name not in map(class_of, self.denied)

    def added(self, tool: str) -> str | None:
        """Return the grant that a tool of the source's own names would add, None for none."""
        found = class_of(tool)
        if f"tool:{tool}" in self.grants or (found == "" and ALL not in self.grants):
            return None
        if found in PLANNED and "permission:plan" in self.grants:
            return found
        if ALL in self.grants:
            is_denied = any(name.lower() == tool.lower() for name in self.denied)
            return f"tool:{tool}" if is_denied and found not in self.grants else None
        return None if found in self.grants else found or f"tool:{tool}"


def power_of_agent(form: AgentForm, had: Had, data: bytes) -> set[str]:
    """Return what an agent's file adds, and `unread:TARGET` where it holds what is not read here."""
    unread = f"{UNREAD}{had.target}"
    fields = _fields(form, data)
    if fields is None:
        return {unread} - had.grants
    power = form.power
    found = set(_of_list(power, had, fields) if isinstance(power, ToolList) else ())
    found |= set(_of_denials(power, had, fields) if isinstance(power, Denials) else ())
    found |= set(_of_switches(power, had, fields) if isinstance(power, Switches) else ())
    keys = {"name", "description", form.body_key, *form.declared, *form.numbers.values(), *form.marks, *_keys(power)}
    if fields.keys() - keys or any(fields.get(key) != value for key, value in form.marks.items()):
        found.add(unread)
    return found - had.grants


def power_of_command(form: CommandForm, had: Had, data: bytes) -> set[str]:
    """Return the commands that a command's file would run as it is loaded, and whether it holds what is not read."""
    unread = f"{UNREAD}{had.target}"
    fields, text = _command(form, data)
    found: set[str] = set() if fields is not None else {unread}
    others = {key: value for key, value in (fields or {}).items() if key != "description"}
    if any(form.fields.get(key) != value for key, value in others.items()):
        found.add(unread)
    text = text.replace(form.typed, _TYPED) if form.typed else text
    if form.runs is not None:
        pattern = f"{re.escape(form.runs[0])}(.*?){re.escape(form.runs[1])}"
        found |= {load_grant(run[1]) for run in re.finditer(pattern, text, re.DOTALL)}
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    if any(word in text for word in form.expands):
        found.add(unread)
    return found - had.grants


def _keys(power: ToolList | Denials | Switches) -> Sequence[str]:
    if isinstance(power, Switches):
        return [switch.key for switch in power.switches]
    more = (power.denied_key, power.plan[0] if power.plan else "") if isinstance(power, ToolList) else ()
    return [key for key in (power.key, *more) if key]


def _fields(form: AgentForm, data: bytes) -> Mapping[str, Any] | None:
    """Return the fields of a file, its texts as they are and its switches as words; None where it is not read."""
    try:
        if form.shape == MARKDOWN:
            document = read_document(data)
            return document.fields if document.status in (HeaderStatus.STRICT, HeaderStatus.NONE) else None
        found = json.loads(data) if form.shape == JSON else tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in found.items()}


def _command(form: CommandForm, data: bytes) -> tuple[Mapping[str, Any] | None, str]:
    text = data.decode("utf-8", "replace")
    if form.plain:
        return {}, text
    if not form.prompt:
        document = read_document(data)
        is_read = document.status in (HeaderStatus.STRICT, HeaderStatus.NONE)
        return document.fields if is_read else None, document.body.decode("utf-8", "replace")
    try:
        fields = tomllib.loads(text)
    except ValueError:
        return None, text
    prompt = fields.pop(form.prompt, "")
    return fields, prompt if isinstance(prompt, str) else ""


def _of_list(power: ToolList, had: Had, fields: Mapping[str, Any]) -> Iterator[str]:
    unread = f"{UNREAD}{had.target}"
    allowed, denied = _named(fields.get(power.key)), _named(fields.get(power.denied_key)) or []
    if power.plan and (mode := fields.get(power.plan[0])) != power.plan[1]:
        if mode is not None or "permission:plan" in had.grants:
            yield f"permission:{mode or 'default'}"
    if (power.key in fields and allowed is None) or fields.get(power.denied_key) not in (None, denied):
        yield unread
    if allowed is None and ALL not in had.grants:
        yield ALL
        return
    granted = [name for name in (power.names if allowed is None else allowed) if name not in denied]
    yield from _of_names([name for name in granted if name in power.names], power.names, had)
    begin = power.one_server_tool.partition("{")[0] or "mcp__"
    for name in granted:
        if name not in power.names:
            is_server = name == power.every_server or name.startswith(begin)
            found = "mcp" if is_server else ALL if name == ALL else class_of(name)
            if found is None:
                yield unread
            elif found and not (ALL in had.grants if found == ALL else had.has_class(found)):
                yield found
    if allowed is None:
        here = {tool for tools in power.names.values() for tool in tools}
        unnamed = [tool for tool in had.denied if tool not in here and tool not in denied]
        yield from (f"tool:{tool}" for tool in unnamed if not power.denied_key or server_tools(tool))


def _of_denials(power: Denials, had: Had, fields: Mapping[str, Any]) -> Iterator[str]:
    rules = fields.get(power.key, {})
    if not isinstance(rules, dict) or not all(value in ("deny", "ask", "allow") for value in rules.values()):
        yield f"{UNREAD}{had.target}"
        return
    if "allow" in rules.values():
        yield "permission:allow"
    if not rules and ALL not in had.grants:
        yield ALL
        return
    yield from _of_names([name for name in power.names if rules.get(name) != "deny"], power.names, had)
    given = [key for key, value in rules.items() if key not in power.names and value != "deny"]
    if rules.get(power.server_tools) == "deny" and not given:
        return
    if ALL not in had.grants and not had.has_class("mcp"):
        yield "mcp"
    for tool in had.denied:
        if tool.startswith("mcp__") and rules.get(denial_of(power, server_tools(tool) or tool)) != "deny":
            yield f"tool:{tool}"


def _of_switches(power: Switches, had: Had, fields: Mapping[str, Any]) -> Iterator[str]:
    off: set[str] = set()
    for switch in power.switches:
        value, word = fields.get(switch.key), str(switch.value)
        word = word.lower() if isinstance(switch.value, bool) else word
        if value == word:
            off.update(switch.classes)
        elif value is not None and not isinstance(switch.value, bool):
            yield f"permission:{value}"
    # Every agent can read there.
    for name in CLASSES:
        if name not in off and name != "read" and not had.has_class(name):
            yield name


def _of_names(granted: Sequence[str], names: Mapping[str, Sequence[str]], had: Had) -> Iterator[str]:
    """Yield what a tool's own names add: all that one stands for where some of it was taken away, else its class."""
    for name in granted:
        added = [one for one in map(had.added, names[name]) if one is not None]
        if ALL in had.grants:
            yield from added
        elif len(added) == len(names[name]):
            yield added[0]


def _named(value: object) -> list[str] | None:
    """Return the names of a list, which may be one text; None for what is none."""
    if isinstance(value, str):
        return [word for word in re.split(r"[\s,]+", value) if word]
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None
