"""The commands about registries and their cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

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
from agentsync.cli.table import Argument, Flag, Group, Task

if TYPE_CHECKING:
    from agentsync.model.outcome import Outcome

registries: Final = Group("", "Registries", {})


@registries.command(
    "search",
    "Find packs and items in the manifest's registries; offline, over the cache.",
    Argument("words", "Words that must all occur.", tuple),
    Flag("--refresh", "Ask the registries first."),
    USER,
    JSON,
    VERBOSE,
    QUIET,
    examples={"search code review": "items and packs that have both words", "search review --refresh": "ask first"},
    mistaken=("find",),
)
def _search(words: Sequence[str], refresh: bool) -> Task:
    from agentsync.commands.search import search

    return Task(lambda workspace: search(workspace, words, refresh=refresh))


@registries.command(
    "info",
    "What a source offers: packs, versions, items, requirements.",
    Argument("source", "Anything that `add` takes."),
    Flag("--all", "Every pack of the source, and every version.", name="everything"),
    *ASKING,
    examples={
        "info acme/docs": "a pack of a registry",
        "info github:owner/repo --all": "all that a repository offers, before it is added",
    },
    mistaken=("show",),
)
def _info(source: str, everything: bool) -> Task:
    from agentsync.commands.info import info

    return Task(lambda workspace: info(workspace, source, everything=everything), start="anywhere")


registry: Final = registries.group(
    "registry",
    "The registries of the manifest.",
    {
        "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
        "registry list": "what the manifest has",
    },
)


@registry.command(
    "add",
    "Add a registry, after asking it what it offers.",
    ALIAS,
    Argument("url", "Any git URL, a path, or github:owner/repo."),
    Flag("--branch", "The branch whose registry.yaml counts.", str),
    *WRITING,
    examples={
        "registry add acme https://git.acme.example/ai/agents.git": "by its URL",
        "registry add community github:owner/repo": "by a shorthand",
        "registry add labs ../labs-agents": "a folder beside this one",
    },
)
def _registry_add(alias: str, url: str, branch: str, dry_run: bool) -> Task:
    from agentsync.commands.registry import registry_add

    return Task(lambda workspace: registry_add(workspace, alias, url, branch=branch, dry_run=dry_run), writes=True)


@registry.command(
    "remove",
    "Remove a registry that no pack comes from.",
    ALIAS,
    USER,
    DRY_RUN,
    NO_WAIT,
    JSON,
    QUIET,
    examples={"registry remove acme": "once no pack comes from it"},
    aliases=("rm",),
)
def _registry_remove(alias: str, dry_run: bool) -> Task:
    from agentsync.commands.registry import registry_remove

    return Task(lambda workspace: registry_remove(workspace, alias, dry_run=dry_run), writes=True)


@registry.command(
    "set-url",
    "Give a registry another URL; its packs stay at their versions.",
    ALIAS,
    Argument("url", "Where it is now."),
    USER,
    ACCEPT,
    DRY_RUN,
    NO_WAIT,
    JSON,
    QUIET,
    examples={"registry set-url acme https://git.example/agents.git": "it has moved"},
)
def _registry_set_url(alias: str, url: str, dry_run: bool) -> Task:
    from agentsync.commands.registry import registry_set_url

    return Task(lambda workspace: registry_set_url(workspace, alias, url, dry_run=dry_run), writes=True)


@registry.command(
    "set-alias",
    "Give a registry another name; its packs stay at their versions.",
    ALIAS,
    Argument("name", "Its new name."),
    USER,
    OFFLINE,
    ACCEPT,
    DRY_RUN,
    NO_WAIT,
    JSON,
    QUIET,
    examples={"registry set-alias acme corp": "its packs are called corp/NAME then"},
)
def _registry_set_alias(alias: str, name: str, dry_run: bool) -> Task:
    from agentsync.commands.registry import registry_set_alias

    return Task(lambda workspace: registry_set_alias(workspace, alias, name, dry_run=dry_run), writes=True)


@registry.command(
    "list",
    "The registries of the manifest.",
    *READING,
    examples={"registry list": "names and URLs"},
    aliases=("ls",),
)
def _registry_list() -> Task:
    from agentsync.commands.registry import registry_list

    return Task(registry_list)


@registry.command(
    "refresh",
    "Ask every registry what it offers now.",
    *READING,
    examples={"registry refresh": "before you work offline"},
)
def _registry_refresh() -> Task:
    from agentsync.commands.registry import registry_refresh

    return Task(registry_refresh)


cache: Final = registries.group(
    "cache",
    "The cache of registries that all projects share.",
    {"cache dir": "where it is", "cache clean": "delete it; it is fetched again when needed"},
)


@cache.command("dir", "Where the cache is.", JSON, examples={"cache dir": "where it is"})
def _cache_dir() -> Outcome:
    from agentsync.commands.cache import cache_dir

    return cache_dir()


@cache.command(
    "clean",
    "Delete every cached repository.",
    DRY_RUN,
    JSON,
    examples={"cache clean --dry-run": "how much there is", "cache clean": "delete it"},
)
def _cache_clean(dry_run: bool) -> Outcome:
    from agentsync.commands.cache import cache_clean

    return cache_clean(dry_run=dry_run)
