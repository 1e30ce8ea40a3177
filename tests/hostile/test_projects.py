"""Hostile projects, as `git clone` brings them: manifest, lock, state, links and programs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from typing import Final

import pytest

from tests.cli.project import sealed
from tests.git_registry import GitRegistry
from tests.hostile.machine import INSTALLED, PASSWORD, Case, Machine, judge

OID: Final = "1" * 40
DIGEST: Final = f"sha256:{'0' * 64}"


def _url(name: str, url: str, says: str, *, exit: int = 2, quick: bool = False) -> Case:
    """A registry that must not be asked."""
    return Case(name, lambda machine: machine.ask(json.dumps(url.format(trap=machine.trap))), says, exit, quick=quick)


def _manifest(name: str, text: str, says: str, *, exit: int = 2, quick: bool = False) -> Case:
    """A manifest that is refused; `{registry}` is an honest registry, `{trap}` a program."""

    def build(machine: Machine) -> None:
        url = machine.honest().url
        machine.write("agentsync.yaml", text.replace("{registry}", url).replace("{trap}", str(machine.trap)))

    return Case(name, build, says, exit, quick=quick)


def _pack(facts: str) -> str:
    return f"registries: {{acme: '{{registry}}'}}\npacks:\n  acme: {facts}\n"


URLS: Final = [
    _url("a helper", "ext::sh -c {trap}%", "line 2, column 9: a URL of the form 'x::y' is refused", quick=True),
    _url("a file descriptor", "fd::17/foo", "'x::y' is refused"),
    _url("a helper of any name", "evil::https://x.example/y", "'x::y' is refused"),
    _url("an option", "--upload-pack={trap}", "a git URL starts with '-'", quick=True),
    _url("an option of ssh", "ssh://-oProxyCommand={trap}/x", "the host in a git URL starts with '-'", quick=True),
    _url("an option in escapes", "ssh://%2doProxyCommand={trap}/x", "the (host|user) .*"),
    _url("an option as a user", "ssh://-oProxyCommand={trap}@x.example/y", "in a git URL starts with '-'"),
    _url("an option in short form", "git@-oProxyCommand=x:y", "the host in a git URL starts with '-'"),
    _url("an option as a path", "git@x.example:--upload-pack={trap}", "the path in a git URL starts with '-'"),
    _url("plain http", "http://x.example/y", r"line 2, .*plain http to x\.example is refused"),
    _url("git's own protocol", "git://x.example/y", "'git://' is refused"),
    _url("ftp", "ftp://x.example/y", "'ftp://' is refused"),
    _url("a backslash", "https:\\\\x.example\\y", "holds a backslash"),
    _url("a line", "https://x.example/y\n[core]\n\tfsmonitor={trap}", "holds a control or invisible character"),
    _url("a bidi URL", "https://x.example/\u202ey", "holds a control or invisible character"),
    _url("a host that looks like another", "https://g\u0456thub.com/a/b", "^error: .*is not ASCII"),
    _url("a home folder", "~/private.git", "~ is not expanded"),
    _url(
        "a password", f"https://kim:{PASSWORD}@127.0.0.1:1/x", r"^error: cannot read https://127\.0\.0\.1:1/x", exit=3
    ),
    _url("a token", f"https://127.0.0.1:1/x?private_token={PASSWORD}", "^error: cannot read https://", exit=3),
    _url("a password nowhere", f"ftp://kim:{PASSWORD}@x.example/y", "'ftp://' is refused"),
]
MANIFESTS: Final = [
    _manifest("a branch like an option", _pack("{branch: '--upload-pack={trap}'}"), "^error: .*", exit=2),
    _manifest("a tag like an option", _pack("{tag: '-x'}"), "^error: .*", exit=2),
    _manifest("a commit like an option", _pack("{commit: '--output={trap}'}"), "line 3, .*commit", quick=True),
    _manifest("a branch with a target", _pack("{branch: 'main:refs/heads/x'}"), "^error: .*", exit=2),
    _manifest(
        "a target like a path", "targets: [../../etc]\n", r"line 1, .*unknown target '\.\./\.\./etc'", quick=True
    ),
    _manifest("an alias like a path", "registries: {../../x: '{registry}'}\n", "line 1, column 14: ", quick=True),
    _manifest("a name that leaves", _pack("{version: '*', rename: {'agent:good': ../../../x}}"), "^error: ", exit=3),
    _manifest(
        "a repository's folder that leaves",
        "packs: {x: {git: '{registry}', path: ../.., tag: v1.0.0}}\n",
        "unsafe path",
    ),
    _manifest("a whole disk", "packs: {x: {path: /}}\n", "^error: .*", exit=3),
    _manifest("a device", "packs: {x: {path: /dev/zero}}\n", "^error: there is no folder /dev/zero", exit=2),
    _manifest(
        "a pattern that never ends",
        _pack(f"{{version: '*', only: ['agent:{'*a' * 40}b']}}"),
        "nothing that `only",
        exit=3,
    ),
    _manifest("a bomb", "a: &a [x]\npacks: [*a, *a]\n", "line 1, column 4: anchors", quick=True),
    _manifest("a tag", "packs: !!python/object/apply:os.system [x]\n", "line 1, column 8: the tag "),
    _manifest("depth", "packs: " + "[" * 100_000, "line 1, column 39: nested deeper than 32"),
    _manifest("keys twice", "packs: {}\npacks: {}\n", "line 2, column 1: duplicate key"),
    _manifest("a length", "packs: {}\n" + "#" * (9 << 20), "agentsync.yaml is larger than 8 MiB"),
    _manifest("an escape", 'packs: {"\\e[31m": "*"}\n', r"line 1, column 9: .*\\x1b\[31m"),
]


def _linked(where: str, goal: str = "outside") -> Callable[[Machine], None]:
    """An honest manifest, and a link in the project."""

    def build(machine: Machine) -> None:
        machine.honest()
        link = machine.project / where
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(machine.root / goal)

    return build


def _endless_lock(machine: Machine) -> None:
    machine.honest()
    os.mkfifo(machine.project / "agentsync.lock")


def _endless_manifest(machine: Machine) -> None:
    (machine.project / "agentsync.yaml").symlink_to("/dev/zero")


def _secret_manifest(machine: Machine) -> None:
    (machine.project / "agentsync.yaml").symlink_to(machine.home / ".ssh/id_rsa")


def _linked_patches(machine: Machine) -> None:
    _edited(machine)
    (machine.project / ".agentsync/patches").mkdir()
    (machine.project / ".agentsync/patches/acme").symlink_to(machine.outside)


def _edited(machine: Machine) -> None:
    machine.honest()
    assert machine.run("install").exit == 0
    machine.write(".claude/agents/good.md", "Mine\n")


def _patch_elsewhere(machine: Machine) -> None:
    """A kept edit whose patch names a file outside of the project."""
    _edited(machine)
    assert machine.run("keep").exit == 0
    (patch,) = (machine.project / ".agentsync/patches").rglob("*.patch")
    text = patch.read_text()
    assert ".claude/agents/good.md" in text
    patch.write_text(text.replace(".claude/agents/good.md", "../outside/precious.md"))
    (machine.project / ".claude/agents/good.md").unlink()


def _linked_cache(machine: Machine) -> None:
    machine.honest()
    assert machine.run("lock").exit == 0
    (cached,) = (machine.cache / "git-v1").glob("*.git")
    shutil.move(cached, machine.outside / "evil.git")
    cached.symlink_to(machine.outside / "evil.git")


def _open_cache(machine: Machine) -> None:
    machine.honest()
    assert machine.run("lock").exit == 0
    (machine.cache / "git-v1").chmod(0o777)


LEFT: Final = r"^error: left as it is: \.claude/agents/good\.md"
LINKS: Final = [
    Case("the agent folder", _linked(".claude"), r"^error: \.claude is a symlink", quick=True),
    Case("the agent folder, home", _linked(".claude", "home"), r"^error: \.claude is a symlink"),
    Case("a folder of agents", _linked(".claude/agents"), r"^error: \.claude/agents is a symlink that leads out"),
    Case("an agent", _linked(".claude/agents/good.md", "outside/precious.md"), LEFT,
         installed=frozenset((".claude/skills/pdf/SKILL.md",))),
    Case("our own folder", _linked(".agentsync"), r"^error: .*/\.agentsync is a symlink", quick=True),
    Case("the stage", _linked(".agentsync/stage"), r"^error: .*/\.agentsync/stage is a symlink"),
    Case("the history", _linked(".agentsync/history"), r"^error: .*/\.agentsync/history is a symlink"),
    Case("a folder of patches", _linked_patches, "^error: .*patches/acme is a symlink", run=("keep",),
         installed=INSTALLED),
    Case("a patch for a file elsewhere", _patch_elsewhere, "^error: the kept edit of .* is not what the lock says",
         installed=frozenset((".claude/skills/pdf/SKILL.md",))),
    Case("a manifest without end", _endless_manifest, "^error: no agentsync.yaml here", 2),
    Case("a key as the manifest", _secret_manifest, "^error: .*agentsync.yaml is a symlink", quick=True),
    Case("a key as the lock", _linked("agentsync.lock", "home/.ssh/id_rsa"), "^error: .*agentsync.lock is a symlink"),
    Case("a lock without end", _endless_lock, "^error: cannot read .*agentsync.lock"),
    Case("a cached repository", _linked_cache, "why: it is a symlink", run=("install", "--theirs")),
    Case("a cache for everybody", _open_cache, "why: every user may write to it", needs="modes"),
]  # fmt: skip


def _locked(**changes: str) -> Callable[[Machine], None]:
    """An honest project, its lock changed by hand: what is there, by what stands there instead."""

    def build(machine: Machine) -> None:
        machine.honest()
        assert machine.run("lock").exit == 0
        lock = machine.project / "agentsync.lock"
        text = lock.read_text()
        for line in text.splitlines():
            key = line.split(":")[0].strip()
            if key in changes:
                text = text.replace(line, f"{line[: len(line) - len(line.lstrip())]}{changes[key]}")
        lock.write_text(sealed(text.replace("{trap}", str(machine.trap))))

    return build


def _more_files(line: str) -> Callable[[Machine], None]:
    return _locked(files=f"files:\n      {line}")


def _receipt(*paths: str) -> Callable[[Machine], None]:
    """A receipt that calls other files ours, so that they would be deleted as stale."""

    def build(machine: Machine) -> None:
        from agentsync.model.digest import digest_of

        machine.honest()
        machine.write("src/main.py", "Kept\n")
        files = {path.format(root=machine.root): str(digest_of(b"Kept\n")) for path in paths}
        machine.write(".agentsync/receipt.json", json.dumps({"receipt": 1, "files": files}))

    return build


def _own_file(machine: Machine) -> None:
    """A lock that calls a file of the project ours, and a manifest that asks for a new one."""
    from agentsync.model.digest import digest_of

    machine.write("src/main.py", "Kept\n")
    _more_files(f"src/main.py: {digest_of(b'Kept' + bytes([10]))}")(machine)
    machine.write("agentsync.yaml", (machine.project / "agentsync.yaml").read_text().replace('"*"', "1.0.0"))


def _bomb_of_a_lock(machine: Machine) -> None:
    machine.honest()
    machine.write("agentsync.lock", "lockfile: 1\npacks: &a {x: *a}\n")


UNSAFE: Final = "^error: agentsync.lock.*unsafe path"
NOWHERE: Final = {"commit": f"commit: '{OID}'", "tree": f"tree: '{OID}'"}
FROZEN: Final = ("install", "--frozen")
LOCKS: Final = [
    Case("a file above", _more_files(f"../precious.md: {DIGEST}"), UNSAFE, run=FROZEN, quick=True),
    Case("an absolute file", _more_files(f"/etc/x: {DIGEST}"), UNSAFE, run=FROZEN),
    Case("a file of git", _more_files(f".git/hooks/pre-commit: {DIGEST}"), UNSAFE, run=FROZEN),
    Case("a file of the shell", _more_files(f".envrc: {DIGEST}"), "^  why: .*envrc", run=FROZEN),
    Case("a helper", _locked(git="git: 'ext::sh -c {trap}'"), "^error: .*'x::y' is refused", run=FROZEN, quick=True),
    Case("an option as a URL", _locked(git="git: --upload-pack={trap}"), "^error: .*starts with '-'", run=FROZEN),
    Case("an option as a commit", _locked(commit="commit: --output={trap}"), "^error: agentsync.lock.*", run=FROZEN),
    Case("an option as a tree", _locked(tree="tree: --output={trap}"), "^error: agentsync.lock.*", run=FROZEN),
    Case("an option as a ref", _locked(ref="ref: --upload-pack={trap}", **NOWHERE),
         "^error: ", run=FROZEN),
    Case("a ref with a target", _locked(ref="ref: refs/tags/v1.0.0:refs/heads/x", **NOWHERE), "^error: ", run=FROZEN),
    Case("other bytes", _locked(**{".claude/agents/good.md": f".claude/agents/good.md: {DIGEST}"}),
         r"^error: \.claude/agents/good\.md is not what the lock says", run=FROZEN),
    Case("a bomb", _bomb_of_a_lock,
         "^error: agentsync.lock, line 2, column 8: anchors", run=FROZEN),
    Case("a file of the project's own", _own_file, "^  why: .*src/main.py", run=("update",)),
    Case("a forged receipt", _receipt("src/main.py"), "^wrote .*good.md", 0, installed=INSTALLED, quick=True),
    Case("a forged receipt that leaves", _receipt("../outside/precious.md", "{root}/outside/precious.md"),
         "^wrote .*good.md", 0, installed=INSTALLED),
]  # fmt: skip


def _programs(machine: Machine) -> None:
    """Everything that a program started here could trip over."""
    machine.honest()
    for name in ("git", "git.exe", "sh", "ssh"):
        shutil.copy(machine.trap, machine.project / name)
    for name in ("yaml.py", "git.py", "os.py", "sitecustomize.py", "agentsync.py", "filelock.py"):
        machine.write(name, f"open({str(machine.canary)!r}, 'w')\n")


def _checkout(machine: Machine) -> None:
    """A working tree whose own configuration names programs, with a repository in it."""
    machine.honest()
    inner = GitRegistry(machine.project / "inner.git")
    inner.publish("v1.0.0", {"x": "x"})
    for config in (inner.path / "config", machine.write(".git/config", "[core]\n\tbare = false\n")):
        with config.open("a") as file:
            file.write(f"[core]\n\tfsmonitor = {machine.trap}\n\tsshCommand = {machine.trap}\n\thooksPath = .\n")
    machine.write(".git/HEAD", "ref: refs/heads/main\n")
    for folder in (".git/objects", ".git/refs"):
        (machine.project / folder).mkdir()


PROGRAMS: Final = [
    Case("programs in the project", _programs, "^wrote .*good.md", 0, installed=INSTALLED,
         env={"PATH": f".::{os.environ['PATH']}"}, quick=True),
    Case("a checkout with a monitor", _checkout, "^wrote .*good.md", 0, installed=INSTALLED),
    Case("a checkout with a monitor, looked at", _checkout, "^lock +there is no agentsync.lock", 1, ("drift",)),
]  # fmt: skip


@pytest.mark.parametrize(
    "case", [*URLS, *MANIFESTS, *LINKS, *LOCKS, *PROGRAMS], ids=lambda case: case.name.replace(" ", "-")
)
def test_project(machine: Machine, case: Case) -> None:
    """Refused before anything runs, or installed as if nothing were."""
    judge(machine, case)


@pytest.mark.slow
def test_a_link_that_the_user_allows(machine: Machine) -> None:
    """In the user's own policy, which no project can write; its own policy allows it nothing."""
    (machine.root / "agents-there").mkdir()
    _linked(".claude", "agents-there")(machine)
    text = (machine.project / "agentsync.yaml").read_text()
    allowed = f"linked_folders: [{machine.project}/.claude]"
    machine.write("agentsync.yaml", f"{text}policy: {{{allowed}}}\n")
    assert machine.run("install").exit == 3
    machine.write("agentsync.yaml", text)
    machine.config.mkdir()
    (machine.config / "policy.yaml").write_text(f"{allowed}\n")
    assert machine.run("install").exit == 0
    assert (machine.root / "agents-there/agents/good.md").is_file()
    assert (machine.project / ".claude").is_symlink()
    assert machine.run("drift").exit == 0
    (machine.config / "policy.yaml").write_text("linked_folder: []\n")
    assert machine.run("drift").exit == 2
