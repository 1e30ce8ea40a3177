"""Decide the version of a release from what it changes, and say why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.model.grant import gained, lost
from agentsync.model.names import ItemKey
from agentsync.versions.narrowing import refuses_more

FIRST: Final = Version("0.1.0")
"""The version of a pack that has none yet."""
_NUMBERS: Final = 3
_MOST_TOLD: Final = 5


class Bump(StrEnum):
    """The number of a version that a release raises, the weightiest first."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


class OfferedItem(NamedTuple):
    """One item of a pack at a commit: the digest of its own file, "" where it shares one, and what it may do."""

    digest: str
    grants: tuple[str, ...]


class Offered(NamedTuple):
    """What a pack offers at a commit: its items, and the version range of each pack that it requires."""

    items: Mapping[ItemKey, OfferedItem]
    requires: Mapping[str, str] = {}

    @property
    def grants(self) -> tuple[str, ...]:
        """What any of its items may do, sorted."""
        return tuple(sorted({grant for part in self.items.values() for grant in part.grants}))


class Reason(NamedTuple):
    """One thing that a release changes for its users."""

    bump: Bump
    what: str


def reasons(before: Offered, after: Offered) -> list[Reason]:
    """Return what changes for users between two commits of a pack, the weightiest first."""
    found = [*_items(before, after), *_requirements(before.requires, after.requires)]
    order = list(Bump)
    return sorted(found, key=lambda one: order.index(one.bump))


def _items(before: Offered, after: Offered) -> Iterator[Reason]:
    came = [key for key in after.items if key not in before.items]
    by_digest = {after.items[key].digest: key for key in reversed(came) if after.items[key].digest}
    renamed = set()
    for key, part in before.items.items():
        if key in after.items:
            if more := gained(part.grants, after.items[key].grants):
                yield Reason(Bump.MAJOR, f"{key} may newly do {', '.join(more)}")
        elif (new := by_digest.get(part.digest)) is not None and new.kind == key.kind:
            renamed.add(new)
            yield Reason(Bump.MAJOR, f"{key} is {new} now")
        else:
            yield Reason(Bump.MAJOR, f"{key} is gone")
    yield from (Reason(Bump.MINOR, f"{key} came") for key in came if key not in renamed)


def _requirements(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Reason]:
    for name, text in after.items():
        if name not in before:
            yield Reason(Bump.MAJOR, f"it newly requires {name} `{text}`")
        elif refuses_more(before[name], text):
            yield Reason(Bump.MAJOR, f"it requires {name} `{text}`, before `{before[name]}`")


def grants_between(before: Offered | None, after: Offered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a pack's items may newly do, and what none of them may do any more.

    An item that came counts with what no item of the pack could do before.
    """
    had = before or Offered({})
    found = set(gained(had.grants, after.grants))
    for key, part in after.items.items():
        if key in had.items:
            found.update(gained(had.items[key].grants, part.grants))
    return tuple(sorted(found)), lost(had.grants, after.grants)


class Decided(NamedTuple):
    """The version of a release; why it is that one, in words."""

    version: Version
    reason: str


def decided(newest: Sequence[Version], found: Sequence[Reason], bump: Bump | None = None) -> Decided:
    """Return the version that comes after others.

    A pre-release is finished before another release begins: after `1.3.0rc1`, a patch is `1.3.0`.

    Args:
        newest: all versions that are there.
        found: what changed since the newest one, as `reasons` returns it.
        bump: the number that is asked for, None to take what changed.
    """
    if not newest:
        return Decided(FIRST, "first release")
    chosen = bump or (found[0].bump if found else Bump.PATCH)
    final = [version for version in newest if not version.is_prerelease]
    last = max(newest)
    after = bumped(max(final), chosen) if final else Version(last.base_version)
    version = max(after, Version(last.base_version)) if last.is_prerelease else after
    told = _told([one.what for one in found if one.bump is chosen])
    if bump is not None:
        return Decided(version, f"{chosen}: asked for")
    return Decided(version, f"{chosen}: {told or 'its files changed, and what it offers did not'}")


def _told(texts: Collection[str]) -> str:
    first = list(texts)[:_MOST_TOLD]
    rest = len(texts) - len(first)
    return "; ".join(first) + (f"; and {rest} more" if rest else "")


def bumped(version: Version, bump: Bump) -> Version:
    """Return the next version by one number; those behind it are 0.

    >>> [str(bumped(Version("1.4.2"), bump)) for bump in Bump]
    ['2.0.0', '1.5.0', '1.4.3']
    """
    numbers = [*version.release, *([0] * (_NUMBERS - len(version.release)))]
    place = list(Bump).index(bump)
    raised = [*numbers[:place], numbers[place] + 1, *([0] * (_NUMBERS - place - 1))]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return Version(epoch + ".".join(map(str, raised)))


def series_of(version: Version, versions: Collection[Version]) -> list[Version]:
    """Return the versions of the series of a backport: those with its first two numbers, else with its first one."""
    for count in (2, 1):
        numbers = _padded(version)[:count]
        if found := [one for one in versions if one.epoch == version.epoch and _padded(one)[:count] == numbers]:
            return found
    return []


def _padded(version: Version) -> tuple[int, ...]:
    return (*version.release, 0, 0)
