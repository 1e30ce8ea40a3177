"""Outcome of a command: data for machines, lines for people, and an exit code."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from agentsync.errors import AgentsyncError, Exit

if TYPE_CHECKING:
    from agentsync.model.finding import Finding, Told


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
