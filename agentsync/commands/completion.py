"""Let a shell complete command lines: the script for it, and the line of its start file that loads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.commands.offered_words import SHELLS
from agentsync.errors import DiskError, UsageError
from agentsync.model.names import nearest
from agentsync.model.outcome import Outcome
from agentsync.platform.places import home_folder
from agentsync.platform.retrying import make_folders

_MARK: Final = "# agentsync completion"


class _Start(NamedTuple):
    """The start file of a shell, and the line that loads the script."""

    file: Callable[[], Path]
    line: str


def completion(shell: str, *, install: bool = False) -> Outcome:
    """Print the script of a shell, or append one marked line to its start file."""
    if shell not in SHELLS:
        raise UsageError(f"there is no completion for {shell!r}", hint=nearest(shell, SHELLS))
    if install:
        return _installed(shell)
    from typer._completion_shared import get_completion_script  # takes long to load

    text = get_completion_script(prog_name="agentsync", complete_var="_AGENTSYNC_COMPLETE", shell=shell)
    return Outcome({"shell": shell, "script": text}, text.splitlines())


def _installed(shell: str) -> Outcome:
    start = _STARTS[shell]
    file = start.file()
    data = {"shell": shell, "file": str(file)}
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if _MARK in text:
            return Outcome({**data, "written": False}, [f"{file} has it already"])
        make_folders(file.parent)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{'' if text.endswith(chr(10)) or not text else chr(10)}{start.line}  {_MARK}\n")
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", "") or str(error)).lower()
        hint = f"put what `agentsync completion {shell}` prints there yourself"
        raise DiskError(f"cannot write {file}", why=why, hint=hint) from error
    return Outcome({**data, "written": True}, [f"wrote     {file}; start a new {shell}"])


def _zsh() -> Path:
    return Path(os.environ.get("ZDOTDIR") or home_folder()) / ".zshrc"


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or home_folder() / ".config")


def _powershell() -> Path:
    documents = home_folder() / "Documents" / "PowerShell"
    folder = documents if documents.is_dir() else _config() / "powershell"
    return folder / "Microsoft.PowerShell_profile.ps1"


_STARTS: Final = {
    "bash": _Start(lambda: home_folder() / ".bashrc", 'eval "$(agentsync completion bash)"'),
    "zsh": _Start(
        _zsh,
        '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }; eval "$(agentsync completion zsh)"',
    ),
    "fish": _Start(lambda: _config() / "fish" / "config.fish", "agentsync completion fish | source"),
    "powershell": _Start(_powershell, "agentsync completion powershell | Out-String | Invoke-Expression"),
}
