"""Versions: ranges that a manifest may ask for, and releases read out of git tags.

A range is a PEP 440 specifier set, or one of the shorter forms people know from cargo and npm,
all of which are translated to PEP 440: `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`, `A || B`, `*`, `1.4.2`.
Not a range: `===` (it compares spellings), local versions (`1.0+mine`), names such as `latest`.

Sources: PEP 440 (https://packaging.python.org/specifications/version-specifiers/), cargo's caret
rules (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html), npm's ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

PER_PACK_TEMPLATES: Final = (
    "{pack}/v{version}",
    "{pack}--v{version}",
    "{pack}-v{version}",
    "{pack}@{version}",
)
WHOLE_TEMPLATES: Final = ("v{version}", "{version}")

_CLAUSE: Final = re.compile(r"(\^|~=|~|===|==|!=|>=|<=|>|<|=)?\s*([0-9A-Za-z*][0-9A-Za-z.*+!_-]*)")
_SEPARATOR: Final = re.compile(r"\s*,\s*|\s+")
_ANY: Final = re.compile(r"[xX*](?:\.[xX*])*")
_WILDCARD: Final = re.compile(r"v?((?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*)(?:\.[xX*])+")
_SPAN: Final = re.compile(r"(\S+)\s+-\s+(\S+)")
_DIGITS: Final = frozenset("0123456789")


class Alternative(NamedTuple):
    """One side of `||`: what it allows, and whether it names a pre-release."""

    specifiers: SpecifierSet
    prereleases: bool


class VersionRange(NamedTuple):
    """The versions that somebody asks for; `text` as written, and two ranges are equal if their texts are."""

    text: str
    alternatives: tuple[Alternative, ...]

    @property
    def prereleases(self) -> bool:
        """Whether any alternative names a pre-release and so allows them."""
        return any(alternative.prereleases for alternative in self.alternatives)

    def allows(self, version: Version) -> bool:
        """Whether the version is in the range: pre-releases only for an alternative that names one."""
        return any(each.specifiers.contains(version, prereleases=each.prereleases) for each in self.alternatives)

    def newest(self, versions: Iterable[Version]) -> Version | None:
        """The highest of the versions that the range allows."""
        return max(filter(self.allows, versions), default=None)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def parse_range(text: str) -> VersionRange:
    """Read a version range.

    Args:
        text: `>=1.2,<2` (commas or blanks), `~=1.4`, `!=1.3`, `==1.*`, `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`
            (both included), `1.4.2` (exactly), `*` or nothing (any version), and these joined by `||`.

    Raises:
        ValueError: with a sentence that says what is wrong.
    """
    if not text.isprintable():
        raise _wrong(text, "it holds a character that does not show")
    parts = text.split("||")
    if len(parts) > 1 and not all(part.strip() for part in parts):
        raise _wrong(text, "an alternative of '||' is empty; '*' is any version")
    return VersionRange(text, tuple(_alternative(part.strip(), text) for part in parts))


def caret(version: Version) -> str:
    """The range that asks for a release and whatever is compatible with it: `^6.2.0`, `^2.0.0rc1`."""
    return f"^{version.public}"


def is_among(version: Version, texts: Iterable[str]) -> bool:
    """Whether one of the texts is this version, however it is spelled; what is no version is passed over."""
    return any(_version(text) == version for text in texts)


class Release(NamedTuple):
    """A version, and the tag (without `refs/tags/`) that it was read from."""

    version: Version
    tag: str


class Releases(NamedTuple):
    """What the tags of a repository offer for one pack.

    Args:
        found: newest first, each version once.
        left_out: how many tags look like a version of this pack but are none.
        templates: the templates that `found` was read with, in the order in which they were tried.
    """

    found: tuple[Release, ...]
    left_out: int
    templates: tuple[str, ...]


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
    if template is not None:
        return _read(names, (template,), pack)
    own = _read(names, PER_PACK_TEMPLATES, pack)
    if own.found:
        return own
    whole = _read_whole(names)
    return Releases(whole.found, own.left_out + whole.left_out, whole.templates)


@lru_cache(maxsize=16)
def _read_whole(tags: tuple[str, ...]) -> Releases:
    """The releases of a repository as a whole: the same for each of its packs, so worked out once."""
    return _read(tags, WHOLE_TEMPLATES, "")


def _read(tags: tuple[str, ...], templates: tuple[str, ...], pack: str) -> Releases:
    best, left_out = _best_tags(tags, [_affixes(template, pack) for template in templates])
    used = {index for index, _ in best}
    found = sorted((release for _, release in best), key=lambda release: release.version, reverse=True)
    return Releases(tuple(found), left_out, tuple(each for index, each in enumerate(templates) if index in used))


def _alternative(text: str, whole: str) -> Alternative:
    span = _SPAN.fullmatch(text)
    clauses = [(">=", span[1]), ("<=", span[2])] if span else _clauses(text, whole)
    specifiers: list[str] = []
    prereleases = False
    for operator, operand in clauses:
        if "+" in operand:
            raise _wrong(whole, f"'{operand}' is a local version, which no release has")
        if not operator and len(clauses) > 1 and not (_ANY.fullmatch(operand) or _WILDCARD.fullmatch(operand)):
            raise _wrong(whole, f"'{operand}' alone means exactly that version, which goes with nothing else")
        specifiers += _specifiers(operator, operand, whole)
        prereleases |= operator != "!=" and _is_prerelease(operand)
    try:
        return Alternative(SpecifierSet(",".join(specifiers)), prereleases)
    except InvalidSpecifier:
        raise _wrong(whole, "a part of it is not a PEP 440 specifier, such as '>=1.2', '~=1.4' or '==1.*'") from None


def _clauses(text: str, whole: str) -> list[tuple[str, str]]:
    """Split one alternative into operators and operands."""
    clauses: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        clause = _CLAUSE.match(text, position)
        if clause is None:
            raise _wrong(whole, f"cannot read '{text[position:][:40]}'")
        clauses.append((clause[1] or "", clause[2]))
        position = clause.end()
        if position < len(text):
            separator = _SEPARATOR.match(text, position)
            if separator is None or separator.end() == len(text):
                raise _wrong(whole, f"expected a comma and another part after '{text[:position][-40:]}'")
            position = separator.end()
    return clauses


def _specifiers(operator: str, operand: str, whole: str) -> list[str]:
    """Say one clause in PEP 440; nothing for a clause that allows everything."""
    if not operator and _ANY.fullmatch(operand):
        return []
    wildcard = _WILDCARD.fullmatch(operand)
    if wildcard is not None:
        if operator not in {"", "==", "!="}:
            raise _wrong(whole, f"'{operator}' takes a version, not '{operand}'")
        return [f"{operator or '=='}{wildcard[1]}.*"]
    if operator in {"=", "==="}:
        raise _wrong(whole, f"'{operator}' is not known here, write '=={operand}'")
    version = _version(operand)
    if version is None:
        raise _wrong(whole, f"'{operand[:40]}' is not a version")
    if operator == "^":
        return [f">={version}", f"<{_bumped(version, _first_significant(version.release))}"]
    if operator == "~":
        return [f">={version}", f"<{_bumped(version, min(1, len(version.release) - 1))}"]
    if operator == "~=" and len(version.release) < 2:
        raise _wrong(whole, f"'~=' needs at least two numbers; '~{operand}' takes one")
    return [f"{operator or '=='}{version}"]


def _first_significant(release: Sequence[int]) -> int:
    """Where a change is a breaking one: the first number that is not 0, else the last one."""
    return next((index for index, number in enumerate(release) if number), len(release) - 1)


def _bumped(version: Version, index: int) -> str:
    numbers = [*version.release[:index], version.release[index] + 1]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))


def _is_prerelease(operand: str) -> bool:
    version = _version(operand)
    return version is not None and version.is_prerelease


@lru_cache(maxsize=1 << 18)
def _version(text: str) -> Version | None:
    """Parse a version; None for what is none and for local versions. Remembered: each pack reads all tags."""
    try:
        version = Version(text)
    except ValueError:
        return None
    return None if version.local else version


def _wrong(text: str, reason: str) -> ValueError:
    return ValueError(f"{text[:80]!r} is not a version range: {reason}")


def _affixes(template: str, pack: str) -> tuple[str, str]:
    """What stands before and after the version, with the pack's name filled in."""
    parts = template.split("{version}")
    if len(parts) != 2:
        raise ValueError(f"the tag template {template!r} must hold {{version}} once")
    if any(brace in part.replace("{pack}", "") for part in parts for brace in "{}"):
        raise ValueError(f"the tag template {template!r} may hold {{pack}} and {{version}}, no other braces")
    return parts[0].replace("{pack}", pack), parts[1].replace("{pack}", pack)


# A release, and the number of the template that it was read with.
_Candidate = tuple[int, Release]


def _best_tags(tags: Iterable[str], affixes: Sequence[tuple[str, str]]) -> tuple[Iterable[_Candidate], int]:
    """The best tag of each version, and how many tags fit an affix but hold no version."""
    best: dict[Version, _Candidate] = {}
    left_out = 0
    prefixes = tuple(prefix for prefix, _ in affixes)
    for tag in tags:
        if not tag.startswith(prefixes):
            continue
        for index, (prefix, suffix) in enumerate(affixes):
            text = _between(prefix, tag, suffix)
            if text is None:
                continue
            version = _version(text)
            if version is None:
                left_out += 1
                continue
            candidate = (index, Release(version, tag))
            known = best.setdefault(version, candidate)
            if known is not candidate and _rank(candidate) < _rank(known):
                best[version] = candidate
    return best.values(), left_out


def _between(prefix: str, tag: str, suffix: str) -> str | None:
    """What stands between the affixes, if it starts like a version."""
    start, end = len(prefix), len(tag) - len(suffix)
    if start < end and tag[start] in _DIGITS and tag.startswith(prefix) and tag.endswith(suffix):
        return tag[start:end]
    return None


def _rank(candidate: _Candidate) -> tuple[int, int, int, str]:
    """Sorts the tags of one version, the best first: template, how much is spelled out, then by letters."""
    index, release = candidate
    return index, -len(release.version.release), len(release.tag), release.tag
