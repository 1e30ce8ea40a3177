"""The commands for authors: they work on the files of a pack or a registry, and need no manifest."""

from __future__ import annotations

from typing import Final

from agentsync.cli import flags
from agentsync.cli.table import Argument, Command, Flag, Group, Verb
from agentsync.reporting.formats import FORMS_TOLD

_CHECKING: Final = (
    Argument("path", "Its folder; this one where none is named.", required=False, default="."),
    Flag("--strict", "Fail for warnings, too."),
    Flag("--rule", "The level of a rule: error, warning, note or off.", tuple, metavar="ID=LEVEL"),
    Flag("--ref", "Look at this revision instead of the files as they are there.", str),
    Flag("--format", FORMS_TOLD, str, name="form", default="text"),
    flags.JSON,
    flags.QUIET,
)
PACK: Final = (
    Command(
        "check",
        "Check a pack before it is published: exit 1 for an error.",
        _CHECKING,
        Verb("commands.check:pack_check", start="", options="Options"),
        {
            "pack check": "the pack in this folder",
            "pack check packs/review --strict": "one of a registry; warnings fail, too",
        },
        mistaken=("lint",),
    ),
)
REGISTRY: Final = (
    Command(
        "check",
        "Check a registry and all its packs before they are published: exit 1 for an error.",
        _CHECKING,
        Verb("commands.check:registry_check", start="", options="Options"),
        {
            "registry check": "the registry in this folder",
            "registry check --format github": "as annotations of a pull request",
        },
    ),
)
AUTHORS: Final = Group(
    "For authors",
    Group(
        "pack",
        *PACK,
        about="A pack, for those who write it.",
        examples={"pack check": "what is wrong with the pack in this folder"},
    ),
)
