"""The commands about many repositories at once."""

from __future__ import annotations

from typing import Final

from agentsync.cli import flags
from agentsync.cli.table import Command, Flag, Group, Verb

RESULTS: Final = Flag("--results", "The file of the results; one in the cache by default.", str, metavar="FILE")
FLEET: Final = Group(
    "Many repositories",
    Group(
        "fleet",
        Command(
            "status",
            "How the repositories stand, and who has which version; from results alone.",
            (
                Flag("--pack", "Who has this pack, as locks call it, perhaps with @VERSION (globs).", str, metavar="P"),
                Flag("--item", "Who has this item: KIND:NAME or NAME (globs).", str, metavar="I"),
                Flag("--grant", "Who has an item with this power: a class such as net, or a glob.", str, metavar="G"),
                RESULTS,
                flags.JSON,
                flags.QUIET,
            ),
            Verb("commands.fleet_status:status", start="", options="Wanted"),
            {
                "fleet status": "counts, the worst repositories, drift and versions by pack",
                "fleet status --pack acme/review@1.3.*": "who has a version, such as one that was yanked",
                "fleet status --grant net": "who runs what may use the network",
            },
        ),
        Command(
            "report",
            "Write a report into a folder: pages, JSON, SARIF, Markdown, metrics.",
            (
                Flag("--out", "The folder of the report.", str, metavar="DIR"),
                RESULTS,
                flags.JSON,
                flags.QUIET,
            ),
            Verb("commands.fleet_report:report", start=""),
            {"fleet report --out report": "open report/index.html"},
        ),
        about="Many repositories, none of them cloned.",
        examples={
            "fleet status": "how they stand",
            "fleet report --out report": "the same as pages, and for other programs",
        },
    ),
)
