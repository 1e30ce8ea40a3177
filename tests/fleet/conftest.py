"""The templates of all fleets, made once."""

from __future__ import annotations

import pytest

from tests.fleet import templates
from tests.fleet.templates import Templates
from tests.sandbox import Sandbox


@pytest.fixture(scope="session")
def fleet_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """All templates, with their registries in a sandbox of their own."""
    return templates.fleet_templates(Sandbox(tmp_path_factory.mktemp("fleet") / "sandbox"))
