"""`registry index`: made by the author's CI, used by all who search, and never what a lock comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.authors import Author
from tests.cli.http_server import serving
from tests.cli.project import manifest_text, succeed, write_manifest
from tests.sandbox import Sandbox

INDEX = "refs/agentsync/index"


@pytest.fixture
def author(sandbox: Sandbox) -> Author:
    """An author whose packs `web` and `db` are released and pushed."""
    author = Author(sandbox)
    author.there("config", "uploadpack.allowFilter", "true")
    for pack in ("web", "db"):
        author.publish(f"{pack}@1.0.0", "--push")
    return author


def seen(sandbox: Sandbox) -> dict[str, Any]:
    """What a user sees of the registry, and locks of it, with an empty cache."""
    succeed(sandbox, "cache", "clean")
    lock = sandbox.project / "agentsync.lock"
    lock.unlink(missing_ok=True)
    shown = {
        "search": sandbox.json("search", "--refresh", "reader")["data"],
        "info": sandbox.json("info", "kit")["data"],
    }
    succeed(sandbox, "lock")
    return {**shown, "lock": lock.read_text()}


def test_an_index_from_the_author_to_a_user(author: Author, sandbox: Sandbox) -> None:
    """One ref is written and pushed, nothing else; a user sees and locks the same, until a later release."""
    with serving(author.remote.parent) as url:
        write_manifest(sandbox, f"registries:\n  kit: {url}/kit.git\npacks:\n  kit/web: ^1\n")
        before = seen(sandbox)
        refs = author.there("show-ref")
        planned = author.json("registry", "index", "--push", "--dry-run")["data"]
        assert author.there("show-ref") == refs and INDEX not in author.git("show-ref")
        done = author.json("registry", "index", "--push")["data"]
        head = author.git("rev-parse", "HEAD")
        assert done == {**planned, "pushed": True} | {"commit": head, "packs": 2, "changed": True}
        assert author.there("show-ref") == f"{done['index']} {INDEX}\n{refs}"
        assert author.git("log", "--format=%P|%s|%cn", INDEX) == f"|Index of {head}|agentsync"
        again = author.run("registry", "index", "--push")
        assert "up to date" in again.stdout and "origin has it already" in again.stdout
        assert author.git("status", "--porcelain=v1") == "" and seen(sandbox) == before

        succeed(sandbox, "cache", "clean")
        run = succeed(sandbox, "search", "--refresh", "reader", "-v", git_log=True)
        assert "fetching the index" in run.stderr and "kit/web agent:reader" in run.stdout
        asking = [call for call in run.git_calls if {"fetch", "ls-remote", "remote-http"} & {*call}]
        assert len(asking) == 1, asking  # one conversation: refs, then the index

        author.publish("web@1.1.0", "--allow-unchanged", "--push")
        late = succeed(sandbox, "search", "--refresh", "reader", "-v")
        assert "its index is passed over: it was made from another commit" in late.stderr
        assert late.stdout == run.stdout and "fetching the index" not in succeed(sandbox, "install", "-v").stderr


def test_an_index_that_lies(author: Author, sandbox: Sandbox) -> None:
    """It can show a wrong text, cleaned; what is locked and installed is what the packs hold."""
    write_manifest(sandbox, f"registries:\n  kit: {author.remote}\npacks:\n  kit/web: '*'\n")
    before = seen(sandbox)
    author.json("registry", "index")
    head = json.loads(author.git("show", f"{INDEX}:index.json"))
    packs = [json.loads(line) for line in author.git("show", f"{INDEX}:packs.jsonl").splitlines()]
    assert [pack["pack"] for pack in packs] == ["web", "db"]
    packs[0] |= {
        "path": "packs/db",
        "versions": ["9.9"],
        "description": "\x1b[2J\u202eevil",
        "yanked": {"1.0.0": "old"},
    }
    packs[0]["items"] = [{"item": "mcp:reader", "description": "x", "grants": []}]
    packs += [{"pack": f"more-{number}", "description": "More"} for number in range(2)]
    for name, text in (
        ("index.json", json.dumps(head | {"packs": 4})),
        ("packs.jsonl", "".join(f"{json.dumps(one)}\n" for one in packs)),
    ):
        author.write(name, text)
    author.git("add", "index.json", "packs.jsonl")
    tree = author.git("write-tree")
    lie = author.git("commit-tree", "-m", "lie", tree)
    author.git("push", "--quiet", "origin", f"{lie}:{INDEX}")
    after = seen(sandbox)
    assert after["info"] != before["info"] and after["search"] != before["search"]
    assert after["lock"] == before["lock"]
    assert "\x1b" not in (shown := sandbox.run("info", "kit").stdout) and "\u202e" not in shown
    succeed(sandbox, "install")
    assert (sandbox.project / ".claude/agents/reader.md").is_file() and "9.9" not in manifest_text(sandbox)


def test_where_an_index_is_made(author: Author, sandbox: Sandbox) -> None:
    """A bare repository serves; a shallow clone and a folder in no repository do not; the remote may be elsewhere."""
    succeed(sandbox, "registry", "index", str(author.remote))
    made = author.there("rev-parse", INDEX)
    author.write("notes.md", "More\n")
    author.commit("Notes")
    pushed = author.json("registry", "index", "--push")["data"]
    assert "another commit" in pushed["notes"][0] and author.there("rev-parse", INDEX) != made
    author.git("update-ref", "-d", INDEX)
    clone = sandbox.root / "shallow"
    assert sandbox.shell(f"git clone -q --depth=1 file://{author.remote} {clone}").exit == 0
    for folder, code, what in ((clone, 3, "shallow"), (sandbox.project, 2, "has no commit")):
        run = sandbox.run("registry", "index", str(folder))
        assert run.exit == code and what in run.stderr
    run = author.run("registry", "index", "--push", "nowhere")
    assert run.exit == 3 and "cannot reach the remote nowhere" in run.stderr
