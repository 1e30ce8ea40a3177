"""The commands about registries and their cache, and about how far what comes from them is to be trusted."""

from __future__ import annotations

from typing import Final

from agentsync.cli import authors, flags
from agentsync.cli.table import Argument, Command, Flag, Group, Verb

TRUST: Final = Group(
    "Trust",
    Command(
        "grants",
        "Show what every item may do; accept what an update would add.",
        (
            Flag("--accept", "Say yes to what the next update would add."),
            Argument("words", "Items or packs, as globs; all where none is named.", tuple, required=False),
            *flags.WRITING,
        ),
        Verb("commands.grants:grants"),
        {"grants": "what each item may do", "grants --accept": "say yes to what the next update would add"},
        instead={"accept": Verb("commands.grants:accept", writes=True, accepts_words=True)},
    ),
    Command(
        "verify",
        "Check that disk, lock, cache and tags still agree.",
        (flags.WORDS, Flag("--deep", "Derive the lock again from its commits, too."), *flags.ASKING),
        Verb("commands.verify:verify"),
        {"verify": "disk, lock, cache and tags", "verify --deep": "derive the lock again from its commits"},
        mistaken=("validate",),
    ),
    Group(
        "policy",
        Command(
            "show",
            "The rules that hold here, and where each comes from.",
            flags.READING,
            Verb("commands.policy:show", start="anywhere"),
            {"policy show": "each rule, and the file that it is from"},
        ),
        about="What must never be installed.",
        examples={"policy show": "each rule, and the file that it is from"},
    ),
)
REGISTRIES: Final = Group(
    "Registries",
    Command(
        "search",
        "Find packs and items in the manifest's registries; offline, over the cache.",
        (
            Argument("words", "Words that must all occur.", tuple),
            Flag("--refresh", "Ask the registries first."),
            *(flags.USER, flags.JSON, flags.VERBOSE, flags.QUIET),
        ),
        Verb("commands.search:search"),
        {"search code review": "items and packs that have both words", "search review --refresh": "ask first"},
        mistaken=("find",),
    ),
    Command(
        "info",
        "What a source offers: packs, versions, items, requirements.",
        (
            Argument("source", "Anything that `add` takes."),
            Flag("--all", "Every pack of the source, and every version.", name="everything"),
            *flags.ASKING,
        ),
        Verb("commands.info:info", start="anywhere"),
        {
            "info acme/docs": "a pack of a registry",
            "info github:owner/repo --all": "all that a repository offers, before it is added",
        },
        mistaken=("show",),
    ),
    Command(
        "targets",
        "The AI tools that packs can be installed for, and what each takes.",
        (Argument("name", "The tool whose places are shown.", required=False), flags.JSON),
        Verb("commands.targets:targets", start=""),
        {"targets": "all of them", "targets qwen": "the places of one", "targets --json": "all places of all"},
        mistaken=("tools",),
    ),
    Command(
        "completion",
        "Print what lets a shell complete agentsync's command lines.",
        (
            Argument("shell", "bash, zsh, fish or powershell."),
            Flag("--install", "Append the line that loads it to the shell's start file."),
            flags.JSON,
        ),
        Verb("commands.completion:completion", start=""),
        {"completion bash": "the script", "completion zsh --install": "for every new shell"},
        mistaken=("completions",),
    ),
    Command(
        "schema",
        "Print a JSON Schema, for editors and other programs.",
        (Argument("name", "manifest, lock, registry, pack, policy, fleet or output.", required=False), flags.JSON),
        Verb("commands.schema:schema", start=""),
        {"schema": "which there are", "schema manifest": "of agentsync.yaml", "schema output": "of what --json prints"},
    ),
    Group(
        "registry",
        Command(
            "add",
            "Add a registry, after asking it what it offers.",
            (
                flags.ALIAS,
                Argument("url", "Any git URL, a path, or github:owner/repo."),
                Flag("--branch", "The branch whose registry.yaml counts.", str),
                *flags.WRITING,
            ),
            Verb("commands.registry:registry_add", writes=True),
            {
                "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
                "registry add community github:owner/repo": "by a shorthand",
                "registry add labs ../labs-agents": "a folder beside this one",
            },
        ),
        Command(
            "remove",
            "Remove a registry that no pack comes from.",
            (flags.ALIAS, flags.USER, *flags.CHANGING),
            Verb("commands.registry:registry_remove", writes=True),
            {"registry remove acme": "once no pack comes from it"},
            aliases=("rm",),
        ),
        Command(
            "set-url",
            "Give a registry another URL; its packs stay at their versions.",
            (flags.ALIAS, Argument("url", "Where it is now."), flags.USER, flags.ACCEPT, *flags.CHANGING),
            Verb("commands.registry:registry_set_url", writes=True),
            {"registry set-url acme https://git.example/agents.git": "it has moved"},
        ),
        Command(
            "set-alias",
            "Give a registry another name; its packs stay at their versions.",
            (flags.ALIAS, Argument("name", "Its new name."), flags.USER, flags.OFFLINE, flags.ACCEPT, *flags.CHANGING),
            Verb("commands.registry:registry_set_alias", writes=True),
            {"registry set-alias acme corp": "its packs are called corp/NAME then"},
        ),
        Command(
            "list",
            "The registries of the manifest.",
            flags.READING,
            Verb("commands.registry:registry_list"),
            {"registry list": "names and URLs"},
            aliases=("ls",),
        ),
        Command(
            "refresh",
            "Ask every registry what it offers now.",
            flags.READING,
            Verb("commands.registry:registry_refresh"),
            {"registry refresh": "before you work offline"},
        ),
        *authors.REGISTRY,
        about="The registries of the manifest, and what their authors do.",
        examples={
            "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
            "registry list": "what the manifest has",
        },
    ),
    Group(
        "cache",
        Command(
            "dir",
            "Where the cache is.",
            (flags.JSON,),
            Verb("commands.cache:cache_dir", start=""),
            {"cache dir": "where it is"},
        ),
        Command(
            "prune",
            "Delete cached repositories that were not used for a while.",
            (
                Flag("--older-than", "The time without use: 12h, 30d, 8w.", str, default="30d"),
                Flag("--max-size", "Delete the oldest until this size is left: 500MiB, 2GiB.", str),
                Flag("--keep-projects", "Keep what the locks of projects on this machine name."),
                *(flags.DRY_RUN, flags.JSON, flags.QUIET),
            ),
            Verb("commands.cache:cache_prune", start=""),
            {
                "cache prune": "what nothing used for 30 days",
                "cache prune --max-size 2GiB --keep-projects": "until it fits; what projects here need stays",
            },
        ),
        Command(
            "clean",
            "Delete every cached repository.",
            (flags.DRY_RUN, flags.JSON),
            Verb("commands.cache:cache_clean", start=""),
            {"cache clean --dry-run": "how much there is", "cache clean": "delete it"},
        ),
        about="The cache of registries that all projects share.",
        examples={"cache dir": "where it is", "cache clean": "delete it; it is fetched again when needed"},
    ),
)
