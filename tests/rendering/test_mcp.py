"""MCP servers in the dialects of AI tools: what is written, what is told, and what no tool gets."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsync.model.names import ItemKey
from agentsync.rendering.rendered import Rendered, Renderer, Source
from agentsync.rendering.renderers import as_it_is, by_name, servers
from agentsync.rendering.server_form import DOLLAR_BRACE, HTTP, NO_TYPES, SSE, STDIO, Dialect

AS_IT_IS: Final = as_it_is()
WITH_DEFAULTS: Final = as_it_is(defaults=True)
TYPED: Final = servers(Dialect({STDIO: "local", HTTP: HTTP, SSE: SSE}, has_args=True, always={"tools": ["*"]}))
FOREIGN: Final = servers(Dialect(NO_TYPES, "${env:V}", DOLLAR_BRACE))
LISTED: Final = servers(
    Dialect(
        {STDIO: "local", HTTP: "remote", SSE: "remote"}, "{env:V}", r"\{env:|\{file:", env="environment", is_list=True
    )
)
URLS: Final = servers(Dialect(NO_TYPES, urls={HTTP: "httpUrl"}))
LITERAL: Final = servers(Dialect(NO_TYPES, ""))
ALL: Final = (AS_IT_IS, WITH_DEFAULTS, TYPED, FOREIGN, LISTED, URLS, LITERAL, by_name)

LOCAL: Final = {"command": "npx", "args": ["-y", "pkg"], "env": {"API_KEY": "${API_KEY}", "MODE": "fast"}}
REMOTE: Final = {"type": "http", "url": "https://x.example/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}


def rendered(render: Renderer, value: object) -> Rendered:
    """Result of a renderer for a server with this value."""
    return render(Source(ItemKey("mcp:db"), ".mcp.json", json.dumps(value).encode()))


def value_of(render: Renderer, value: object) -> Any:
    """The value that is written; it must be one."""
    data = rendered(render, value).data
    assert data is not None
    return json.loads(data)


def why_refused(render: Renderer, value: object) -> str:
    """The reason for which a server is refused, "" where it is not."""
    found = rendered(render, value)
    return found.lost[0].why if found.data is None else ""


@pytest.mark.parametrize(
    ("render", "local", "remote"),
    [
        (AS_IT_IS, LOCAL, REMOTE),
        (
            TYPED,
            {"type": "local", **LOCAL, "tools": ["*"]},
            {**REMOTE, "tools": ["*"]},
        ),
        (
            FOREIGN,
            {**LOCAL, "env": {"API_KEY": "${env:API_KEY}", "MODE": "fast"}},
            {"url": REMOTE["url"], "headers": {"Authorization": "Bearer ${env:TOKEN}"}},
        ),
        (
            LISTED,
            {
                "type": "local",
                "command": ["npx", "-y", "pkg"],
                "environment": {"API_KEY": "{env:API_KEY}", "MODE": "fast"},
            },
            {"type": "remote", "url": REMOTE["url"], "headers": {"Authorization": "Bearer {env:TOKEN}"}},
        ),
        (URLS, LOCAL, {"httpUrl": REMOTE["url"], "headers": REMOTE["headers"]}),
        (
            by_name,
            {"command": "npx", "args": ["-y", "pkg"], "env": {"MODE": "fast"}, "env_vars": ["API_KEY"]},
            {"url": REMOTE["url"], "bearer_token_env_var": "TOKEN"},
        ),
    ],
)
def test_a_dialect(render: Renderer, local: dict[str, Any], remote: dict[str, Any]) -> None:
    """Members stand in the order of the form, and nothing is told of what can be said."""
    for value, wanted in ((LOCAL, local), (REMOTE, remote)):
        found = rendered(render, value)
        assert found.data is not None
        assert json.dumps(json.loads(found.data)) == json.dumps(wanted)
        assert found.lost == ()


def test_types() -> None:
    """A URL without a type is http; the older transport has its own URL where a tool tells them apart."""
    sse = {"type": "sse", "url": "https://x.example/sse"}
    assert value_of(URLS, sse) == {"url": sse["url"]}
    assert value_of(TYPED, sse) == {**sse, "tools": ["*"]}
    assert value_of(URLS, {"url": "https://x.example"}) == {"httpUrl": "https://x.example"}
    assert value_of(URLS, {"type": "streamable-http", "url": "https://x"}) == {"httpUrl": "https://x"}
    found = rendered(as_it_is(typed=True), {"url": "https://x", "disabled": True})
    assert json.loads(found.data or b"") == {"type": "http", "url": "https://x", "disabled": True}
    assert [(one.code, one.about) for one in found.lost] == [("changed", "type"), ("changed", "disabled")]
    for render, off in ((FOREIGN, {"disabled": True}), (by_name, {"enabled": False})):
        (lost,) = rendered(render, {"command": "x", **off}).lost
        assert lost.code == "dropped" and lost.why.endswith("and on here")
    assert value_of(as_it_is(typed=True), sse) == sse
    assert "type sse" in why_refused(by_name, sse)
    assert "type" in why_refused(servers(Dialect({STDIO: ""})), REMOTE)


def test_a_program_without_arguments() -> None:
    """Its list of arguments is there where the tool insists on one."""
    assert value_of(TYPED, {"command": "x"}) == {"type": "local", "command": "x", "args": [], "tools": ["*"]}
    assert value_of(LISTED, {"command": "x"}) == {"type": "local", "command": ["x"]}
    assert value_of(by_name, {"command": "x"}) == value_of(FOREIGN, {"command": "x"}) == {"command": "x"}


def test_other_keys_are_dropped_and_told() -> None:
    """Each one; where packs' own form is read they stay."""
    value = {"command": "x", "cwd": "/tmp", "timeout": 5}
    for render in (TYPED, FOREIGN, LISTED, URLS, LITERAL, by_name):
        found = rendered(render, value)
        assert [(loss.code, loss.about) for loss in found.lost] == [("dropped", "cwd"), ("dropped", "timeout")]
        assert b"cwd" not in (found.data or b"cwd")
    assert value_of(AS_IT_IS, value) == value
    narrow = {"command": "x", "args": [], "tools": ["read"]}
    assert value_of(TYPED, narrow)["tools"] == ["read"]
    assert rendered(TYPED, narrow).lost == ()


def test_references() -> None:
    """A tool that cannot say one does not get the server."""
    mixed = {"command": "x", "env": {"HOME_URL": "http://${HOST}/x"}}
    assert value_of(FOREIGN, mixed)["env"] == {"HOME_URL": "http://${env:HOST}/x"}
    assert "cannot be written" in why_refused(LITERAL, mixed)
    assert "own name" in why_refused(by_name, mixed)
    assert "own name" in why_refused(by_name, {"command": "x", "env": {"A": "${B}"}})
    assert "cannot be written" in why_refused(by_name, {"command": "${HOME}/x"})
    assert "cannot be written" in why_refused(by_name, {"url": "https://${HOST}/x"})
    headers = {"authorization": "Bearer ${T}", "X-Key": "${K}", "X-Team": "red"}
    assert value_of(by_name, {"url": "https://x", "headers": headers}) == {
        "url": "https://x",
        "bearer_token_env_var": "T",
        "http_headers": {"X-Team": "red"},
        "env_http_headers": {"X-Key": "K"},
    }
    assert "around it" in why_refused(by_name, {"url": "https://x", "headers": {"X-Key": "Key ${K}"}})


def test_a_default_is_for_one_tool() -> None:
    """`${V:-x}` means nothing elsewhere."""
    value = {"command": "x", "env": {"PORT": "${PORT:-80}"}}
    assert value_of(WITH_DEFAULTS, value) == value
    assert all("default" in why_refused(render, value) for render in ALL if render is not WITH_DEFAULTS)


def test_text_that_a_tool_would_expand() -> None:
    """It is text in the source, and must not become a reference by being copied."""
    assert "expanded" in why_refused(FOREIGN, {"command": "x", "args": ["${input:token}"]})
    assert "expanded" in why_refused(FOREIGN, {"command": "x", "args": ["${env:TOKEN}"]})
    assert "expanded" in why_refused(LISTED, {"command": "x", "args": ["{file:~/.ssh/id_rsa}"]})
    assert "expanded" in why_refused(LISTED, {"command": "x", "env": {"{env:A}": "b"}})


@pytest.mark.parametrize(
    "value",
    [
        {"command": "x", "env": {"API_KEY": "sk-1"}},
        {"command": "x", "env": {"apikey": "sk-1"}},
        {"command": "x", "env": {"DB_PASSWORD": "p-${SUFFIX}"}},
        {"command": "x", "env": {"GH_TOKEN": "${GH_TOKEN:-ghp_1}"}},
        {"command": "x", "args": ["--api-key", "sk-1"]},
        {"command": "x", "args": ["--token=sk-1"]},
        {"command": "x", "args": ["-e", "GH_TOKEN=ghp_1"]},
        {"command": "x", "args": ["--header", "Authorization: Bearer abc"]},
        {"command": "x", "args": ["mcp-remote", "https://x.example/?api_key=abc"]},
        {"url": "https://x.example/mcp?a=b&access_token=abc"},
        {"url": "https://user:pass@x.example/mcp"},
        {"url": "https://x.example", "headers": {"X-Secret": "abc"}},
        {"url": "https://x.example", "headers": {"Authorization": "Bearer abc"}},
        {"url": "https://x.example", "oauth": {"clientSecret": "abc"}},
    ],
)
def test_secrets_are_refused_everywhere(value: dict[str, Any]) -> None:
    """A secret that is written out goes into no file, and into no message."""
    for render in ALL:
        why = why_refused(render, value)
        assert "looks like a secret" in why
        assert not any(secret in why for secret in ("sk-1", "ghp_1", "abc", "pass@", "p-$"))


@pytest.mark.parametrize(
    "value",
    [
        {"command": "x", "env": {"API_KEY": "${API_KEY}", "KEYBOARD": "us", "MAX_TOKENS": "4096"}},
        {"command": "x", "args": ["--api-key", "${KEY}", "--token-file", "/run/t", "--no-token", "--verbose"]},
        {"command": "x", "env": {"KEY_PATH": "/etc/key.pem", "USE_TOKEN": "true"}},
        {"url": "https://x.example/mcp?token=${TOKEN}", "headers": {"Authorization": "Basic ${LOGIN}"}},
    ],
)
def test_what_is_no_secret(value: dict[str, Any]) -> None:
    """References, places of secrets, switches and numbers of tokens."""
    assert value_of(AS_IT_IS, value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"args": []},
        {"command": ""},
        {"command": ["x"]},
        {"command": "x", "args": "y"},
        {"command": "x", "args": [1]},
        {"command": "x", "env": {"A": 1}},
        {"type": "http"},
        {"type": "ws", "url": "x"},
        {"type": 5, "url": "x"},
        {"url": "x", "headers": ["A"]},
        {"command": "${CLAUDE_PLUGIN_ROOT}/x"},
        {"command": "x", "args": ["${user_config.key}"]},
    ],
)
def test_what_no_tool_can_load(value: object) -> None:
    """It is refused on every target, with the reason."""
    assert all(why_refused(render, value) for render in ALL)


NAMES: Final = st.text("AB_", min_size=1, max_size=3).filter(lambda name: not name[0].isdigit())
TEXTS: Final = st.lists(st.sampled_from(["a", "{", "}", "$", " ", "${A}", "${env:A}", "{env:A}", "\u00e9"])).map(
    "".join
)
SERVERS: Final = st.fixed_dictionaries(
    {"command": st.just("x")}, optional={"args": st.lists(TEXTS), "env": st.dictionaries(NAMES, TEXTS), "cwd": TEXTS}
) | st.fixed_dictionaries({"url": st.just("https://x")}, optional={"headers": st.dictionaries(NAMES, TEXTS)})


@given(SERVERS)
def test_every_reference_stays_one(value: dict[str, Any]) -> None:
    """Written back, a server of a dialect has the texts of its source; where it has not, it was refused."""
    for render, form, back in ((FOREIGN, "${env:", "${"), (LISTED, "{env:", "${")):
        if (data := rendered(render, value).data) is None:
            continue
        found = json.loads(data)
        inner = found.get("env") or found.get("environment") or found.get("headers") or {}
        source = value.get("env") or value.get("headers") or {}
        assert {key: text.replace(form, back) for key, text in inner.items()} == source


@given(SERVERS)
def test_a_server_is_refused_or_written(value: dict[str, Any]) -> None:
    """No renderer fails, and a refusal always has a reason."""
    for render in ALL:
        found = rendered(render, value)
        assert (found.data is None) == any(loss.code == "refused" for loss in found.lost)
        assert all(loss.why for loss in found.lost)
