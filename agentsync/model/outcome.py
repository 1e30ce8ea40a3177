"""Outcome of a command: data for machines, lines for people, and an exit code."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from agentsync.errors import AgentsyncError, Exit

if TYPE_CHECKING:
    from agentsync.model.finding import Finding, Told


class LateData(Mapping[str, Any]):
    """Data that are made when they are first read: a person reads the lines alone."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def _data(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: str) -> Any:
        return self._data()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data())

    def __len__(self) -> int:
        return len(self._data())


class Outcome(NamedTuple):
    """The result of a command.

    Args:
        data: the `data` of the JSON document.
        lines: what a person reads on standard output.
        notes: warnings and remarks, for standard error.
        exit: the exit code.
        errors: expected failures that did not stop the command.
        findings: what was found refused or doubtful on the way.
        told: what AI tools do not get as its source has it, None where the command does not look at that.
        is_patch: whether the lines are a patch, which a terminal shows in colour.
        is_settled: whether all is as it should be, nothing was done, and there is nothing to remark.
    """

    data: Mapping[str, Any] = {}
    lines: Sequence[str] = ()
    notes: Sequence[str] = ()
    exit: Exit = Exit.OK
    errors: Sequence[AgentsyncError] = ()
    is_patch: bool = False
    findings: Sequence["Finding"] = ()
    told: Sequence["Told"] | None = None
    is_settled: bool = False
