"""An MCP server as a pack's `.mcp.json` has it: what it is, and why it may be for no tool at all."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from agentsync.rendering.server_form import HTTP, SSE, STDIO

# The names of one transport, the usual one first.
_TRANSPORTS: Final = {STDIO: STDIO, HTTP: HTTP, "streamable-http": HTTP, SSE: SSE}
_LOCAL: Final = ("type", "command", "args", "env")
_REMOTE: Final = ("type", "url", "headers")
# Keys that turn a server off in some tools.
_OFF: Final = {"disabled": True, "enabled": False}

REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")
# Only a plug-in's own loader knows what stands for these.
_OF_PLUGINS: Final = re.compile(r"\$\{(?:CLAUDE_PLUGIN_\w+|user_config\.[^}]*)\}")

_SECRET: Final = re.compile(
    r"key(?!board|word|space|stroke|map)|token(?!iz)|secret|passw(?:or)?d|passphrase|authorization|credential",
    re.IGNORECASE,
)
# A place where a secret is, or a number of tokens, is no secret.
_WHERE: Final = re.compile(r"[_-]?(?:file|path|dir)", re.IGNORECASE)
_SWITCH: Final = re.compile(r"true|false", re.IGNORECASE)
_COUNT: Final = re.compile(r"[0-9]{1,9}")
# References alone, behind the name of a scheme such as `Bearer`; a reference with text in place of a missing value is
# that text written out.
_REFERS: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]* +)?(?:\$\{[A-Za-z_][A-Za-z0-9_]*(?::-)?\})+")
_ASSIGNED: Final = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)\s*[=:]\s*(.*)", re.DOTALL)
_QUERY: Final = re.compile(r"[?&;#]([^=&;#?\s]+)=([^&;#\s]*)")
_LOGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#@\s]*)@")


class Server(NamedTuple):
    """An MCP server.

    Args:
        transport: how it is reached: `stdio`, `http`, `sse`.
        value: what the pack has, its keys in their order.
    """

    transport: str
    value: Mapping[str, Any]

    @property
    def known(self) -> dict[str, Any]:
        """Return the members that mean something for its transport, but for its type."""
        return {key: self.value[key] for key in self._keys[1:] if key in self.value}

    @property
    def others(self) -> tuple[str, ...]:
        """Return the keys that have no meaning of their own."""
        return tuple(key for key in self.value if key not in self._keys)

    @property
    def off(self) -> str:
        """Return the key that turns it off, "" where none does."""
        return next((key for key, value in _OFF.items() if self.value.get(key) is value), "")

    @property
    def _keys(self) -> tuple[str, ...]:
        return _LOCAL if self.transport == STDIO else _REMOTE

    def texts(self) -> Iterator[str]:
        """Yield every text in it, names of variables and headers included."""
        yield from _texts(self.known)


class Fault(NamedTuple):
    """A reason for which no tool gets a server: the place in it, and a sentence."""

    about: str
    why: str


def read_server(data: bytes) -> Server | Fault:
    """Return the server in the JSON of its value, or why no tool gets it."""
    value = json.loads(data)
    if not isinstance(value, dict):
        return Fault("", "it is no JSON object")
    named = value.get("type")
    if named is not None and (not isinstance(named, str) or named.lower() not in _TRANSPORTS):
        return Fault("type", f"{json.dumps(named)[:40]} is no type of MCP server")
    implied = HTTP if "url" in value and "command" not in value else STDIO
    server = Server(_TRANSPORTS[named.lower()] if named else implied, value)
    return _misshapen(server) or _of_plugins(server) or _secret(value) or server


def _misshapen(server: Server) -> Fault | None:
    needed = "command" if server.transport == STDIO else "url"
    found = server.value.get(needed)
    if not isinstance(found, str) or not found.strip():
        return Fault(needed, f"it has no {needed}" if found is None else f"its {needed} is no text")
    args = server.known.get("args", [])
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        return Fault("args", "its args are no list of texts")
    for key in ("env", "headers"):
        table = server.known.get(key, {})
        if not isinstance(table, dict):
            return Fault(key, f"its {key} is no table")
        if wrong := next((name for name, text in table.items() if not isinstance(text, str)), None):
            return Fault(f"{key}.{wrong}", f"{key}.{wrong} is no text")
    return None


def _of_plugins(server: Server) -> Fault | None:
    for text in _texts(server.value):
        if found := _OF_PLUGINS.search(text):
            return Fault(found[0], f"it names {found[0]}, which only a plug-in has")
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _secret(value: Mapping[str, Any]) -> Fault | None:
    where = next(_secrets(value, ""), None)
    if where is None:
        return None
    return Fault(where, f"{where} looks like a secret written out; it must be an environment reference")


def _secrets(value: object, where: str) -> Iterator[str]:
    """Yield the places of texts that look like secrets: by the name of their key, of an option or in a URL."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            place = f"{where}.{key}" if where else str(key)
            if isinstance(inner, str) and _is_secret(str(key), inner):
                yield place
            yield from _secrets(inner, place)
    elif isinstance(value, list):
        yield from _in_options(value, where)
        for inner in value:
            yield from _secrets(inner, where)
    elif isinstance(value, str):
        yield from _in_text(value, where)


def _in_options(args: list[Any], where: str) -> Iterator[str]:
    texts = [arg if isinstance(arg, str) else "" for arg in args]
    for option, text in pairwise(texts):
        if option.startswith("-") and "=" not in option and not text.startswith("-") and _is_secret(option, text):
            yield f"{where} {option}"


def _in_text(text: str, where: str) -> Iterator[str]:
    if (pair := _ASSIGNED.fullmatch(text)) and not pair[2].startswith("//") and _is_secret(pair[1], pair[2]):
        yield f"{where} {pair[1]}"
    if "://" in text:
        yield from (f"{where} ?{name}=" for name, value in _QUERY.findall(text) if _is_secret(name, value))
        if (login := _LOGIN.search(text)) and not _REFERS.fullmatch(login[1].rpartition(":")[2]):
            yield f"{where} user"


def _is_secret(name: str, text: str) -> bool:
    """Return whether a name says that its text is a secret, and the text is more than references."""
    found = _SECRET.search(name)
    if found is None or _REFERS.fullmatch(text.strip()) or _SWITCH.fullmatch(text):
        return False
    rest = name[found.end() :]
    is_count = found[0].lower() == "token" and rest[:1].lower() == "s" and _COUNT.fullmatch(text) is not None
    return not is_count and _WHERE.fullmatch(rest) is None
