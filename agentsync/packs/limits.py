"""Limits that an agent's header sets: the tools that it names and denies, its mode, and hooks that may guard it.

Where a limit can be read in two ways the narrower reading counts here, for what is made of it must never be wider.
Grants (`agentsync.packs.granting`) are read the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from agentsync.formats.yaml_tree import Plain
from agentsync.model.grant import class_of
from agentsync.model.item import HeaderStatus
from agentsync.packs.frontmatter import read_document
from agentsync.packs.granting import tools_in
from agentsync.packs.yaml_powers import PowersError, powerful_fields

PLANNED: Final = ("write", "exec", "spawn")
"""The classes that the mode `plan` takes away."""

_KNOWN: Final = frozenset(
    """Read Grep Glob LS NotebookRead LSP Edit MultiEdit Write NotebookEdit Bash WebFetch WebSearch Task Agent
    ListMcpResourcesTool ReadMcpResourceTool TodoRead TodoWrite Skill SlashCommand AskUserQuestion EnterPlanMode
    ExitPlanMode TaskCreate TaskGet TaskList TaskUpdate ToolSearch""".split()
)
_WITH_BASH: Final = frozenset("BashOutput KillShell KillBash TaskOutput TaskStop".split())
_GUARDS: Final = ("PreToolUse", "PermissionRequest")
_SCOPE: Final = re.compile(r"\s*\(")
_WORD: Final = re.compile(r"[^\s,()\[\]\"'`]+")
_EVERY: Final = ("*", "all")
_OF_SERVERS: Final = "mcp__"


class NamedTools(NamedTuple):
    """Tools that a field names: whole ones by name, and as they are written those that are for some uses only."""

    whole: tuple[str, ...] = ()
    scoped: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, without the uses."""
        return tuple(dict.fromkeys((*self.whole, *map(name_of, self.scoped))))


class ServerTools(NamedTuple):
    """One tool of an MCP server, all of its tools where the tool is "", those of every server where both are."""

    server: str = ""
    tool: str = ""


class Limits(NamedTuple):
    """The limits that a header sets for an agent.

    Args:
        allowed: None where it has every tool.
        denied: those that are taken away, in whole or for some uses.
        mode: the permission mode, "" for none.
        may_be_guarded: whether a hook of its own may be what holds it back.
    """

    allowed: NamedTools | None
    denied: NamedTools
    mode: str = ""
    may_be_guarded: bool = False

    @property
    def plans(self) -> bool:
        """True where it only plans: nothing is written, run or given to others."""
        return self.mode == "plan"

    @property
    def are_none(self) -> bool:
        return self.allowed is None and not self.denied.names and not self.plans

    def allows(self, tool: str) -> bool:
        """Return whether a tool is named, or all are; a denial may take it away again."""
        return self.allowed is None or tool in self.allowed.whole

    def denies(self, tool: str) -> bool:
        """Return whether one of the source's own tools is taken away, whatever its name is written like."""
        if self.plans and class_of(tool) in PLANNED:
            return True
        return any(name.lower() == tool.lower() for name in self.denied.names)

    def denies_server(self, tools: ServerTools) -> bool:
        """Return whether tools of a server are taken away, some of them at least."""
        return any(_may_name(pattern.lower(), tools) for pattern in self.denied_server_tools())

    def denies_all_of(self, tools: ServerTools) -> bool:
        """Return whether tools of a server are taken away, every one of them."""
        if tools.tool:
            return self.denies_server(tools)
        found = [server_tools(pattern.lower()) for pattern in self.denied_server_tools()]
        return ServerTools() in found or ServerTools(tools.server.lower()) in found

    def denied_server_tools(self) -> tuple[str, ...]:
        """Return the denied names that are for tools of MCP servers, as they are written."""
        return tuple(name for name in self.denied.names if name.lower().startswith(_OF_SERVERS))


class AgentHeader(NamedTuple):
    """An agent taken apart.

    Args:
        fields: of its header, with aliases followed as the tools follow them.
        error: why they cannot be read, "" where they can.
    """

    fields: Mapping[str, Plain]
    body: bytes
    error: str = ""


def read_agent(data: bytes) -> AgentHeader:
    """Take the file of an agent apart. One without a header has no fields."""
    document = read_document(data)
    if document.status is HeaderStatus.UNREADABLE:
        return AgentHeader({}, document.body, document.error or "it is no YAML")
    try:
        powerful = powerful_fields(data[document.start : document.end].decode(document.encoding))
    except PowersError:
        return AgentHeader({}, document.body, "its aliases stand for too much")
    return AgentHeader(document.fields if powerful is None else powerful, document.body)


def limits_in(fields: Mapping[str, Plain]) -> Limits:
    """Return the limits that the fields of a header set."""
    allowed, denied = _named(fields.get("tools")), NamedTools()
    if not is_nothing(fields.get("disallowedTools")):
        found = _named(fields.get("disallowedTools"))
        allowed, denied = (NamedTools(), denied) if found is None else (allowed, found)
    mode = fields.get("permissionMode")
    return Limits(
        allowed=allowed,
        denied=denied,
        mode=mode.strip() if isinstance(mode, str) else "",
        may_be_guarded=_may_guard(fields.get("hooks")),
    )


def known_class(tool: str) -> str | None:
    """Return the class of one of the source's own tools, "" for one without power, None for one that is not known.

    What only serves a shell is nothing alone, and is not known.
    """
    if tool.startswith(_OF_SERVERS):
        return "mcp"
    return class_of(tool) if tool in _KNOWN else None


def known_tools(name: str) -> Iterator[str]:
    """Yield the source's own tools of a class."""
    return (tool for tool in sorted(_KNOWN) if class_of(tool) == name)


def serves_shell(tool: str) -> bool:
    """Return whether a tool comes with the shell."""
    return tool in _WITH_BASH


def server_tools(name: str) -> ServerTools | None:
    """Return which tools of MCP servers a name stands for, None where it is for others, or for a part by a pattern.

    >>> server_tools("mcp__github__merge"), server_tools("mcp__github"), server_tools("mcp__*")
    (ServerTools(server='github', tool='merge'), ServerTools(server='github', tool=''), ServerTools(server='', tool=''))
    """
    if not name.startswith(_OF_SERVERS):
        return None
    server, parted, tool = name.removeprefix(_OF_SERVERS).partition("__")
    if server == "*" and tool in ("", "*"):
        return ServerTools()
    if not server or "*" in server or (parted and not tool) or ("*" in tool and tool != "*"):
        return None
    return ServerTools(server, "" if tool == "*" else tool)


def is_nothing(value: Plain | None) -> bool:
    """Return whether a field has no value."""
    return value is None or (isinstance(value, str) and value.strip().lower() in ("", "~", "null"))


def name_of(tool: str) -> str:
    """Return the name of a tool without its uses."""
    return _SCOPE.split(tool, maxsplit=1)[0]


def _named(value: Plain | None) -> NamedTools | None:
    if is_nothing(value):
        return None
    if isinstance(value, list):
        value = [one for one in value if isinstance(one, str)]
    tools = tools_in(value)
    if tools is None:
        # A sign that stands for all to one reader, and for a name to another one, gives nothing.
        words = _WORD.findall(value if isinstance(value, str) else " ".join(value or ()))
        return None if any(word.lower() in _EVERY for word in words) else NamedTools()
    tools = list(dict.fromkeys(tools))
    if _parentheses(value) != "".join(tools).count("("):
        # A scope without an end, or with scopes in it: no telling which tool it belongs to.
        return NamedTools((), tuple(tools))
    return NamedTools(
        tuple(tool for tool in tools if "(" not in tool),
        tuple(tool for tool in tools if "(" in tool),
    )


def _parentheses(value: Plain | None) -> int:
    return value.count("(") if isinstance(value, str) else sum(one.count("(") for one in value or ())


def _may_guard(hooks: Plain | None) -> bool:
    if isinstance(hooks, dict):
        return any(event in hooks for event in _GUARDS)
    return not is_nothing(hooks) and hooks != []


def _may_name(pattern: str, tools: ServerTools) -> bool:
    """Return whether a name, which may be a pattern, stands for one of these tools."""
    if not tools.server:
        return True
    denied = server_tools(pattern)
    server = tools.server.lower()
    if denied is not None:
        return denied.server in ("", server) and (not tools.tool or denied.tool in ("", tools.tool.lower()))
    whole = f"{_OF_SERVERS}{server}__"
    if tools.tool:
        return fnmatchcase(f"{whole}{tools.tool.lower()}", pattern)
    begin = pattern.partition("*")[0]
    return whole.startswith(begin) or begin.startswith(whole)
