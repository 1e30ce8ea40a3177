"""A session: what several projects share, and what each has for itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agentsync import api
from agentsync.errors import PolicyError, ResolutionError
from tests.cli.packs import agent, registry_yaml
from tests.cli.project import succeed
from tests.git.kit import GitCalls
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

# Folders of projects at two depths, so that a relative URL of one registry has two spellings.
FOLDERS = ("one", "two", "deep/three")


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRegistry:
    """A registry of two packs, and a cache of this test's own."""
    monkeypatch.setenv("AGENTSYNC_CACHE_DIR", str(tmp_path / "cache"))
    registry = GitRegistry(tmp_path / "team.git")
    publish(registry, "1.0.0")
    return registry


def publish(registry: GitRegistry, version: str) -> None:
    """A release of the pack `web`, which has one agent."""
    files = {"registry.yaml": registry_yaml("web", "ops"), "packs/web/agents/web.md": agent("web", f"{version}\n")}
    registry.publish(f"web/v{version}", files)


def write_project(folder: Path, registry: str, more: str = "") -> Path:
    """A project that asks a registry for one pack, with nothing locked yet."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"registries: {{team: {registry}}}\npacks: {{team/web: ^1}}\n{more}"
    (folder / "agentsync.yaml").write_text(text)
    return folder


def asked(git_calls: GitCalls) -> dict[str, int]:
    """How often git asked a remote since the last look, by command."""
    return dict(Counter(word for word in git_calls.commands() if word in ("ls-remote", "fetch")))


def test_a_registry_is_asked_once_in_a_session(team: GitRegistry, tmp_path: Path, git_calls: GitCalls) -> None:
    """One question and one fetch of a commit, for any number of projects."""
    session = api.Session()
    for folder in FOLDERS:
        decision = api.resolve(api.open_project(write_project(tmp_path / folder, team.url), session=session))
        assert decision.lock.packs["team/web"].version == "1.0.0"
    session.close()
    assert asked(git_calls) == {"ls-remote": 1, "fetch": 1}


def test_each_session_asks(team: GitRegistry, tmp_path: Path, git_calls: GitCalls) -> None:
    """A project that is opened alone has a session of its own: what the registry has by then is found."""
    for number, folder in enumerate(FOLDERS):
        publish(team, f"1.{number}.1")
        decision = api.resolve(api.open_project(write_project(tmp_path / folder, team.url)))
        assert decision.lock.packs["team/web"].version == f"1.{number}.1"
    assert asked(git_calls)["ls-remote"] == 3


def test_two_spellings_of_one_registry(team: GitRegistry, tmp_path: Path, git_calls: GitCalls) -> None:
    """It is asked once, and each lock and each message has the URL as its own manifest spells it."""
    session = api.Session()
    for folder in FOLDERS:
        url = f"{'../' * (folder.count('/') + 1)}team.git"
        decision = api.resolve(api.open_project(write_project(tmp_path / folder, url), session=session))
        assert decision.lock.packs["team/web"].git == url
    session.close()
    assert asked(git_calls) == {"ls-remote": 1, "fetch": 1}


def test_each_project_has_its_own_policy(team: GitRegistry, tmp_path: Path) -> None:
    """A registry that one project may use, and a size that one project takes, are no leave for another one."""
    session = api.Session()
    api.resolve(api.open_project(write_project(tmp_path / "one", team.url), session=session))
    rules = "policy: {registries: ['https://elsewhere.example/*']}\n"
    with pytest.raises(PolicyError):
        api.resolve(api.open_project(write_project(tmp_path / "two", team.url, more=rules), session=session))
    small = "policy: {max_file: 10}\n"
    with pytest.raises(ResolutionError, match="every item is refused"):
        api.resolve(api.open_project(write_project(tmp_path / "three", team.url, more=small), session=session))


def test_offline_in_a_session(team: GitRegistry, tmp_path: Path, git_calls: GitCalls) -> None:
    """A project that asks no remote takes the last answers, and the others ask all the same."""
    api.resolve(api.open_project(write_project(tmp_path / "one", team.url)))
    publish(team, "1.1.0")
    git_calls.take()
    session = api.Session()
    old = api.resolve(api.open_project(write_project(tmp_path / "two", team.url), offline=True, session=session))
    assert asked(git_calls) == {}
    new = api.resolve(api.open_project(write_project(tmp_path / "three", team.url), session=session))
    assert [one.lock.packs["team/web"].version for one in (old, new)] == ["1.0.0", "1.1.0"]


def test_a_check_of_several_projects(sandbox: Sandbox, team: GitRegistry) -> None:
    """`drift --recursive --upstream` asks a registry once."""
    for name in ("one", "two", "three"):
        folder = write_project(sandbox.project / name, team.url)
        succeed(sandbox, "install", cwd=folder)
    run = sandbox.run("drift", "--recursive", "--upstream", git_log=True)
    assert run.exit == 0, run.stderr
    assert [word for call in run.git_calls for word in call if word == "ls-remote"] == ["ls-remote"]
