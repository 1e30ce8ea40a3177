"""The style sheet, the icon and the shell of a page that all sites have, the catalogue of a registry and others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agentsync.platform.plain_files import read_plain_file

TEMPLATES: Final = Path(__file__).with_name("templates")
SHARED: Final = ("site.css", "icon.svg")
_LARGEST: Final = 1024 * 1024  # bytes


def shared_files() -> dict[str, bytes]:
    """Return what every site has, by name."""
    return {name: read_plain_file(TEMPLATES / name, _LARGEST) for name in SHARED}


def shell() -> str:
    """Return the template of what stands around every page."""
    return read_plain_file(TEMPLATES / "shell.html", _LARGEST).decode("utf-8")
