"""One answer of a benchmark, and its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.timing import Times


@dataclass(frozen=True, slots=True)
class Answer:
    """The measurement for one question.

    Args:
        question: what ours does.
        beside: what it is measured beside.
        ours: what ours took: a time, a count, a size, with its unit.
        theirs: what the other took.
        ratio: ours to theirs; None where there is nothing beside it.
        goal: the ratio, or the amount, that it should not exceed.
        measured: what the goal is for, where that is not the ratio.
        why: where the goal is not met, why.
        processor: the ratio of the processor times.
    """

    question: str
    beside: str
    ours: str
    theirs: str
    ratio: float | None
    goal: float | None
    measured: float | None = None
    unit: str = " x"
    why: str = ""
    processor: float | None = None

    @property
    def is_met(self) -> bool:
        """Return whether the goal is met, or there is none."""
        value = self.ratio if self.measured is None else self.measured
        return self.goal is None or value is None or value <= self.goal


def compared(what: str, beside: str, ours: Times, theirs: Times, goal: float | None, why: str = "") -> Answer:
    """Return the answer that two times give."""
    return Answer(
        what,
        beside,
        milliseconds(ours.median),
        milliseconds(theirs.median),
        ours.beside(theirs),
        goal,
        why=why,
        processor=ours.processor_beside(theirs),
    )


def milliseconds(seconds: float) -> str:
    """Return a time in milliseconds as text."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def table(answers: Iterable[Answer]) -> list[str]:
    """Return the answers as a table in Markdown."""
    lines = [
        "| question | ours | beside | takes | ratio | of CPU time | goal | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in answers:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f} x"
        processor = "" if one.processor is None else f"{one.processor:.2f} x"
        goal = "" if one.goal is None else f"{one.goal:g}{one.unit}"
        met = "" if one.goal is None else "yes" if one.is_met else f"no: {one.why}" if one.why else "no"
        lines.append(
            f"| {one.question} | {one.ours} | {one.beside} | {one.theirs} | {ratio} | {processor} | {goal} | {met} |"
        )
    return lines
