"""The flags and arguments that several commands share, and the sets that commands of a kind have."""

from __future__ import annotations

from typing import Final

from agentsync.cli.table import Argument, Flag

WORDS: Final = Argument("words", "Paths, packs or items; all where none is named.", tuple, required=False)
ALIAS: Final = Argument("alias", "Its name in this manifest.")
UPSTREAM: Final = Flag("--upstream", "Ask the registries too.")

USER: Final = Flag("--user", "The user scope instead of the project.")
OFFLINE: Final = Flag("--offline", "Ask no remote; use the cache alone.")
ACCEPT: Final = Flag(
    "--accept-grants",
    "Accept what items may newly do: of all, or of the items and packs that are named (globs).",
    tuple,
    metavar="[=ITEM]",
    alone="*",
    joins=True,
)
DRY_RUN: Final = Flag("--dry-run", "Tell what would be done; change nothing.")
NO_WAIT: Final = Flag("--no-wait", "Fail where another agentsync is at work here.")
JSON: Final = Flag("--json", "Print one JSON document.", name="as_json")
VERBOSE: Final = Flag("--verbose -v", "Say what is asked and fetched.")
QUIET: Final = Flag("--quiet -q", "No remarks on standard error.")

READING: Final = (USER, JSON, QUIET)
COMPARING: Final = (USER, OFFLINE, JSON, QUIET)
ASKING: Final = (USER, OFFLINE, JSON, VERBOSE, QUIET)
CHANGING: Final = (DRY_RUN, NO_WAIT, JSON, QUIET)
WRITING: Final = (USER, OFFLINE, *CHANGING)
INSTALLING: Final = (USER, OFFLINE, ACCEPT, DRY_RUN, NO_WAIT, JSON, VERBOSE, QUIET)
