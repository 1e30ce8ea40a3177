"""Every hostile case has a machine of its own; what is not quick is left out of the inner loop."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.hostile.machine")

from tests.hostile.machine import Case, Machine  # noqa: E402 - what it asserts shall tell what it saw
from tests.needs import needs  # noqa: E402


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with something to steal."""
    return Machine(tmp_path / "machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases that do not say that they are quick."""
    for item in items:
        case = (
            item.callspec.params.get("case")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        if not isinstance(case, Case):
            continue
        if not case.quick:
            item.add_marker(pytest.mark.slow)
        if case.needs:
            item.add_marker(needs(case.needs))
