"""The commands about registries and their cache."""

from __future__ import annotations

from typing import Final

from agentsync.cli.flags import (
    ACCEPT,
    ALIAS,
    ASKING,
    DRY_RUN,
    JSON,
    NO_WAIT,
    OFFLINE,
    QUIET,
    READING,
    USER,
    VERBOSE,
    WRITING,
)
from agentsync.cli.table import Argument, Command, Flag, Verb, group

REGISTRIES: Final = group(
    "Registries",
    Command(
        "search",
        "Find packs and items in the manifest's registries; offline, over the cache.",
        (
            Argument("words", "Words that must all occur.", tuple),
            Flag("--refresh", "Ask the registries first."),
            *(USER, JSON, VERBOSE, QUIET),
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
            *ASKING,
        ),
        Verb("commands.info:info", start="anywhere"),
        {
            "info acme/docs": "a pack of a registry",
            "info github:owner/repo --all": "all that a repository offers, before it is added",
        },
        mistaken=("show",),
    ),
    group(
        "registry",
        Command(
            "add",
            "Add a registry, after asking it what it offers.",
            (
                ALIAS,
                Argument("url", "Any git URL, a path, or github:owner/repo."),
                Flag("--branch", "The branch whose registry.yaml counts.", str),
                *WRITING,
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
            (ALIAS, USER, DRY_RUN, NO_WAIT, JSON, QUIET),
            Verb("commands.registry:registry_remove", writes=True),
            {"registry remove acme": "once no pack comes from it"},
            aliases=("rm",),
        ),
        Command(
            "set-url",
            "Give a registry another URL; its packs stay at their versions.",
            (ALIAS, Argument("url", "Where it is now."), USER, ACCEPT, DRY_RUN, NO_WAIT, JSON, QUIET),
            Verb("commands.registry:registry_set_url", writes=True),
            {"registry set-url acme https://git.example/agents.git": "it has moved"},
        ),
        Command(
            "set-alias",
            "Give a registry another name; its packs stay at their versions.",
            (ALIAS, Argument("name", "Its new name."), USER, OFFLINE, ACCEPT, DRY_RUN, NO_WAIT, JSON, QUIET),
            Verb("commands.registry:registry_set_alias", writes=True),
            {"registry set-alias acme corp": "its packs are called corp/NAME then"},
        ),
        Command(
            "list",
            "The registries of the manifest.",
            READING,
            Verb("commands.registry:registry_list"),
            {"registry list": "names and URLs"},
            aliases=("ls",),
        ),
        Command(
            "refresh",
            "Ask every registry what it offers now.",
            READING,
            Verb("commands.registry:registry_refresh"),
            {"registry refresh": "before you work offline"},
        ),
        about="The registries of the manifest.",
        examples={
            "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
            "registry list": "what the manifest has",
        },
    ),
    group(
        "cache",
        Command(
            "dir",
            "Where the cache is.",
            (JSON,),
            Verb("commands.cache:cache_dir", start=""),
            {"cache dir": "where it is"},
        ),
        Command(
            "clean",
            "Delete every cached repository.",
            (DRY_RUN, JSON),
            Verb("commands.cache:cache_clean", start=""),
            {"cache clean --dry-run": "how much there is", "cache clean": "delete it"},
        ),
        about="The cache of registries that all projects share.",
        examples={"cache dir": "where it is", "cache clean": "delete it; it is fetched again when needed"},
    ),
)
