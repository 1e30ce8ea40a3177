"""A small fleet for its updates: a registry with a newer release, and projects as agentsync made them."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from agentsync.fleet.batch import Question
from agentsync.fleet.results import Results
from agentsync.formats.git_url import parse_git_url
from agentsync.model.fleet import FleetStanding, FoundPack, FoundRepository, Member
from tests.cli.packs import agent, registry_yaml, skill
from tests.git_registry import SERVER_SETTINGS, File, GitRegistry
from tests.sandbox import AGENTSYNC, Run, Sandbox

WHO: Final = "[user]\n\tname = Ann\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n"
LINES: Final = "One.\nTwo.\nThree.\nFour.\nFive.\n"
SCRIPT: Final = "packs/web/skills/look/scripts/run.sh"
_GIT: Final = "git -c core.autocrlf=false"


class Updates:
    """The fleet; each project is a bare repository in `hosted`, and was made in a checkout."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.hosted = sandbox.root / "hosted"
        self.results = sandbox.root / "fleet.sqlite"
        (sandbox.home / ".gitconfig").write_text(WHO)
        self.registry = GitRegistry(sandbox.root / "srv" / "acme.git")
        self.files: dict[str, str | bytes | File] = {
            "registry.yaml": registry_yaml("web", "net"),
            "packs/web/agents/critic.md": agent("critic", LINES),
            "packs/web/skills/look/SKILL.md": skill("look"),
            "packs/web/skills/look/old.md": "Gone soon.\n",
            SCRIPT: File("echo one\n", executable=True),
            "packs/net/agents/reader.md": agent("reader").replace("---\n", "---\ntools: Read\n", 1),
        }
        for name in ("web", "net"):
            self.registry.publish(f"{name}-v1.0.0", self.files)
        self.repositories: dict[str, GitRegistry] = {}

    def release(self) -> None:
        """Publish what projects do not have: a changed line, a new file, one that goes, another mode, more power."""
        later = {**self.files, "packs/web/agents/critic.md": agent("critic", LINES.replace("Two.", "Twice."))}
        later |= {"packs/web/skills/look/new.md": "New.\n", SCRIPT: File("echo one\n")}
        later["packs/net/agents/reader.md"] = agent("reader").replace("---\n", "---\ntools: Read, WebFetch\n", 1)
        del later["packs/web/skills/look/old.md"]
        for name in ("web", "net"):
            self.registry.publish(f"{name}-v1.1.0", later)

    def project(self, name: str, *packs: str, folder: str = ".", files: Mapping[str, str | bytes] = {}) -> Path:
        """Make a project with packs in a checkout that is pushed by `push`."""
        top = self.sandbox.root / "made" / name
        where = top / folder
        where.mkdir(parents=True, exist_ok=True)
        if not (top / ".git").exists():
            self.git(top, "init -q")
        for path, data in files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(data.encode() if isinstance(data, str) else data)
        wanted = "".join(f'  acme/{pack}: "^1"\n' for pack in packs or ("web",))
        text = f"registries: {{acme: {self.registry.url}}}\ntargets: [claude-code]\npacks:\n{wanted}"
        (where / "agentsync.yaml").write_text(text)
        done = self.sandbox.run("install", "--accept-grants", cwd=where)
        assert done.exit == 0, done.stderr
        return top

    def push(self, name: str) -> str:
        """Push the checkout of a project to its host; return the commit of `main`."""
        top = self.sandbox.root / "made" / name
        if name not in self.repositories:
            settings = {**SERVER_SETTINGS, "http.receivepack": "true"}
            self.repositories[name] = GitRegistry(self.hosted / f"{name}.git", server=settings)
        self.git(top, "add -A")
        self.git(top, "commit -q -m base")
        self.git(top, f"push -q {self.repositories[name].path} HEAD:main")
        return self.git(top, "rev-parse HEAD")

    def git(self, folder: Path, words: str) -> str:
        """Run git as the user would."""
        done = self.sandbox.shell(f"{_GIT} {words}", cwd=folder)
        assert done.exit == 0, done.stderr
        return done.stdout.strip()

    def checked(
        self, members: Sequence[str] = (), standing: FleetStanding = FleetStanding.OUTDATED, **more: str
    ) -> None:
        """Write list and results, as `fleet check` leaves them."""
        urls = list(members) or [one.url for one in self.repositories.values()]
        listed = "".join(f"  - {url}\n" for url in urls)
        head = "".join(f"{key}: {value}\n" for key, value in more.items())
        (self.sandbox.project / "fleet.yaml").write_text(f"fleet: 1\n{head}repositories:\n{listed}")
        found = []
        for text in urls:
            url = parse_git_url(text)
            locked = FoundPack(".", "acme/web", "1.0.0", "0" * 40, "0" * 40, self.registry.url, "web-v1.0.0", "^1")
            name = url.repository_name
            commit = self.repositories[name].git("rev-parse", "main").strip()
            row = FoundRepository(url.text, commit, standing, time.time(), packs=(locked,))
            found.append((Member(url), row))
        with closing(Results(self.results, named=True)) as results:
            run = results.begin([Question(member) for member, _ in found], "", time.time())
            results.put(run, found)
            results.finish(run, time.time())

    def run(self, *words: str, **more: str) -> Run:
        """Run a command of the fleet."""
        environment = self.sandbox.environment(**more)
        words = (*words, "--pause", "0s") if words[0] == "update" else words
        return self.sandbox.run("fleet", *words, "--results", str(self.results), env=environment)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command of the fleet, as a process of its own."""
        command = [*AGENTSYNC, "fleet", *words, "--results", str(self.results)]
        where, environment = self.sandbox.project, self.sandbox.environment()
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=where, env=environment, stdout=quiet, stderr=quiet)

    def noted(self) -> list[str]:
        """Return the branches of updates of all packs that the results note."""
        with closing(sqlite3.connect(self.results)) as data:
            return [name for (name,) in data.execute("SELECT name FROM branch WHERE wanted = ''")]

    def updates(self, name: str) -> list[str]:
        """Return the branches of updates of a repository."""
        listed = self.repositories[name].git("for-each-ref", "--format=%(refname:short)", "refs/heads/agentsync/")
        return listed.split()

    def tree_of_checkout(self, name: str) -> str:
        """Return the tree that `agentsync update` leaves in a clone of a project, as `git add -A` takes it."""
        clone = self.sandbox.root / "clones" / name
        self.sandbox.shell(f"rm -rf {clone}")
        assert self.sandbox.shell(f"git clone -q {self.repositories[name].path} {clone}").exit == 0
        for manifest in sorted(clone.rglob("agentsync.yaml")):
            done = self.sandbox.run("update", cwd=manifest.parent)
            assert done.exit == 0, done.stderr
        self.git(clone, "add -A")
        return self.git(clone, "write-tree")
