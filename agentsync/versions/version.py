"""Version ranges that a manifest may ask for.

A range is a PEP 440 specifier set, or one of the shorter forms people know from cargo and npm,
all of which are translated to PEP 440: `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`, `A || B`, `*`, `1.4.2`.
Not a range: `===` (it compares spellings), local versions (`1.0+mine`), names such as `latest`.

Sources: PEP 440 (https://packaging.python.org/specifications/version-specifiers/), cargo's caret
rules (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html), npm's ranges.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, reduce
from math import inf
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final, NamedTuple

from packaging.version import Version

from agentsync.late import late

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_CLAUSE: Final = late(r"(\^|~=|~|===|==|!=|>=|<=|>|<|=)?\s*([0-9A-Za-z*][0-9A-Za-z.*+!_-]*)")
_SEPARATOR: Final = late(r"\s*,\s*|\s+")
_ANY: Final = late(r"[xX*](?:\.[xX*])*")
_WILDCARD: Final = late(r"v?((?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*)(?:\.[xX*])+")
_SPAN: Final = late(r"(\S+)\s+-\s+(\S+)")
_FINAL: Final = late(r"(>=|<=|==|!=|>|<)([0-9.]+)")
_COMPARED: Final = {">=": ge, "<=": le, "==": eq, "!=": ne, ">": gt, "<": lt}
# The numbers of a release, those that are left out at its end being 0: `1.2` stands for `1.2.0` too.
Numbers = tuple[float, ...]


class Bounds(NamedTuple):
    """The lowest and the highest release numbers that count, both included; pre- and post-releases go with theirs.

    Without them, a range of old releases would read every newer tag, and take seven times as long.
    """

    low: Numbers = ()
    high: Numbers = (inf,)

    def both(self, other: "Bounds") -> "Bounds":
        """Return the bounds of what is within both."""
        return Bounds(max(self.low, other.low), min(self.high, other.high))


ANYWHERE: Final = Bounds()


class Alternative(NamedTuple):
    """One side of `||`: the versions that it allows, as PEP 440 writes them, and whether it names a pre-release."""

    text: str
    prereleases: bool

    @property
    def specifiers(self) -> "SpecifierSet":
        """The specifiers of PEP 440."""
        return _specifier_set(self.text)

    def allows(self, version: Version) -> bool:
        """Return whether it allows a version: a pre-release only where it names one."""
        plain = _comparisons(self.text)
        if plain is None or version.is_prerelease or version.is_postrelease or version.local:
            return self.specifiers.contains(version, prereleases=self.prereleases)
        return all(compare(version, other) for compare, other in plain)


class VersionRange(NamedTuple):
    """The versions that are asked for; `text` as written, and two ranges are equal if their texts are."""

    text: str
    alternatives: tuple[Alternative, ...]

    @property
    def prereleases(self) -> bool:
        """True where any alternative names a pre-release and so allows them."""
        return any(alternative.prereleases for alternative in self.alternatives)

    def allows(self, version: Version) -> bool:
        """Return whether the version is in the range."""
        return any(each.allows(version) for each in self.alternatives)

    @property
    def bounds(self) -> Bounds:
        """The release numbers outside of which no version is in the range."""
        return _bounds(self.text)

    def widened(self, version: Version) -> str:
        """Return the text of a range that allows a version, too; of a range of one version, that version."""
        (first, *others) = self.alternatives
        is_exact = not others and first.text.startswith("==") and not set(first.text) & set("*,")
        return str(version) if is_exact else f"{self.text} || ^{version}"

    def newest(self, versions: Iterable[Version]) -> Version | None:
        """Return the highest of the versions that the range allows."""
        return max(filter(self.allows, versions), default=None)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def _bounds(text: str) -> Bounds:
    each = [
        reduce(Bounds.both, (_bounds_of(one.operator, one.version) for one in alternative.specifiers), ANYWHERE)
        for alternative in parse_range(text).alternatives
    ]
    return Bounds(min(one.low for one in each), max(one.high for one in each))


def _bounds_of(operation: str, operand: str) -> Bounds:
    """Return the bounds of one PEP 440 specifier; none where it names an epoch, which counts before all numbers."""
    release = trimmed(Version(operand.removesuffix(".*")).release)
    if "!" in operand or operation == "!=":
        return ANYWHERE
    if operation in (">", ">="):
        return Bounds(low=release)
    if operation in ("<", "<="):
        return Bounds(high=release)
    if operation == "~=":
        return Bounds(release, (*Version(operand).release[:-1], inf))
    if operand.endswith(".*"):
        return Bounds(release, (*Version(operand.removesuffix(".*")).release, inf))
    return Bounds(release, release)


def trimmed(release: Sequence[int]) -> Numbers:
    """Return the numbers without the zeros at their end."""
    end = len(release)
    while end and not release[end - 1]:
        end -= 1
    return tuple(release[:end])


@lru_cache(maxsize=4096)
def parse_range(text: str) -> VersionRange:
    """Read a version range.

    Args:
        text: `>=1.2,<2` (commas or blanks), `~=1.4`, `!=1.3`, `==1.*`, `^1.2`, `~1.2`, `1.x`, `1.2 - 1.4`
            (both included), `1.4.2` (exactly), `*` or nothing (any version), and these joined by `||`.

    Raises:
        ValueError: with a sentence.
    """
    if not text.isprintable():
        raise _wrong(text, "it holds a character that does not show")
    parts = text.split("||")
    if len(parts) > 1 and not all(part.strip() for part in parts):
        raise _wrong(text, "an alternative of '||' is empty; '*' is any version")
    return VersionRange(text, tuple(_alternative(part.strip(), text) for part in parts))


def caret(version: Version) -> str:
    """Return the range of a release and all that is compatible with it: `^6.2.0`, `^2.0.0rc1`."""
    return f"^{version.public}"


def is_among(version: Version, texts: Iterable[str]) -> bool:
    """Return whether one of the texts is a spelling of this version."""
    return any(version_of(text) == version for text in texts)


@lru_cache(maxsize=4096)
def _comparisons(text: str) -> list[tuple[Callable[[Version, Version], bool], Version]] | None:
    """Return the specifiers of final releases, which compare as their versions do; None where others are among them."""
    clauses = [_FINAL.fullmatch(part) for part in text.split(",") if part]
    return [(_COMPARED[one[1]], Version(one[2])) for one in clauses if one] if all(clauses) else None


@lru_cache(maxsize=4096)
def _specifier_set(text: str) -> "SpecifierSet":
    # Loaded only here: most locks and manifests name final releases alone.
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(text)


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
    return Alternative(",".join(specifiers), prereleases)


def _clauses(text: str, whole: str) -> list[tuple[str, str]]:
    """Return the operators and operands of one alternative."""
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
    """Return one clause as PEP 440 writes it; nothing for a clause that allows everything."""
    if not operator and _ANY.fullmatch(operand):
        return []
    wildcard = _WILDCARD.fullmatch(operand)
    if wildcard is not None:
        if operator not in {"", "==", "!="}:
            raise _wrong(whole, f"'{operator}' takes a version, not '{operand}'")
        return [f"{operator or '=='}{wildcard[1]}.*"]
    if operator in {"=", "==="}:
        raise _wrong(whole, f"'{operator}' is not known here, write '=={operand}'")
    version = version_of(operand)
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
    """Return the place of a breaking change: the first number that is not 0, else the last one."""
    return next((index for index, number in enumerate(release) if number), len(release) - 1)


def _bumped(version: Version, index: int) -> str:
    numbers = [*version.release[:index], version.release[index] + 1]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))


def _is_prerelease(operand: str) -> bool:
    version = version_of(operand)
    return version is not None and version.is_prerelease


@lru_cache(maxsize=1 << 16)
def version_of(text: str) -> Version | None:
    """Parse a version; None for any other text and for local versions. Cached, as packs have versions in common."""
    if not text.isascii():  # some versions of `packaging` read letters that only look alike
        return None
    try:
        version = Version(text)
    except ValueError:
        return None
    return None if version.local else version


def _wrong(text: str, reason: str) -> ValueError:
    return ValueError(f"{text[:80]!r} is not a version range: {reason}")
