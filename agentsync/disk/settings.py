"""`settings.yaml`: what the user allows on this machine, and no project can allow itself.

The format is documented in `docs/reference/commands.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.errors import UsageError
from agentsync.model.section import read_section

SETTINGS_NAME: Final = "settings.yaml"
_KEYS: Final = ("linked_folders",)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user allows.

    Args:
        linked_folders: absolute paths of target folders in projects that may be links.
    """

    linked_folders: tuple[str, ...] = ()


def read_settings(folder: Path) -> Settings:
    """Read the settings in the user's configuration folder; nothing is allowed where there are none.

    Raises:
        UsageError: with file, line and column, where they are not valid.
        DiskError: where they cannot be read.
    """
    where = folder / SETTINGS_NAME
    try:
        text = where.read_text("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise disk_error(f"cannot read {where}", error) from error
    top = read_section(text, str(where), UsageError, hint=f"it may hold {', '.join(_KEYS)}")
    top.only_keys(_KEYS)
    return Settings(tuple(path.rstrip("/") for path in top.texts("linked_folders")))
