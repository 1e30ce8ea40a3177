"""The vocabulary in which a tool's file says how it reads MCP servers: their transports, and its own words."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

STDIO: Final = "stdio"
HTTP: Final = "http"
SSE: Final = "sse"


class Dialect(NamedTuple):
    """The form in which a tool writes an MCP server.

    Args:
        types: the transports that it has, each with its `type`, "" where none is written.
        reference: how the variable `V` of the environment is referred to, "" where it cannot be.
        expands: what the tool expands by itself in a text, as a regular expression, "" for nothing.
        urls: the key of the URL of each transport, where it is not `url`.
        env: the key of the variables of a program.
        is_list: whether a program and its arguments are one list.
        has_args: whether a program has arguments even where there are none.
        always: members at the end, unless the source has them.
    """

    types: Mapping[str, str]
    reference: str = "${V}"
    expands: str = ""
    urls: Mapping[str, str] = {}
    env: str = "env"
    is_list: bool = False
    has_args: bool = False
    always: Mapping[str, Any] = {}


ALL_TYPES: Final = {STDIO: STDIO, HTTP: HTTP, SSE: SSE}
NO_TYPES: Final = dict.fromkeys(ALL_TYPES, "")
HTTP_URL: Final = {HTTP: "httpUrl"}
DOLLAR: Final = r"\$[A-Za-z_{]"
DOLLAR_BRACE: Final = r"\$\{"
