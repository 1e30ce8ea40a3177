"""`add`: what it writes into the manifest, what it asks for, what it leaves alone."""

from __future__ import annotations

from pathlib import Path

from tests.cli.packs import TEAM_NEXT, agent, registry_yaml, skill
from tests.cli.project import (
    fail,
    files_below,
    locked,
    manifest_text,
    snapshot,
    succeed,
    write_manifest,
)
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

TWO_PACKS = {
    "registry.yaml": registry_yaml("web", "data"),
    "packs/web/agents/web.md": agent("web"),
    "packs/data/agents/data.md": agent("data"),
}
COMMENTED = """\
# Our agents. Ask Kim before you change this.
targets: [claude-code]   # one tool for now

packs:
  zebra/zebra: "1.0.0"   # pinned on purpose

  # below: whatever
registries:
  'zebra': {url}   # the zoo
"""


def test_a_repository_with_tags_is_pinned_to_its_newest_release(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`^NEWEST` goes into the manifest, the repository becomes a registry under its own name."""
    for tag in ("v1.0.0", "v1.10.0", "v1.9.0", "v2.0.0rc1"):
        git_registry.publish(tag, {"agents/x.md": agent("x", tag)})
    succeed(sandbox, "init")
    run = succeed(sandbox, "add", git_registry.url)
    assert "  agents/agents: ^1.10.0\n" in manifest_text(sandbox).replace('"', "")
    assert f"  agents: {git_registry.url}\n" in manifest_text(sandbox)
    assert "^1.10.0" in run.stdout
    assert locked(sandbox, "agents/agents")["version"] == "1.10.0"
    assert list(files_below(sandbox.project / ".claude")) == ["agents/x.md"]


def test_only_pre_releases(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """Where there is nothing else, the newest pre-release is pinned."""
    git_registry.publish("v2.0.0rc1", {"agents/x.md": agent("x")})
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url)
    assert "^2.0.0rc1" in manifest_text(sandbox)
    assert locked(sandbox, "agents/agents")["version"] == "2.0.0rc1"


def test_a_repository_without_tags_is_followed_on_its_branch(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`{branch: NAME}` goes into the manifest, and the reason is told."""
    git_registry.publish(None, {"agents/x.md": agent("x")})
    succeed(sandbox, "init")
    run = succeed(sandbox, "add", git_registry.url)
    assert "  agents/agents: {branch: main}\n" in manifest_text(sandbox)
    assert "no releases" in run.stderr and "main" in run.stderr
    assert locked(sandbox, "agents/agents")["ref"] == "refs/heads/main"


def test_several_packs_and_no_terminal(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """No person can be asked: exit 2, the names, nothing changed; `--all` takes them all."""
    git_registry.publish("v1.0.0", TWO_PACKS)
    succeed(sandbox, "init")
    said = fail(sandbox, "add", git_registry.url, exit=2, code="usage")
    assert "agents/web" in said and "agents/data" in said
    succeed(sandbox, "add", git_registry.url, "--all")
    assert sorted(files_below(sandbox.project / ".claude")) == ["agents/data.md", "agents/web.md"]


def test_one_pack_of_a_registry(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`ALIAS/PACK`, with a range, a version, a branch or a commit."""
    commit = git_registry.publish("v1.0.0", TWO_PACKS)
    git_registry.publish("v1.1.0", TWO_PACKS)
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "acme", str(git_registry.path))
    for request, written in (
        ("acme/web", "^1.1.0"),
        ("acme/web>=1,<2", ">=1,<2"),
        ("acme/web@1.0.0", "1.0.0"),
        ("acme/web@branch:main", "{branch: main}"),
        ("acme/web@tag:v1.0.0", "{tag: v1.0.0}"),
        (f"acme/web@commit:{commit}", f"{{commit: {commit}}}"),
    ):
        succeed(sandbox, "add", request)
        (line,) = [line for line in manifest_text(sandbox).splitlines() if line.startswith("  acme/web:")]
        assert line.partition(": ")[2].strip('"') == written


def test_as_names_the_alias(sandbox: Sandbox, git_registry: GitRegistry, tmp_path: Path) -> None:
    """`--as`; a repository that has an alias already keeps it; a taken one is refused."""
    other = GitRegistry(tmp_path / "elsewhere" / "agents.git")
    other.publish("v1.0.0", {"agents/y.md": agent("y")})
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url, "--as", "acme")
    assert f"  acme: {git_registry.url}\n" in manifest_text(sandbox)
    succeed(sandbox, "add", f"{git_registry.url}@branch:main")
    assert manifest_text(sandbox).count(git_registry.url) == 1
    assert "acme/agents: {branch: main}" in manifest_text(sandbox)
    assert "acme" in fail(sandbox, "add", other.url, "--as", "acme", exit=2, code="usage")
    succeed(sandbox, "add", other.url)
    assert f"  agents: {other.url}\n" in manifest_text(sandbox)


def test_comments_order_and_quotes_stay(sandbox: Sandbox, tmp_path: Path, git_registry: GitRegistry) -> None:
    """Only the lines that are asked for appear; every other byte of the manifest stays."""
    zebra = GitRegistry(tmp_path / "zebra.git")
    zebra.publish("v1.0.0", {"agents/z.md": agent("z")})
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    before = COMMENTED.format(url=zebra.url)
    write_manifest(sandbox, before)
    succeed(sandbox, "add", git_registry.url)
    after = manifest_text(sandbox).splitlines()
    added = [line for line in after if line not in before.splitlines()]
    assert [line.replace('"', "") for line in added] == [
        "  agents/agents: ^1.0.0",
        f"  agents: {git_registry.url}",
    ]
    assert [line for line in after if line not in added] == before.splitlines()
    succeed(sandbox, "remove", "agents/agents")
    succeed(sandbox, "registry", "remove", "agents")
    assert manifest_text(sandbox) == before


def test_windows_line_ends_stay(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A manifest with CRLF gets lines with CRLF."""
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    (sandbox.project / "agentsync.yaml").write_bytes(b"# Ours\r\nregistries: {}\r\npacks: {}\r\n")
    succeed(sandbox, "add", git_registry.url)
    text = manifest_text(sandbox)
    assert text.count("\n") == text.count("\r\n") == len(text.splitlines())


def test_adding_twice_changes_nothing(installed: Sandbox, team: GitRegistry) -> None:
    """The second time the manifest, lock, receipt and files are the same files, untouched."""
    before = snapshot(installed.project)
    succeed(installed, "add", team.url)
    assert snapshot(installed.project) == before


def test_a_folder_in_a_repository_and_a_folder_on_disk(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`URL//FOLDER@REF` becomes `git:` and `path:`, a plain folder `path:`."""
    git_registry.publish("v1.0.0", {"skills/tdd/SKILL.md": agent("tdd"), "agents/x.md": agent("x")})
    folder = sandbox.root / "my pack" / "agents"
    folder.mkdir(parents=True)
    (folder / "mine.md").write_text(agent("mine"))
    succeed(sandbox, "init")
    succeed(sandbox, "add", f"{git_registry.url}//skills/tdd@v1.0.0")
    succeed(sandbox, "add", "../my pack")
    assert f"tdd: {{git: {git_registry.url}, path: skills/tdd, version: v1.0.0}}" in manifest_text(sandbox)
    assert 'my-pack: {path: "../my pack"}' in manifest_text(sandbox)
    assert sorted(files_below(sandbox.project / ".claude")) == ["agents/mine.md", "skills/tdd/SKILL.md"]


def test_from_a_folder_below_the_project(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """A relative path counts from where it was typed, and is written as the manifest's folder sees it."""
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    below = sandbox.project / "src" / "app"
    below.mkdir(parents=True)
    succeed(sandbox, "init")
    git_registry.path.rename(sandbox.root / "moved.git")
    succeed(sandbox, "add", "../../../moved.git", cwd=below)
    assert "  moved: ../moved.git\n" in manifest_text(sandbox)
    assert (sandbox.project / ".claude/agents/x.md").is_file()


def test_what_cannot_be_added_leaves_everything(installed: Sandbox, git_registry: GitRegistry) -> None:
    """A pack that clashes, one that does not exist, and one of two: no half-written manifest."""
    git_registry.publish("v1.0.0", {"agents/designer.md": agent("designer")})
    assert "designer" in fail(installed, "add", git_registry.url, exit=3, code="clash")
    said = fail(installed, "add", "team/tem", exit=3, code="resolution")
    assert "did you mean `team`?" in said
    fail(installed, "add", "team/team@branch:main", "team/none", exit=3, code="resolution")


def test_a_shorthand_that_lacks_its_host(sandbox: Sandbox, tmp_path: Path) -> None:
    """`OWNER/REPO` is a repository on GitHub where no registry is called so; a manifest is made where there is none."""
    registry = GitRegistry(tmp_path / "hub/acme/pack.git")
    registry.publish("v1.0.0", {"agents/x.md": agent("x"), "skills/pdf/SKILL.md": skill("pdf")})
    hub = (tmp_path / "hub").as_uri()
    (sandbox.home / ".gitconfig").write_text(f'[url "{hub}/"]\n\tinsteadOf = https://github.com/\n')
    assert sandbox.shell("git init -q").exit == 0
    below = sandbox.project / "src/deep"
    below.mkdir(parents=True)
    dry = succeed(sandbox, "add", "acme/pack", "--dry-run", cwd=below)
    assert "would be made at" in dry.stderr and not (sandbox.project / "agentsync.yaml").exists()
    run = succeed(sandbox, "add", "acme/pack@1.0.0", cwd=below)
    assert f"made at {sandbox.project / 'agentsync.yaml'}" in run.stderr and "pack/pack" in run.stdout
    assert (sandbox.project / ".claude/agents/x.md").is_file()
    succeed(sandbox, "remove", "pack/pack")
    succeed(sandbox, "add", "https://github.com/acme/pack/tree/main/skills/pdf", cwd=below)
    assert "path: skills/pdf" in (sandbox.project / "agentsync.yaml").read_text()
    said = fail(sandbox, "add", "pak/pack", exit=2, code="manifest")
    assert "did you mean `pack`?" in said and "github:pak/pack" in said  # most likely a typing mistake


def test_dry_run_writes_nothing(installed: Sandbox, git_registry: GitRegistry) -> None:
    """The plan is told, in lines and as data."""
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    before = snapshot(installed.project)
    run = succeed(installed, "add", git_registry.url, "--dry-run")
    assert "would write     .claude/agents/x.md" in run.stdout.splitlines()
    data = installed.json("add", git_registry.url, "--dry-run")["data"]
    assert data["changed"] == [{"path": ".claude/agents/x.md", "pack": "agents/agents", "action": "write"}]
    assert data["versions"] == [{"pack": "agents/agents", "from": None, "to": "1.0.0"}]
    assert snapshot(installed.project) == before


def test_a_newer_release_is_taken_by_adding_again(sandbox: Sandbox, git_registry: GitRegistry) -> None:
    """`add` asks upstream anew, as nothing else does."""
    git_registry.publish("v1.0.0", {"agents/x.md": agent("x")})
    succeed(sandbox, "init")
    succeed(sandbox, "add", git_registry.url)
    git_registry.publish("v1.1.0", TEAM_NEXT)
    data = sandbox.json("add", git_registry.url, "--accept-grants")["data"]
    assert data["versions"] == [{"pack": "agents/agents", "from": "1.0.0", "to": "1.1.0"}]
