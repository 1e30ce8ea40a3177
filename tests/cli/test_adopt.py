"""Files that were copied by hand are found in the history of registries, and taken into manifest and lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentsync.registries.known import KNOWN
from tests.cli.packs import agent, skill
from tests.cli.project import drifts, fail, files_below, manifest_text, succeed, write_manifest
from tests.git_registry import GitRegistry
from tests.sandbox import Sandbox

LINES = "".join(f"Line {number} of it.\n" for number in range(12))
BIG = LINES.replace("Line 3", "Step 3")


def _body(version: str, *more: str) -> str:
    return f"First of {version}.\n{LINES}{''.join(more)}"


@pytest.fixture
def registry(tmp_path: Path) -> GitRegistry:
    """A registry with two releases, and a commit behind each."""
    registry = GitRegistry(tmp_path / "tools.git")
    skills = {"skills/pdf/SKILL.md": skill("pdf"), "skills/pdf/fill.py": "print(1)\n", "commands/go.md": "Go.\n"}
    old = {"agents/a.md": agent("a", _body("one")), "agents/b.md": agent("b", _body("one")), **skills}
    registry.publish("v1.0.0", old)
    registry.publish(None, old | {"agents/a.md": agent("a", _body("between"))})
    new = old | {"agents/a.md": agent("a", _body("two")), "skills/pdf/fill.py": "print(2)\n"}
    registry.publish("v1.1.0", new)
    registry.publish(None, new | {"agents/b.md": agent("b", _body("three"))})
    return registry


def _put(sandbox: Sandbox, path: str, data: bytes) -> None:
    where = sandbox.project / ".claude" / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(data)


def _copy(sandbox: Sandbox, registry: GitRegistry, revision: str, *paths: str) -> None:
    for path in paths:
        _put(sandbox, path, registry.read(revision, path))


def _rows(document: dict[str, Any]) -> dict[str, tuple[str, str | None, str | None]]:
    items = document["data"]["items"]
    return {one["path"].removeprefix(".claude/"): (one["standing"], one["pack"], one["version"]) for one in items}


def test_from_copies_to_a_locked_project(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Two commands: every copy is found, none changes, and `update` brings the edits along."""
    _copy(sandbox, registry, "v1.0.0", "agents/b.md", "commands/go.md", "skills/pdf/SKILL.md", "skills/pdf/fill.py")
    edited = registry.read("v1.0.0", "agents/a.md") + b"Mine.\n"
    _put(sandbox, "agents/a.md", edited)
    _put(sandbox, "agents/own.md", agent("own", "No other project has this.\n").encode())
    before = files_below(sandbox.project / ".claude")
    look = sandbox.json("adopt", "--from", registry.url)
    assert not (sandbox.project / "agentsync.yaml").exists() and not look["data"]["written"] and look["exit"] == 1
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert document["data"] == {**look["data"], "written": True, "notes": document["data"]["notes"]}
    assert _rows(document) == {
        "agents/a.md": ("edited", "tools/tools", "1.0.0"),
        "agents/b.md": ("exact", "tools/tools", "1.0.0"),
        "agents/own.md": ("unknown", None, None),
        "commands/go.md": ("exact", "tools/tools", "1.0.0"),
        "skills/pdf": ("exact", "tools/tools", "1.0.0"),
    }
    assert files_below(sandbox.project / ".claude") == before
    chosen = "[agent:a, agent:b, command:go, skill:pdf]"
    assert f'tools/tools: {{version: "^1.0.0", only: {chosen}}}' in manifest_text(sandbox)
    assert drifts(sandbox) == {".claude/agents/a.md": "edited"}
    succeed(sandbox, "install", "--locked")
    succeed(sandbox, "update")
    merged = (sandbox.project / ".claude/agents/a.md").read_text()
    assert "First of two.\n" in merged and merged.endswith("Mine.\n")
    assert (sandbox.project / ".claude/skills/pdf/fill.py").read_text() == "print(2)\n"
    assert drifts(sandbox) == {".claude/agents/a.md": "edited"}
    again = sandbox.json("adopt", "--from", registry.url, "--write")
    assert list(_rows(again)) == ["agents/own.md"]  # twice is once


def test_copies_of_several_commits(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The newest is locked; an older one is behind, an older one with an edit diverged: `update` merges it."""
    _copy(sandbox, registry, "v1.1.0", "agents/a.md")
    _put(sandbox, "skills/pdf/SKILL.md", registry.read("v1.0.0", "skills/pdf/SKILL.md"))
    _put(sandbox, "skills/pdf/fill.py", registry.read("v1.0.0", "skills/pdf/fill.py"))
    registry.publish("v1.2.0", {"agents/a.md": registry.read("main", "agents/a.md"), "agents/b.md": agent("b", BIG)})
    _put(sandbox, "agents/b.md", registry.read("v1.0.0", "agents/b.md") + b"Mine.\n")
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert {row[2] for row in _rows(document).values()} == {"1.1.0"}
    assert drifts(sandbox) == {".claude/agents/b.md": "edited", ".claude/skills/pdf/fill.py": "behind"}
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/skills/pdf/fill.py").read_text() == "print(2)\n"
    (backup,) = (sandbox.project / ".agentsync/backup").iterdir()
    assert files_below(backup) == {".claude/skills/pdf/fill.py": b"print(1)\n"}


def test_an_edit_of_an_older_commit_than_the_locked_one(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Its base is the commit that it was made of, and a cache that was cleaned takes nothing away."""
    registry.publish("v1.2.0", {"agents/a.md": agent("a", _body("four")), "agents/b.md": agent("b", BIG)})
    _copy(sandbox, registry, "v1.2.0", "agents/a.md")
    _put(sandbox, "agents/b.md", registry.read("v1.0.0", "agents/b.md") + b"Mine.\n")
    succeed(sandbox, "adopt", "--from", registry.url, "--write")
    assert drifts(sandbox) == {".claude/agents/b.md": "diverged"}
    succeed(sandbox, "cache", "clean")
    succeed(sandbox, "update")
    merged = (sandbox.project / ".claude/agents/b.md").read_text()
    assert "Step 3 of it." in merged and "First of one" not in merged and merged.endswith("Mine.\n")


def test_line_ends_and_the_final_newline(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Windows line ends are no edit; a final newline that is missing is one, of a version that is known."""
    _put(sandbox, "agents/a.md", registry.read("v1.0.0", "agents/a.md").replace(b"\n", b"\r\n"))
    _put(sandbox, "agents/b.md", registry.read("v1.0.0", "agents/b.md").rstrip(b"\n"))
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert _rows(document) == {
        "agents/a.md": ("exact", "tools/tools", "1.0.0"),
        "agents/b.md": ("edited", "tools/tools", "1.0.0"),
    }
    assert [one["similarity"] for one in document["data"]["items"]] == [1.0, 1.0]
    assert drifts(sandbox) == {".claude/agents/b.md": "edited"}


def test_a_repository_without_releases(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The commit is locked, and the branch followed."""
    for tag in ("v1.0.0", "v1.1.0"):
        registry.delete_tag(tag)
    _copy(sandbox, registry, "main~2", "agents/a.md", "agents/b.md")
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert {one["commit"] for one in document["data"]["items"]} == {registry.git("rev-parse", "main~2")}
    assert "tools/tools: {branch: main, only: [agent:a, agent:b]}" in manifest_text(sandbox)
    assert drifts(sandbox) == {}
    succeed(sandbox, "update")
    assert (sandbox.project / ".claude/agents/b.md").read_bytes() == registry.read("main", "agents/b.md")


def test_several_registries_have_it(sandbox: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """Nothing is chosen by itself: the first by date is told, and `--from` chooses."""
    fork = GitRegistry(tmp_path / "fork.git")
    fork.publish(None, {"agents/x.md": agent("x")})
    fork.publish(None, {"agents/a.md": registry.read("v1.0.0", "agents/a.md")})
    write_manifest(sandbox, f"registries: {{fork: {fork.url}, tools: {registry.url}}}\npacks: {{}}\n")
    _copy(sandbox, registry, "v1.0.0", "agents/a.md")
    document = sandbox.json("adopt", "--write")
    (row,) = document["data"]["items"]
    assert (row["standing"], row["pack"], row["others"]) == ("ambiguous", "tools/tools", ["fork/fork"])
    assert document["exit"] == 1 and not (sandbox.project / "agentsync.lock").exists()
    assert _rows(sandbox.json("adopt", "--from", "fork", "--write"))["agents/a.md"][1] == "fork/fork"


def test_what_is_a_little_alike_is_a_suggestion(sandbox: Sandbox, registry: GitRegistry) -> None:
    """Under half of the text in common, nothing is taken, and the nearest is told."""
    _put(sandbox, "agents/a.md", agent("a", "Line 1 of it.\n" + "Other words than upstream has.\n" * 30).encode())
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    (row,) = document["data"]["items"]
    assert (row["standing"], row["pack"]) == ("unknown", "tools/tools") and 0 < row["similarity"] < 0.5
    assert not document["data"]["written"]


def test_an_entry_that_is_there(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A locked pack stays where it is, and gets the item beside its own; chosen paths alone are looked up."""
    write_manifest(
        sandbox, f"registries: {{t: {registry.url}}}\npacks: {{t/tools: {{version: ^1, only: [agent:a]}}}}\n"
    )
    succeed(sandbox, "install")
    _copy(sandbox, registry, "v1.0.0", "agents/b.md", "commands/go.md")
    succeed(sandbox, "adopt", ".claude/agents", "--write")
    assert "t/tools: {version: ^1, only: [agent:a, agent:b]}" in manifest_text(sandbox)
    assert drifts(sandbox) == {}
    said = fail(sandbox, "adopt", ".claude/nothing", exit=2, code="usage")
    assert "holds no item" in said


def test_failures_change_nothing(sandbox: Sandbox, registry: GitRegistry, tmp_path: Path) -> None:
    """Without a registry there is nowhere to look; one that cannot be reached is exit 3, and nothing is written."""
    _copy(sandbox, registry, "v1.0.0", "agents/a.md")
    assert "adopt --from" in fail(sandbox, "adopt", exit=2, code="usage")
    gone = (tmp_path / "gone.git").as_uri()
    document = sandbox.json("adopt", "--from", registry.url, "--from", gone, "--write")
    assert document["exit"] == 3 and document["errors"][0]["code"] == "fetch"
    assert _rows(document)["agents/a.md"][0] == "exact" and not document["data"]["written"]
    assert not (sandbox.project / "agentsync.yaml").exists()


def test_no_file_is_fetched_for_the_search(sandbox: Sandbox, registry: GitRegistry) -> None:
    """What is exact is found from commits and trees; for what is edited, its versions are fetched in one request."""
    write_manifest(sandbox, f"registries: {{t: {registry.url}}}\npacks: {{}}\n")
    succeed(sandbox, "registry", "refresh")
    _put(sandbox, "agents/a.md", registry.read("v1.0.0", "agents/a.md") + b"Mine.\n")
    _put(sandbox, "agents/b.md", registry.read("v1.0.0", "agents/b.md") + b"Mine.\n")
    run = sandbox.run("adopt", git_log=True)
    fetches = [call for call in run.git_calls if "fetch" in call and "--stdin" in call]
    assert run.exit == 0 and len(fetches) <= 1
    assert all("--filter=blob:none" in call for call in run.git_calls if "fetch" in call and ".log" in str(call))


def test_what_cannot_be_taken_is_told(sandbox: Sandbox, registry: GitRegistry) -> None:
    """A copy under another name than upstream's is left, with the reason."""
    _put(sandbox, "agents/renamed.md", registry.read("v1.0.0", "agents/a.md"))
    document = sandbox.json("adopt", "--from", registry.url)
    (row,) = document["data"]["items"]
    assert row["standing"] == "unknown" and "installed as .claude/agents/a.md" in row["why"]


def test_a_registry_that_was_laid_out_otherwise(sandbox: Sandbox, tmp_path: Path) -> None:
    """A copy of before a repository became a list of plug-ins belongs to the pack that has it today."""
    registry = GitRegistry(tmp_path / "moved.git")
    registry.publish(None, {"helper.md": agent("helper", _body("one")), "gone.md": agent("gone", _body("one"))})
    market = '{"name": "m", "owner": {"name": "A"}, "plugins": [{"name": "be", "source": "./plugins/be"}]}'
    registry.publish(
        None,
        {".claude-plugin/marketplace.json": market, "plugins/be/agents/helper.md": agent("helper", _body("two"))},
    )
    _put(sandbox, "agents/helper.md", registry.read("main~1", "helper.md") + b"Mine.\n")
    _put(sandbox, "agents/gone.md", registry.read("main~1", "gone.md"))
    document = sandbox.json("adopt", "--from", registry.url, "--write")
    assert _rows(document) == {
        "agents/gone.md": ("unknown", None, None),
        "agents/helper.md": ("edited", "moved/be", None),
    }
    assert document["data"]["items"][0]["why"] == "it was gone.md of moved, which has it no more; it is left"
    assert drifts(sandbox) == {".claude/agents/helper.md": "diverged"}
    succeed(sandbox, "update")
    merged = (sandbox.project / ".claude/agents/helper.md").read_text()
    assert "First of two.\n" in merged and merged.endswith("Mine.\n")


def test_user_scope(sandbox: Sandbox, registry: GitRegistry) -> None:
    """The user's own folder has copies, too; its manifest is made where there is none."""
    where = sandbox.home / ".claude/agents/a.md"
    where.parent.mkdir(parents=True)
    where.write_bytes(registry.read("v1.0.0", "agents/a.md"))
    document = sandbox.json("adopt", "--user", "--from", registry.url, "--write")
    assert document["exit"] == 0 and document["data"]["written"]
    assert succeed(sandbox, "drift", "--user").stdout == "1 file in sync\n"


def test_the_known_registries(sandbox: Sandbox, tmp_path: Path) -> None:
    """`--known` asks those that many people copy from, where git's own settings lead; all must answer to write."""
    mirror = tmp_path / "mirror"
    settings = f'[url "file://{mirror.as_posix()}/"]\n\tinsteadOf = https://github.com/\n'
    (sandbox.home / ".gitconfig").write_text(settings)
    own = sandbox.project / ".claude/agents/superpowers.md"
    own.parent.mkdir(parents=True)
    for known in KNOWN:
        where = mirror / f"{known.git.removeprefix('github:')}.git"
        where.parent.mkdir(parents=True, exist_ok=True)
        registry = GitRegistry(where)
        registry.publish("v1.0.0", {f"agents/{known.alias}.md": agent(known.alias)})
        if known.alias == "superpowers":
            own.write_bytes(registry.read("v1.0.0", "agents/superpowers.md"))
    away = where.rename(where.with_name("away"))
    document = sandbox.json("adopt", "--known", "--write")
    assert (document["exit"], [error["code"] for error in document["errors"]]) == (3, ["fetch"])
    assert not (sandbox.project / "agentsync.yaml").exists()
    away.rename(where)
    document = sandbox.json("adopt", "--known", "--write")
    (row,) = document["data"]["items"]
    assert (row["standing"], row["pack"]) == ("exact", "superpowers/superpowers"), document
    text = (sandbox.project / "agentsync.yaml").read_text()
    assert "obra/superpowers" in text and "wshobson" not in text and str(mirror) not in text
    assert succeed(sandbox, "drift").stdout.startswith("1 file in sync")
