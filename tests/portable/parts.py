"""The parts of the tests for which the system makes a difference, and the counts of what came of each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

_TESTS = Path(__file__).resolve().parent.parent
# They look at values alone, or imitate systems themselves.
_WITHOUT_FILES = frozenset(
    (
        "documents",
        "faults",
        "formats",
        "merging",
        "model",
        "packs",
        "portable",
        "rendering",
        "reporting",
        "targets",
        "versions",
    )
)
# They call the program in the Python of the tests, which lacks nothing.
_WITHOUT_COMMANDS = frozenset(("disk", "git", "platform"))
# What is nearest to the file system comes first.
_FIRST = ("platform", "disk", "git", "project", "registries", "loaders")
_GOOD = (0, 5)  # exit codes of pytest: all passed, and no test to run


class Count(NamedTuple):
    """The number of tests.

    Args:
        passed, failed: with these ends; errors have failed.
        skipped: the reasons of those that were skipped, each as often as it came.
    """

    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the numbers, and why tests were skipped."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(self.skipped).most_common())
        told = f"{self.passed} passed, {self.failed} failed, {len(self.skipped)} skipped"
        return f"{told} ({reasons})" if reasons else told


def paths_of(*, has_own_files: bool) -> list[str]:
    """Return the folders that are worth it on a system, and the files beside them.

    Args:
        has_own_files: its file system is another one, and not its Python alone.
    """
    left_out = _WITHOUT_FILES if has_own_files else _WITHOUT_FILES | _WITHOUT_COMMANDS
    found = {one.parent.name for one in _TESTS.glob("*/test_*.py")} - left_out
    in_order = [*(name for name in _FIRST if name in found), *sorted(found.difference(_FIRST))]
    return [f"tests/{name}" for name in (*in_order, *sorted(one.name for one in _TESTS.glob("test_*.py")))]


def counted(report: Path, code: int) -> Count:
    """Return what came of a run of pytest.

    Args:
        report: its JUnit report, which this removes.
        code: its exit code: a run that broke off has failed even if no test has.
    """
    if not report.exists():
        return Count(failed=int(code not in _GOOD))
    passed, failed, skipped = 0, 0, []
    for case in ElementTree.parse(report).iter("testcase"):
        ends = {one.tag: one for one in case}
        if "skipped" in ends:
            skipped.append(ends["skipped"].get("message", "").partition(":")[0])
        elif "failure" in ends or "error" in ends:
            failed += 1
        else:
            passed += 1
    report.unlink()
    return Count(passed, failed or int(code not in _GOOD), tuple(skipped))
