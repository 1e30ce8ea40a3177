"""The vocabulary in which a tool's file says how it reads agents: its keys, its names for tools, its kind of limits."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.late import late

MARKDOWN: Final = "markdown"
TOML: Final = "toml"
JSON: Final = "json"
_OTHERS: Final = late(r"[^a-z0-9_-]+")

ToolNames = Mapping[str, tuple[str, ...]]
"""A tool's own names, in the order in which they are written, each with the tools of the source that it stands for."""


class ToolList(NamedTuple):
    """Limits as a list of the tools that are granted.

    Args:
        key: of the list.
        has_server_tools: whether tools of MCP servers can be granted.
        one_server_tool: how a tool of a server is written, with `{server}` and `{tool}`; "" for as in the source.
        whole_server: the same for all tools of a server; "" for `*` in the place of the tool.
        every_server: how the tools of all servers are written, "" where they cannot be.
        server_tool_rule: what a name of a server's tool looks like there, else it is not granted.
        denied_key: of a list of what is denied, "" where there is none.
        plan: the key and the value of a mode that only plans.
    """

    names: ToolNames
    key: str
    has_server_tools: bool = True
    one_server_tool: str = ""
    whole_server: str = ""
    every_server: str = ""
    server_tool_rule: str = r"[^\s,]+"
    denied_key: str = ""
    plan: tuple[str, str] | None = None


class Denials(NamedTuple):
    """Limits as rules that deny, for what they allow would win over the user's own settings.

    Args:
        server_tools: the pattern of the tools of all MCP servers.
        one_server_tool: how one tool of a server is written, with `{server}` and `{tool}`.
    """

    names: ToolNames
    key: str
    server_tools: str
    one_server_tool: str


class Switch(NamedTuple):
    """A field that takes classes of power away, all of them or none."""

    key: str
    value: str | bool
    classes: tuple[str, ...]


class Switches(NamedTuple):
    """Limits as a few fields for whole classes of power; a class without a switch cannot be taken away."""

    switches: tuple[Switch, ...]


class AgentForm(NamedTuple):
    """The way a tool reads an agent.

    Args:
        power: how limits are written.
        shape: `markdown`, `toml` or `json`.
        body_key: where the body is, in TOML and JSON.
        marks: fields that every agent has there.
        numbers: keys of the source with a number that is written, each with its key there.
        declared: keys that are written where the manifest sets them for this tool.
        name_rule: what a name looks like there, "" for anything.
        skips: the beginning of the names of files that are not loaded.
        needs_description: whether an agent without a description is not loaded.
        least_body: the number of characters that a body has at least.
        is_utf_8: whether a file in another encoding is not loaded.
        expands: a pattern of what the tool would put something else in the place of.
    """

    power: ToolList | Denials | Switches
    shape: str = MARKDOWN
    body_key: str = ""
    marks: Mapping[str, str] = {}
    numbers: Mapping[str, str] = {}
    declared: tuple[str, ...] = ("model",)
    name_rule: str = ""
    skips: str = ""
    needs_description: bool = False
    least_body: int = 0
    is_utf_8: bool = False
    expands: str = ""

    def name_there(self, name: str) -> str:
        """Return the name of an agent in the tool, "" where it has none."""
        if not self.name_rule or re.fullmatch(self.name_rule, name):
            return name
        found = _OTHERS.sub("-", name.lower()).strip("-")
        return next((one for one in (found, found.strip("-_")) if re.fullmatch(self.name_rule, one)), "")
