"""From requirements to one commit per pack: highest that fits, old decisions preferred, backtracking.

`search.py` holds the search. This file gives it the candidates, in their order, and their requirements. The result
depends on requirements, catalog and preferences alone, not on their order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

from packaging.version import Version

from agentsync.errors import AgentsyncError, FetchError, ResolutionError
from agentsync.versions.catalog import Candidate, Catalog, Requirement, serves, worth_a_look
from agentsync.versions.requirement import Pin, PinKind
from agentsync.versions.search import Asked, Impossible, search
from agentsync.versions.version import caret


class Preferred(NamedTuple):
    """An old decision: what was chosen, and its known requirements.

    Newer candidates come before a floor; where it fits, no older one is chosen in any case.
    """

    candidate: Candidate
    requires: tuple[Requirement, ...] = ()
    is_floor: bool = False


class Solution(NamedTuple):
    """One commit per pack, and the requirements of each."""

    chosen: Mapping[str, Candidate] = MappingProxyType({})
    requires: Mapping[str, tuple[Requirement, ...]] = MappingProxyType({})


def resolve(
    wanted: Sequence[Requirement], catalog: Catalog, preferred: Mapping[str, Preferred] | None = None
) -> Solution:
    """Choose a commit for every pack that is asked for, directly or through others.

    Args:
        preferred: old decisions by pack, taken wherever they still fit.

    Raises:
        ResolutionError: where no choice serves all; it names each requirement and the pack that it is of.
    """
    choices = _Choices(catalog, preferred or {})
    try:
        return choices.solve(wanted)
    except Impossible as error:
        if choices.unfollowed:
            raise choices.unfollowed[0] from error
        raise _conflict(error.causes, choices.existing, partial(_version_without, wanted, catalog)) from error


def _version_without(wanted: Sequence[Requirement], catalog: Catalog, name: str) -> Version | None:
    """Return the version of a pack that would serve all the other requirements, None where there is none."""
    rest = [requirement for requirement in wanted if requirement.name != name]
    if len(rest) == len(wanted):
        return None
    open_again = [*rest, Requirement(name, Pin(PinKind.VERSION, "*"))]
    try:
        return _Choices(catalog, {}).solve(open_again).chosen[name].version
    except (Impossible, ResolutionError):
        return None


class _Choices:
    """The answers to the questions of one search, each worked out once."""

    def __init__(self, catalog: Catalog, preferred: Mapping[str, Preferred]) -> None:
        self._catalog = catalog
        self._preferred = preferred
        self._known: dict[str, Iterable[Candidate]] = {}
        self._fitting: dict[tuple[Candidate, str], bool] = {}
        self._requires: dict[Candidate, tuple[Requirement, ...]] = {}
        self._why_unfit: dict[Candidate, str] = {}
        # The failures for which others than the old decisions could not be tried.
        self.unfollowed: list[AgentsyncError] = []

    def solve(self, wanted: Sequence[Requirement]) -> Solution:
        """Run the search, pins by hand first, then by name; raise Impossible where no choice serves all."""
        first = sorted(wanted, key=lambda one: (one.pin.kind is PinKind.VERSION, one.name, str(one.pin)))
        chosen = dict(sorted(search(first, self.fitting, self.needs).items()))
        return Solution(chosen, {name: self._requires_of(candidate) for name, candidate in chosen.items()})

    def fitting(self, name: str, asked: Sequence[Asked]) -> Iterator[Candidate]:
        """Yield the candidates that serve all requirements: the preferred one, then the newest first.

        A preferred one that is a floor comes last, and nothing that is not newer; where the manifest itself asks
        for something else, it is no floor.
        """
        requirements = [one.requirement for one in asked]
        old = self._preferred.get(name)
        stays = old is not None and all(serves(old.candidate, one) for one in requirements)
        direct = [one.requirement for one in asked if one.parent is None]
        is_floor = old is not None and old.is_floor and all(serves(old.candidate, one) for one in direct)
        floor = old.candidate if old is not None and is_floor else None
        if old is not None and stays and floor is None:
            yield old.candidate
        try:
            serving = self._serving(name, requirements)
        except (ResolutionError, FetchError) as error:
            failure = _explained(error, asked[0]) if isinstance(error, ResolutionError) else error
            if not stays and floor is None:
                raise failure from error
            self.unfollowed.append(failure)
            if floor is not None and stays:
                yield floor
            return
        for candidate in serving:
            if floor is not None and not _is_newer(candidate, floor):
                break
            if (old is None or candidate != old.candidate) and not self._unfit(candidate):
                yield candidate
        if floor is not None and stays:
            yield floor

    def _unfit(self, candidate: Candidate) -> str:
        if candidate not in self._why_unfit:
            self._why_unfit[candidate] = self._catalog.unfit(candidate)
        return self._why_unfit[candidate]

    def needs(self, candidate: Candidate) -> Sequence[Requirement]:
        """Return the requirements of a candidate."""
        needs = self._requires_of(candidate)
        if any(one.name == candidate.name for one in needs):
            raise ResolutionError(
                f"{candidate} requires itself",
                why="its pack.yaml or plugin.json names the pack that it stands in",
                hint="ask for another version, and contact the pack maintainer",
            )
        return needs

    def existing(self, name: str) -> list[str]:
        """Return the versions of a pack that exist, newest first, as far as they were looked at."""
        known = dict.fromkeys([*self._known.get(name, ()), *(one for one in self._why_unfit if one.name == name)])
        return [f"{_shown(one)}{self._remark(one)}" for one in known if one.version is not None or self._remark(one)]

    def _remark(self, candidate: Candidate) -> str:
        why = "yanked" if candidate.yanked else self._why_unfit.get(candidate, "")
        return f" ({why})" if why else ""

    def _requires_of(self, candidate: Candidate) -> tuple[Requirement, ...]:
        if candidate not in self._requires:
            old = self._preferred.get(candidate.name)
            is_known = old and old.candidate == candidate
            found = old.requires if old and is_known else self._catalog.requires(candidate)
            self._requires[candidate] = tuple(sorted(found, key=lambda one: (one.name, str(one.pin))))
        return self._requires[candidate]

    def _serving(self, name: str, asked: Sequence[Requirement]) -> Iterator[Candidate]:
        exact = next((one for one in asked if one.pin.kind is not PinKind.VERSION), None)
        if exact is not None:
            pool: Iterable[Candidate] = self._catalog.candidates(name, exact.pin)
        else:
            if name not in self._known:
                self._known[name] = self._catalog.candidates(name, asked[0].pin)
            pool = self._known[name]
        bounding = [one for one in asked if exact is None or one.pin.kind is PinKind.VERSION]
        looked_at = worth_a_look(pool, [one.pin for one in bounding])
        return (one for one in looked_at if not one.yanked and all(self._fits(one, asking) for asking in bounding))

    def _fits(self, candidate: Candidate, asking: Requirement) -> bool:
        """Return what `serves` does, cached: a search comes back to the same candidates many times."""
        key = (candidate, asking.pin.text)
        if (known := self._fitting.get(key)) is None:
            known = self._fitting[key] = serves(candidate, asking)
        return known


def _is_newer(candidate: Candidate, floor: Candidate) -> bool:
    """Return whether a candidate may replace an old decision: the same release by another tag may, too."""
    if floor.version is None:
        return candidate != floor
    if candidate.version is None:
        return not candidate.stands_in
    if candidate.version == floor.version:
        return candidate.commit == floor.commit and candidate.ref != floor.ref
    return candidate.version > floor.version


def _shown(candidate: Candidate) -> str:
    return str(candidate.version) if candidate.version is not None else str(candidate).partition(" ")[2]


def _explained(error: ResolutionError, asked: Asked) -> ResolutionError:
    """Return the same failure, with the chain of packs that led to it."""
    if not asked.chain:
        return error
    why = f"{' -> '.join(('agentsync.yaml', *map(str, asked.chain)))} asks for it"
    why = f"{why}; {error.why}" if error.why else why
    explained = ResolutionError(error.what, why=why, hint=error.hint, rule=error.rule)
    explained.asked_by = tuple(one.name for one in asked.chain)
    return explained.of(pack=error.pack, registry=error.registry)


MOST_TOLD: Final = 12


def _conflict(
    causes: Sequence[Asked], existing: Callable[[str], Sequence[str]], version_without: Callable[[str], Version | None]
) -> ResolutionError:
    """Return the error for requirements that cannot all be met.

    Args:
        existing: returns the versions of a pack that exist.
        version_without: returns the version of a pack where the manifest does not restrict it, None for no solution.
    """
    names = sorted({cause.requirement.name for cause in causes})
    ranges = sorted({str(cause.requirement.pin) for cause in causes})
    reasons = [str(cause) for cause in sorted(causes, key=lambda cause: (len(cause.chain), str(cause)))]
    offered = [
        f"versions of {name} that exist: {versions_told(there)}" if there else f"{name} has no release tags"
        for name in names
        for there in [existing(name)]
    ]
    what = f"no version of {' and '.join(names)} satisfies {' and '.join(f'`{text}`' for text in ranges)}"
    error = ResolutionError(what, why="; ".join([*reasons, *offered]), hint=_hint(causes, existing, version_without))
    error.asked_by = tuple(dict.fromkeys(one.name for cause in causes for one in cause.chain))
    return error.of(pack=names[0]) if len(names) == 1 else error


def versions_told(versions: Sequence[str]) -> str:
    """Return the newest versions for a sentence, and the number of the others."""
    rest = len(versions) - MOST_TOLD
    return ", ".join(versions[:MOST_TOLD]) + (f" and {rest} older" if rest > 0 else "")


def _hint(
    causes: Iterable[Asked], existing: Callable[[str], Sequence[str]], version_without: Callable[[str], Version | None]
) -> str:
    """Return the smallest change of the manifest that would help, found by trying."""
    roots = {cause.chain[0].name if cause.chain else cause.requirement.name for cause in causes}
    for name in sorted(roots):
        version = version_without(name)
        if version is not None:
            return f'ask for {name} "{caret(version)}" in agentsync.yaml'
    if unreleased := next((name for name in sorted(roots) if not existing(name)), None):
        return f"follow a branch of it: write `{unreleased}: {{branch: NAME}}` in agentsync.yaml"
    return "ask for other versions in agentsync.yaml, or contact the pack maintainers"
