"""The releases that the tags of a repository offer for each of its packs.

A registry may have thousands of packs and of tags. So all tags are divided among the packs in one pass, and
a tag is read as a version when a caller comes to it: until then its numbers are enough to sort it.

Source: PEP 440 (https://packaging.python.org/specifications/version-specifiers/).
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.late import late
from agentsync.versions.tag_template import Spelling, check_template, pack_spellings, template_spellings, whole_spelling
from agentsync.versions.version import ANYWHERE, Bounds, Numbers, trimmed, version_of

_NUMBERS: Final = late(r"[0-9]+(?:\.[0-9]+)*")
_LIKE_A_VERSION: Final = late(r"(?<![0-9])[0-9]+(?:\.[0-9]+)+.*")

# Where a version in a tag may begin and end: at no place within a number or between its numbers.
_START: Final = late(r"(?<![0-9])(?<![0-9]\.)(?=[0-9])")
_END: Final = late(r"(?![0-9A-Za-z.])(?<=[0-9A-Za-z])")

# Where a word may begin and end.
_WORD_STARTS: Final = late(r"(?<![A-Za-z0-9])")
_WORD_ENDS: Final = late(r"(?![A-Za-z0-9])")
_LAST: Final = "\U0010ffff"  # no name of a ref is sorted behind it
# Packs whose releases are in memory: a registry may have thousands.
_READ: Final = 256

# Tags by the way they are spelled.
Spelled = Mapping[Spelling, Sequence[str]]


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
    def _groups(self) -> Sequence[tuple[Numbers, Sequence[tuple[Spelling, str]]]]:
        """The tags by the numbers of their versions, the highest numbers first."""
        groups: defaultdict[Numbers, list[tuple[Spelling, str]]] = defaultdict(list)
        has_epochs = False
        for spelling, tags in self._spelled.items():
            counted = [tag for tag in tags if tag not in self.bare] if self.bare else tags
            texts = spelling.texts(counted)
            has_epochs |= "!" in "".join(texts)
            for tag, numbers in zip(counted, map(_numbers, texts), strict=True):
                groups[numbers].append((spelling, tag))
        if has_epochs:  # an epoch counts before all numbers
            return [((), [one for group in groups.values() for one in group])]
        return sorted(groups.items(), key=lambda group: group[0], reverse=True)

    def within(self, bounds: Bounds = ANYWHERE, *, stable: bool = False) -> Iterator[Release]:
        """Yield those within the bounds, newest first, and perhaps others; `stable` leaves out pre-releases."""
        all_in_one = len(self._groups) == 1
        for numbers, tags in self._groups:
            if numbers < bounds.low and not all_in_one:
                return
            if numbers <= bounds.high or all_in_one:
                best = sorted(_best(tags), key=lambda release: release.version, reverse=True)
                yield from (release for release in best if not (stable and release.version.is_prerelease))

    def __iter__(self) -> Iterator[Release]:
        return self.within()

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None


def may_name(tag: str, version: Version, pack: str = "") -> bool:
    """Return whether any template reads a tag as this version; digits in the name of the pack are no part of it."""
    for text in {tag, tag.replace(pack, "-") if pack else tag}:
        starts = [found.start() for found in _START.finditer(text)]
        ends = [found.start() for found in _END.finditer(text)]
        if any(version_of(text[start:end]) == version for start in starts for end in ends if end > start):
            return True
    return False


class Unread(NamedTuple):
    """Tags that look like releases of a pack and do not count."""

    unparsed: tuple[str, ...] = ()  # they fit a template and name no version
    bare: tuple[str, ...] = ()  # numbers without a dot, such as dates, beside versions that have one
    ambiguous: tuple[str, ...] = ()  # they could be releases of two packs
    unknown: tuple[str, ...] = ()  # they end in a version, and fit no template

    @property
    def left_out(self) -> int:
        """The number of those that fit a template."""
        return len(self.unparsed) + len(self.bare) + len(self.ambiguous)


class ReleaseIndex:
    """The tags of one repository, divided among its packs. The order of tags and packs does not matter.

    Args:
        tags: names without `refs/tags/`.
        packs: the names of all packs in the repository: a tag that could be a release of two counts for neither.
        template: the template to try first; where it gives releases, no other counts.
        former: the names that packs had before: tags that were made under one of them are releases all the same.
    """

    def __init__(
        self,
        tags: Iterable[str],
        packs: Iterable[str],
        template: str = "",
        former: Mapping[str, Sequence[str]] = {},
    ) -> None:
        self._tags = tuple(dict.fromkeys(tags))
        now = frozenset(packs)
        self._former = {name: [old for old in names if old not in now] for name, names in former.items()}
        self._packs = now.union(*self._former.values())
        self._template = template
        self._by_template: dict[str, _Divided] = {}

    def releases(self, pack: str, template: str | None = None) -> Releases:
        """Return the releases of a pack; its own template is taken instead of the usual ones."""
        names = (pack, *self._former.get(pack, ()))
        if self._template and (found := self._by(self._template).releases(*names)):
            return found
        if template is not None:
            return self._by(template).releases(*names)
        own = self._usual.releases(*names)
        return own or self._whole

    def has_own(self, pack: str, template: str | None = None) -> bool:
        """Return whether a pack needs no tags of the repository as a whole; the arguments are those of `releases`."""
        if template is not None:
            return True
        names = (pack, *self._former.get(pack, ()))
        return bool((self._template and self._by(self._template).releases(*names)) or self._usual.releases(*names))

    def unread(self, pack: str, template: str | None = None, beginnings: tuple[str, ...] = ("",)) -> Unread:
        """Return the tags that look like releases of a pack and do not count; the arguments are those of `releases`.

        Args:
            beginnings: only tags that begin in one of these ways are told where they fit no template.
        """
        counted = self.releases(pack, template)
        tags = self._by(template) if template is not None else self._usual
        unparsed = _unparsed(tags.own.get(pack) or {})
        if not self.has_own(pack, template):
            unparsed += self._whole_unparsed
        unknown = self._unknown_by_pack.get(pack, ()) if counted else self._unknown
        return Unread(
            unparsed,
            tuple(sorted(counted.bare.difference(unparsed))),
            tuple(sorted(tags.ambiguous.get(pack, ()))),
            tuple(tag for tag in unknown if tag.startswith(beginnings)),
        )

    @cached_property
    def _usual(self) -> "_Divided":
        divided = _Divided()
        first = self._by(self._template).given if self._template else ()
        for tag in [tag for tag in self._tags if tag not in first]:
            # `v1.2` and `1.2` are the whole repository's, without a second look.
            if tag.lstrip("v").strip("0123456789.") and (found := pack_spellings(tag, self._packs)):
                divided.give(tag, found)
            elif (whole := whole_spelling(tag)) is not None:
                divided.whole[whole].append(tag)
            else:
                divided.others.append(tag)
        divided.withdraw_scopes()
        return divided

    @cached_property
    def _whole(self) -> Releases:
        return Releases(self._usual.whole)

    @cached_property
    def _whole_unparsed(self) -> tuple[str, ...]:
        return _unparsed(self._usual.whole)

    @cached_property
    def _unknown(self) -> tuple[str, ...]:
        """The tags that fit no template, and end in a version."""
        likely = ((tag, _LIKE_A_VERSION.search(tag)) for tag in self._usual.others)
        return tuple(tag for tag, found in likely if found is not None and version_of(found[0]) is not None)

    @cached_property
    def _unknown_by_pack(self) -> Mapping[str, Sequence[str]]:
        """The tags that fit no template, by each pack whose name is a whole word in them."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for tag in self._unknown:
            starts, ends = ([place.start() for place in edge.finditer(tag)] for edge in (_WORD_STARTS, _WORD_ENDS))
            for pack in {tag[start:end] for start in starts for end in ends if start < end} & self._packs:
                found[pack].append(tag)
        return found

    def _beginning_with(self, text: str) -> Sequence[str]:
        """Return the tags that begin with a text, without a look at the others: each pack may have its own template."""
        if not text:
            return self._tags
        return self._sorted[bisect_left(self._sorted, text) : bisect_left(self._sorted, f"{text}{_LAST}")]

    @cached_property
    def _sorted(self) -> Sequence[str]:
        return sorted(self._tags)

    def _by(self, template: str) -> "_Divided":
        if template not in self._by_template:
            divided = _Divided()
            before = check_template(template).partition("{")[0]
            for tag in self._beginning_with(before):
                if found := list(template_spellings(template, tag, self._packs)):
                    divided.give(tag, found)
            divided.withdraw_scopes()
            self._by_template[template] = divided
        return self._by_template[template]


class _Divided:
    """Tags by the one pack that each can be a release of; where a template names no pack, all of them are for ""."""

    def __init__(self) -> None:
        self.own: defaultdict[str, defaultdict[Spelling, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.whole: defaultdict[Spelling, list[str]] = defaultdict(list)  # of the repository as a whole
        self.ambiguous: defaultdict[str, list[str]] = defaultdict(list)  # by each pack that they could be of
        self.others: list[str] = []  # they fit no template
        self._read: dict[tuple[str, ...], Releases] = {}

    def releases(self, *names: str) -> Releases:
        """Return the releases of a pack by all its names; the last are in memory, as several questions are about each.

        Args:
            names: its present name, and those that it had before.
        """
        key = names if any(self.own.get(name) for name in names) else ("",)
        if key not in self._read:
            while len(self._read) >= _READ:
                del self._read[next(iter(self._read))]
            own: list[Spelled] = [self.own.get(name) or {} for name in key]
            self._read[key] = Releases(
                own[0] if len(own) == 1 else {one: tags for each in own for one, tags in each.items()}
            )
        return self._read[key]

    @property
    def given(self) -> Collection[str]:
        """The tags that are releases of a pack."""
        spelled = [one for spellings in self.own.values() for one in spellings.items()]
        return {tag for spelling, tags in spelled for tag in tags if version_of(spelling.texts([tag])[0]) is not None}

    def give(self, tag: str, ways: Sequence[tuple[str, Spelling]]) -> None:
        """Give a tag to its pack, to none where it names a version of several."""
        if len(ways) > 1:
            ways = [one for one in ways if version_of(one[1].texts([tag])[0]) is not None] or ways[:1]
        several = len({pack for pack, _ in ways}) > 1
        for pack, spelling in ways:
            if several:
                self.ambiguous[pack].append(tag)
            else:
                self.own[pack][spelling].append(tag)

    def withdraw_scopes(self) -> None:
        """Withdraw the tags `@SCOPE/PACK@VERSION` of packs with several scopes: each may be another project's."""
        for pack, spelled in self.own.items():
            scoped = [spelling for spelling in spelled if spelling.before.startswith("@")]
            if len({spelling.before.partition("/")[0] for spelling in scoped}) > 1:
                self.ambiguous[pack] += [tag for spelling in scoped for tag in spelled.pop(spelling)]


def releases(pack: str, tags: Iterable[str], template: str | None = None) -> Releases:
    """Return the releases of a pack that is alone in its repository, see `ReleaseIndex.releases`."""
    return ReleaseIndex(tags, (pack,)).releases(pack, template)


def suggested_template(pack: str, tag: str) -> str | None:
    """Return a template that reads a tag which no usual one does; None where it does not end in a version."""
    found = _LIKE_A_VERSION.search(tag)
    if found is None or version_of(found[0]) is None or not {"{", "}"}.isdisjoint(tag):
        return None
    before = tag[: found.start()]
    return (re.sub(_whole_word(pack), "{pack}", before) if pack else before) + "{version}"


def _unparsed(spelled: Spelled) -> tuple[str, ...]:
    return tuple(
        tag
        for spelling, tags in spelled.items()
        for tag, text in zip(tags, spelling.texts(tags), strict=True)
        if version_of(text) is None
    )


def _whole_word(pack: str) -> str:
    return rf"(?<![A-Za-z0-9]){re.escape(pack)}(?![A-Za-z0-9])"


def _numbers(text: str) -> Numbers:
    """Return the numbers that a version starts with, without the zeros at their end."""
    try:
        numbers = tuple(map(int, text.split(".")))
    except ValueError:
        found = _NUMBERS.match(text)
        try:
            numbers = tuple(map(int, found[0].split("."))) if found else ()
        except ValueError:  # so many digits that Python does not read them: no version either
            return ()
    return numbers if numbers and numbers[-1] else trimmed(numbers)


def _best(tags: Iterable[tuple[Spelling, str]]) -> Iterable[Release]:
    best: dict[Version, tuple[tuple[int, int, int, str], Release]] = {}
    for spelling, tag in tags:
        version = version_of(spelling.texts([tag])[0])
        if version is not None:
            # Template, how much is spelled out, then by letters.
            rank = (spelling.rank, -len(version.release), len(tag), tag)
            if version not in best or rank < best[version][0]:
                best[version] = rank, Release(version, tag)
    return [release for _, release in best.values()]
