"""Grants that an item asks for, from its header, its text and the modes of its files.

Told from what the tool will really do with the file: a header that it drops names no limits, so that an agent
whose header is dropped has every tool. Where something can be read in two ways the wider one counts.

Sources: https://code.claude.com/docs/en/sub-agents, .../skills, .../hooks; for what runs at load the
patterns of Claude Code 2.1 itself, of which some versions ask for a blank before `!` and some do not.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentsync.formats.yaml_tree import Plain
from agentsync.late import late
from agentsync.model.grant import ALL, EXECUTABLE, INVOCABLE, class_of
from agentsync.model.item import ClaudeCode, Kind
from agentsync.model.slot import EntryPath
from agentsync.packs.declared_items import load_json
from agentsync.packs.frontmatter import Document, read_document
from agentsync.packs.yaml_powers import PowersError, powerful_fields

Fields = Mapping[str, Plain]

_PROGRAMS: Final = frozenset(
    """.sh .bash .zsh .fish .py .pyw .js .mjs .cjs .ts .mts .rb .pl .php .lua .ps1 .psm1 .bat .cmd .vbs .exe .dll .so
    .dylib .jar .wasm .com .scpt .applescript""".split()
)
# A command that runs as the file is loaded stands between backticks behind a `!`, or in a fence of its own.
_INLINE: Final = late(r"(?<![\w$])!`([^`]+)`", re.ASCII)
_FENCE: Final = "```"
_BEFORE_FENCED: Final = late(r"[^\S\n]*\n\s*")
_TOOL: Final = late(r"[^\s,()]+(?:\s*\((?:[^()]|\([^()]*\))*\))?")
_SCOPED: Final = late(r"([^\s(]+)\s*\((.*)\)", re.DOTALL)
_POWERS: Final = ("&", "*", "!")  # An anchor, an alias or a tag where a tool's name should be: it may stand for all.
_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0", "deny", "")
_NOTHING: Final = ("", "~", "null")
_DIGITS: Final = 32


def grants_of(kind: str, data: bytes, files: Mapping[str, bool]) -> tuple[str, ...]:
    """Return the grants of an item, in the words of `agentsync.model.grant`, sorted.

    Args:
        data: the bytes of its file as they are installed; the `SKILL.md` of a skill.
        files: every file that belongs to it, and whether it is executable.
    """
    if kind == Kind.HOOK:
        return tuple(sorted(set(_hooks(_inner(load_json(data), "hooks")))))
    if kind == Kind.MCP:
        return tuple(sorted(set(_servers(_inner(load_json(data), "mcpServers")))))
    if kind == Kind.RULE:
        return ()  # It is text, and nothing in its header gives a power.
    document = read_document(data)
    try:
        powerful = powerful_fields(data[document.start : document.end].decode("utf-8", "replace"))
    except PowersError:
        powerful = {"tools": ALL, "allowed-tools": ALL}
    found = set(_agent(document, powerful) if kind == Kind.AGENT else _skill(document, powerful, data))
    if any(executable or is_program(path) for path, executable in files.items()):
        found.add(EXECUTABLE)
    return tuple(sorted(found))


def file_grants(kind: str, path: str, data: bytes, *, is_main: bool, executable: bool) -> set[str]:
    """Return what one installed slot of an item asks for; the main file holds the item's header."""
    if isinstance(path, EntryPath) and kind in (Kind.HOOK, Kind.MCP):
        return set(_entry(kind, path, load_json(data)))
    found = set(grants_of(kind, data, {})) if is_main else set()
    if kind == Kind.HOOK and not is_main:
        found.add(f"hook-file:{posixpath.basename(path)}:{hashlib.sha256(data).hexdigest()[:_DIGITS]}")
    return {*found, EXECUTABLE} if executable or is_program(path) else found


def _entry(kind: str, path: EntryPath, value: Plain | None) -> Iterator[str]:
    """Yield the grant of a server, or of one group of hooks; the list that it is in says the event."""
    *_, table, name = ("", *path.names)
    if kind == Kind.MCP:
        yield from server_grants(name, value)
    else:
        yield from group_grants(table if path.member else name, value)


def server_grants(name: str, value: Plain | None) -> Iterator[str]:
    """Yield the grant of one MCP server."""
    return _servers({name: value})


def group_grants(event: str, value: Plain | None) -> Iterator[str]:
    """Yield the grant of one group of hooks."""
    return _hooks({event: [value or ""]})


def is_program(path: str) -> bool:
    """Return whether a file is one to run, by its name."""
    return posixpath.splitext(path)[1].lower() in _PROGRAMS


def _inner(value: object, key: str) -> Plain | None:
    return value.get(key, value) if isinstance(value, dict) else None


def _agent(document: Document, powerful: Fields | None) -> Iterator[str]:
    fields = document.fields if powerful is None else powerful
    if _is_dropped(document):
        yield ALL
    else:
        yield from _allowed(tools_in(fields.get("tools")), tools_in(fields.get("disallowedTools")) or [])
    yield from _hooks(fields.get("hooks"))
    mode = _text(fields.get("permissionMode"))
    if mode and mode != "default":
        yield f"permission:{mode}"
    for key in ("mcpServers", "mcp-servers"):
        yield from _servers(fields.get(key))
    yield from (f"preload:{name}" for name in tools_in(fields.get("skills")) or [])
    if memory := _text(fields.get("memory")):
        yield f"memory:{memory}"
    if _text(fields.get("background")).lower() in _YES:
        yield "background"
    if prompt := _text(fields.get("initialPrompt")):
        yield f"initial-prompt:{_digest(prompt)}"


def _skill(document: Document, powerful: Fields | None, data: bytes) -> Iterator[str]:
    """Yield the grants of a skill or a command. A tool that it names is pre-approved; every other one is asked for."""
    is_dropped = _is_dropped(document)
    fields = powerful if powerful is not None else {} if is_dropped else document.fields
    allowed = fields.get("allowed-tools") or []
    tools = [] if isinstance(allowed, str) and allowed.strip().lower() in _NOTHING else tools_in(allowed)
    yield from _allowed(tools, [])
    for tool in tools or []:
        if scoped := _SCOPED.fullmatch(tool):
            yield f"only:{scoped[1]}({scoped[2].strip()})"
    yield from _hooks(fields.get("hooks"))
    if is_dropped or _text(fields.get("disable-model-invocation")).lower() not in _YES:
        yield INVOCABLE
    if _text(fields.get("context")) == "fork":
        yield "context:fork"
    for command in commands_at_load(data.decode("utf-8", "replace")):
        yield load_grant(command)


def commands_at_load(text: str) -> Iterator[str]:
    """Yield what Claude Code runs while it loads a skill or a command.

    It looks for `` !`COMMAND` `` where no word and no `$` stands before it, and for fences that
    begin with ```` ```! ````, anywhere in the text. Both are searched in time that grows with the text.
    """
    end = 0
    while (start := text.find(f"{_FENCE}!", end)) >= 0:
        begins = start + len(_FENCE) + 1
        closes = text.find(_FENCE, begins)
        if closes < 0:
            break
        end = closes + len(_FENCE)
        fenced = text[begins:closes]
        if blank := _BEFORE_FENCED.match(fenced):
            begins += fenced.rfind("\n", 0, blank.end()) + 1
        yield text[begins:closes].rstrip(" \t")
    for run in _INLINE.finditer(text):
        yield run[1]


def load_grant(command: str) -> str:
    """Return the grant of a command that runs as an item is loaded."""
    return f"auto-run:{_digest(command)}"


def _is_dropped(document: Document) -> bool:
    """Return whether the header does not count, all of it or the part behind dashes in it."""
    unread = not document.status.is_read
    return unread or document.claude_code is ClaudeCode.DROPPED or document.has_dashes


def tools_in(value: Plain | None) -> list[str] | None:
    """Return the tools that a field names, None where it stands for all of them.

    The eight forms: `a, b` and `a b` as a text, a list, `[a, b]` as a text, a mapping to yes and no, one name,
    `*`, nothing, and the empty list, which alone means none.

    >>> tools_in("Read, Bash(git log:*)"), tools_in("[Read, Bash]"), tools_in({"bash": "true", "edit": "false"})
    (['Read', 'Bash(git log:*)'], ['Read', 'Bash'], ['bash'])
    >>> tools_in("*"), tools_in(None), tools_in([])
    (None, None, [])
    """
    if isinstance(value, dict):
        return [name for name, use in value.items() if not isinstance(use, str) or use.strip().lower() not in _NO]
    if isinstance(value, list):
        found = [tool for one in value for tool in _TOOL.findall(one if isinstance(one, str) else "*")]
    else:
        text = (value or "").strip()
        if text.lower() in _NOTHING:
            return None
        if re.fullmatch(r"\[\s*\]", text):
            return []
        found = [tool.strip("[]\"'`") for tool in _TOOL.findall(text)]
        found = [tool for tool in found if tool]
        if not found:
            return None
    return None if any(tool.lower() in (ALL, "all") or tool.startswith(_POWERS) for tool in found) else found


def _allowed(tools: list[str] | None, denied: list[str]) -> Iterator[str]:
    without = {_name(tool) for tool in denied}
    if tools is None:
        yield ALL
        yield from (f"without:{name}" for name in without)
    for name in {_name(tool) for tool in tools or []} - without:
        found = class_of(name)
        if found != "":
            yield found or f"tool:{name}"


def _name(tool: str) -> str:
    scoped = _SCOPED.fullmatch(tool)
    return scoped[1] if scoped else tool


def _hooks(value: Plain | None) -> Iterator[str]:
    """Yield one grant for each thing that is run, with the event."""
    if isinstance(value, dict):
        for event, entries in value.items():
            for entry in entries if isinstance(entries, list) else [entries]:
                yield f"hook:{event}:{_digest(entry)}"
    elif value:
        yield f"hook:any:{_digest(value)}"


def _servers(value: Plain | None) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"mcp-server:{name}:{_digest(server)}" for name, server in value.items())
    elif isinstance(value, list):
        for one in value:
            yield from _servers(one)
    elif isinstance(value, str):
        yield from (f"mcp-server:{name}" for name in tools_in(value) or [] if name)


def _text(value: Plain | None) -> str:
    return value.strip() if isinstance(value, str) else ""


def _digest(value: object) -> str:
    """Return 128 bits of the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
