"""The search: one candidate per pack, back to the last choice that matters where a pack has none left.

This is conflict-directed backjumping (P. Prosser, "Hybrid Algorithms for the Constraint Satisfaction Problem",
1993) over packs that come up as others require them. It finds a choice exactly where there is one. It knows nothing
of versions: `Fitting` returns the candidates that fit, in their order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agentsync.errors import ResolutionError
from agentsync.versions.catalog import Candidate, Requirement, serves

MOST_STEPS: Final = 100_000


class Asked(NamedTuple):
    """A requirement, the pack that it is of (None: the manifest), and the packs from the manifest to there."""

    requirement: Requirement
    parent: Candidate | None = None
    chain: tuple[Candidate, ...] = ()

    def __str__(self) -> str:
        asker = " -> ".join(("agentsync.yaml", *map(str, self.chain)))
        return f"{asker} asks for {self.requirement.name} `{self.requirement.pin}`"


class Impossible(Exception):
    """No choice serves all; `causes` are the requirements that contradicted each other last."""

    def __init__(self, causes: Sequence[Asked]) -> None:
        super().__init__(causes)
        self.causes = causes


# Yields the candidates of a pack that serve all requirements, best first.
Fitting = Callable[[str, Sequence[Asked]], Iterator[Candidate]]
# Returns the requirements of a candidate.
Needs = Callable[[Candidate], Sequence[Requirement]]


def search(wanted: Sequence[Requirement], fitting: Fitting, needs: Needs) -> Mapping[str, Candidate]:
    """Choose a candidate for each pack that is asked for.

    Args:
        wanted: the first requirements; their packs are decided in this order, the others as they come up.

    Raises:
        Impossible: where there is no choice.
        ResolutionError: where the search takes too many steps.
    """
    return _Search(wanted, fitting, needs).run()


class _Decision(NamedTuple):
    """A pack that is being decided, its candidates that were not tried yet, and the packs that excluded others."""

    name: str
    untried: Iterator[Candidate]
    blamed: set[str]
    asks: list[str]


class _Search:
    """The decisions so far, newest last, and the requirements that follow from them."""

    def __init__(self, wanted: Sequence[Requirement], fitting: Fitting, needs: Needs) -> None:
        self._fitting = fitting
        self._needs = needs
        self._decisions: list[_Decision] = []
        self._chosen: dict[str, Candidate] = {}
        self._asked: dict[str, list[Asked]] = {}
        self._causes: Sequence[Asked] = ()
        self._steps = 0
        for one in wanted:
            self._asked.setdefault(one.name, []).append(Asked(one))

    def run(self) -> Mapping[str, Candidate]:
        while (name := next((name for name in self._asked if name not in self._chosen), None)) is not None:
            asked = self._asked[name]
            self._causes = asked
            decision = _Decision(name, self._fitting(name, tuple(asked)), self._askers(name), [])
            self._decisions.append(decision)
            while not self._decide(decision):
                decision = self._go_back(decision)
        return self._chosen

    def _decide(self, decision: _Decision) -> bool:
        """Take the next candidate that nothing excludes; return False where none is left."""
        for candidate in decision.untried:
            self._count()
            against = self._against(candidate)
            if against is None:
                self._chosen[decision.name] = candidate
                self._ask(decision, candidate)
                return True
            decision.blamed.update(against - {decision.name})
        return False

    def _against(self, candidate: Candidate) -> set[str] | None:
        """Return the packs whose choice excludes a requirement of a candidate, None where none does."""
        for one in self._needs(candidate):
            chosen = self._chosen.get(one.name)
            asked = (*self._asked.get(one.name, ()), Asked(one, candidate, self._chain(candidate)))
            if chosen is not None:
                if not serves(chosen, one):
                    self._causes = asked
                    return {one.name}
            elif next(self._fitting(one.name, asked), None) is None:
                self._causes = asked
                return self._askers(one.name)
        return None

    def _go_back(self, failed: _Decision) -> _Decision:
        """Undo decisions down to the last one that excluded a candidate of the failed pack."""
        self._decisions.pop()
        while self._decisions:
            decision = self._decisions[-1]
            self._undo(decision)
            if decision.name in failed.blamed:
                decision.blamed.update(failed.blamed - {decision.name})
                return decision
            self._decisions.pop()
        raise Impossible(self._causes)

    def _ask(self, decision: _Decision, candidate: Candidate) -> None:
        chain = self._chain(candidate)
        for one in self._needs(candidate):
            self._asked.setdefault(one.name, []).append(Asked(one, candidate, chain))
            decision.asks.append(one.name)

    def _undo(self, decision: _Decision) -> None:
        del self._chosen[decision.name]
        for name in decision.asks:
            self._asked[name].pop()
            if not self._asked[name]:
                del self._asked[name]
        decision.asks.clear()

    def _askers(self, name: str) -> set[str]:
        return {one.parent.name for one in self._asked.get(name, ()) if one.parent is not None}

    def _chain(self, candidate: Candidate) -> tuple[Candidate, ...]:
        first = self._asked[candidate.name][0]
        return (*first.chain, candidate)

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise ResolutionError(
                "the search for versions takes too long",
                why=f"no answer after {MOST_STEPS:,} steps",
                hint="narrow the ranges in agentsync.yaml",
            )
