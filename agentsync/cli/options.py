"""The options that many commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
User = Annotated[bool, typer.Option("--user", help="The user scope instead of the project.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no remote; use the cache alone.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; change nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No remarks on standard error.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is asked and fetched.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-grants",
        metavar="[=ITEM]",
        help="Accept what items may newly do: of all, or of the items and packs that are named (globs).",
    ),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Fail where another agentsync is at work here.")]
Words = Annotated[list[str] | None, typer.Argument(help="Paths, packs or items; all where none is named.")]
