"""Templates of tags: they tell the pack that a tag is a release of, and the part of it that is the version.

A template holds `{version}` once, and `{pack}` where each pack of a repository has tags of its own.
What stands for `{version}` starts with a digit. Nothing is read as a version here.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from agentsync.late import late

# The usual templates, the best first: for one pack by the text between its name and the version, for the whole
# repository by the text before the version. A new template is one more text here.
SEPARATORS: Final = ("/v", "--v", "-v", "@", "-", "_v", "@v", "/")
WHOLE_PREFIXES: Final = ("v", "")
PER_PACK_TEMPLATES: Final = (*(f"{{pack}}{each}{{version}}" for each in SEPARATORS), "@SCOPE/{pack}@{version}")

_RANKS: Final = {separator: rank for rank, separator in enumerate(SEPARATORS)}
_SCOPED_RANK: Final = len(SEPARATORS)
_PLACE: Final = late(f"[{re.escape(''.join(sorted({each[0] for each in SEPARATORS})))}]")
_LONGEST_FIRST: Final = sorted(SEPARATORS, key=len, reverse=True)
_BEFORE_VERSION: Final = late(f"(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?=[0-9])")
_SCOPED: Final = late(r"@[^/@]+/([^/@]+)@v?(?=[0-9])")
_DIGITS: Final = frozenset("0123456789")


class Spelling(NamedTuple):
    """The parts before and after the version in the tags of one pack; the template with the lowest rank wins."""

    rank: int
    before: str
    after: str = ""

    def texts(self, tags: Iterable[str]) -> list[str]:
        """Return the text in the place of `{version}` in each of these tags."""
        start = len(self.before)
        if not self.after:
            return [tag[start:] for tag in tags]
        return [tag[start : len(tag) - len(self.after)] for tag in tags]

    def is_bare(self, text: str) -> bool:
        """Return whether a version is one number, such as a date: it counts only where no other tag has a dot."""
        return "." not in text and (not self.before.endswith("v") or (text[:6].isdigit() and len(text) > 5))


_WHOLE: Final = tuple(Spelling(rank, before) for rank, before in enumerate(WHOLE_PREFIXES))


def pack_spellings(tag: str, packs: Collection[str]) -> list[tuple[str, Spelling]]:
    """Return each way to read a tag as one of a single pack of these, by `PER_PACK_TEMPLATES`."""
    if tag.startswith("@"):
        scoped = _SCOPED.match(tag)
        return [(scoped[1], Spelling(_SCOPED_RANK, scoped[0]))] if scoped is not None and scoped[1] in packs else []
    found = []
    for place in _PLACE.finditer(tag):
        pack = tag[: place.start()]
        if pack in packs and (separator := _BEFORE_VERSION.match(tag, place.start())) is not None:
            found.append((pack, Spelling(_RANKS[separator[0]], tag[: separator.end()])))
    return found


def whole_spelling(tag: str) -> Spelling | None:
    """Return the way to read a tag as one of the whole repository, by `WHOLE_PREFIXES`; None where there is none."""
    for spelling in _WHOLE:
        if tag.startswith(spelling.before) and tag[len(spelling.before) :][:1] in _DIGITS:
            return spelling
    return None


def template_spellings(template: str, tag: str, packs: Collection[str]) -> Iterator[tuple[str, Spelling]]:
    """Yield each way to read a tag by one template; the pack is "" where the template does not name it."""
    for pack in _packs_in(template, tag, packs):
        before, after = affixes(template, pack)
        start, end = len(before), len(tag) - len(after)
        if start < end and tag.startswith(before) and tag.endswith(after) and tag[start] in _DIGITS:
            yield pack, Spelling(0, before, after)


def _packs_in(template: str, tag: str, packs: Collection[str]) -> list[str]:
    """Return the packs whose name is in the place of `{pack}`."""
    head, found, tail = template.partition("{pack}")
    if not found:
        return [""]
    if "{version}" not in head:
        start = len(head)
        return [name for end in range(start + 1, len(tag) + 1) if (name := tag[start:end]) in packs]
    end = len(tag) - len(tail.rpartition("{pack}")[2])
    return [name for start in range(end) if (name := tag[start:end]) in packs]


@lru_cache(maxsize=1024)
def affixes(template: str, pack: str) -> tuple[str, str]:
    """Return the texts before and after the version, with the name of the pack filled in, or raise ValueError."""
    parts = template.split("{version}")
    if len(parts) != 2:
        raise ValueError(f"the tag template {template!r} must hold {{version}} once")
    if any(brace in part.replace("{pack}", "") for part in parts for brace in "{}"):
        raise ValueError(f"the tag template {template!r} may hold {{pack}} and {{version}}, no other braces")
    return parts[0].replace("{pack}", pack), parts[1].replace("{pack}", pack)


def check_template(template: str) -> str:
    """Return a template.

    Raises:
        ValueError: if it does not hold `{version}` once, or holds braces with anything else than `pack`.
    """
    affixes(template, "")
    return template


WHOLE_BEGINNINGS: Final = tuple(f"{prefix}{digit}" for prefix in WHOLE_PREFIXES for digit in sorted(_DIGITS))
"""How the tags of a repository as a whole begin."""
_OWN_BEGINNINGS: Final = tuple(sorted({separator[0] for separator in SEPARATORS}))


def beginnings(names: Iterable[str], templates: Iterable[str] = ()) -> tuple[str, ...]:
    """Return how the tags of packs begin, under the usual templates and under these."""
    named = tuple(dict.fromkeys(names))
    found = [f"{name}{separator}" for name in named for separator in _OWN_BEGINNINGS]
    for template in templates:
        for name in named:
            before = affixes(template, name)[0]
            found += [before] if name in before else [f"{before}{digit}" for digit in sorted(_DIGITS)]
    return tuple(dict.fromkeys((*found, "@")))
