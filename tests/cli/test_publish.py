"""Releases: decided by what changed, written, committed, tagged, pushed at once; and installed by others."""

from __future__ import annotations

import pytest

from tests.cli.authors import DAY, READER, Author
from tests.cli.project import locked, succeed
from tests.sandbox import Sandbox


@pytest.fixture
def author(sandbox: Sandbox) -> Author:
    """An author with two packs, `web` and `db`, that have no release yet."""
    return Author(sandbox)


def test_from_the_first_release_to_a_consumer(author: Author) -> None:
    """Versions follow from what changed, and a consumer's range takes them; other work of the author stays as it is."""
    author.write("README.md", "Being written\n")
    author.write("packs/web/CHANGELOG.md", "# Web\n\n## Unreleased\n\n- Reads code\n")
    author.git("add", "packs/web")
    author.git("commit", "--quiet", "--message", "Web: a changelog")
    author.write("packs/db/new.md", "Staged\n")
    author.git("add", "packs/db/new.md")
    first = author.publish("web", "--push")
    assert first == {
        "pack": "web",
        "from": None,
        "version": "0.1.0",
        "tag": "web/v0.1.0",
        "commit": author.git("rev-parse", "HEAD"),
        "tree": author.git("rev-parse", "HEAD:packs/web"),
        "reason": "first release",
        "grants": {"gained": ["read"], "lost": []},
        "signed": False,
    }
    assert author.read("packs/web/CHANGELOG.md") == f"# Web\n\n## 0.1.0 - {DAY}\n\n- Reads code\n"
    assert author.git("show", "--format=%an: %s", "--name-only") == "Ann: Release web 0.1.0\n\npacks/web/CHANGELOG.md"
    assert author.git("status", "--porcelain=v1").split("\n") == [" M README.md", "A  packs/db/new.md"]
    assert author.there("rev-parse", "main", "web/v0.1.0^{}").split() == [first["commit"]] * 2
    message = author.git("for-each-ref", "--format=%(objecttype)%0a%(contents)", "refs/tags")
    assert message == (f"tag\nweb 0.1.0\n\n- Reads code\n\nAgentsync-Tree: {first['tree']}\nAgentsync-Grants: read")

    consumer = author.sandbox
    succeed(consumer, "init")
    succeed(consumer, "registry", "add", "kit", author.remote.as_uri())
    succeed(consumer, "add", "kit/web")
    assert (consumer.project / ".claude/agents/reader.md").read_text() == READER

    author.write("packs/web/agents/reader.md", READER.replace("Read the code.", "Read all of it."))
    author.write("packs/web/agents/critic.md", READER.replace("reader", "critic"))
    author.git("add", "packs/web")
    author.git("commit", "--quiet", "--message", "Web: a critic", "--", "packs/web")
    second = author.publish("web", "--push", "origin")
    assert (second["from"], second["version"], second["reason"]) == ("0.1.0", "0.2.0", "minor: agent:critic came")
    assert f"## 0.2.0 - {DAY}\n\n- Web: a critic\n\n## 0.1.0" in author.read("packs/web/CHANGELOG.md")
    succeed(consumer, "update")
    assert locked(consumer, "kit/web")["version"] == "0.1.0", "`^0.1` of the first release"

    author.write("packs/web/agents/reader.md", READER.replace("Grep", "Bash"))
    author.git("commit", "--quiet", "--message", "Web: it may run things", "--", "packs/web")
    third = author.publish("web", "--dry-run")
    assert (third["version"], third["commit"], third["grants"]["gained"]) == ("1.0.0", None, ["exec"])
    assert author.git("tag", "--list", "web/v1*") == ""
    assert author.publish("web")["tag"] == "web/v1.0.0"
    assert author.there("tag", "--list", "web/v1*") == ""
    succeed(consumer, "add", "kit/web@0.2.0")
    run = author.run("registry", "publish", "web", "--push")
    assert run.exit == 0 and "tagged already" in run.stdout and author.there("tag", "--list", "web/v1*") == "web/v1.0.0"
    asked = consumer.run("add", "kit/web@1.0.0")
    assert asked.exit == 3 and "exec" in asked.stderr
