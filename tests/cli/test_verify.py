"""`verify` looks at everything twice; `doctor` at what may go wrong."""

from __future__ import annotations

import os

import pytest

from tests.cli.project import sealed, snapshot, write_manifest
from tests.git_registry import File, GitRegistry
from tests.sandbox import Sandbox

AGENT = "---\nname: critic\ndescription: d\ntools: Read\n---\nBody.\n"
QUOTED = "---\nname: quoted\ndescription: Use it: when A\ntools: Read\n---\nBody.\n"
SKILL = "---\nname: pdf\ndescription: d\n---\nBody.\n"
RELEASES: dict[str, dict[str, str | File]] = {
    "v1.0.0": {
        "agents/critic.md": AGENT,
        "skills/pdf/SKILL.md": SKILL,
        "skills/pdf/a.sh": File("ls\n", executable=True),
    }
}


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with it installed."""
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n")
    assert sandbox.run("install").exit == 0
    return sandbox


def test_all_is_well(project: Sandbox) -> None:
    """Nothing is found and nothing is changed; offline too."""
    before = snapshot(project.project)
    for arguments in (["verify"], ["verify", "--deep"], ["verify", "--deep", "--offline"]):
        done = project.run(*arguments)
        assert (done.exit, done.stderr) == (0, "")
        assert done.stdout == "verified  1 pack, 3 files: disk, lock, cache and tags agree\n"
    assert snapshot(project.project) == before
    assert project.json("verify")["data"]["clean"] is True


def test_a_file_that_was_edited(project: Sandbox) -> None:
    """Is drift: exit 1."""
    project.project.joinpath(".claude/agents/critic.md").write_text("mine\n")
    done = project.run("verify")
    assert done.exit == 1 and "edited" in done.stdout


def test_a_tag_that_moved(project: Sandbox, registry: GitRegistry) -> None:
    """Both ids, exit 3; offline it is unknown."""
    old = registry.git("rev-parse", "v1.0.0")
    new = registry.publish(None, {"agents/critic.md": AGENT + "More.\n"})
    registry.git("update-ref", "refs/tags/v1.0.0", new)
    done = project.run("verify")
    assert done.exit == 3 and old in done.stderr and new in done.stderr
    assert project.run("verify", "--offline").exit == 0
    assert project.run("update").exit == 3
    assert project.run("drift", "--upstream").exit == 3


def test_a_lock_with_another_digest(project: Sandbox) -> None:
    """The bytes of the commit are not those that the lock names."""
    lock = project.project / "agentsync.lock"
    text = lock.read_text()
    start = text.index("sha256:") + len("sha256:")
    lock.write_text(text[:start] + ("0" if text[start] != "0" else "1") + text[start + 1 :])
    done = project.run("verify")
    assert done.exit == 3 and "is not what the lock says" in done.stderr


def test_a_lock_that_leaves_something_out(project: Sandbox) -> None:
    """Only the whole derivation finds it: the file list is not believed."""
    lock = project.project / "agentsync.lock"
    lines = [line for line in lock.read_text().splitlines(keepends=True) if "a.sh" not in line]
    lock.write_text(sealed("".join(lines)))
    project.project.joinpath(".claude/skills/pdf/a.sh").unlink()
    assert project.run("verify").exit == 0
    done = project.run("verify", "--deep")
    assert done.exit == 3 and "its files at commit" in done.stderr


def test_a_damaged_cache_heals(project: Sandbox) -> None:
    """It is fetched anew and no finding."""
    pack = max(project.cache.glob("git-v1/*.git/objects/pack/*.pack"), key=lambda path: path.stat().st_size)
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.write_bytes(data)
    assert project.run("verify").exit == 0


def test_many_files(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Copies of the process take packs: what one finds is told as ever, by pack, and what it mends is mended."""
    packs = ("alpha", "beta", "gamma")
    files = {
        f"{pack}/agents/{pack}-{number}.md": AGENT.replace("critic", f"{pack}-{number}")
        for pack in packs
        for number in range(180)
    }
    listed = "".join(f"  {pack}: {{path: {pack}}}\n" for pack in packs)
    registry.publish("v1.0.0", {**files, "registry.yaml": f"registry: 1\nname: team\npacks:\n{listed}"})
    wishes = "".join(f"  team/{pack}: ^1\n" for pack in packs)
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\npacks:\n{wishes}")
    assert sandbox.run("install").exit == 0
    done = sandbox.run("verify", "--offline")
    assert (done.stdout, done.stderr) == ("verified  3 packs, 540 files: disk, lock, cache and tags agree\n", "")

    test_a_damaged_cache_heals(sandbox)
    lock = sandbox.project / "agentsync.lock"
    text = lock.read_text()
    changed = text
    for pack in ("gamma", "alpha"):
        start = text.index("sha256:", text.index(f".claude/agents/{pack}-7.md")) + len("sha256:")
        changed = changed[:start] + ("0" if text[start] != "0" else "1") + changed[start + 1 :]
    lock.write_text(changed)
    document = sandbox.json("verify")
    assert document["exit"] == 3 and not document["data"]["clean"]
    told = {row["pack"]: row["errors"] for row in document["data"]["packs"]}
    wrong = {f"team/{pack}": [f".claude/agents/{pack}-7.md is not what the lock says"] for pack in ("alpha", "gamma")}
    assert told == {"team/beta": [], **wrong}
    assert [error["what"] for error in document["errors"]] == [*wrong["team/alpha"], *wrong["team/gamma"]]


def test_no_lock(sandbox: Sandbox, registry: GitRegistry) -> None:
    """There is nothing to verify."""
    write_manifest(sandbox, f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n")
    assert sandbox.run("verify").exit == 3


def findings(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Return the findings of `doctor`: the check and the subject."""
    document = sandbox.json("doctor")
    assert document["exit"] == (1 if document["data"]["findings"] else 0)
    assert all(row["next"] for row in document["data"]["findings"])
    return [(row["check"], row["subject"]) for row in document["data"]["findings"]]


def test_a_healthy_project(project: Sandbox) -> None:
    """Nothing is found, and said so."""
    assert findings(project) == []
    assert project.run("doctor").stdout == "nothing found\n"


def test_ailments(project: Sandbox, registry: GitRegistry) -> None:
    """Each with its place and its next step."""
    registry.publish("v1.1.0", {"agents/critic.md": AGENT, "agents/quoted.md": QUOTED, "skills/pdf/SKILL.md": SKILL})
    assert project.run("update", "--accept-grants").exit == 0
    assert findings(project) == [("headers", "agent:quoted")]
    project.project.joinpath(".gitattributes").write_text("*.md text eol=lf\n")
    assert findings(project) == []
    agents = project.project / ".claude/agents"
    agents.joinpath("twin.md").write_text(AGENT.replace("critic", "Critic"))
    agents.joinpath("dropped.md").write_bytes(QUOTED.replace("quoted", "x").replace("\n", "\r\n").encode())
    agents.joinpath("plain.md").write_text("No header.\n")
    agents.joinpath("hidden.md").write_text(AGENT.replace("critic", "hidden") + "a\u202eb\n")
    assert findings(project) == [
        ("headers", ".claude/agents/dropped.md"),
        ("files", ".claude/agents/hidden.md, line 7, column 2"),
        ("headers", ".claude/agents/plain.md"),
        ("names", "agent:critic"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read(project: Sandbox) -> None:
    """Is told, and stops nothing."""
    project.project.joinpath(".claude/agents/critic.md").chmod(0)
    assert ("files", ".claude/agents/critic.md") in findings(project)


def test_a_damaged_lock(project: Sandbox) -> None:
    """The doctor comes to broken projects."""
    project.project.joinpath("agentsync.lock").write_text("lockfile: 2\npacks: [\n")
    assert ("scope", "lock") in findings(project)
