"""An author with a registry of their own: a working tree, and the bare repository that it is pushed to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.cli.project import succeed
from tests.git_registry import plain_git_environment
from tests.sandbox import Run, Sandbox

READER = "---\nname: reader\ndescription: Reads code.\ntools: Read, Grep\n---\nRead the code.\n\nSay what you saw.\n\n"
DAY = "2026-01-05"


class Author:
    """An author on a machine, in a registry with the pack `web` that is pushed to `origin`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tree = sandbox.root / "kit"
        self.remote = sandbox.root / "srv" / "kit.git"
        (sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
        self.environment = {f"GIT_{who}_DATE": f"{DAY}T08:00:00Z" for who in ("AUTHOR", "COMMITTER")}
        self.remote.mkdir(parents=True)
        self._git(self.remote, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        self._git(sandbox.root, "clone", "--quiet", str(self.remote), str(self.tree))
        self.git("switch", "--quiet", "--create", "main")
        succeed(sandbox, "-C", str(self.tree), "registry", "init", "--name", "kit")
        self.write("packs/web/agents/reader.md", READER)
        self.write("packs/db/agents/keeper.md", READER.replace("reader", "keeper"))
        registry = self.read("registry.yaml").partition("packs:")[0]
        packs = "".join(f"  {name}: {{path: packs/{name}, description: For {name}.}}\n" for name in ("web", "db"))
        self.write("registry.yaml", f"{registry}packs:\n{packs}")
        self.commit("Begin")
        self.git("push", "--quiet", "--set-upstream", "origin", "main")

    def git(self, *arguments: str) -> str:
        """Run git in the working tree, and return what it prints, stripped."""
        return self._git(self.tree, *arguments)

    def there(self, *arguments: str) -> str:
        """Run git in the remote."""
        return self._git(self.remote, *arguments)

    def _git(self, folder: Path, *arguments: str) -> str:
        who = {"GIT_CONFIG_GLOBAL": str(self.sandbox.home / ".gitconfig")}
        environment = plain_git_environment() | self.environment | who
        done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().rstrip()

    def write(self, path: str, text: str) -> None:
        """Write a file of the working tree."""
        where = self.tree / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, newline="")

    def read(self, path: str) -> str:
        """Return a file of the working tree."""
        return (self.tree / path).read_text()

    def commit(self, subject: str) -> str:
        """Commit all that there is, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str, **more: str) -> Run:
        """Run agentsync in the working tree."""
        return self.sandbox.run(*arguments, cwd=self.tree, env=self.environment | more)

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run agentsync in the working tree with `--json`."""
        return self.sandbox.json(*arguments, cwd=self.tree, env=self.environment)

    def publish(self, *arguments: str) -> dict[str, Any]:
        """Publish, and return what was released, which must be one pack."""
        document = self.json("registry", "publish", *arguments)
        assert document["exit"] == 0, document["errors"]
        (released,) = document["data"]["released"]
        return dict(released)

    def refused(self, *arguments: str) -> list[str]:
        """Publish what is refused: return why; nothing has changed here and at the remote."""
        before = self.state()
        document = self.json("registry", "publish", *arguments)
        is_dry = "--dry-run" in arguments
        assert document["exit"] == 3 and (is_dry or document["data"].get("released") == [])
        assert all(error["what"] and error["hint"] for error in document["errors"])
        assert self.state() == before
        return [error["what"] for error in document["errors"]]

    def state(self) -> tuple[str, ...]:
        """All refs here and there, and how the working tree stands."""
        return (
            self.git("show-ref"),
            self.there("show-ref"),
            self.git("status", "--porcelain=v1", "--untracked-files=all"),
        )
