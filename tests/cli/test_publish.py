"""Releases: decided by what changed, written, committed, tagged, pushed at once; and installed by others."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import Final

import pytest

from tests.cli.authors import DAY, READER, Author
from tests.cli.project import locked, succeed
from tests.needs import needs
from tests.programs import write_program
from tests.sandbox import AGENTSYNC, Sandbox


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


@needs("modes")
def test_what_is_refused(author: Author) -> None:
    """All reasons at once, and nothing changes here or there."""
    author.publish("web@1.0.0", "--push")
    assert author.refused("web") == ["web is what its newest release is"]
    assert "1.0.0 -> 1.0.1  (no commit changed it)" in author.run("registry", "publish", "web", "--dry-run").stdout
    author.write("packs/web/agents/reader.md", READER + "More.\n")
    author.write("packs/db/agents/empty.md", "")
    author.git("switch", "--quiet", "--create", "topic")
    assert author.refused("web@0.9.0") == [
        "HEAD is on topic, and main is the branch that counts",
        "web has changes that are not committed",
        "web 0.9.0 is not above 1.0.0",
        "web is what its newest release is",
    ]
    author.git("switch", "--quiet", "main")
    author.git("checkout", "--quiet", "packs")
    author.write("packs/web/agents/reader.md", READER + "More.\n")
    tip = author.commit("Web: more")
    author.git("push", "--quiet")
    author.git("reset", "--quiet", "--hard", "HEAD~1")
    assert author.refused("web@1.1.0", "--allow-unchanged", "--push") == ["main is behind origin"]
    author.git("merge", "--quiet", "--ff-only", tip)
    author.there("tag", "web/v1.1.0", "main~1")
    for more in (["--push"], [], ["--dry-run"]):
        assert author.refused("web", "--bump", "minor", *more) == ["the remote has a tag web/v1.1.0 already"]
    said = author.run("registry", "publish", "web@1.1.0", "--dry-run")
    assert said.exit == 3 and "planned   web 1.0.0 -> 1.1.0" in said.stdout and "would release" not in said.stdout
    author.git("remote", "set-url", "origin", str(author.remote / "gone"))
    document = author.json("registry", "publish", "web@1.1.0", "--dry-run")
    assert document["exit"] == 0 and "origin was not asked which releases it has" in document["data"]["notes"][0]
    author.git("remote", "set-url", "origin", str(author.remote))
    author.git("tag", "web/v0.9.0", "main~1")
    (author.remote / "hooks/pre-receive").write_text("#!/bin/sh\necho closed >&2\nexit 1\n")
    (author.remote / "hooks/pre-receive").chmod(0o755)
    run = author.run("registry", "publish", "web@1.2.0", "--push")
    assert run.exit == 3 and "closed" in run.stderr and author.there("tag", "--list", "web/v1.2.0") == ""
    (author.remote / "hooks/pre-receive").unlink()
    run = author.run("registry", "publish", "web@1.2.0", "--push")
    assert run.exit == 0 and "not at origin: web/v0.9.0; `git push --atomic origin refs/tags/web/v0.9.0`" in run.stderr
    assert author.there("rev-parse", "main") == author.there("rev-parse", "web/v1.2.0^{}")
    author.write("registry.yaml", author.read("registry.yaml") + "  more: {pth: x, tags: v}\ncolour: red\n")
    author.commit("A list with three faults")
    document = author.json("registry", "publish", "web")
    assert document["exit"] == 3 and len(document["errors"]) == 3, document["errors"]


GIT_THAT_DIES: Final = """\
n=$(cat {count} 2>/dev/null || echo 0)
for word in "$@"; do case "$word" in add|commit|tag|push) echo $((n + 1)) > {count}
  if [ "$n" = {at} ]; then {git} "$@"; kill -9 $PPID; exit 1; fi;; esac; done
exec {git} "$@"
"""


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("is_done", [False, True])
def test_killed_and_run_again(author: Author, at: int, is_done: bool) -> None:
    """Killed before or after any git that writes, the same command ends where it would have ended."""
    git = shutil.which("git")
    rest = {"count": author.sandbox.root / "count", "git": git, "at": at}
    kill = GIT_THAT_DIES if is_done else GIT_THAT_DIES.replace('{git} "$@"; kill', "kill")
    program = write_program(author.sandbox.root / "dying" / "git", kill.format(**rest))
    command = (*AGENTSYNC, "registry", "publish", "web", "--push")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = author.sandbox.environment(**author.environment, PATH=path)
    died = subprocess.run(command, cwd=author.tree, env=environment, capture_output=True, check=False)
    assert died.returncode == -9, died.stderr.decode()
    time.sleep(0.3)  # a git that was under way ends by itself
    assert author.publish("web", "--push")["tag"] == "web/v0.1.0"
    subjects = author.git("log", "--format=%s").split("\n")
    assert subjects.count("Release web 0.1.0") == 1 and author.git("status", "--porcelain=v1") == ""
    assert author.there("rev-parse", "main") == author.there("rev-parse", "web/v0.1.0^{}")
    assert author.read("packs/web/CHANGELOG.md").count("0.1.0") == 1


@needs("modes")
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing needs ssh-keygen")
def test_signed(author: Author) -> None:
    """With the author's own key; what git cannot verify is no release."""
    key = author.sandbox.root / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    author.git("config", "gpg.format", "ssh")
    author.git("config", "user.signingKey", f"{key}.pub")
    assert author.refused("web", "--sign") == ["a signature could not be verified"]
    signers = author.sandbox.root / "signers"
    signers.write_text("")
    author.git("config", "gpg.ssh.allowedSignersFile", str(signers))
    run = author.run("registry", "publish", "web", "--sign")
    assert run.exit == 3 and "cannot be verified" in run.stderr and author.git("tag", "--list") == ""
    signers.write_text(f"ann@example.org {(key.with_suffix('.pub')).read_text()}")
    author.git("config", "tag.gpgSign", "true")
    assert author.publish("web")["signed"] is True
    author.git("verify-tag", "web/v0.1.0")
    assert author.git("log", "--format=%s").split("\n").count("Release web 0.1.0") == 1


@needs("modes")
def test_all_that_changed_on_shared_tags(author: Author) -> None:
    """A hook may refuse, and all is as it was; a tag of the whole repository is one release of all that changed."""
    author.git("tag", "v1.0.0")
    assert author.json("registry", "publish", "--all")["data"]["released"] == []
    for name in ("web", "db"):
        author.write(f"packs/{name}/agents/more.md", READER.replace("reader", f"{name}-more"))
    author.commit("More agents")
    hook = author.tree / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\necho no ticket >&2\nexit 1\n")
    hook.chmod(0o755)
    before = author.state()
    run = author.run("registry", "publish", "--all")
    assert run.exit == 3 and "no ticket" in run.stderr and author.state() == before
    hook.unlink()
    document = author.json("registry", "publish", "--all", "--push")
    rows = [(one["pack"], one["version"], one["tag"]) for one in document["data"]["released"]]
    assert rows == [("web", "1.1.0", "v1.1.0"), ("db", "1.1.0", "v1.1.0")]
    assert author.git("log", "-2", "--format=%s") == "Release db 1.1.0\nRelease web 1.1.0"
    assert author.there("rev-parse", "v1.1.0^{}") == author.git("rev-parse", "HEAD")
    assert author.json("registry", "publish", "--all")["data"]["released"] == []
