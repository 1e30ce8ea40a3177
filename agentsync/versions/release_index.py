"""The tags of a repository, divided among its packs.

A registry may have thousands of packs and of tags. So all tags are divided in one pass, and what they mean for a pack
is worked out when a caller comes to it.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from agentsync.late import late
from agentsync.versions.release import Releases, Spelled
from agentsync.versions.tag_template import Spelling, check_template, pack_spellings, template_spellings, whole_spelling
from agentsync.versions.version import version_of

_LIKE_A_VERSION: Final = late(r"(?<![0-9])[0-9]+(?:\.[0-9]+)+.*")

# The end of most tags, and what does not begin a version there.
_LETTERS: Final = "0123456789."
_NO_VERSION: Final = ("", ".")

# Where a word may begin and end.
_WORD_STARTS: Final = late(r"(?<![A-Za-z0-9])")
_WORD_ENDS: Final = late(r"(?![A-Za-z0-9])")
_LAST: Final = "\U0010ffff"  # no name of a ref is sorted behind it
# Packs whose releases are in memory: a registry may have thousands.
_READ: Final = 256


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
        # The answer that was given last: several questions are about each pack.
        self._last: tuple[tuple[str, str | None] | None, Releases] = (None, Releases({}))

    def releases(self, pack: str, template: str | None = None) -> Releases:
        """Return the releases of a pack; its own template is taken instead of the usual ones."""
        last = self._last
        if last[0] != (pack, template):
            last = self._last = (pack, template), self._releases(pack, template)
        return last[1]

    def _releases(self, pack: str, template: str | None) -> Releases:
        names = (pack, *self._former.get(pack, ()))
        if self._template and (found := self._by(self._template).releases(*names)):
            return found
        if template is not None:
            return self._by(template).releases(*names)
        return self._usual.releases(*names) or self._whole

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
        known: dict[str, list[str]] = {}
        for tag in [tag for tag in self._tags if tag not in first] if first else self._tags:
            # Of tags that differ in their last numbers alone, one is looked at.
            head = tag.rstrip(_LETTERS)
            if (own := known.get(head)) is not None and tag[len(head) : len(head) + 1] not in _NO_VERSION:
                own.append(tag)
            # `v1.2` and `1.2` are the whole repository's, without a second look.
            elif tag.lstrip("v").strip(_LETTERS) and (found := pack_spellings(tag, self._packs)):
                if (own := divided.give(tag, found)) is not None and tag[len(head) :][:1] not in _NO_VERSION:
                    known[head] = own
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

    def give(self, tag: str, ways: Sequence[tuple[str, Spelling]]) -> list[str] | None:
        """Give a tag to its pack, to none where it names a version of several.

        Returns:
            The tags of that pack, where there was one way to read it; else None.
        """
        if len(ways) == 1:
            ((pack, spelling),) = ways
            own = self.own[pack][spelling]
            own.append(tag)
            return own
        ways = [one for one in ways if version_of(one[1].texts([tag])[0]) is not None] or ways[:1]
        several = len({pack for pack, _ in ways}) > 1
        for pack, spelling in ways:
            if several:
                self.ambiguous[pack].append(tag)
            else:
                self.own[pack][spelling].append(tag)
        return None

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
