"""Compare what all items of a scope cost a model's context with the budgets and the limits of the tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from agentsync.commands.committing import Ailment
from agentsync.model.item import Kind
from agentsync.packs.cost import cost_in
from agentsync.platform.plain_files import read_plain_file
from agentsync.targets.tool import FILES, Tool

_LARGEST = 1024 * 1024


def over_budget(tool: Tool, files: Iterable[tuple[Kind, Path]]) -> Iterator[Ailment]:
    """Yield the kinds whose names and descriptions take more than a tool's budget for them.

    Args:
        files: the items' own files in the folders of the tool, the user's too.
    """
    taken = dict.fromkeys(tool.budgets, 0)
    number = dict.fromkeys(tool.budgets, 0)
    for kind, path in files:
        if kind not in taken or not any(isinstance(place, FILES) for place in tool.places.get(kind, ())):
            continue
        try:
            data = read_plain_file(path, _LARGEST)
        except OSError:
            continue
        taken[kind] += cost_in(path.parent.name if kind is Kind.SKILL else path.stem, data).always
        number[kind] += 1
    for kind, budget in tool.budgets.items():
        if taken[kind] > budget:
            what = f"names and descriptions take about {taken[kind]:,} tokens, and {tool.name} has {budget:,} for them"
            step = "`agentsync list --cost` shows what takes the most; leave some out with `except:`"
            yield Ailment("context", f"{number[kind]} {kind}s", what, step)


def over_size(tool: Tool, root: Path) -> Iterator[Ailment]:
    """Yield the documents of a project that are longer than what a tool reads of them."""
    for name, most in tool.sizes.items():
        try:
            size = len(read_plain_file(root / name, _LARGEST))
        except OSError:
            continue
        if size > most:
            what = f"it has {size:,} bytes, and {tool.name} reads {most:,} of them"
            yield Ailment("context", name, what, "shorten it, or leave rules out with `except:`")
