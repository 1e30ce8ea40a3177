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
    Flag("--since", "Look only at packs that changed since this revision.", str, metavar="REF"),
    Flag("--format", FORMS_TOLD, str, name="form", default="text"),
    flags.JSON,
    flags.QUIET,
)
_NAME: Final = Flag("--name", "Its name: lower-case letters, digits, single hyphens; the folder's by default.", str)
_PACK: Final = Argument("pack", "The pack, as registry.yaml calls it.")
_STARTING: Final = (flags.DRY_RUN, flags.JSON, flags.QUIET)
PACK: Final = (
    Command(
        "init",
        "Start a pack: a file of each kind, and its entry in the registry it lies in.",
        (
            Argument("path", "Its folder; this one where none is named.", required=False, default="."),
            _NAME,
            Flag("--kind", "agent, skill or command; an agent and a skill by default.", tuple, metavar="KIND"),
            *_STARTING,
        ),
        Verb("commands.authoring:pack_init", start=""),
        {"pack init packs/review": "in a folder of a registry", "pack init --kind command": "with a command alone"},
    ),
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
    Command(
        "try",
        "Install a pack as it is on disk into a project that goes again, and perhaps run a program there.",
        (
            Argument("path", "Its folder; this one where none is named.", required=False, default="."),
            Flag("--target", "The AI tool to install it for.", str, metavar="T"),
            Flag("--project", "Beside what this project has, in a copy of it.", str, metavar="DIR"),
            Flag("--keep", "Leave the folder there."),
            Flag("--command", "What `--` says, word by word: run this there.", tuple, metavar="WORD", takes_rest=True),
            flags.JSON,
            flags.QUIET,
        ),
        Verb("commands.pack_try:pack_try", start="", options="TryOptions"),
        {
            "pack try packs/review": "what it would install, and how it differs from its newest release",
            "pack try --project ../shop": "whether it clashes with what a project has",
            "pack try -- ls": "run a program there",
        },
    ),
)
REGISTRY: Final = (
    Command(
        "init",
        "Start a registry: registry.yaml with the packs that are here, and a README.",
        (
            Argument("path", "Its folder; this one where none is named.", required=False, default="."),
            _NAME,
            Flag("--from-tree", "Make what lies here packs: each plug-in, else each folder with items."),
            Flag("--ci", "Write the workflow of this host too: github or gitlab.", str, metavar="HOST"),
            *_STARTING,
        ),
        Verb("commands.authoring:registry_init", start="", options="RegistryOptions"),
        {
            "registry init --from-tree": "what lies here becomes packs",
            "registry init --ci github": "with a workflow that checks, publishes and releases",
        },
    ),
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
    Command(
        "publish",
        "Release packs: check, decide the version, write the changelog, commit and tag.",
        (
            Argument("words", "Packs, each perhaps with @VERSION.", tuple, required=False),
            Flag("--all", "Every pack that differs from its newest release.", name="everything"),
            Flag("--bump", "The number to raise: major, minor, patch; auto by what changed.", str, default="auto"),
            Flag("--push", "Push the branch and the tags at once.", str, metavar="[REMOTE]", alone="*"),
            Flag("--sign", "Sign the tags with your key, as git does."),
            Flag("--backport", "Let a version be one of an older series, from its own branch."),
            Flag("--allow-unchanged", "Release a pack whose files have not changed."),
            *_STARTING,
        ),
        Verb("commands.publish:publish", start="", options="Options"),
        {
            "registry publish review --dry-run": "what a release of the pack would be",
            "registry publish review@1.2.0 --push": "this version, pushed to the usual remote",
            "registry publish --all --push": "every pack that changed",
        },
        mistaken=("publish", "release"),
    ),
    Command(
        "site",
        "Make a catalogue of a registry: a folder of static files, from refs and trees.",
        (
            Argument("path", "The registry: a working tree or a bare repository.", required=False, default="."),
            Flag("--out", "The folder of the site.", str, metavar="DIR"),
            Flag("--base-url", "Where the site will stand: for feed and site map.", str, metavar="URL"),
            Flag("--title", "What the site is called; the registry's name by default.", str),
            Flag("--versions", "How many versions of a pack have a page.", str, metavar="N", default="20"),
            flags.DRY_RUN,
            flags.JSON,
            flags.QUIET,
        ),
        Verb("commands.site:site", start=""),
        {
            "registry site --out site": "the catalogue of the registry in this folder",
            "registry site agents.git --out site --base-url https://packs.example/": "of a mirror, with a site map",
        },
    ),
    Command(
        "index",
        "Write an index of all packs into a ref of the registry: search and info are quick with it.",
        (
            Argument("path", "The registry: a working tree or a bare repository.", required=False, default="."),
            Flag("--push", "Push it, and nothing else.", str, metavar="[REMOTE]", alone="*"),
            *_STARTING,
        ),
        Verb("commands.index:registry_index", start=""),
        {
            "registry index --push": "in CI, after each change and each release",
            "registry index agents.git --dry-run": "of a mirror, and nothing is written",
        },
    ),
    Command(
        "yank",
        "Withdraw a version: it is used only where it is locked, with a warning.",
        (
            _PACK,
            Argument("version", "The version that is withdrawn."),
            Flag("--reason", "Why, in words that the warning quotes.", str),
            Flag("--undo", "Take it back."),
            *_STARTING,
        ),
        Verb("commands.withdraw:yank", start=""),
        {
            'registry yank review 1.3.0 --reason "it breaks the login"': "for all who ask for a version",
            "registry yank review 1.3.0 --undo": "it may be used again",
        },
        mistaken=("yank", "unpublish"),
    ),
    Command(
        "deprecate",
        "Say that a pack should not be used any more; --use says what instead.",
        (
            _PACK,
            Argument("text", "Why, in words.", required=False, default=""),
            Flag("--use", "The pack that is to be used instead.", str, metavar="PACK"),
            Flag("--undo", "Take it back."),
            *_STARTING,
        ),
        Verb("commands.withdraw:deprecate", start=""),
        {"registry deprecate flask --use python": "its users are told so"},
    ),
    Command(
        "rename",
        "Give a pack another name; the manifests that ask for the old one follow.",
        (Argument("old", "Its name."), Argument("new", "Its new name."), *_STARTING),
        Verb("commands.withdraw:rename", start=""),
        {"registry rename py-backend python-backend": "`update` writes the new name into manifests"},
    ),
)
AUTHORS: Final = Group(
    "For authors",
    Group(
        "pack",
        *PACK,
        about="A pack, for those who write it.",
        examples={"pack init packs/review": "start one", "pack check": "what is wrong with the pack in this folder"},
    ),
)
