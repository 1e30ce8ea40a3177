"""The runner of GitHub: inputs, outputs, the summary, its commands, and what one step leaves for the next."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

COMMANDS: Final = ("drift", "install", "update", "registry-check", "verify")
FAIL_ON: Final = ("never", "drift", "error")


class ActionError(Exception):
    """An input makes no sense, or the runner is not what it should be."""


class Inputs(NamedTuple):
    """The inputs of the action, by their names there."""

    command: str
    folders: tuple[str, ...]
    upstream: bool
    strict: bool
    fail_on: str
    annotations: bool
    summary: bool
    sarif: str
    comment: bool
    pull_request: bool


def read_inputs() -> Inputs:
    """Read the inputs from the environment; one that makes no sense is an ActionError."""
    folders = tuple(line.strip() for line in _text("working-directory", ".").splitlines() if line.strip())
    return Inputs(
        command=_one_of("command", COMMANDS),
        folders=tuple(dict.fromkeys(folders)) or (".",),
        upstream=_flag("upstream"),
        strict=_flag("strict"),
        fail_on=_one_of("fail-on", FAIL_ON),
        annotations=_flag("annotations"),
        summary=_flag("summary"),
        sarif=_text("sarif").strip(),
        comment=_flag("comment"),
        pull_request=_flag("pull-request"),
    )


def _text(name: str, default: str = "") -> str:
    return os.environ.get(f"INPUT_{name.upper().replace('-', '_')}", "") or default


def _one_of(name: str, words: tuple[str, ...]) -> str:
    word = _text(name, words[0] if name == "command" else words[1]).strip()
    if word not in words:
        raise ActionError(f"{name}: {word!r} is none of {', '.join(words)}")
    return word


def _flag(name: str) -> bool:
    word = _text(name, "false").strip().lower()
    if word not in ("true", "false"):
        raise ActionError(f"{name}: {word!r} is neither true nor false")
    return word == "true"


def set_outputs(**values: object) -> None:
    """Set outputs of this step; none of them has more than one line."""
    lines = [f"{name.replace('_', '-')}={_said(value)}\n" for name, value in values.items()]
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(lines)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace("\n", " ")


def summarize(text: str) -> None:
    """Add a text to the summary of the job."""
    if where := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(where).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def tell(level: str, message: str) -> None:
    """Annotate the run as a whole with an `error`, a `warning` or a `notice`."""
    text = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{level} title=agentsync::{text}", flush=True)


def show(title: str, text: str) -> None:
    """Print a text that may hold anything: no line of it is a command to the runner."""
    word = secrets.token_hex(16)
    print(f"::group::{title}\n::stop-commands::{word}\n{text}\n::{word}::\n::endgroup::", flush=True)


def keep(name: str, data: Any) -> None:
    """Leave something for a later step."""
    _kept(name).write_text(json.dumps(data), encoding="utf-8")


def kept(name: str) -> Any:
    """Return what an earlier step left."""
    return json.loads(_kept(name).read_text(encoding="utf-8"))


def _kept(name: str) -> Path:
    return scratch(f"{name}.state.json")


def begin() -> Path:
    """Make the folder of what lives as long as the job; a job may use the action more than once."""
    folder = tempfile.mkdtemp(prefix="agentsync-", dir=os.environ["RUNNER_TEMP"])
    os.environ["ACTION_STATE"] = folder
    return Path(folder)


def scratch(name: str) -> Path:
    """Return the path of a file that lives as long as the job."""
    return Path(os.environ["ACTION_STATE"]) / name


def event() -> dict[str, Any]:
    """Return what started the workflow."""
    try:
        read = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (OSError, KeyError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def is_of_a_fork() -> bool:
    """Return whether the pull request comes from another repository, so that the token may read only."""
    head = (event().get("pull_request") or {}).get("head") or {}
    repository = (head.get("repo") or {}).get("full_name")
    return bool(head) and repository != os.environ.get("GITHUB_REPOSITORY")
