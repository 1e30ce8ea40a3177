"""Hooks as AI tools with Claude's protocol write them: one group of an event, with its commands where its files are."""

import json
import re
import shlex
from typing import Any, Final

from agentsync.model.plugin_command import Named, parts_of
from agentsync.rendering.hook_form import HookForm, folder_of
from agentsync.rendering.rendered import Loss, Rendered, Source, refused

COMMAND: Final = "command"
_OF_PLUGINS: Final = re.compile(r"\$\{?(CLAUDE_PLUGIN_[A-Z]+)")


def render_hooks(form: HookForm, source: Source) -> Rendered:
    """Render a group of hooks in the form of a tool."""
    ((event, group),) = json.loads(source.data).items()
    if event not in form.events:
        return refused("there is no such event here", event)
    if fault := _misshapen(form, group):
        return refused(fault, event)
    lost: dict[Loss, None] = {}
    found = []
    for hook in group["hooks"]:
        if other := next((key for key in hook if key != COMMAND and _OF_PLUGINS.search(json.dumps(hook[key]))), None):
            return refused(f"its {other} names the folder of the plug-in", event)
        kept = {key: value for key, value in hook.items() if not form.keys or key in form.keys}
        lost |= dict.fromkeys(Loss("dropped", key, "hooks have no such key here") for key in hook if key not in kept)
        if isinstance(command := hook.get(COMMAND), str):
            kept[COMMAND] = _placed(command, f"{form.files}/{folder_of(source.pack)}", source)
        found.append(kept)
    value = {**group, "hooks": found}
    return Rendered(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), tuple(lost))


def _misshapen(form: HookForm, group: Any) -> str:
    """Return why a tool could not read a group, "" where it can: a wrong one may disable what stands beside."""
    if not isinstance(group, dict) or not isinstance(group.get("hooks"), list) or not group["hooks"]:
        return "it is no group of hooks in the usual form"
    if not isinstance(group.get("matcher", ""), str):
        return "its matcher is no text"
    for hook in group["hooks"]:
        kind = hook.get("type") if isinstance(hook, dict) else None
        if not isinstance(kind, str) or kind not in form.types:
            return f"hooks of type {kind} cannot be written here" if isinstance(kind, str) else "a hook has no type"
        if not isinstance(hook.get(form.types[kind]), str):
            return f"a hook of type {kind} has no {form.types[kind]}"
        timeout = hook.get("timeout", 1)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            return "its timeout is no number"
    return ""


def _placed(command: str, folder: str, source: Source) -> str:
    """Return a command with the files that it names below a folder, in the quotes that they stand in."""

    def is_beside(path: str) -> bool:
        return any(file == path or file.startswith(f"{path}/") for file in source.beside)

    parts = parts_of(command, source.root, is_beside)
    return "".join(part if isinstance(part, str) else _named(part, folder) for part in parts)


def _named(named: Named, folder: str) -> str:
    if named.quotes == '"':
        return f"{folder.replace(named.quotes, '')}/{named.path}"
    path = f"{folder}/{named.path}" if shlex.quote(named.path) == named.path else f"{folder}/{shlex.quote(named.path)}"
    return f"'{path}'" if named.quotes else path
