"""From requirements to one commit per pack: highest that fits, old decisions preferred, backtracking.

The search is resolvelib's. This file says what the candidates are, which come first, and what they
ask for in turn. The result depends on requirements, catalog and preferences alone, not on their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible
from resolvelib.resolvers import Resolution, ResolutionTooDeep

from agentsync.errors import ResolutionError
from agentsync.model.requirement import PinKind
from agentsync.model.version import parse_range
from agentsync.resolving.catalog import Candidate, Catalog, Requirement
from agentsync.resolving.conflict import Asked, conflict_error, self_error

_MOST_ROUNDS: Final = 100_000
ANY: Final = ("", "*")


@dataclass(frozen=True, slots=True)
class Preferred:
    """An old decision, with what it is known to ask for."""

    candidate: Candidate
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """One commit per pack, and what each of them asks for."""

    chosen: Mapping[str, Candidate] = field(default_factory=dict)
    requires: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)


def resolve(
    wanted: Sequence[Requirement], catalog: Catalog, preferred: Mapping[str, Preferred] | None = None
) -> Solution:
    """Choose a commit for every pack that is asked for, directly or through others.

    Args:
        wanted: what the manifest asks for.
        catalog: what exists.
        preferred: old decisions by pack, taken wherever they still fit.

    Raises:
        ResolutionError: where no choice serves everybody; it names who asked for what.
    """
    provider = _Provider(catalog, preferred or {})
    try:
        return provider.solve(wanted)
    except ResolutionImpossible as error:
        raise conflict_error(provider.asked(error.causes), provider.existing, _Relaxed(wanted, catalog)) from error


class _Relaxed:
    """Tries the same requirements with one of them wide open, to see which change would help."""

    def __init__(self, wanted: Sequence[Requirement], catalog: Catalog) -> None:
        self._wanted = wanted
        self._catalog = catalog

    def version_without(self, name: str) -> Version | None:
        """The version of a pack that would serve all the others, None where there is none."""
        rest = [requirement for requirement in self._wanted if requirement.name != name]
        if len(rest) == len(self._wanted):
            return None
        from agentsync.model.requirement import Pin

        open_again = [*rest, Requirement(name, Pin(PinKind.VERSION, "*"))]
        try:
            return _Provider(self._catalog, {}).solve(open_again).chosen[name].version
        except (ResolutionImpossible, ResolutionError):
            return None


class _Provider(AbstractProvider[Asked, Candidate, str]):
    """What resolvelib asks while it searches."""

    def __init__(self, catalog: Catalog, preferred: Mapping[str, Preferred]) -> None:
        self._catalog = catalog
        self._preferred = preferred
        self._known: dict[str, Sequence[Candidate]] = {}
        self._fitting: dict[tuple[str, str], frozenset[Candidate]] = {}
        self._requires: dict[Candidate, tuple[Requirement, ...]] = {}
        self._first_asked: dict[str, Candidate | None] = {}
        self._alive: list[Candidate] = []

    def solve(self, wanted: Sequence[Requirement]) -> Solution:
        """Run the search."""
        asked = [Asked(requirement, None) for requirement in sorted(wanted, key=lambda one: (one.name, str(one.pin)))]
        for one in asked:
            self._first_asked.setdefault(one.requirement.name, None)
        chosen = self._straight(asked)
        if chosen is None:
            chosen = self._searched(asked)
        chosen = dict(sorted(chosen.items()))
        return Solution(chosen, {name: self._requires_of(candidate) for name, candidate in chosen.items()})

    def _straight(self, asked: Sequence[Asked]) -> dict[str, Candidate] | None:
        """Take the best candidate for each pack as it comes up; None where one turns out not to serve all.

        Most manifests need no search. Where every choice stands, it is the best one under all that is
        asked, so that the order of asking does not matter.
        """
        chosen: dict[str, Candidate] = {}
        waiting = deque(asked)
        while waiting:
            one = waiting.popleft()
            name = one.requirement.name
            if name in chosen:
                if not self.is_satisfied_by(one, chosen[name]):
                    return None
                continue
            try:
                best = next(iter(self.find_matches(name, {name: iter([one])}, {name: iter(())})()), None)
                if best is None:
                    return None
                chosen[name] = best
                waiting.extend(self.get_dependencies(best))
            except ResolutionError:
                return None  # the search may go another way; if not, it says why
        return chosen

    def _searched(self, asked: Sequence[Asked]) -> dict[str, Candidate]:
        """Let resolvelib search, going back where a choice does not serve all."""
        self._first_asked = {one.requirement.name: None for one in asked}
        try:
            # `Resolver.resolve` adds a walk that never ends where packs that were given up again ask for each other.
            state = Resolution(self, BaseReporter()).resolve(asked, max_rounds=_MOST_ROUNDS)
        except ResolutionTooDeep as error:
            raise ResolutionError(
                "the search for versions takes too long",
                why=f"no answer after {_MOST_ROUNDS:,} steps",
                hint="narrow the ranges in agentsync.yaml",
            ) from error
        reached = self._reached([one.requirement.name for one in asked], state.mapping)
        return {name: state.mapping[name] for name in reached}

    def _reached(self, roots: Iterable[str], chosen: Mapping[str, Candidate]) -> set[str]:
        """The packs that somebody still asks for; the search leaves others behind when it turns back."""
        reached: set[str] = set()
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [requirement.name for requirement in self._requires_of(chosen[name])]
        return reached

    def identify(self, requirement_or_candidate: Asked | Candidate) -> str:
        """The pack's name."""
        if isinstance(requirement_or_candidate, Candidate):
            return requirement_or_candidate.name
        return requirement_or_candidate.requirement.name

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, str]:
        """Packs in a conflict first, then those without a choice, then by name."""
        in_conflict = any(identifier == cause.requirement.requirement.name for cause in backtrack_causes)
        pinned = any(one.requirement.requirement.pin.kind is not PinKind.VERSION for one in information[identifier])
        return not in_conflict, not pinned, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Asked]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Callable[[], Iterable[Candidate]]:
        """The candidates that serve all requirements, the preferred one first, then the newest."""
        every = list(requirements[identifier])
        asked = [one.requirement for one in every]
        parent = next((one.parent for one in every), None)
        excluded = set(incompatibilities[identifier])

        def matches() -> Iterator[Candidate]:
            old = self._preferred.get(identifier)
            if old is not None and old.candidate not in excluded and self._keeps(old.candidate, asked):
                yield old.candidate
            for candidate in self._serving(identifier, asked, parent):
                if candidate not in excluded and (old is None or candidate != old.candidate):
                    yield candidate

        return matches

    def is_satisfied_by(self, requirement: Asked, candidate: Candidate) -> bool:
        """Whether a candidate serves a requirement; asked millions of times in a large search."""
        known = requirement.known.get(id(candidate))
        if known is None:
            known = requirement.known[id(candidate)] = self._serves(candidate, requirement.requirement)
            self._alive.append(candidate)  # so that its id stays its own
        return known

    def get_dependencies(self, candidate: Candidate) -> Iterable[Asked]:
        """What a candidate asks for."""
        for requirement in self._requires_of(candidate):
            if requirement.name == candidate.name:
                raise self_error(candidate)
            self._first_asked.setdefault(requirement.name, candidate)
            yield Asked(requirement, candidate)

    def asked(self, causes: Iterable[Any]) -> list[Asked]:
        """Who asked for the packs of a conflict, each with the chain that leads there."""
        found = [Asked(cause.requirement.requirement, cause.parent, self._chain(cause.parent)) for cause in causes]
        return list(dict.fromkeys(found))

    def existing(self, name: str) -> list[str]:
        """The versions of a pack that exist, newest first, as far as was asked."""
        known = [candidate for key, seen in self._known.items() if key == name for candidate in seen]
        released = [candidate for candidate in known if candidate.version is not None]
        return [f"{one.version}{' (yanked)' if one.yanked else ''}" for one in released]

    def _chain(self, parent: Candidate | None) -> tuple[str, ...]:
        chain: list[str] = []
        while parent is not None and str(parent) not in chain:
            chain.append(str(parent))
            parent = self._first_asked.get(parent.name)
        return tuple(reversed(chain))

    def _requires_of(self, candidate: Candidate) -> tuple[Requirement, ...]:
        if candidate not in self._requires:
            old = self._preferred.get(candidate.name)
            known = old is not None and old.candidate == candidate
            found = old.requires if known and old is not None else self._catalog.requires(candidate)
            self._requires[candidate] = tuple(sorted(found, key=lambda one: (one.name, str(one.pin))))
        return self._requires[candidate]

    def _serving(self, name: str, asked: Sequence[Requirement], parent: Candidate | None) -> Iterator[Candidate]:
        exact = next((one for one in asked if one.pin.kind is not PinKind.VERSION), None)
        try:
            if exact is not None:
                pool: Sequence[Candidate] = self._catalog.candidates(name, exact.pin)
            else:
                if name not in self._known:
                    self._known[name] = self._catalog.candidates(name, asked[0].pin)
                pool = self._known[name]
        except ResolutionError as error:
            raise self._explained(error, parent) from error
        sets = [self._set(name, one, pool) for one in asked if exact is None or one.pin.kind is PinKind.VERSION]
        return (candidate for candidate in pool if not candidate.yanked and all(candidate in fit for fit in sets))

    def _explained(self, error: ResolutionError, parent: Candidate | None) -> ResolutionError:
        """The same failure, with the chain of packs that led to it."""
        if parent is None:
            return error
        why = f"{' -> '.join(('agentsync.yaml', *self._chain(parent)))} asks for it"
        return ResolutionError(error.what, why=f"{why}; {error.why}" if error.why else why, hint=error.hint)

    def _set(self, name: str, requirement: Requirement, pool: Sequence[Candidate]) -> frozenset[Candidate]:
        if len(pool) == 1:
            return frozenset(candidate for candidate in pool if self._serves(candidate, requirement))
        key = (name, requirement.pin.text)
        if key not in self._fitting:
            self._fitting[key] = frozenset(candidate for candidate in pool if self._serves(candidate, requirement))
        return self._fitting[key]

    def _keeps(self, old: Candidate, asked: Sequence[Requirement]) -> bool:
        """Whether an old decision still serves everybody, told without asking the catalog."""
        return all(self._serves(old, one) for one in asked)

    @staticmethod
    def _serves(candidate: Candidate, requirement: Requirement) -> bool:
        """Whether a candidate is one that a requirement may mean.

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
