"""`pack try` shows what a pack would do to a project, and leaves project and home as they are."""

from __future__ import annotations

import shutil

from tests.cli.authors import READER, Author
from tests.cli.project import snapshot, succeed
from tests.sandbox import Sandbox


def test_a_pack_is_tried(sandbox: Sandbox) -> None:
    """Alone and beside what a project has; clashes, findings, power and the difference from the release are told."""
    author = Author(sandbox)
    author.publish("db@1.0.0")
    author.write("packs/db/agents/keeper.md", READER.replace("reader", "keeper") + "More.\n")
    author.write(
        "packs/db/hooks/hooks.json", '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}}'
    )
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "kit", str(author.tree))
    succeed(sandbox, "add", "kit/web")
    before = snapshot(sandbox.home, sandbox.project, sandbox.config, author.tree / "packs")

    tried = author.json("pack", "try", "packs/db", "--project", str(sandbox.project))
    assert tried["exit"] == 0, tried["errors"]
    assert [one["path"] for one in tried["data"]["changed"]] == [".claude/agents/keeper.md"]
    assert [one["code"] for one in tried["data"]["told"] if one.get("waits")] == ["consent"]
    assert tried["data"]["release"] == "db/v1.0.0" and "+More." in tried["data"]["diff"]
    run = author.run("pack", "try", "packs/db", "--", "sh", "-c", "cat .claude/agents/keeper.md; exit 7")
    assert run.exit == 7 and run.stdout.endswith("More.\n") and "header strict" in run.stderr

    shutil.copytree(author.tree / "packs/db", author.tree / "sources")
    author.write("registry.yaml", author.read("registry.yaml") + "  named: {path: sources, description: For it.}\n")
    assert "locked    named " in author.run("pack", "try", "sources").stdout
    author.git("checkout", "--quiet", "registry.yaml")
    shutil.rmtree(author.tree / "sources")
    asked = author.json("pack", "try", "packs/db", "--target", "opencode")
    assert {one["path"] for one in asked["data"]["changed"]} == {".opencode/agents/keeper.md"}, asked["errors"]

    author.write("packs/db/agents/reader.md", READER + "Otherwise.\n")
    clash = author.json("pack", "try", "packs/db", "--project", str(sandbox.project))
    assert clash["exit"] == 3 and clash["errors"][0]["code"] == "clash"
    (author.tree / "packs/db/agents/reader.md").unlink()
    author.write("packs/db/agents/keeper.md", "---\nname: keeper\n---\nNo description.\n")
    assert author.json("pack", "try", "packs/db")["exit"] == 1
    author.write("packs/db/agents/keeper.md", READER.replace("reader", "keeper") + "More.\n")
    assert {path: one.content for path, one in snapshot(author.tree / "packs").items()} == {
        path: one.content for path, one in before.items() if path.is_relative_to(author.tree / "packs")
    }
    elsewhere = snapshot(sandbox.home, sandbox.project, sandbox.config)
    assert elsewhere == {path: one for path, one in before.items() if not path.is_relative_to(author.tree)}

    by_hand = sandbox.project / ".claude/agents/keeper.md"
    by_hand.write_text("Of no pack.\n")
    foreign = author.json("pack", "try", "packs/db", "--project", str(sandbox.project))
    assert foreign["exit"] == 3 and ".claude/agents/keeper.md (foreign)" in foreign["errors"][0]["what"]
    assert by_hand.read_text() == "Of no pack.\n"
    by_hand.unlink()
    for wrong in (("--target", "opencode", "--project", str(sandbox.project)), ("--project", "nowhere")):
        assert author.json("pack", "try", "packs/db", *wrong)["exit"] == 2, wrong
