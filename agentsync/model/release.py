"""The releases that the tags of a repository offer for one pack, read as far as somebody looks.

A registry may have many thousand tags, of which one is wanted. So the tags are only sorted by their
numbers, and a tag is read as a version when somebody comes to it.

Source: PEP 440 (https://packaging.python.org/specifications/version-specifiers/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple, overload

from packaging.version import Version

from agentsync.model.tag_tree import Affixes, TagTree, between
from agentsync.model.version import ANYWHERE, Bounds, version_of

PER_PACK_TEMPLATES: Final = (
    "{pack}/v{version}",
    "{pack}--v{version}",
    "{pack}-v{version}",
    "{pack}@{version}",
)
WHOLE_TEMPLATES: Final = ("v{version}", "{version}")

# A version without a second look; of a number with thousands of digits that is not sure.
_PLAIN: Final = re.compile(r"[0-9]{1,100}(?:\.[0-9]{1,100})*")


class Release(NamedTuple):
    """A version, and the tag (without `refs/tags/`) that it was read from."""

    version: Version
    tag: str


class Releases(Sequence[Release]):
    """What the tags of a repository offer for one pack: newest first, each version once.

    Args:
        tags: the names of its tags.
        affixes: how those of the pack are spelled, the best spelling first.
    """

    def __init__(self, tags: Sequence[str], affixes: Sequence[Affixes]) -> None:
        self._affixes = affixes
        self._tree = TagTree(tags, affixes)
        self._all: tuple[Release, ...] | None = None

    def within(self, bounds: Bounds = ANYWHERE, *, stable: bool = False) -> Iterator[Release]:
        """Those within the bounds, newest first.

        Args:
            bounds: the numbers to look at; some that are outside may come along.
            stable: pass over pre-releases.
        """
        for tags in self._tree.groups(bounds, stable=stable):
            best = sorted(_best(tags, self._affixes), key=lambda release: release.version, reverse=True)
            yield from (release for release in best if not (stable and release.version.is_prerelease))

    def __iter__(self) -> Iterator[Release]:
        return self.within() if self._all is None else iter(self._all)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __len__(self) -> int:
        return len(self._read())

    @overload
    def __getitem__(self, place: int) -> Release: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Release]: ...
    def __getitem__(self, place: int | slice) -> Release | Sequence[Release]:
        if isinstance(place, slice) or place < 0:
            return self._read()[place]
        for release in islice(self, place, None):
            return release
        raise IndexError(place)

    def _read(self) -> tuple[Release, ...]:
        if self._all is None:
            self._all = tuple(self.within())
        return self._all


def releases(pack: str, tags: Iterable[str], template: str | None = None) -> Releases:
    """Read the releases of a pack out of the tags of its repository.

    Where several tags mean one version, the earlier template wins, then the tag that spells out more of
    it (`v1.0.0` before the moving `v1.0`). What stands for `{version}` starts with a digit.

    Args:
        pack: the pack's name, for `{pack}`.
        tags: names without `refs/tags/`, in any order.
        template: the only template to try; without one, `PER_PACK_TEMPLATES`, and `WHOLE_TEMPLATES`
            if none of those gives a release.

    Raises:
        ValueError: if the template holds no `{version}`, or braces with anything else than `pack`.
    """
    names = tuple(tags)
    own = Releases(names, _affixes(pack, template))
    return own if own or template is not None else _whole(names)


def left_out(pack: str, tags: Iterable[str], template: str | None = None) -> int:
    """How many tags look like a version of a pack and are none; the arguments are those of `releases`."""
    names = tuple(tags)
    affixes = _affixes(pack, template)
    if template is None and not Releases(names, affixes):
        affixes += _affixes("", *WHOLE_TEMPLATES)
    return sum(
        not (_PLAIN.fullmatch(text) or version_of(text))
        for tag in names
        for affix in affixes
        if (text := between(affix, tag)) is not None
    )


@lru_cache(maxsize=16)
def _whole(tags: tuple[str, ...]) -> Releases:
    """The releases of a repository as a whole: the same for each of its packs, so worked out once."""
    return Releases(tags, _affixes("", *WHOLE_TEMPLATES))


def _affixes(pack: str, *templates: str | None) -> list[Affixes]:
    """What stands before and after the version in each template, those of a pack by default."""
    return [_affixes_of(template, pack) for template in templates if template] or [
        _affixes_of(template, pack) for template in PER_PACK_TEMPLATES
    ]


def _affixes_of(template: str, pack: str) -> Affixes:
    """What stands before and after the version, with the pack's name filled in."""
    parts = template.split("{version}")
    if len(parts) != 2:
        raise ValueError(f"the tag template {template!r} must hold {{version}} once")
    if any(brace in part.replace("{pack}", "") for part in parts for brace in "{}"):
        raise ValueError(f"the tag template {template!r} may hold {{pack}} and {{version}}, no other braces")
    return parts[0].replace("{pack}", pack), parts[1].replace("{pack}", pack)


def _best(tags: Iterable[str], affixes: Sequence[Affixes]) -> Iterable[Release]:
    """The best tag of each version."""
    best: dict[Version, tuple[tuple[int, int, int, str], Release]] = {}
    for tag in tags:
        for index, affix in enumerate(affixes):
            text = between(affix, tag)
            version = version_of(text) if text is not None else None
            if version is not None:
                # Template, how much is spelled out, then by letters.
                rank = (index, -len(version.release), len(tag), tag)
                if version not in best or rank < best[version][0]:
                    best[version] = rank, Release(version, tag)
    return [release for _, release in best.values()]
