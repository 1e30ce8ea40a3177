"""A pack gains no power without a yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.project import sealed, snapshot
from tests.cli.terminal import answered
from tests.git_registry import File, GitRegistry
from tests.sandbox import Sandbox

NARROW = "---\nname: critic\ndescription: d\ntools: Read\n---\nBody.\n"
WIDE = NARROW.replace("Read", "Read, Bash")
HOOK = NARROW.replace("tools: Read", "tools: Read\nhooks:\n  Stop:\n    - hooks: [{type: command, command: ls}]")
SKILL = "---\nname: pdf\ndescription: d\n---\nBody.\n"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with an agent that may only read, and a skill without programs."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", {"agents/critic.md": NARROW, "skills/pdf/SKILL.md": SKILL, "skills/pdf/a.sh": "ls\n"})
    return registry


@pytest.fixture
def project(sandbox: Sandbox, registry: GitRegistry) -> Sandbox:
    """A project with it installed."""
    sandbox.project.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    )
    assert sandbox.run("install").exit == 0
    return sandbox


def wider(registry: GitRegistry, files: dict[str, str | File]) -> None:
    """A release that differs in these files."""
    first: dict[str, str | File] = {
        "agents/critic.md": NARROW,
        "skills/pdf/SKILL.md": SKILL,
        "skills/pdf/a.sh": "ls\n",
    }
    registry.publish("v1.1.0", {**first, **files})


GAINS: list[tuple[dict[str, str | File], str, str]] = [
    ({"agents/critic.md": WIDE}, "agent:critic", "exec"),
    ({"agents/critic.md": NARROW.replace("tools: Read\n", "")}, "agent:critic", "*"),
    (
        {"agents/critic.md": NARROW.replace("tools: Read", "tools: Read\npermissionMode: acceptEdits")},
        "agent:critic",
        "",
    ),
    ({"agents/critic.md": HOOK}, "agent:critic", ""),
    ({"skills/pdf/a.sh": File("ls\n", executable=True)}, "skill:pdf", "+x:.claude/skills/pdf/a.sh"),
    ({"skills/pdf/b.py": "print()\n"}, "skill:pdf", "executable:.claude/skills/pdf/b.py"),
    ({"skills/pdf/SKILL.md": SKILL + "!`date`\n"}, "skill:pdf", ""),
    ({"agents/new.md": WIDE.replace("critic", "new")}, "agent:new", "exec"),
]


@pytest.mark.parametrize(("files", "item", "gain"), GAINS)
def test_an_update_that_gains_power_needs_a_yes(
    project: Sandbox, registry: GitRegistry, files: dict[str, str | File], item: str, gain: str
) -> None:
    """Exit 3 with the list, and nothing changes; with a yes it is installed."""
    wider(registry, files)
    before = snapshot(project.project)
    refused = project.json("update")
    assert refused["exit"] == 3
    (row,) = refused["data"]["grants"]
    assert row["item"] == item and row["gained"]
    assert not gain or gain in row["gained"]
    assert item in refused["errors"][0]["why"] and "--accept-grants" in refused["errors"][0]["hint"]
    assert snapshot(project.project) == before
    assert project.json("update", "--dry-run")["data"]["grants"] == [row]
    assert project.run("update", f"--accept-grants={item}").exit == 0
    assert project.run("drift").exit == 0
    assert project.run("update").exit == 0, "a yes holds"


def test_a_yes_for_another_item_is_none(project: Sandbox, registry: GitRegistry) -> None:
    """Each item by itself; a pack's name stands for all of its items."""
    wider(registry, {"agents/critic.md": WIDE, "skills/pdf/b.py": "print()\n"})
    refused = project.run("update", "--accept-grants=agent:critic")
    assert refused.exit == 3
    assert "skill:pdf" in refused.stderr and "agent:critic of" not in refused.stderr
    assert project.run("update", "--accept-grants=team/team").exit == 0


def test_less_power_needs_no_yes(project: Sandbox, registry: GitRegistry) -> None:
    """It is only told."""
    wider(registry, {"agents/critic.md": NARROW.replace("tools: Read", "tools: []")})
    data = project.json("update")["data"]
    assert data["grants"] == [{"pack": "team/team", "item": "agent:critic", "gained": [], "lost": ["read"]}]


def test_a_yes_beforehand(project: Sandbox, registry: GitRegistry) -> None:
    """`grants --accept` holds for the next update alone, and for these gains alone."""
    wider(registry, {"agents/critic.md": WIDE})
    assert "agent:critic" in project.run("grants", "--accept", "--dry-run").stdout
    assert project.run("update").exit == 3
    accepted = project.json("grants", "--accept")["data"]["accepted"]
    assert accepted == [{"pack": "team/team", "item": "agent:critic", "gained": ["exec"]}]
    registry.publish("v1.2.0", {"agents/critic.md": WIDE.replace("Bash", "Bash, Write"), "skills/pdf/SKILL.md": SKILL})
    assert project.run("update").exit == 3, "it asks for more than was accepted"
    assert project.run("grants", "--accept", "agent:*").exit == 0
    assert project.run("update").exit == 0
    assert not (project.project / ".agentsync/grants.json").exists()
    assert "nothing waits" in project.run("grants", "--accept").stdout


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("yes", 0), ("n", 3), ("", 3), ("all", 3)])
def test_a_question_on_a_terminal(project: Sandbox, registry: GitRegistry, answer: str, code: int) -> None:
    """What would be gained is shown first; only a yes is one."""
    wider(registry, {"agents/critic.md": WIDE})
    found, shown = answered(project, answer, "update")
    assert found == code, shown
    assert "agent:critic of team/team: +exec" in shown and "accept these grants? [y/N]" in shown
    installed = project.project.joinpath(".claude/agents/critic.md").read_text()
    assert installed == (NARROW if code else WIDE)


def test_an_item_that_the_manifest_chooses_later(sandbox: Sandbox, tmp_path: Path) -> None:
    """A name in `only` is asked for; what upstream adds to a pack is not."""
    registry = GitRegistry(tmp_path / "team.git")
    registry.publish("v1.0.0", {"agents/critic.md": NARROW, "agents/maker.md": WIDE.replace("critic", "maker")})
    text = "registries: {{team: {}}}\npacks: {{team: {{version: ^1, only: [{}]}}}}\n"
    manifest = sandbox.project / "agentsync.yaml"
    manifest.write_text(text.format(registry.url, '"agent:critic"'))
    assert sandbox.run("install").exit == 0
    manifest.write_text(text.format(registry.url, '"agent:critic", "agent:maker"'))
    (row,) = sandbox.json("install")["data"]["grants"]
    assert row == {"pack": "team/team", "item": "agent:maker", "gained": ["exec", "read"], "lost": []}


def test_a_hook_needs_a_yes_the_first_time_too(sandbox: Sandbox, tmp_path: Path) -> None:
    """Copied into the agents' folder, the hooks of a header are live."""
    registry = GitRegistry(tmp_path / "hooks.git")
    registry.publish("v1.0.0", {"agents/critic.md": HOOK})
    sandbox.project.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    )
    for command in ("install", "lock"):
        refused = sandbox.run(command)
        assert refused.exit == 3 and "hook:Stop:" in refused.stderr
        assert not sandbox.project.joinpath("agentsync.lock").exists()
    assert sandbox.run("install", "--accept-grants").exit == 0
    assert "hook:Stop:" in sandbox.run("grants").stdout
    assert sandbox.run("install", "--frozen").exit == 0


def test_a_pack_by_another_name_is_the_same_pack(sandbox: Sandbox, tmp_path: Path) -> None:
    """What was agreed to stays agreed to; a hook that changes on the way needs a yes."""
    registry = GitRegistry(tmp_path / "hooks.git")
    registry.publish("v1.0.0", {"agents/critic.md": HOOK})
    manifest = sandbox.project / "agentsync.yaml"
    manifest.write_text(f"registries: {{team: {registry.url}}}\npacks: {{team: ^1.0}}\n")
    assert sandbox.run("install", "--accept-grants").exit == 0
    assert sandbox.run("registry", "set-alias", "team", "crew").exit == 0
    manifest.write_text(f"registries: {{band: {registry.url}}}\npacks: {{band: ^1.0}}\n")
    assert sandbox.json("install")["data"]["grants"] == []
    registry.publish("v1.1.0", {"agents/critic.md": HOOK.replace("ls}", "rm}")})
    manifest.write_text(f"registries: {{gang: {registry.url}}}\npacks: {{gang: ^1.1}}\n")
    refused = sandbox.run("install")
    assert refused.exit == 3 and "hook:Stop:" in refused.stderr


def test_a_program_whose_folder_has_another_name_is_no_gain(project: Sandbox, registry: GitRegistry) -> None:
    """With `prefix`; a program that comes along with it is one."""
    manifest = project.project / "agentsync.yaml"
    text = manifest.read_text()
    manifest.write_text(text.replace("^1", "{version: ^1, prefix: true}"))
    assert project.run("install").exit == 0
    assert (project.project / ".claude/skills/team--pdf/a.sh").exists()
    wider(registry, {"skills/pdf/b.sh": "ls\n"})
    manifest.write_text(text.replace("^1", "^1.1"))
    refused = project.run("install")
    assert refused.exit == 3 and "executable:.claude/skills/pdf/b.sh" in refused.stderr
    assert "a.sh" not in refused.stderr


def test_a_first_installation_shows_what_is_asked(sandbox: Sandbox, registry: GitRegistry) -> None:
    """In words for people, and by item in data; `list` and `info` say the same."""
    sandbox.project.joinpath("agentsync.yaml").write_text(
        f"registries: {{team: {registry.url}}}\npacks: {{team: ^1}}\n"
    )
    assert "team/team asks for executable, model-invocable, read" in sandbox.run("install", "--dry-run").stdout
    data = sandbox.json("install")["data"]
    assert [(row["item"], row["gained"]) for row in data["grants"]] == [
        ("agent:critic", ["read"]),
        ("skill:pdf", ["executable", "model-invocable"]),
    ]
    (pack,) = sandbox.json("list")["data"]["packs"]
    assert [item["grants"] for item in pack["items"]] == [["read"], ["executable", "model-invocable"]]
    (pack,) = sandbox.json("info", registry.url)["data"]["packs"]
    assert pack["grants"] == ["executable", "model-invocable", "read"]
    (pack,) = sandbox.json("grants")["data"]["packs"]
    assert [item["grants"] for item in pack["items"]] == [["read"], ["executable", "model-invocable"]]


def test_a_pack_that_another_one_brings_in_later(project: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """It was not asked for: what it may do needs a yes."""
    registry.publish(
        "v1.1.0",
        {
            "registry.yaml": "registry: 1\npacks: {team: {path: main}, more: {path: more}}\n",
            "main/agents/critic.md": NARROW,
            "main/pack.yaml": "requires: {more: '*'}\n",
            "more/agents/helper.md": NARROW.replace("critic", "helper"),
        },
    )
    refused = project.json("update")
    assert refused["exit"] == 3
    assert [row["item"] for row in refused["data"]["grants"] if row["pack"] == "team/more"] == ["agent:helper"]
    assert "agent:helper of team/more gains read" in refused["errors"][0]["why"]


def test_an_edit_that_adds_power_is_named(project: Sandbox) -> None:
    """In `drift`, beside the drift."""
    project.project.joinpath(".claude/agents/critic.md").write_text(WIDE)
    project.project.joinpath(".claude/skills/pdf/more.py").write_text("print()\n")
    found = project.run("drift")
    assert found.exit == 1
    assert "(adds power: exec)" in found.stdout and "(adds power: executable)" in found.stdout
    rows = {row["path"]: row["gained"] for row in project.json("drift")["data"]["files"] if row["gained"]}
    assert rows == {".claude/agents/critic.md": ["exec"], ".claude/skills/pdf/more.py": ["executable"]}
    assert "adds power: exec" in project.run("drift", "--format", "github").stdout


def test_a_lock_that_says_less_than_its_items_ask_for(project: Sandbox, registry: GitRegistry) -> None:
    """A forged lock installs nothing."""
    wider(registry, {"agents/critic.md": WIDE})
    assert project.run("update", "--accept-grants").exit == 0
    lock = project.project / "agentsync.lock"
    lock.write_text(sealed(lock.read_text().replace("[exec, read]", "[read]")))
    project.project.joinpath(".claude/agents/critic.md").unlink()
    for arguments in (["install"], ["install", "--frozen"], ["install", "--locked"]):
        refused = project.run(*arguments)
        assert refused.exit == 3 and "asks for more than the lock says" in refused.stderr
        assert not project.project.joinpath(".claude/agents/critic.md").exists()


def test_grants_json_that_is_damaged_accepts_nothing(project: Sandbox, registry: GitRegistry) -> None:
    """Whatever stands in it."""
    wider(registry, {"agents/critic.md": WIDE})
    for text in ("{", "[]", json.dumps({"accepted": [1]}), json.dumps({"accepted": [{"pack": "team/team"}]})):
        project.project.joinpath(".agentsync/grants.json").write_text(text)
        assert project.run("update").exit == 3
