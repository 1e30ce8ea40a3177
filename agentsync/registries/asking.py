"""One question about many packs, asked of all their repositories at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from agentsync.errors import AgentsyncError
from agentsync.git.parallel import SMALL_BATCH, run_parallel
from agentsync.model.names import PackName
from agentsync.registries.git_catalog import GitCatalog


def ask_each(catalog: GitCatalog, names: Iterable[str], question: Callable[[str], object]) -> None:
    """Ask about each pack as soon as its repository has answered, so that its answer is at hand later.

    No failure is told: whoever asks again meets the same one.

    Args:
        catalog: what exists.
        names: the packs.
        question: asks the catalog about one of them.
    """
    registries: dict[str, list[str]] = {}
    for name in names:
        if catalog.knows(name):
            registries.setdefault(PackName(name).alias, []).append(name)
    elsewhere: dict[str, list[str]] = {}

    def ask(group: Iterable[str]) -> None:
        for name in group:
            with suppress(AgentsyncError):
                offer = catalog.offer(name)
                if offer.elsewhere:
                    elsewhere.setdefault(offer.git.key, []).append(name)
                else:
                    question(name)

    def ask_there(group: Iterable[str]) -> None:
        for name in group:
            with suppress(AgentsyncError):
                question(name)

    run_parallel([partial(ask, group) for group in registries.values()], SMALL_BATCH)
    run_parallel([partial(ask_there, group) for group in elsewhere.values()], SMALL_BATCH)
