"""Hooks in the form of tools with Claude's protocol: commands find their files, and a wrong group is refused."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from agentsync.model.names import ItemKey
from agentsync.model.plugin_command import Named, parts_of
from agentsync.rendering.hook_form import HookForm, folder_of
from agentsync.rendering.rendered import Rendered, Source
from agentsync.rendering.renderers import hooks
from tests.needs import needs

FILES: Final = ("guard.sh", "hooks/run.sh", "hooks/my hook.sh", "lib/a.js")
FORM: Final = HookForm(
    frozenset(("PreToolUse", "Stop")), {"command": "command", "prompt": "prompt"}, '"$ROOT"/.claude/hooks'
)
ROOT: Final = "${CLAUDE_PLUGIN_ROOT}"


def rendered(group: object, event: str = "PreToolUse", form: HookForm = FORM) -> Rendered:
    """Result for one group of an event."""
    source = json.dumps({event: group}).encode()
    return hooks(form)(Source(ItemKey("hook:guard"), "hooks/hooks.json", source, "acme/pack", beside=FILES))


def command_of(command: str) -> str:
    """A command as it is written."""
    data = rendered({"hooks": [{"type": "command", "command": command}]}).data
    assert data is not None
    return str(json.loads(data)["hooks"][0]["command"])


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (f"{ROOT}/guard.sh", '"$ROOT"/.claude/hooks/acme--pack/guard.sh'),
        (f'"{ROOT}/guard.sh" --all', '"$ROOT"/.claude/hooks/acme--pack/guard.sh --all'),
        (f"'{ROOT}/guard.sh'", '"$ROOT"/.claude/hooks/acme--pack/guard.sh'),
        (f'sh "{ROOT}"/hooks/run.sh', 'sh "$ROOT"/.claude/hooks/acme--pack/hooks/run.sh'),
        ("$CLAUDE_PLUGIN_ROOT/guard.sh;ls", '"$ROOT"/.claude/hooks/acme--pack/guard.sh;ls'),
        (f'"{ROOT}/hooks/my hook.sh"', "\"$ROOT\"/.claude/hooks/acme--pack/'hooks/my hook.sh'"),
        (f"{ROOT}/hooks/my\\ hook.sh", "\"$ROOT\"/.claude/hooks/acme--pack/'hooks/my hook.sh'"),
        (f'sh -c "{ROOT}/guard.sh -x"', 'sh -c "$ROOT/.claude/hooks/acme--pack/guard.sh -x"'),
        (f"sh -c '{ROOT}/guard.sh -x'", "sh -c ''\"$ROOT\"/.claude/hooks/acme--pack/guard.sh' -x'"),
        (f"node --require {ROOT}/lib x", 'node --require "$ROOT"/.claude/hooks/acme--pack/lib x'),
        ('echo \'a "b\' "c\\"d"', 'echo \'a "b\' "c\\"d"'),
    ],
)
def test_a_command_names_its_files_where_they_are(command: str, wanted: str) -> None:
    """Whatever quotes they stand in."""
    assert command_of(command) == wanted


@needs("modes")
@pytest.mark.parametrize(
    "quoted",
    [f"{ROOT}/guard.sh -x", f'"{ROOT}/guard.sh" -x', f'sh -c "{ROOT}/guard.sh -x"', f"sh -c '{ROOT}/guard.sh -x'"],
)
def test_the_shell_finds_them(quoted: str, tmp_path: Path) -> None:
    """A folder with a blank in its name too, where the quotes of the source allow it."""
    folder = tmp_path / ("a b" if not quoted.startswith("sh") else "ab")
    script = folder / ".claude/hooks/acme--pack/guard.sh"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\necho "ran $1"\n')
    script.chmod(0o755)
    line = f"ROOT={shlex.quote(str(folder))}; export ROOT; {command_of(quoted)}"
    found = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    assert found.stdout == "ran -x\n"


@pytest.mark.parametrize(
    "command",
    [f"cd {ROOT} && make", f"{ROOT}/gone.sh", f"{ROOT}/../x", f"{ROOT}/$NAME.sh", "echo ${CLAUDE_PLUGIN_DATA}"],
)
def test_what_a_command_cannot_name(command: str) -> None:
    """The plug-in as such is nowhere."""
    with pytest.raises(ValueError, match=r"names a file that|which only"):
        parts_of(command, "", FILES.__contains__)


def test_a_plug_in_below_the_root() -> None:
    """Its files are named from the root of the pack."""
    parts = parts_of(f'x "{ROOT}/y.sh"', "plugins/a", lambda path: path == "plugins/a/y.sh")
    assert parts == ("x ", Named("plugins/a/y.sh", ""))


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ([], "usual form"),
        ({"matcher": "Bash"}, "usual form"),
        ({"hooks": []}, "usual form"),
        ({"matcher": 1, "hooks": [{"type": "command", "command": "x"}]}, "matcher"),
        ({"hooks": ["x"]}, "no type"),
        ({"hooks": [{"command": "x"}]}, "no type"),
        ({"hooks": [{"type": "command"}]}, "no command"),
        ({"hooks": [{"type": "http", "url": "https://x"}]}, "type http"),
        ({"hooks": [{"type": "command", "command": "x", "timeout": "5"}]}, "timeout"),
        ({"hooks": [{"type": "prompt", "prompt": f"read {ROOT}/x"}]}, "prompt"),
    ],
)
def test_a_wrong_group_is_refused(group: Any, why: str) -> None:
    """One wrong hook would disable more than itself."""
    found = rendered(group)
    assert found.data is None
    assert [(loss.code, loss.about) for loss in found.lost] == [("refused", "PreToolUse")]
    assert why in found.lost[0].why


def test_events_and_keys() -> None:
    """Of what a tool does not have, an event is refused and a key is dropped; both are told."""
    group = {
        "hooks": [{"type": "command", "command": "x", "timeout": 3, "async": True}, {"type": "prompt", "prompt": "y"}]
    }
    assert rendered(group, "Notification").lost[0][:2] == ("refused", "Notification")
    assert json.loads(rendered(group, "Stop").data or b"") == group
    found = rendered(group, "Stop", FORM._replace(keys=("type", "command", "timeout", "prompt")))
    assert [(loss.code, loss.about) for loss in found.lost] == [("dropped", "async")]
    assert b"async" not in (found.data or b"async")
    assert folder_of("acme/pack") == "acme--pack"
