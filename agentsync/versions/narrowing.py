"""Compare two version ranges: does the later one refuse what the earlier one allowed?"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from packaging.version import Version

from agentsync.versions.version import parse_range

_NUMBERS: Final = re.compile(r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*")


def refuses_more(before: str, after: str) -> bool:
    """Return whether a range refuses a final release that another one allowed.

    A range is made of stretches that begin and end at the versions it names. So one version in each stretch, and each
    version that either of them names, are all that has to be asked for.

    >>> refuses_more("^1.2", ">=1.2"), refuses_more(">=1.2", "^1.2"), refuses_more("*", "!=1.3")
    (False, True, True)
    """
    old, new = parse_range(before), parse_range(after)
    return any(old.allows(version) and not new.allows(version) for version in _samples(f"{before} {after}"))


def _samples(texts: str) -> Iterator[Version]:
    """Yield the versions that ranges name, those where their wildcards and carets end, and one between each two."""
    named = {Version(text) for text in _NUMBERS.findall(texts)}
    edges = {Version("0")}
    for version in named:
        numbers, epoch = version.release, f"{version.epoch}!" if version.epoch else ""
        edges.add(Version(version.base_version))
        for place in range(len(numbers)):
            edges.add(Version(epoch + ".".join(map(str, (*numbers[:place], numbers[place] + 1)))))
    ordered = sorted(edges)
    yield from ordered
    for low, high in pairwise(ordered):
        between = Version(f"{low}.0.0.0.1")
        if between < high:
            yield between
    yield Version(f"{ordered[-1]}.1")
