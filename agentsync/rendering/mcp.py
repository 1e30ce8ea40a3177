"""Write an MCP server as an AI tool reads it, from what its target says of its form."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agentsync.rendering.rendered import Loss, Rendered, Source, refused
from agentsync.rendering.server import REFERENCE, Fault, Server, read_server
from agentsync.rendering.server_form import HTTP, SSE, STDIO, Dialect

_NO_REFERENCES: Final = "environment references cannot be written here"
_IS_ON: Final = "servers have no such key here: it is turned off in the pack, and on here"
_BEARER: Final = re.compile(r"Bearer +\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.IGNORECASE)


def render_as_it_is(source: Source, *, defaults: bool, typed: bool) -> Rendered:
    """Render a server for a tool that reads servers as packs have them.

    Args:
        defaults: whether it knows `${V:-TEXT}`, for a variable that may be missing.
        typed: whether it loads no URL without a type, and knows no key that turns a server off.
    """
    server = read_server(source.data)
    if isinstance(server, Fault):
        return refused(server.why, server.about)
    if fault := None if defaults else _with_default(server):
        return fault
    value, lost = server.value, list[Loss]()
    if typed and server.transport != STDIO and "type" not in value:
        value = {"type": server.transport, **value}
        lost.append(Loss("changed", "type", f"a URL without a type is not loaded here: it is written as {HTTP}"))
    if typed and server.off:
        lost.append(Loss("changed", server.off, _IS_ON))
    return Rendered(_json(value), tuple(lost))


def render_server(dialect: Dialect, source: Source) -> Rendered:
    """Render a server in the dialect of a tool."""
    server = read_server(source.data)
    if isinstance(server, Fault):
        return refused(server.why, server.about)
    if server.transport not in dialect.types:
        return _no_transport(server)
    if fault := _with_default(server) or _unwritable(dialect, server):
        return fault
    known = _referring(server.known, dialect.reference)
    if server.transport == STDIO:
        args = known.get("args", [] if dialect.has_args else None)
        found = {"command": [known["command"], *(args or [])] if dialect.is_list else known["command"]}
        found |= {"args": args} if args is not None and not dialect.is_list else {}
        found |= {dialect.env: known["env"]} if "env" in known else {}
    else:
        found = {dialect.urls.get(server.transport, "url"): known["url"]}
        found |= {"headers": known["headers"]} if "headers" in known else {}
    named = dialect.types[server.transport]
    always = {key: server.value.get(key, value) for key, value in dialect.always.items()}
    return Rendered(_json({**({"type": named} if named else {}), **found, **always}), _dropped(server, always))


def render_by_name(source: Source) -> Rendered:
    """Render a server for a tool that passes variables of the environment on by name, and never inside of a text."""
    server = read_server(source.data)
    if isinstance(server, Fault):
        return refused(server.why, server.about)
    if server.transport == SSE:
        return _no_transport(server)
    known = server.known
    whole: dict[str, Any] = {key: known[key] for key in ("command", "args", "url") if key in known}
    if (fault := _with_default(server)) or any(map(REFERENCE.search, _texts(whole))):
        return fault or refused(_NO_REFERENCES, "command" if server.transport == STDIO else "url")
    names, found = list[str](), dict[str, str]()
    for name, text in known.get("env", {}).items():
        if text == f"${{{name}}}":
            names.append(name)
        elif REFERENCE.search(text):
            return refused("only a variable under its own name can be passed on here", f"env.{name}")
        else:
            found[name] = text
    named = {"env": found, "env_vars": names} if server.transport == STDIO else _headers(known.get("headers", {}))
    if isinstance(named, Rendered):
        return named
    return Rendered(_json({**whole, **{key: inner for key, inner in named.items() if inner}}), _dropped(server))


def _headers(headers: Mapping[str, str]) -> Mapping[str, Any] | Rendered:
    """Return the members for headers: literal ones, those that are one reference, and a bearer token."""
    bearer, literal, named = "", dict[str, str](), dict[str, str]()
    for name, text in headers.items():
        if name.lower() == "authorization" and (token := _BEARER.fullmatch(text)):
            bearer = token[1]
        elif one := REFERENCE.fullmatch(text):
            named[name] = one[1]
        elif REFERENCE.search(text):
            return refused("a reference with text around it cannot be written here", f"headers.{name}")
        else:
            literal[name] = text
    return {"bearer_token_env_var": bearer, "http_headers": literal, "env_http_headers": named}


def _no_transport(server: Server) -> Rendered:
    return refused(f"servers of type {server.transport} cannot be written here", "type")


def _with_default(server: Server) -> Rendered | None:
    """Return the refusal of a reference with a text in place of a missing variable."""
    found = (match[0] for text in server.texts() for match in REFERENCE.finditer(text) if match[2] is not None)
    first = next(found, "")
    return (
        refused("a reference with a default cannot be written here", first.partition(":-")[0] + "}") if first else None
    )


def _unwritable(dialect: Dialect, server: Server) -> Rendered | None:
    """Return the refusal of what a dialect cannot say, and of text that the tool would take for more than text."""
    for text in server.texts():
        if not dialect.reference and REFERENCE.search(text):
            return refused(_NO_REFERENCES)
        if dialect.expands and (found := re.search(dialect.expands, REFERENCE.sub("", text))):
            return refused(f"`{found[0]}` is text in the source, and is expanded here", found[0])
    return None


def _referring(value: Any, reference: str) -> Any:
    """Return a value with its references as a tool writes them."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: reference.replace("V", match[1]), value)
    if isinstance(value, dict):
        return {key: _referring(inner, reference) for key, inner in value.items()}
    return [_referring(inner, reference) for inner in value]


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    for inner in value.values():
        yield from [inner] if isinstance(inner, str) else inner


def _dropped(server: Server, written: Mapping[str, Any] = {}) -> tuple[Loss, ...]:
    why = "servers have no such key here"
    lost = [key for key in server.others if key not in written]
    return tuple(Loss("dropped", key, _IS_ON if key == server.off else why) for key in lost)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
