"""Carry the limits of an agent over to a tool, in the tool's own way to write limits. Nothing becomes wider by it.

What cannot be taken away there is residue, by classes of power; what cannot be granted there is told.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from agentsync.model.grant import CLASSES
from agentsync.packs.limits import Limits, ServerTools, known_class, known_tools, name_of, server_tools, serves_shell
from agentsync.rendering.agent_form import Denials, Switch, Switches, ToolList, ToolNames
from agentsync.rendering.rendered import Loss
from agentsync.rendering.value import Value

# Reading is what every agent can do where limits are for whole classes; nothing is asked about it.
_NOT_ASKED: Final = ("read",)
# Tools that are a form of another one: where that one is denied too, no more is lost.
_FORMS: Final = {"MultiEdit": "Edit", "NotebookEdit": "Edit", "Agent": "Task", "Task": "Agent", "SlashCommand": "Skill"}
_TOGETHER: Final = "it has one name with a denied tool there"


class Narrowed(NamedTuple):
    """Fields that carry limits over, what is told of them, and the classes of power that they leave."""

    fields: Mapping[str, Value] = {}
    lost: tuple[Loss, ...] = ()
    residue: tuple[str, ...] = ()


def narrow(power: ToolList | Denials | Switches, limits: Limits) -> Narrowed:
    """Return the fields in which a tool reads limits; where there are none it gets none, and its user's own count."""
    if limits.are_none:
        return Narrowed()
    if isinstance(power, ToolList):
        narrowed = _as_list(power, limits)
    elif isinstance(power, Denials):
        narrowed = _as_denials(power, limits)
    else:
        narrowed = _as_switches(power, limits)
    return narrowed._replace(lost=(*_of_uses(limits), *narrowed.lost))


def _of_uses(limits: Limits) -> Iterator[Loss]:
    """Yield what is told of any tool: the mode, and tools that were for some uses only."""
    if limits.plans:
        yield Loss("narrowed", "permissionMode plan", "written as no write, exec, spawn")
    allowed = limits.allowed
    given = [tool for tool in allowed.scoped if name_of(tool) not in allowed.whole] if allowed else []
    if given:
        yield Loss("narrowed", ", ".join(given), "a tool for some uses cannot be written there, and is not granted")
    taken = [tool for tool in limits.denied.scoped if name_of(tool) not in limits.denied.whole]
    taken = [tool for tool in taken if server_tools(name_of(tool)) or limits.allows(name_of(tool))]
    if taken:
        yield Loss("narrowed", ", ".join(taken), "a tool cannot be denied for some uses there, and is denied whole")


def _as_list(power: ToolList, limits: Limits) -> Narrowed:
    denied = _denied_names(power.names, limits)
    fields: dict[str, Value] = {}
    lost: tuple[Loss, ...] = tuple(_without_name(power.names, limits, denied))
    if limits.allowed is not None:
        servers, unwritten = _in_list(power, limits)
        fields[power.key] = (*_granted_names(power.names, limits, denied), *servers)
        lost = (*lost, *unwritten)
    elif power.denied_key:
        if found := (*(name for name in power.names if name in denied), *limits.denied_server_tools()):
            fields[power.denied_key] = found
    else:
        fields[power.key] = tuple(name for name in power.names if name not in denied)
        if not any(server_tools(name) == ServerTools() for name in limits.denied.names):
            lost = (*lost, Loss("narrowed", "mcp", "a list of tools leaves out those of MCP servers"))
    if power.plan and limits.plans:
        fields[power.plan[0]] = power.plan[1]
    return Narrowed(fields, lost)


def _as_denials(power: Denials, limits: Limits) -> Narrowed:
    denied = _denied_names(power.names, limits)
    rules: dict[str, str] = {}
    refused, patterns = denied, limits.denied_server_tools()
    if limits.allowed is not None:
        granted = _granted_names(power.names, limits, denied)
        refused = {name for name in power.names if name not in granted}
        found = [server_tools(name) for name in limits.allowed.whole]
        asked = [tools for tools in found if tools and not limits.denies_all_of(tools)]
        if ServerTools() not in asked:
            rules[power.server_tools] = "deny"
            rules |= {denial_of(power, tools): "ask" for tools in asked}
        if not any(map(limits.denies_server, asked)):
            patterns = ()
    rules |= {name: "deny" for name in power.names if name in refused}
    # The last rule that fits counts.
    rules |= {denial_of(power, server_tools(pattern) or pattern): "deny" for pattern in patterns}
    return Narrowed({power.key: rules} if rules else {}, tuple(_without_name(power.names, limits, denied)))


def denial_of(power: Denials, tools: ServerTools | str) -> str:
    """Return the rule for tools of MCP servers, or for a pattern of their names."""
    if isinstance(tools, str):
        server, _, tool = tools[len("mcp__") :].partition("__")
        return power.one_server_tool.format(server=server, tool=tool or "*")
    if not tools.server:
        return power.server_tools
    return power.one_server_tool.format(server=tools.server, tool=tools.tool or "*")


def _as_switches(power: Switches, limits: Limits) -> Narrowed:
    has = {name for name in CLASSES if _has_class(limits, name)}
    off = [switch for switch in power.switches if not has.issuperset(switch.classes)]
    switched = {name for switch in power.switches for name in switch.classes}
    residue = tuple(name for name in CLASSES if name not in has | switched and name not in _NOT_ASKED)
    return Narrowed(
        {switch.key: switch.value for switch in off}, tuple(_lost_to_switches(limits, off, switched)), residue
    )


def _lost_to_switches(limits: Limits, off: list[Switch], switched: set[str]) -> Iterator[Loss]:
    for switch in off:
        if parts := [name for name in switch.classes if _has_part(limits, name)]:
            yield Loss("narrowed", ", ".join(parts), f"`{switch.key}` takes away {' and '.join(switch.classes)} as one")
    named = limits.allowed.whole if limits.allowed else ()
    if unknown := [tool for tool in named if _is_unknown(tool, limits)]:
        yield Loss("narrowed", ", ".join(unknown), "no such tool is known there")
    if single := [tool for tool in named if known_class(tool) == "mcp"]:
        yield Loss("dropped", f"tools {', '.join(single)}", "tools of MCP servers are granted all or none there")
    kept = [tool for tool in limits.denied.names if known_class(tool) in ("", "read") and limits.allows(tool)]
    if kept:
        yield Loss("dropped", f"disallowedTools {', '.join(kept)}", "cannot be taken away there")


def _has_class(limits: Limits, name: str) -> bool:
    """Return whether a class of power is granted whole: one denied tool of it denies the class."""
    tools = [*known_tools(name)]
    if name == "mcp":
        is_whole = not limits.denies_server(ServerTools()) and not any(map(limits.denies, tools))
        return is_whole and _has_part(limits, name)
    return any(map(limits.allows, tools)) and not any(map(limits.denies, tools))


def _has_part(limits: Limits, name: str) -> bool:
    """Return whether a tool of a class is granted."""
    if name == "mcp" and limits.allowed is not None:
        return any(known_class(tool) == "mcp" for tool in limits.allowed.whole)
    return any(_has(limits, tool) and not limits.denies(_FORMS.get(tool, tool)) for tool in known_tools(name))


def _denied_names(names: ToolNames, limits: Limits) -> set[str]:
    return {name for name, tools in names.items() if any(map(limits.denies, tools))}


def _granted_names(names: ToolNames, limits: Limits, denied: set[str]) -> list[str]:
    return [name for name, tools in names.items() if name not in denied and any(map(limits.allows, tools))]


def _without_name(names: ToolNames, limits: Limits, denied: set[str]) -> Iterator[Loss]:
    """Yield the granted tools that have no name there, or one that they share with a denied tool."""
    here = {tool: name for name, tools in names.items() for tool in tools}
    shared = [tool for tool, name in here.items() if name in denied and _has(limits, tool)]
    shared = [tool for tool in shared if _FORMS.get(tool) not in shared and not limits.denies(_FORMS.get(tool, tool))]
    if shared:
        yield Loss("narrowed", ", ".join(shared), _TOGETHER)
    named = limits.allowed.whole if limits.allowed else ()
    unknown = [tool for tool in named if tool not in here and server_tools(tool) is None]
    if unknown := [tool for tool in unknown if _is_unnamed(tool, limits)]:
        yield Loss("narrowed", ", ".join(unknown), "no name there")


def _has(limits: Limits, tool: str) -> bool:
    return limits.allows(tool) and not limits.denies(tool)


def _is_unnamed(tool: str, limits: Limits) -> bool:
    """Return whether a tool is lost that a tool's table has no name for: what serves a shell comes with the shell."""
    return not limits.denies(tool) and (not serves_shell(tool) or not _has(limits, "Bash"))


def _is_unknown(tool: str, limits: Limits) -> bool:
    return known_class(tool) is None and _is_unnamed(tool, limits)


def _in_list(power: ToolList, limits: Limits) -> tuple[list[str], list[Loss]]:
    """Return the granted tools of MCP servers as the list has them, and what is told of the others."""
    written: list[str] = []
    unwritten: list[str] = []
    for name in limits.allowed.whole if limits.allowed else ():
        tools = server_tools(name)
        if tools is None or limits.denies_all_of(tools):
            continue
        here = _server_name(power, name, tools)
        if not here or limits.denies_server(tools):
            unwritten.append(name)
        else:
            written.append(here)
    lost = [Loss("narrowed", ", ".join(unwritten), "cannot be written there")] if unwritten else []
    return list(dict.fromkeys(written)), lost


def _server_name(power: ToolList, name: str, tools: ServerTools) -> str:
    if not tools.server or not power.has_server_tools:
        return power.every_server
    if not power.one_server_tool:
        here = name
    elif power.whole_server and not tools.tool:
        here = power.whole_server.format(server=tools.server)
    else:
        here = power.one_server_tool.format(server=tools.server, tool=tools.tool or "*")
    return here if re.fullmatch(power.server_tool_rule, here) else ""
