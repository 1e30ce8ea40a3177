"""Registries that are not there, not what they say, or do not have what is asked for."""

from __future__ import annotations

import os
import re
import shutil
from typing import Final

import pytest

from tests.cli.packs import agent, registry_yaml
from tests.cli.project import fail, files_below, sealed, snapshot, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.needs import needs
from tests.sandbox import Sandbox

# In the words of the systems.
REFUSED: Final = re.compile("(permission|access is) denied", re.IGNORECASE)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> GitRegistry:
    """Two packs, two releases, two branches."""
    registry = GitRegistry(tmp_path_factory.mktemp("acme") / "acme.git")
    files = {
        "registry.yaml": registry_yaml("web", "data"),
        "packs/web/agents/web.md": agent("web"),
        "packs/data/agents/data.md": agent("data"),
    }
    for tag in ("v1.0.0", "v1.2.0"):
        registry.publish(tag, files)
    registry.add_branch("next")
    return registry


def _ask(sandbox: Sandbox, registry: GitRegistry, pack: str) -> None:
    write_manifest(sandbox, f"registries:\n  acme: {registry.url}\npacks:\n  {pack}\n")


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ("acme/wep: ^1", ("no pack 'wep'", "web, data", "did you mean `web`?")),
        ("acme: ^1", ("2 packs", "web, data", "acme/PACK")),
        ("acme/web: ^2", ("`^2`", "1.2.0, 1.0.0")),
        ("acme/web: 1.1.0", ("`1.1.0`", "1.2.0, 1.0.0")),
        ("acme/web: {tag: v1.2}", ("no tag 'v1.2'", "v1.0.0, v1.2.0", "did you mean `v1.2.0`?")),
        ("acme/web: {branch: nxt}", ("no branch 'nxt'", "main, next", "did you mean `next`?")),
        ('acme/web: {version: ^1, only: ["agent:wob"]}', ("agent:wob", "did you mean `agent:web`?")),
        ('acme/web: {version: ^1, rename: {"agent:wob": x}}', ("agent:wob", "did you mean `agent:web`?")),
    ],
)
def test_what_the_registry_does_not_have(sandbox: Sandbox, acme: GitRegistry, pack: str, told: tuple[str, ...]) -> None:
    """Exit 3, what there is instead, nothing written."""
    _ask(sandbox, acme, pack)
    said = fail(sandbox, "install", exit=3, code="resolution")
    for part in told:
        assert part in said


def test_a_commit_that_is_not_there(sandbox: Sandbox, acme: GitRegistry) -> None:
    """No server has it."""
    _ask(sandbox, acme, f"acme/web: {{commit: {'1' * 40}}}")
    assert "1" * 12 in fail(sandbox, "install", exit=3, code="fetch")


def test_a_folder_that_is_not_there(sandbox: Sandbox, acme: GitRegistry) -> None:
    """In the repository, at the commit that was chosen; and on disk."""
    write_manifest(sandbox, f"packs:\n  web: {{git: {acme.url}, path: packs/wob, branch: main}}\n")
    assert "'packs/wob'" in fail(sandbox, "install", exit=3, code="resolution")
    write_manifest(sandbox, f"packs:\n  web: {{git: {acme.url}, path: registry.yaml, branch: main}}\n")
    assert "'registry.yaml'" in fail(sandbox, "install", exit=3, code="resolution")
    write_manifest(sandbox, "packs:\n  web: {path: ../none}\n")
    assert "../none" in fail(sandbox, "install", exit=2, code="usage")


def _missing(sandbox: Sandbox) -> str:
    return (sandbox.root / "none.git").as_uri()


def _no_repository(sandbox: Sandbox) -> str:
    (sandbox.root / "plain").mkdir(exist_ok=True)
    return (sandbox.root / "plain").as_uri()


def _a_file(sandbox: Sandbox) -> str:
    (sandbox.root / "file.git").write_text("no repository\n")
    return str(sandbox.root / "file.git")


def _a_broken_bundle(sandbox: Sandbox) -> str:
    (sandbox.root / "x.bundle").write_text("# v2 git bundle\nnonsense\n")
    return str(sandbox.root / "x.bundle")


def _no_server(_: Sandbox) -> str:
    return "http://127.0.0.1:1/x.git"


def _no_ssh(_: Sandbox) -> str:
    return "ssh://git@127.0.0.1:1/x.git"


@pytest.mark.parametrize(
    "source", [_missing, _no_repository, _a_file, _a_broken_bundle, _no_server, _no_ssh], ids=lambda f: f.__name__
)
def test_a_repository_that_cannot_be_read(installed: Sandbox, source: object) -> None:
    """Exit 3, and how to look oneself."""
    assert callable(source)
    url = source(installed)
    said = fail(installed, "add", url, exit=3, code="fetch")
    assert "git ls-remote" in said and url in said


def test_a_registry_of_the_manifest_that_cannot_be_read(installed: Sandbox) -> None:
    """No new decision is possible; the old one stays, and goes on working."""
    write_manifest(installed, f"registries: {{x: {_missing(installed)}}}\npacks: {{x: ^1}}\n")
    fail(installed, "install", exit=3, code="fetch")
    succeed(installed, "install", "--frozen")


def test_an_empty_repository(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """There is nothing to choose from."""
    succeed(sandbox, "init")
    assert "empty" in fail(sandbox, "add", git_registry.url, exit=3, code="resolution")


def test_a_repository_without_items(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """It locks, installs nothing, and says so."""
    git_registry.publish("v1.0.0", {"README.md": "# Nothing\n", "src/main.py": "print()\n"})
    succeed(sandbox, "init")
    run = succeed(sandbox, "add", git_registry.url)
    assert "holds nothing that can be installed" in run.stderr


def test_no_git(sandbox: Sandbox, acme: GitRegistry) -> None:
    """The one thing that has to be installed beside Python."""
    _ask(sandbox, acme, "acme/web: ^1")
    assert "git is not installed" in fail(sandbox, "install", exit=3, code="fetch", env=sandbox.without_git())


def test_a_registry_that_went_away(installed: Sandbox) -> None:
    """What is installed needs no source; what is missing cannot come."""
    manifest = (installed.project / "agentsync.yaml").read_text()
    gone = manifest.replace("/team.git", "/gone.git")
    lock = (installed.project / "agentsync.lock").read_text()
    (installed.project / "agentsync.yaml").write_text(gone)
    (installed.project / "agentsync.lock").write_text(sealed(lock.replace("/team.git", "/gone.git")))
    succeed(installed, "install")
    (installed.project / ".claude/agents/designer.md").unlink()
    succeed(installed, "cache", "clean")
    fail(installed, "install", exit=3, code="fetch")


def test_files_where_folders_should_be(sandbox: Sandbox, acme: GitRegistry) -> None:
    """`.claude`, a folder below it, `.agentsync`, the cache: each is told, no bytes are lost."""
    _ask(sandbox, acme, "acme/web: ^1")
    (sandbox.project / ".claude").write_text("A file\n")
    run = sandbox.run("install")
    assert run.exit == 3, run.stderr
    assert ".claude" in run.stderr and "hint: " in run.stderr
    assert (sandbox.project / ".claude").read_text() == "A file\n"
    (sandbox.project / ".claude").unlink()
    succeed(sandbox, "install")
    shutil.rmtree(sandbox.project / ".agentsync")
    (sandbox.project / ".agentsync").write_text("A file\n")
    (sandbox.project / ".claude/agents/web.md").unlink()
    assert ".agentsync" in fail(sandbox, "install", exit=3, code="disk")
    fail(sandbox, "add", "acme/data", exit=3, code="disk")
    (sandbox.project / ".agentsync").unlink()
    shutil.rmtree(sandbox.cache)
    sandbox.cache.write_text("A file\n")
    assert "cache" in fail(sandbox, "install", exit=3, code="disk")


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
@pytest.mark.parametrize(
    "where",
    [".claude/agents", "../cache", *(pytest.param(name, marks=pytest.mark.slow) for name in (".", ".agentsync"))],
)
@needs("modes")
def test_a_folder_without_permission(sandbox: Sandbox, acme: GitRegistry, where: str) -> None:
    """Exit 3, the reason, nothing lost; once it is mended, the same command ends well."""
    _ask(sandbox, acme, "acme/web: ^1")
    succeed(sandbox, "lock")
    folder = sandbox.project / where
    folder.mkdir(parents=True, exist_ok=True)
    if where == "../cache":
        succeed(sandbox, "cache", "clean")
    before = files_below(sandbox.project)
    # Root may do everything, unless it gives that up.
    plain = "setpriv --bounding-set=-all --inh-caps=-all " if os.geteuid() == 0 else ""
    folder.chmod(0o555)
    try:
        run = sandbox.shell(f"{plain}agentsync install")
    finally:
        folder.chmod(0o755)
    assert run.exit == 3, run.stdout
    errors = [line for line in run.stdout.splitlines() if line.startswith(("error: ", "  why: ", "hint: "))]
    assert len(errors) == 3 and REFUSED.search(errors[1]), run.stdout
    after = {path: data for path, data in files_below(sandbox.project).items() if path in before}
    assert after == before
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/agents/web.md").is_file()


@needs("modes")
@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
def test_a_file_without_permission(installed: Sandbox) -> None:
    """A file that cannot be read has drifted; the reason is told and nothing overwrites it."""
    plain = "setpriv --bounding-set=-all --inh-caps=-all " if os.geteuid() == 0 else ""
    designer = installed.project / ".claude/agents/designer.md"
    designer.chmod(0)
    before = snapshot(installed.project)
    run = installed.shell(f"{plain}agentsync drift")
    assert run.exit == 1
    assert REFUSED.search(run.stdout) and "designer.md" in run.stdout
    assert installed.shell(f"{plain}agentsync install").exit == 0
    assert snapshot(installed.project) == before
