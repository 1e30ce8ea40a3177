"""Yanked versions, deprecated and renamed packs: one commit of `registry.yaml` each, which consumers follow."""

from __future__ import annotations

import pytest

from tests.cli.authors import READER, Author
from tests.cli.project import locked, manifest_text, succeed
from tests.needs import needs
from tests.sandbox import Sandbox


@pytest.fixture
def author(sandbox: Sandbox) -> Author:
    """An author whose pack `web` has two releases, 1.0.0 and 1.1.0, and a consumer who has the first."""
    author = Author(sandbox)
    author.publish("web@1.0.0", "--push")
    succeed(sandbox, "init")
    succeed(sandbox, "registry", "add", "kit", author.remote.as_uri())
    succeed(sandbox, "add", "kit/web^1")
    author.write("packs/web/agents/reader.md", READER + "And the tests.\n")
    author.commit("Web: read the tests")
    author.publish("web@1.1.0", "--push")
    return author


def test_yanked_and_deprecated(author: Author) -> None:
    """It is one commit of one file, whatever else is there; it counts for those who have not locked the version."""
    author.write("notes.txt", "Staged\n")
    author.git("add", "notes.txt")
    before = author.read("registry.yaml")
    dry = author.json("registry", "yank", "web", "1.1.0", "--dry-run")
    assert dry["data"]["changed"] and dry["data"]["commit"] is None and author.read("registry.yaml") == before
    done = author.json("registry", "yank", "web", "v1.1.0", "--reason", "it reads too much")["data"]
    assert done["commit"] == author.git("rev-parse", "HEAD")
    assert author.git("show", "--format=%s: %b", "--name-only").split() == (
        "Yank web 1.1.0: it reads too much registry.yaml".split()
    )
    assert author.git("status", "--porcelain=v1") == "A  notes.txt"
    assert before.replace("For web.}", 'For web., yanked: {1.1.0: "it reads too much"}}') == author.read(
        "registry.yaml"
    )
    assert not author.json("registry", "yank", "web", "1.1.0")["data"]["changed"]
    author.git("push", "--quiet")
    succeed(author.sandbox, "update")
    assert locked(author.sandbox, "kit/web")["version"] == "1.0.0"
    assert author.refused("web@1.1.0") == ["web 1.1.0 is yanked"]
    assert author.run("registry", "yank", "web", "1.1.0", "--undo").exit == 0
    assert author.read("registry.yaml") == before
    author.git("push", "--quiet")
    succeed(author.sandbox, "update")
    assert locked(author.sandbox, "kit/web")["version"] == "1.1.0"

    assert author.run("registry", "deprecate", "web", "--use", "db").exit == 0
    assert 'deprecated: "use db"' in author.read("registry.yaml")
    author.git("push", "--quiet")
    assert "deprecated: use db" in author.sandbox.run("add", "kit/web@1.0.0").stderr
    head = author.git("rev-parse", "HEAD")
    assert (
        author.run("registry", "deprecate", "web", "--use", "db").exit == 0 and author.git("rev-parse", "HEAD") == head
    )
    assert author.run("registry", "deprecate", "web", "--undo").exit == 0
    assert "deprecated" not in author.read("registry.yaml")


def test_rename(author: Author) -> None:
    """`update` writes the new name into the manifest, with overrides and edits; releases go on where they were."""
    consumer = author.sandbox
    manifest = consumer.project / "agentsync.yaml"
    manifest.write_text(manifest_text(consumer) + "overrides:\n  kit/web:   # ours\n    agent:reader: {model: haiku}\n")
    succeed(consumer, "install")
    file = consumer.project / ".claude/agents/reader.md"
    file.write_text(file.read_text().replace("Read the code.", "Read our code."))
    assert author.run("registry", "rename", "web", "site").exit == 0
    assert author.git("log", "-1", "--format=%s") == "Rename web to site"
    author.write("packs/web/agents/reader.md", READER + "And the tests.\nAnd the docs.\n")
    author.commit("Site: read the docs")
    released = author.publish("site", "--push")
    assert (released["from"], released["version"], released["tag"]) == ("1.1.0", "1.1.1", "site/v1.1.1")

    text = manifest_text(consumer)
    would = consumer.json("update", "--dry-run")["data"]["findings"]
    assert [(one["rule"], one["pack"]) for one in would] == [("pack-renamed", "kit/site")] and manifest_text(
        consumer
    ) == text
    document = consumer.json("update")
    (told,) = document["data"]["findings"]
    assert (document["exit"], told["rule"], told["what"]) == (0, "pack-renamed", "it was called kit/web")
    assert manifest_text(consumer) == text.replace("kit/web", "kit/site")
    assert locked(consumer, "kit/site")["version"] == "1.1.1"
    assert (
        "model: haiku" in file.read_text() and "Read our code." in file.read_text() and "the docs" in file.read_text()
    )
    assert consumer.run("drift").stdout.count("edited") == 1
    assert author.run("registry", "rename", "site", "web").exit == 0
    author.git("push", "--quiet")
    succeed(consumer, "update")
    assert manifest_text(consumer) == text


@needs("modes")
def test_what_cannot_be_changed(sandbox: Sandbox) -> None:
    """An unknown pack or word is a bad request, an unknown version and a changed file a refusal; nothing is written."""
    author = Author(sandbox)
    head = author.git("rev-parse", "HEAD")
    for code, *line in (
        (2, "yank", "wbe", "1.0.0"),
        (2, "yank", "web", "soon"),
        (3, "yank", "web", "9.9.9"),
        (2, "deprecate", "web", "--use", "web"),
        (2, "deprecate", "web", "old", "--undo"),
        (2, "rename", "web", "db"),
        (2, "rename", "web", "No Name"),
    ):
        run = author.run("registry", *[str(word) for word in line])
        assert run.exit == code and run.stderr.startswith("error: "), line
    author.write("registry.yaml", author.read("registry.yaml") + "# mine\n")
    assert author.run("registry", "deprecate", "web").exit == 3
    author.git("checkout", "--quiet", "registry.yaml")
    hook = author.tree / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    run = author.run("registry", "deprecate", "web", "old")
    assert run.exit == 3 and "not on a Friday" in run.stderr
    hook.unlink()
    (sandbox.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    run = author.run("registry", "deprecate", "web", "old")
    assert run.exit == 3 and "git does not know who you are" in run.stderr
    assert author.git("rev-parse", "HEAD") == head and author.git("status", "--porcelain=v1") == ""


def test_new_power_under_a_new_name(author: Author) -> None:
    """A rename is no way around the yes that a gain needs."""
    assert author.run("registry", "rename", "web", "site").exit == 0
    author.git("mv", "packs/web", "packs/site")
    author.write("registry.yaml", author.read("registry.yaml").replace("packs/web", "packs/site"))
    author.write("packs/site/agents/reader.md", READER.replace("Grep", "Bash"))
    author.commit("Site: run things")
    author.publish("site@1.2.0", "--push")
    consumer = author.sandbox
    asked = consumer.json("update")
    assert asked["exit"] == 3 and "exec" in asked["errors"][0]["why"]
    assert (
        "kit/web" in manifest_text(consumer)
        and "Bash" not in (consumer.project / ".claude/agents/reader.md").read_text()
    )
    succeed(consumer, "update", "--accept-grants")
    assert locked(consumer, "kit/site")["version"] == "1.2.0"
