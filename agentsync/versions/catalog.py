"""The catalog that the resolver asks: which candidates there are, and what each requires."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, Protocol

from packaging.version import Version

from agentsync.versions.release import Releases
from agentsync.versions.requirement import ANY, Pin, PinKind
from agentsync.versions.version import ANYWHERE, Bounds, is_among, parse_range


class Candidate(NamedTuple):
    """A commit that may serve a requirement. Two are equal where name, version, ref and commit are.

    Args:
        yanked: the release was withdrawn; it is chosen only where it is locked already.
        stands_in: it is the default branch of a pack that has no releases.
    """

    name: str  # of the pack, as the lock calls it
    version: Version | None  # None where it is no release
    ref: str  # the full ref that leads to it, "" where it was asked for by id
    commit: str
    yanked: bool = False
    stands_in: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self[:4] == other[:4]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:4])

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name} {self.version}"
        return f"{self.name} {self.ref.removeprefix('refs/heads/').removeprefix('refs/tags/') or self.commit[:12]}"


class Released(Iterable[Candidate]):
    """All releases of a pack as candidates, newest first; each is made when a caller comes to it."""

    def __init__(self, name: str, found: Releases, commits: Mapping[str, str], yanked: Collection[str] = ()) -> None:
        self._name = name
        self._found = found
        self._commits = commits
        self._yanked = yanked

    def within(self, bounds: Bounds = ANYWHERE, *, stable: bool = False) -> Iterator[Candidate]:
        """Yield those within the bounds, and perhaps others; `stable` leaves out pre-releases."""
        for one in self._found.within(bounds, stable=stable):
            yanked = is_among(one.version, self._yanked)
            yield Candidate(self._name, one.version, f"refs/tags/{one.tag}", self._commits[one.tag], yanked)

    def __iter__(self) -> Iterator[Candidate]:
        return self.within()


def worth_a_look(candidates: Iterable[Candidate], pins: Iterable[Pin]) -> Iterable[Candidate]:
    """Return the candidates without those that some version range cannot allow, in the same order."""
    ranges = [pin.range for pin in pins if pin.range is not None]
    if not isinstance(candidates, Released):
        return candidates
    bounds = reduce(Bounds.both, (one.bounds for one in ranges), ANYWHERE)
    return candidates.within(bounds, stable=not all(one.prereleases for one in ranges))


def stable(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Return the releases that are neither withdrawn nor pre-releases, in the same order."""
    found = candidates.within(stable=True) if isinstance(candidates, Released) else candidates
    return (one for one in found if one.version is not None and not one.yanked and not one.version.is_prerelease)


def newest_release(candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the newest release that is not withdrawn, a pre-release only where there is no other; None for none."""
    released = (one for one in candidates if one.version is not None and not one.yanked)
    return next(stable(candidates), None) or next(released, None)


class Requirement(NamedTuple):
    """A pack that another one, or the manifest, asks for: its name in the lock, and the versions that may serve."""

    name: str
    pin: Pin


class Catalog(Protocol):
    """The place that packs come from."""

    def candidates(self, name: str, pin: Pin) -> Iterable[Candidate]:
        """Return every commit that may serve a pin, to be iterated any number of times.

        These are all releases for a version range, and one commit for any other pin. A pack without releases offers
        its default branch to a version range.

        Raises:
            ResolutionError: where there is no such pack, tag or branch.
        """

    def unfit(self, candidate: Candidate) -> str:
        """Return why a candidate that serves must not be chosen, "" where it may."""

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """Return the requirements of a pack at one commit.

        Raises:
            ResolutionError: where that cannot be read, or names a registry the manifest does not list.
        """


def serves(candidate: Candidate, requirement: Requirement) -> bool:
    """Return whether a candidate is one that a requirement may mean.

    A commit that is no release serves every version range where the manifest pinned it by hand,
    and `*` where it stands in for the releases that a pack does not have.
    """
    pin = requirement.pin
    if pin.kind is PinKind.VERSION:
        if candidate.version is None:
            return not candidate.stands_in or pin.text.strip() in ANY
        return parse_range(pin.text).allows(candidate.version)
    if pin.kind is PinKind.COMMIT:
        return candidate.commit == pin.text
    heads = "refs/tags/" if pin.kind is PinKind.TAG else "refs/heads/"
    return candidate.ref == heads + pin.text
