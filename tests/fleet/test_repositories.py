"""The fleets of the tests are what they say: their repositories, and the server with its moods."""

from __future__ import annotations

import subprocess
from pathlib import Path

from agentsync.model.fleet import UNANSWERED, FleetStanding
from bench.git_server import Rule, serving
from tests.fleet.copies import copies
from tests.fleet.templates import Templates
from tests.git_registry import plain_git_environment


def _git(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, env=plain_git_environment(), capture_output=True, text=True, check=False)


def test_every_standing_that_needs_no_server_has_a_template(fleet_templates: Templates) -> None:
    """What is unreachable, denied or gone is told by a server alone."""
    assert {one.standing for one in fleet_templates.all} == set(FleetStanding) - UNANSWERED - {FleetStanding.GONE}
    assert len({one.name for one in fleet_templates.all}) == len(fleet_templates.all)


def test_copies_are_sound_and_each_has_a_commit_of_its_own(fleet_templates: Templates, tmp_path: Path) -> None:
    """Git finds nothing wrong with any, and reads the files of the template and one more."""
    made = copies(tmp_path / "fleet", fleet_templates.all, 2 * len(fleet_templates.all))
    for one in made[: len(fleet_templates.all)]:
        checked = _git("-C", one.path, "fsck", "--strict", "--no-dangling")
        assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr
        listed = _git("-C", one.path, "ls-tree", "-r", "--name-only", "-z", one.commit).stdout.split("\0")
        files = fleet_templates.named(one.template).files
        assert not files or set(listed) == {*files, "NAME", ""}
    assert len({one.commit for one in made}) == len(made) - 1  # the empty ones have none


def test_server_is_busy_breaks_off_refuses_and_counts(fleet_templates: Templates, tmp_path: Path) -> None:
    """Each rule does what it says, and each request is counted."""
    first, second, *_ = copies(tmp_path / "fleet", [fleet_templates.named("clean-tools")], 6)
    name, other = first.path.name, second.path.name
    with serving(tmp_path / "fleet") as server:
        url = f"{server.url}/{name}"
        asked = _git("ls-remote", url, "HEAD")
        assert asked.stdout == f"{first.commit}\tHEAD\n"
        assert (server.requests_of[name], server.requests) == (2, 2)
        assert server.asked == [(name, "refs"), (name, "git-upload-pack")]
        assert server.sent == server.sent_of[name] < 500
        server.forget()
        server.rules[name] = Rule(busy=1, retry_after="1")
        assert "429" in _git("ls-remote", url).stderr
        assert _git("ls-remote", url).returncode == 0
        server.rules[name] = Rule(resets=1, reset_over=2_000)
        assert _git("clone", url, tmp_path / "broken-off").returncode == 128
        assert _git("clone", url, tmp_path / "clone").returncode == 0
        for status, said in ((401, "could not read Username"), (403, "403"), (404, "not found"), (500, "500")):
            server.rules[other] = Rule(status) if status != 401 else Rule(login="kim:secret")
            assert said in _git("ls-remote", f"{server.url}/{other}").stderr
        server.rules[other] = Rule(login="kim:secret")
        assert _git("ls-remote", f"{server.url}/{other}".replace("//", "//kim:secret@")).returncode == 0
        assert "not found" in _git("ls-remote", f"{server.url}/none.git").stderr
        pushed = _git("-C", tmp_path / "clone", "push", "origin", "HEAD:refs/heads/topic")
        assert pushed.returncode == 0, pushed.stderr
        assert server.requests == sum(server.requests_of.values()) == len(server.asked)
