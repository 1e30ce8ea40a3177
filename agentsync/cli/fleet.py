"""The commands about many repositories at once."""

from __future__ import annotations

from typing import Final

from agentsync.cli import flags
from agentsync.cli.table import Command, Flag, Group, Verb

RESULTS: Final = Flag("--results", "The file of the results; one in the cache by default.", str, metavar="FILE")
LIST: Final = (
    Flag(
        "--from", "A list of repositories, or a fleet.yaml; - for standard input.", tuple, name="lists", metavar="FILE"
    ),
    Flag("--folder", "A glob over folders of this machine.", tuple, name="folders", metavar="GLOB"),
    Flag("--policy", "A policy that locks are held against.", str, metavar="FILE"),
)
_CHECK: Final = (
    *LIST,
    Flag("--upstream", "Ask all registries that locks name, not those of fleet.yaml alone."),
    Flag("--max-age", "Ask nothing that answered within this time: 12h, 7d.", str, metavar="TIME", default="0s"),
    Flag("--retry", "Ask those alone that did not answer last time, or were never asked."),
    Flag("--fail-on", "Exit 1 for this and for what is worse: drift, policy, error, never.", tuple, metavar="WORD"),
    RESULTS,
    Flag("--jobs", "Threads; two for each core by default.", str, metavar="N"),
    Flag("--executor", "threads, or dask:ADDRESS of a scheduler.", str, metavar="NAME", default="threads"),
    Flag("--limit-rate", "Ask no more often than this: 50/s.", str, metavar="N/s"),
    flags.JSON,
    flags.VERBOSE,
    flags.QUIET,
)
FLEET: Final = Group(
    "Many repositories",
    Group(
        "fleet",
        Command(
            "check",
            "Look at every repository of a list, without a clone, and remember what was found.",
            _CHECK,
            Verb("commands.fleet_check:check", start="", options="Wanted"),
            {
                "fleet check": "the repositories of fleet.yaml",
                "fleet check --from repositories.txt": "one URL or OWNER/REPO on each line",
                "fleet check --max-age 1d --limit-rate 50/s": "gently, what was not asked for a day",
            },
        ),
        Command(
            "status",
            "How the repositories stand, and who has which version; from results alone.",
            (
                Flag("--pack", "Who has this pack, as locks call it, perhaps with @VERSION (globs).", str, metavar="P"),
                Flag("--item", "Who has this item: KIND:NAME or NAME (globs).", str, metavar="I"),
                Flag("--grant", "Who has an item with this power: a class such as net, or a glob.", str, metavar="G"),
                Flag("--branches", "Ask for the branches of updates: which are open, merged, stale."),
                *LIST,
                RESULTS,
                flags.JSON,
                flags.QUIET,
            ),
            Verb("commands.fleet_status:status", start="", options="Wanted"),
            {
                "fleet status": "counts, the worst repositories, drift and versions by pack",
                "fleet status --pack acme/review@1.3.*": "who has a version, such as one that was yanked",
                "fleet status --grant net": "who runs what may use the network",
                "fleet status --branches": "what became of the branches with updates",
            },
            instead={"branches": Verb("commands.fleet_branches:branches", start="", options="BranchOptions")},
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
        Command(
            "update",
            "Push a branch with the update to each repository where it changes files.",
            (
                Flag("--pack", "Move these packs alone, as locks call them (globs).", str, metavar="P"),
                Flag("--standing", "Repositories with this standing alone, such as outdated.", str, metavar="STANDING"),
                Flag("--limit", "The most branches that are pushed.", str, metavar="N", default="20"),
                Flag("--pause", "Wait this long between two pushes.", str, metavar="TIME", default="1s"),
                Flag("--then", "Run this after each push, with REPOSITORY, BRANCH, BASE... set.", str, metavar="CMD"),
                *LIST,
                RESULTS,
                flags.DRY_RUN,
                flags.JSON,
                flags.QUIET,
            ),
            Verb("commands.fleet_update:update", start="", options="FleetUpdateOptions"),
            {
                "fleet update --dry-run": "which branches there would be",
                "fleet update --standing outdated": "where a newer version is allowed",
                "fleet update --pack acme/review --limit 5": "one pack, five repositories",
            },
        ),
        Command(
            "close",
            "Delete the branches of updates that are merged or stale, and as we left them.",
            (*LIST, RESULTS, flags.DRY_RUN, flags.JSON, flags.QUIET),
            Verb("commands.fleet_branches:close", start="", options="BranchOptions"),
            {"fleet close --dry-run": "which would go", "fleet close": "delete them"},
        ),
        about="Many repositories, none of them cloned.",
        examples={
            "fleet check": "look at the repositories of fleet.yaml",
            "fleet status": "how they stand",
            "fleet report --out report": "the same as pages, and for other programs",
        },
    ),
)
