"""The commands about packs (manifest, lock, files), and about what is installed."""

from __future__ import annotations

from typing import Final

from agentsync.cli import flags
from agentsync.cli.table import Argument, Command, Flag, Group, Verb

PACKS: Final = Group(
    "Packs",
    Command(
        "init",
        "Write a commented manifest to start from.",
        (
            flags.USER,
            Flag("--from", "Take the user's own from a repository.", str, name="source", metavar="GIT_URL[//PATH]"),
            *(flags.NO_WAIT, flags.JSON, flags.QUIET),
        ),
        Verb("commands.init:init", writes=True, start="here"),
        {
            "init": "in this folder",
            "init --user": "for every project of yours",
            "init --user --from github:me/dotfiles//agents": "the same on all your machines",
        },
    ),
    Command(
        "add",
        "Add packs to the manifest, pinned, and install them.",
        (
            Argument("requests", "ALIAS/PACK, github:owner/repo, a git URL or a path.", tuple),
            Flag("--as", "The alias for a repository that is new here.", str, name="alias"),
            Flag("--all", "Every pack of a repository with several.", name="everything"),
            Flag("--no-rename", "With --all: refuse items that clash.", name="keeps_names"),
            Flag("--only", "Take these items.", tuple, metavar="GLOB"),
            Flag("--except", "Leave them out.", tuple, name="excluded", metavar="GLOB"),
            Flag("--rename", "Rename it.", tuple, metavar="ITEM=NAME"),
            Flag("--prefix", "Call the files PACK--NAME."),
            Flag("--branch", "Follow this branch.", str),
            *flags.INSTALLING,
        ),
        Verb("commands.add:add", writes=True, start="new", options="AddOptions"),
        {
            "add github:owner/repo": "a repository with one pack",
            "add github:owner/repo --all": "every pack of a repository",
            'add "acme/python-backend>=1.2,<2"': "a pack of a registry, within a range",
            "add acme/docs --only 'agent:*'": "its agents alone",
        },
        mistaken=("get",),
    ),
    Command(
        "adopt",
        "Find out where files come from that were copied by hand, and take them into the manifest.",
        (
            Argument("paths", "Files and folders; all that no pack owns where none is named.", tuple, required=False),
            Flag(
                "--from",
                "Look here, not in the manifest's registries.",
                tuple,
                name="registries",
                metavar="REGISTRY",
            ),
            Flag("--known", "Look in public registries that many people copy from, too."),
            Flag("--write", "Write manifest and lock; the files stay as they are."),
            *(flags.USER, flags.OFFLINE, flags.ACCEPT, flags.NO_WAIT, flags.JSON, flags.VERBOSE, flags.QUIET),
        ),
        Verb("commands.adopt:adopt", writes=True, start="new", options="AdoptOptions"),
        {
            "adopt --from github:owner/repo": "where each file comes from; nothing is written",
            "adopt --from github:owner/repo --write": "take them into manifest and lock",
            "adopt --known": "from public registries that many people copy from",
        },
    ),
    Command(
        "import",
        "Take over what another tool's files ask for, at the commits that it locked.",
        (
            Argument("words", "Files or tools; all that are there where none is named.", tuple, required=False),
            Flag("--keep-going", "Leave out a source that cannot be reached."),
            *flags.INSTALLING,
        ),
        Verb("commands.importing:import_from", writes=True, start="new", options="ImportOptions"),
        {
            "import --dry-run": "what the files of other tools ask for",
            "import apm.yml": "one file",
            "import": "every file that is there",
        },
    ),
    Command(
        "remove",
        "Take packs out of the manifest, and their files away.",
        (Argument("packs", "Packs, as the manifest calls them.", tuple), *flags.INSTALLING),
        Verb("commands.add:remove", writes=True),
        {"remove acme/docs": "the pack, and its files", "remove acme/docs --dry-run": "tell what would go"},
        aliases=("rm", "uninstall"),
        mistaken=("delete", "del", "erase", "deinstall"),
    ),
    Command(
        "install",
        "Install what the manifest asks for, as the lock decided it.",
        (
            Flag("--locked", "Fail where the lock would change."),
            Flag("--frozen", "Use the lock; look at nothing else."),
            Flag("--theirs", "Take the lock's files; set yours aside."),
            Flag("--adopt", "Own foreign files: upstream's own are brought up to date, others are edits."),
            Flag("--merge", "Merge edits with the lock as it stands."),
            Flag("--target", "Install for this AI tool only.", str),
            Flag("--pull", "With --user: take what is new where `init --from` took it.", excludes="--dry-run"),
            *flags.INSTALLING,
        ),
        Verb(
            "commands.install:install",
            writes=True,
            asks="lacking",
            options="InstallOptions",
            settled_with=("locked",),
        ),
        {
            "install --locked": "in CI: fail where the lock would change",
            "install --merge": "merge your edits with a lock that a colleague moved",
            "install --theirs": "take the lock's files; yours go to .agentsync/backup/",
        },
        aliases=("sync",),
        mistaken=("i",),
    ),
    Command(
        "lock",
        "Decide the lock and write it; install nothing.",
        (
            Flag("--check", "Exit 1 where the lock would change; write nothing.", implies={"dry_run": True}),
            *flags.INSTALLING,
        ),
        Verb("commands.lock:lock", writes=True),
        {"lock": "after an edit of the manifest, or a merge", "lock --check": "is the lock up to date?"},
    ),
    Command(
        "update",
        "Take the newest versions that the manifest allows; your edits are merged.",
        (
            Argument("packs", "PACK or PACK@VERSION; all where none is named.", tuple, required=False),
            Flag("--allow-downgrade", "Let the named packs go to an older version."),
            Flag("--widen", "Let the manifest allow the named version, too."),
            *flags.INSTALLING,
        ),
        Verb("commands.update:update", writes=True, asks="lists"),
        {
            "update --dry-run": "what is new, and what it may do",
            "update acme/docs": "one pack",
            "update acme/docs@1.4.2": "to this version",
        },
        aliases=("upgrade",),
        mistaken=("fetch", "pull"),
    ),
    Command(
        "changes",
        "What a pull request changes: versions, items, and what these may newly do.",
        (
            Argument("revision", "Compare with this one; by default with where this branch began.", required=False),
            Flag("--format", "text, json or markdown.", str, name="form", default="text"),
            *flags.COMPARING,
        ),
        Verb("commands.changes:changes"),
        {
            "changes": "since this branch began",
            "changes HEAD~1": "since the commit before",
            "changes --format markdown": "for the body of a pull request",
        },
    ),
    Command(
        "outdated",
        "Which packs could be newer: locked, allowed, latest.",
        (flags.WORDS, Flag("--check", "Exit 1 where a newer version is allowed."), *flags.ASKING),
        Verb("commands.outdated:outdated", asks="lists"),
        {"outdated": "locked, allowed, latest", "outdated --check": "exit 1 where something is newer"},
    ),
    Command(
        "rollback",
        "Back to an earlier lock; your edits are merged.",
        (
            Argument("steps", "How many installed locks back.", int, required=False, default=1),
            Flag("--list", "List the locks that there are.", name="only_list"),
            *flags.WRITING,
        ),
        Verb("commands.lock:rollback", writes=True),
        {"rollback --list": "the locks that there were", "rollback": "to the one before"},
        instead={"only_list": Verb("commands.lock:list_earlier")},
        mistaken=("undo",),
    ),
)
OUTPUT: Final = Flag("--output -o", "The file to write, instead of standard output.", str)
INSTALLED: Final = Group(
    "What is installed",
    Command(
        "list",
        "What is locked: packs, items, headers.",
        (
            flags.WORDS,
            Flag("--tree", "The packs, and what they require.", name="as_tree"),
            Flag("--told", "What AI tools do not get, or not as it is.", name="as_told"),
            Flag("--cost", "What each item takes of a model's context.", name="as_cost"),
            *flags.READING,
        ),
        Verb("commands.list:list_packs"),
        {"list": "packs and items", "list acme/docs": "one pack", "list --told": "what each AI tool does not get"},
        instead={
            "as_tree": Verb("commands.list:tree"),
            "as_told": Verb("commands.list:told"),
            "as_cost": Verb("commands.costs:list_costs"),
        },
        aliases=("ls",),
    ),
    Command(
        "tree",
        "The packs as a tree: what the manifest asks for, and what that requires.",
        flags.READING,
        Verb("commands.list:tree"),
        {"tree": "what is asked for, and what that requires"},
    ),
    Command(
        "why",
        "The chain from the manifest to an item, a path or a pack.",
        (Argument("word", "An item, an installed path or a pack."), *flags.READING),
        Verb("commands.list:why"),
        {"why agent:reviewer": "which pack it comes from", "why acme/docs": "who asked for a pack"},
    ),
    Command(
        "sbom",
        "The lock as a bill of materials, for programs that look for known faults and licences.",
        (
            Flag("--format", "cyclonedx (1.6) or spdx (2.3), as JSON.", str, name="form", default="cyclonedx"),
            OUTPUT,
            Flag("--name", "What the packs are installed in.", str),
            *flags.READING,
        ),
        Verb("commands.supply_chain:sbom"),
        {"sbom": "CycloneDX, to standard output", "sbom --format spdx --output packs.spdx.json": "SPDX, into a file"},
    ),
    Command(
        "attest",
        "A statement of provenance about the installed files, for a program that signs.",
        (OUTPUT, *flags.READING),
        Verb("commands.supply_chain:attest"),
        {"attest --output agents.intoto.json": "an in-toto statement, unsigned"},
    ),
    Command(
        "mcp",
        "Answer an AI assistant's questions about all this, over the Model Context Protocol; it changes nothing.",
        (),
        Verb("assistants:serve", start=""),
        {"mcp": "started by the assistant, with the project as its folder"},
    ),
    Command(
        "doctor",
        "What may go wrong here, each with its next step.",
        flags.READING,
        Verb("commands.doctor:doctor"),
        {"doctor": "this project", "doctor --user": "the user scope"},
    ),
)
