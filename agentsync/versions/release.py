"""The releases that tags name, each version once, the newest first.

A tag is read as a version when a caller comes to it: until then its numbers are enough to sort it.

Source: PEP 440 (https://packaging.python.org/specifications/version-specifiers/).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.late import late
from agentsync.versions.tag_template import Spelling
from agentsync.versions.version import ANYWHERE, Bounds, Numbers, trimmed, version_of

_NUMBERS: Final = late(r"[0-9]+(?:\.[0-9]+)*")

# Where a version in a tag may begin and end: at no place within a number or between its numbers.
_START: Final = late(r"(?<![0-9])(?<![0-9]\.)(?=[0-9])")
_END: Final = late(r"(?![0-9A-Za-z.])(?<=[0-9A-Za-z])")

# Tags by the way they are spelled.
Spelled = Mapping[Spelling, Sequence[str]]
# A tag with the rank of its spelling, and the text of its version.
_Tag = tuple[int, str, str]


class Release(NamedTuple):
    """A version, and the tag (without `refs/tags/`) that it was read from."""

    version: Version
    tag: str


class Releases(Iterable[Release]):
    """The releases of one pack, newest first, each version once.

    Args:
        spelled: the tags. Where several mean one version, the earlier template wins, then the tag that spells out
            more of it (`v1.0.0` before the moving `v1.0`). Numbers without a dot are left out where another
            version has one.
    """

    def __init__(self, spelled: Spelled) -> None:
        self._spelled = spelled
        self._versions: dict[Numbers, Sequence[Release]] = {}  # of the groups that a caller came to

    @cached_property
    def bare(self) -> frozenset[str]:
        """The tags that are left out: numbers without a dot."""
        found: list[str] = []
        dotted: list[str] = []
        for spelling, tags in self._spelled.items():
            texts = spelling.texts(tags)
            with_dots = [text for text in texts if "." in text]
            dotted += with_dots
            if len(with_dots) < len(texts):
                found += [tag for tag, text in zip(tags, texts, strict=True) if spelling.is_bare(text)]
        has_dots = bool(found) and any(version_of(text) is not None for text in dotted)
        return frozenset(found) if has_dots else frozenset()

    @cached_property
    def _groups(self) -> Sequence[tuple[Numbers, Sequence[_Tag]]]:
        """The tags by the numbers of their versions, the highest numbers first."""
        groups: dict[Numbers, list[_Tag]] = {}
        has_epochs = False
        for spelling, tags in self._spelled.items():
            counted = [tag for tag in tags if tag not in self.bare] if self.bare else tags
            texts = spelling.texts(counted)
            has_epochs |= "!" in "".join(texts)
            for tag, text in zip(counted, texts, strict=True):
                groups.setdefault(_numbers(text), []).append((spelling.rank, tag, text))
        if has_epochs:  # an epoch counts before all numbers
            return [((), [one for group in groups.values() for one in group])]
        return [(numbers, groups[numbers]) for numbers in sorted(groups, reverse=True)]

    def within(self, bounds: Bounds = ANYWHERE, *, stable: bool = False) -> Iterator[Release]:
        """Yield those within the bounds, newest first, and perhaps others; `stable` leaves out pre-releases."""
        all_in_one = len(self._groups) == 1
        for numbers, tags in self._groups:
            if numbers < bounds.low and not all_in_one:
                return
            if numbers <= bounds.high or all_in_one:
                if (best := self._versions.get(numbers)) is None:
                    best = self._versions[numbers] = _best(tags)
                for release in best:
                    if not (stable and release.version.is_prerelease):
                        yield release

    def __iter__(self) -> Iterator[Release]:
        return self.within()

    def __bool__(self) -> bool:
        return self._has_any

    @cached_property
    def _has_any(self) -> bool:
        return next(self.within(), None) is not None


def may_name(tag: str, version: Version, pack: str = "") -> bool:
    """Return whether any template reads a tag as this version; digits in the name of the pack are no part of it."""
    for text in {tag, tag.replace(pack, "-") if pack else tag}:
        starts = [found.start() for found in _START.finditer(text)]
        ends = [found.start() for found in _END.finditer(text)]
        if any(version_of(text[start:end]) == version for start in starts for end in ends if end > start):
            return True
    return False


@lru_cache(maxsize=4096)
def _numbers(text: str) -> Numbers:
    """Return the numbers that a version starts with, without the zeros at their end; packs have versions in common."""
    try:
        numbers = tuple(map(int, text.split(".")))
    except ValueError:
        found = _NUMBERS.match(text)
        try:
            numbers = tuple(map(int, found[0].split("."))) if found else ()
        except ValueError:  # so many digits that Python does not read them: no version either
            return ()
    return numbers if numbers and numbers[-1] else trimmed(numbers)


def _best(tags: Sequence[_Tag]) -> Sequence[Release]:
    """Return each version of these tags once, the newest first."""
    if len(tags) == 1:  # as nearly always
        _, tag, text = tags[0]
        version = version_of(text)
        return () if version is None else (Release(version, tag),)
    best: dict[Version, tuple[tuple[int, int, int, str], Release]] = {}
    for rank, tag, text in tags:
        version = version_of(text)
        if version is not None:
            # Template, how much is spelled out, then by letters.
            place = (rank, -len(version.release), len(tag), tag)
            if version not in best or place < best[version][0]:
                best[version] = place, Release(version, tag)
    found = [release for _, release in best.values()]
    return sorted(found, key=lambda release: release.version, reverse=True)
