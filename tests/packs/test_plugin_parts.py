"""MCP servers and hooks in the files of packs: where they are written, what they need, and their names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from agentsync.model.item import Kind
from agentsync.packs.discovery import survey
from agentsync.packs.pack_tree import PackTree
from agentsync.packs.plugin_parts import group_source, hooks_in, server_source, servers_in

ROOT: Final = "${CLAUDE_PLUGIN_ROOT}"
PLUGIN: Final = ".claude-plugin/plugin.json"


def hook(command: str) -> dict[str, Any]:
    """A group with one command."""
    return {"matcher": "Bash", "hooks": [{"type": "command", "command": command}]}


def text(value: object) -> bytes:
    """Bytes of a JSON file."""
    return json.dumps(value).encode()


def found(files: Mapping[str, object]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Hooks and servers of a tree: key, path, other files."""
    data = {path: value if isinstance(value, bytes) else text(value) for path, value in files.items()}
    items = survey(data.keys(), data.__getitem__).items
    return [(item.key, item.path, item.files[1:]) for item in items if item.kind in (Kind.HOOK, Kind.MCP)]


@pytest.mark.parametrize(
    ("path", "document", "names"),
    [
        (".mcp.json", {"mcpServers": {"db": {"command": "x"}}}, ["db"]),
        (".mcp.json", {"db": {"command": "x"}, "$schema": "y"}, ["db"]),
        (PLUGIN, {"mcpServers": {"db": {"command": "x"}}}, ["db"]),
        (PLUGIN, {"mcpServers": {"mcpServers": {"db": {"command": "x"}}}}, ["db"]),
        (PLUGIN, {"mcpServers": ["./other.json", {"db": {"command": "x"}}]}, ["db"]),
        (PLUGIN, {"mcpServers": "./other.json"}, []),
        (
            ".claude-plugin/marketplace.json",
            {"plugins": [{"source": "./", "mcpServers": {"a": {}, "b": {}}}]},
            ["a", "b"],
        ),
        (".mcp.json", {"mcpServers": ["db"]}, ["mcp"]),
        (".mcp.json", ["db"], ["mcp"]),
    ],
)
def test_servers(path: str, document: object, names: list[str]) -> None:
    """Both spellings of a file of their own, and what a manifest holds itself."""
    assert sorted(servers_in(PackTree([path]), path, text(document))) == names


def test_a_server_is_found_by_its_name() -> None:
    """The source of a server is its value."""
    servers = servers_in(PackTree([".mcp.json"]), ".mcp.json", text({"mcpServers": {" db ": {"command": "\u00e9"}}}))
    assert server_source(servers, "db") == '{"command":"\u00e9"}'.encode()
    assert server_source(servers, "other") == b"null"


def test_items_of_manifests() -> None:
    """A manifest may hold hooks and servers, and may name the files that do."""
    manifest = {
        "name": "x",
        "hooks": {"PreToolUse": [hook(f"{ROOT}/guard.sh")]},
        "mcpServers": ["./config/servers.json", {"web": {"url": "https://x"}}],
    }
    files = {f"p/{PLUGIN}": manifest, "p/guard.sh": b"", "p/config/servers.json": {"db": {"command": "x"}}}
    assert found(files) == [
        ("hook:p", f"p/{PLUGIN}", ("p/guard.sh",)),
        ("mcp:web", f"p/{PLUGIN}", ()),
        ("mcp:db", "p/config/servers.json", ()),
    ]


def test_the_files_of_a_hook() -> None:
    """A script goes with its folder, one in the root of the plug-in alone, and a folder as a whole."""
    files = {
        "hooks/hooks.json": {
            "hooks": {"Stop": [hook(f'"{ROOT}/hooks/run.sh"')], "PreToolUse": [hook(f"node {ROOT}/lib {ROOT}/a.js")]}
        },
        "hooks/run.sh": b"",
        "hooks/deep/common.sh": b"",
        "lib/x.js": b"",
        "a.js": b"",
        "b.js": b"",
    }
    needed = ("a.js", "hooks/deep/common.sh", "hooks/run.sh", "lib/x.js")
    assert found(files) == [("hook:hooks", "hooks/hooks.json", needed)]
    stop, before = hooks_in(PackTree(files), "hooks/hooks.json", text(files["hooks/hooks.json"]))
    assert (stop.event, stop.files, stop.fault) == ("Stop", ("hooks/deep/common.sh", "hooks/run.sh"), "")
    assert (before.event, before.files) == ("PreToolUse", ("a.js", "lib/x.js"))
    assert json.loads(group_source(stop)) == {"Stop": hook(f'"{ROOT}/hooks/run.sh"')}


def test_a_plug_in_below_the_root() -> None:
    """The root of a plug-in is where its manifest is, else above its folder of hooks."""
    for files, root in (
        ({"p/config/h.json": {}, f"p/{PLUGIN}": {"name": "p", "hooks": "./config/h.json"}}, "p"),
        ({"p/hooks/hooks.json": {}}, "p"),
        ({"hooks/hooks.json": {}}, ""),
        ({"hooks/logger/hooks.json": {}}, ""),
    ):
        path = next(iter(files))
        groups = hooks_in(PackTree([*files, f"{root}/a.sh".lstrip("/")]), path, text({"Stop": [hook(f"{ROOT}/a.sh")]}))
        assert [(group.root, group.files) for group in groups] == [(root, (f"{root}/a.sh".lstrip("/"),))]


@pytest.mark.parametrize("group", [hook(f"{ROOT}/gone.sh"), hook(f"cd {ROOT}")])
def test_what_a_hook_cannot_have(group: dict[str, Any]) -> None:
    """A group whose files are not there says so."""
    (one,) = hooks_in(PackTree(["hooks/hooks.json"]), "hooks/hooks.json", text({"Stop": [group]}))
    assert "names a file that the pack does not hold" in one.fault
    assert one.files == ()


def test_settings_of_one_tool() -> None:
    """Their commands are for that repository, and are installed nowhere."""
    (one,) = hooks_in(PackTree([".codex/hooks.json"]), ".codex/hooks.json", text({"hooks": {"Stop": [hook("x.sh")]}}))
    assert "settings of one tool" in one.fault


@pytest.mark.parametrize(
    "document", [[], "x", {"hooks": []}, {"hooks": {"Stop": 1}}, {"Stop": [[]]}, {"Stop": [{"hooks": 1}]}]
)
def test_any_hooks_file(document: object) -> None:
    """What is no group stays what it is, for the renderer to refuse."""
    assert all(
        not group.files for group in hooks_in(PackTree(["hooks/hooks.json"]), "hooks/hooks.json", text(document))
    )
