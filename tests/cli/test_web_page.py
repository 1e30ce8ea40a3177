"""A network that asks to sign in answers everything with a web page: that is no repository without releases."""

from __future__ import annotations

import pytest

from tests.cli.http_server import serving, serving_page
from tests.cli.packs import TEAM
from tests.cli.project import fail, lock_text, sealed, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

ONE_LINE = "<html><body>Please sign in</body></html>"
PAGES = [ONE_LINE, "<html>\n<body>Please\tsign in</body>\n</html>\n", ""]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_no_repository(sandbox: Sandbox, page: str) -> None:
    """Told as what it is, on one line or on many."""
    with serving_page(page) as url:
        write_manifest(sandbox, f"registries: {{team: {url}/team.git}}\npacks: {{team: '*'}}\n")
        for command in (("info", "team"), ("add", f"{url}/other.git"), ("install",)):
            assert "a web page instead of a repository" in fail(sandbox, *command, exit=3, code="fetch")


@pytest.mark.slow
def test_a_locked_commit(sandbox: Sandbox) -> None:
    """What is locked is not called gone."""
    registry = GitRegistry(sandbox.root / "srv" / "team.git")
    registry.publish(None, TEAM)
    with serving(registry.path.parent) as url:
        write_manifest(sandbox, f"registries: {{team: {url}/team.git}}\npacks: {{team: {{branch: main}}}}\n")
        succeed(sandbox, "lock")
    with serving_page(ONE_LINE) as other:
        write_manifest(sandbox, f"registries: {{team: {other}/team.git}}\npacks: {{team: {{branch: main}}}}\n")
        (sandbox.project / "agentsync.lock").write_text(sealed(lock_text(sandbox).replace(url, other)))
        assert "a web page instead" in fail(sandbox, "install", "--locked", exit=3, code="fetch")


def test_an_empty_repository(sandbox: Sandbox) -> None:
    """One that holds nothing yet is no page."""
    registry = GitRegistry(sandbox.root / "srv" / "team.git")
    with serving(registry.path.parent) as url:
        assert "web page" not in sandbox.run("info", f"{url}/team.git").stderr
