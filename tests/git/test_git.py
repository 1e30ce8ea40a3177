"""Git as it is run: nothing that is inherited leads it astray, what a user set up for it works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsync.errors import FetchError
from agentsync.formats.git_url import parse_git_url
from agentsync.git.cache import Cache
from agentsync.git.git import GitFailure, TooMuchOutput, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.git_object import object_id
from tests.git.kit import GitCalls, files_of, url_of
from tests.git_registry import GitRegistry, plain_git_environment
from tests.processes import is_running
from tests.programs import write_program

Configure = Callable[[str], None]
LIST = ("ls-remote", REMOTE)


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Gives the user a git configuration."""

    def write(text: str) -> None:
        where = tmp_path / "gitconfig"
        where.write_text(text)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(where))

    return write


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A program that leaves a trace when it is run."""
    return write_program(tmp_path / "canary.sh", 'echo "$0 $*" >> "$(dirname "$(readlink -f "$0")")/sung"\nexit 1')


def sung(canary: Path) -> str:
    """The trace, "" where there is none."""
    trace = canary.with_name("sung")
    return trace.read_text() if trace.exists() else ""


# What the environment of another program may hold.


@pytest.mark.parametrize(
    "name",
    [
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_CONFIG", "GIT_PREFIX"),
        *("GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_DEFAULT_HASH", "GIT_PROTOCOL", "GIT_ATTR_SOURCE"),
    ],
)
def test_nothing_points_git_elsewhere(
    cache: Cache, git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As when agentsync is started by a hook of git."""
    commit = git_registry.publish("v1", {"a.md": "one\n"})
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    repository = cache.repository(url_of(git_registry))
    assert repository.refs().tags == {"v1": commit}
    assert files_of(repository, commit) == {"a.md": b"one\n"}
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["GIT_TRACE", "GIT_TRACE2", "GIT_TRACE_CURL", "GIT_TRACE_PACKET", "GIT_TRACE_SETUP"])
def test_no_trace_is_written(
    git_registry: GitRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It would hold passwords, and be read as messages."""
    monkeypatch.setenv(name, str(tmp_path / "trace"))
    run_git(LIST, remote=url_of(git_registry))
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR", "GIT_PROXY_COMMAND", "GIT_ASKPASS_X"])
def test_no_program_is_named(
    git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch, canary: Path, name: str
) -> None:
    """By a variable that is not for us."""
    monkeypatch.setenv(name, str(canary))
    git_registry.publish("v1", {"a.md": "one\n"})
    run_git(LIST, remote=url_of(git_registry))
    run_git(("log", "-p", "main"), git_dir=git_registry.path)
    assert sung(canary) == ""


# What the user's own configuration may hold.


HOOKED = """
[core]
    hooksPath = {hooks}
    fsmonitor = {canary}
    pager = {canary}
[init]
    templateDir = {template}
[diff]
    external = {canary}
[gc]
    auto = 1
[fetch]
    prune = true
    writeCommitGraph = true
    recurseSubmodules = true
[remote "origin"]
    url = /nowhere
    fetch = +refs/heads/*:refs/remotes/origin/*
[alias]
    fetch = !{canary}
"""


def test_hooks_of_the_user_do_not_run(
    cache: Cache, git_registry: GitRegistry, tmp_path: Path, configure: Configure, canary: Path
) -> None:
    """Nor anything else that is set up for the user's own repositories; a plain git would run them."""
    hooks, template = tmp_path / "hooks", tmp_path / "template"
    for folder in (hooks, template / "hooks"):
        folder.mkdir(parents=True)
        for hook in ("reference-transaction", "post-checkout", "pre-auto-gc", "update", "post-merge"):
            (folder / hook).symlink_to(canary)
    configure(HOOKED.format(hooks=hooks, canary=canary, template=template))
    commit = git_registry.publish("v1", {"a.md": "one\n"})
    assert files_of(cache.repository(url_of(git_registry)), commit) == {"a.md": b"one\n"}
    assert sung(canary) == ""

    environment = plain_git_environment() | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "plain")], env=environment, check=True)
    command = ["git", "-C", str(tmp_path / "plain"), "fetch", git_registry.url, "main:main"]
    subprocess.run(command, env=environment, check=False, capture_output=True)
    assert "reference-transaction" in sung(canary), "the hook was there to be run"


def test_insteadof_is_followed(configure: Configure, git_registry: GitRegistry) -> None:
    """A company's mirror serves under the public name."""
    commit = git_registry.publish("v1", {"a.md": "one\n"})
    configure(f'[url "{git_registry.path.parent}/"]\n\tinsteadOf = https://git.example/\n')
    out = run_git(LIST, remote=parse_git_url(f"https://git.example/{git_registry.path.name}"))
    assert f"{commit}\trefs/tags/v1".encode() in out


def test_settings_of_the_environment_are_kept(
    git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> None:
    """As build servers set them; ours come after."""
    git_registry.publish("v1", {"a.md": "one\n"})
    configure("")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{git_registry.path.parent}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://git.example/")
    assert b"refs/tags/v1" in run_git(LIST, remote=parse_git_url(f"https://git.example/{git_registry.path.name}"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "many")
    assert b"refs/tags/v1" in run_git(LIST, remote=url_of(git_registry))


@pytest.mark.parametrize("scheme", ["ext", "git", "http", "fd"])
def test_no_other_protocol_by_a_detour(configure: Configure, canary: Path, scheme: str) -> None:
    """Whatever `insteadOf` and `protocol.allow` say."""
    base = f"ext::{canary} " if scheme == "ext" else "fd::17/" if scheme == "fd" else f"{scheme}://127.0.0.1:1/"
    configure(f'[url "{base}"]\n\tinsteadOf = https://git.example/\n[protocol]\n\tallow = always\n')
    with pytest.raises(GitFailure, match=rf"transport '{scheme}' not allowed"):
        run_git(LIST, remote=parse_git_url("https://git.example/x.git"))
    assert sung(canary) == ""


@pytest.mark.parametrize(("allowed", "works"), [("", False), ("https", False), ("ext:file", True), ("file:ssh", True)])
def test_the_protocols_can_only_get_fewer(
    git_registry: GitRegistry, monkeypatch: pytest.MonkeyPatch, configure: Configure, canary: Path,
    allowed: str, works: bool,
) -> None:  # fmt: skip
    """By git's own variable."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", allowed)
    if works:
        run_git(LIST, remote=url_of(git_registry))
    else:
        with pytest.raises(GitFailure, match="transport 'file' not allowed"):
            run_git(LIST, remote=url_of(git_registry))
    configure(f'[url "ext::{canary} "]\n\tinsteadOf = https://git.example/\n')
    with pytest.raises(GitFailure, match="transport 'ext' not allowed"):
        run_git(LIST, remote=parse_git_url("https://git.example/x"))
    assert sung(canary) == ""


# ssh.


@pytest.fixture
def over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, canary: Path) -> Callable[[], str]:
    """Asks a host over ssh; returns how ssh was called."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ssh").symlink_to(canary)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ssh")

    def ask() -> str:
        with pytest.raises(GitFailure):
            run_git(LIST, remote=parse_git_url("git@host.invalid:x/y.git"))
        return sung(canary)

    return ask


def test_ssh_never_asks(over_ssh: Callable[[], str]) -> None:
    """It fails instead of waiting for an answer."""
    assert "-o BatchMode=yes" in over_ssh()


@pytest.mark.parametrize("name", ["GIT_SSH_COMMAND", "GIT_SSH", "core.sshCommand"])
def test_the_users_own_ssh(
    over_ssh: Callable[[], str], monkeypatch: pytest.MonkeyPatch, configure: Configure, canary: Path, name: str
) -> None:
    """However it is set up."""
    own = canary.with_name("own-ssh")
    own.write_text(canary.read_text())
    own.chmod(0o755)
    if name.startswith("GIT"):
        monkeypatch.setenv(name, str(own))
    else:
        configure(f"[core]\n\tsshCommand = {own} --mine\n")
    called = over_ssh()
    assert called.startswith(str(own)) and "BatchMode" not in called
    assert name != "core.sshCommand" or "--mine" in called


# What git says, and what it is told.


def test_a_password_is_in_no_message_and_on_no_command_line(
    monkeypatch: pytest.MonkeyPatch, git_calls: GitCalls
) -> None:
    """Git gets it by its environment; what git says is cleaned."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https")
    url = parse_git_url("https://kim:hunter2@127.0.0.1:1/x.git?private_token=s3cret")
    with pytest.raises(GitFailure) as caught:
        run_git(LIST, remote=url)
    assert "127.0.0.1" in caught.value.message
    told = f"{caught.value.message} {caught.value} {caught.value.arguments} {git_calls.take()}"
    assert "hunter2" not in told and "s3cret" not in told and "kim" not in told


def test_a_failure_is_one_line() -> None:
    """Each thing said once, and not endlessly."""
    with pytest.raises(GitFailure) as caught:
        run_git(("cat-file", "-t", "x" * 5000), git_dir=Path("/nowhere"))
    assert caught.value.message == "fatal: not a git repository: '/nowhere'"
    assert caught.value.exit_code == 128 and caught.value.arguments[:2] == ("cat-file", "-t")


def test_exit_codes(git_registry: GitRegistry) -> None:
    """Those that are fine are no failure."""
    git_registry.publish("v1", {"a.md": "one\n"})
    arguments = ("merge-base", "--is-ancestor", "main", "v1^{tree}")
    with pytest.raises(GitFailure):
        run_git(arguments, git_dir=git_registry.path)
    assert run_git(arguments, git_dir=git_registry.path, fine=(0, 1, 128)) == b""


def test_a_great_deal_of_input_and_output() -> None:
    """More than a pipe holds, both ways at once."""
    data = os.urandom(1024) * 8192
    assert run_git(("hash-object", "--stdin"), stdin=data).decode().strip() == object_id(b"blob", data)
    listing = b"x\n" * 400_000
    out = run_git(("stripspace",), stdin=listing)
    assert out == listing


@pytest.mark.parametrize("watched", [False, True])
def test_input_that_git_does_not_wait_for(watched: bool) -> None:
    """It ends while we still write: that is its failure, not ours."""
    progress = (lambda text: None) if watched else None
    with pytest.raises(GitFailure, match="not a git repository"):
        run_git(("cat-file", "--batch"), git_dir=Path("/nowhere"), stdin=b"x" * 10_000_000, progress=progress)


def test_no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or one that may not be run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="git is not installed"):
        run_git(("version",))
    (tmp_path / "git").write_text("no program")
    with pytest.raises(FetchError, match=r"git is not installed|is no program"):
        run_git(("version",))


def test_folders_above_ours_are_not_asked(tmp_path: Path) -> None:
    """A repository that happens to be above a temporary folder has no say."""
    above = GitRegistry(tmp_path / ".git", server={"core.bare": "false"})
    above.publish("v1", {"a.md": "one\n"})
    (tmp_path / "work").mkdir()
    with pytest.raises(GitFailure, match="not a git repository"):
        run_git(("rev-parse", "--git-dir"), cwd=tmp_path / "work")


def test_progress_is_told(git_registry: GitRegistry, tmp_path: Path) -> None:
    """Line by line, while git works; standard output is not waited for."""
    git_registry.publish("v1", {f"{number}.md": os.urandom(50).hex() for number in range(200)})
    run_git(("init", "--quiet", "--bare", str(tmp_path / "x")))
    told: list[str] = []
    arguments = ("fetch", "--progress", REMOTE, "main:main")
    run_git(arguments, git_dir=tmp_path / "x", remote=url_of(git_registry), progress=told.append)
    assert any("objects" in text for text in told)
    with pytest.raises(GitFailure) as caught:
        arguments = ("fetch", "--progress", REMOTE, "nothing:nothing")
        run_git(arguments, git_dir=tmp_path / "x", remote=url_of(git_registry), progress=told.append)
    assert caught.value.message == "fatal: couldn't find remote ref nothing"


WATCHING = """
import sys
from pathlib import Path
from agentsync.git.git import run_git
run_git(("init", "--quiet", "--bare", sys.argv[1]), progress=print)
print("done")
"""


def test_what_reads_the_progress_runs_nothing(tmp_path: Path, canary: Path) -> None:
    """The library would try the program that a variable of its own names."""
    environment = {**os.environ, "GIT_PYTHON_GIT_EXECUTABLE": str(canary), "GIT_PYTHON_TRACE": "full"}
    command = [sys.executable, "-c", WATCHING, str(tmp_path / "x")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert sung(canary) == ""


def test_an_interruption_ends_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_registry: GitRegistry) -> None:
    """And the helpers that it started."""
    git_registry.publish("v1", {"a.md": "one\n"})
    slow = write_program(tmp_path / "slow.sh", f"echo $$ > {tmp_path}/pid\nexec sleep 60")
    (tmp_path / "config").write_text(f"[uploadpack]\n\tpackObjectsHook = {slow}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    run_git(("init", "--quiet", "--bare", str(tmp_path / "x")))

    def interrupt(number: int, frame: object) -> None:
        if (tmp_path / "pid").exists():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_git(("fetch", REMOTE, "main:main"), git_dir=tmp_path / "x", remote=url_of(git_registry))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_more_output_than_is_wanted(git_registry: GitRegistry) -> None:
    """Git is stopped; what is within the bounds comes whole, and a failure is one all the same."""
    git_registry.publish("v1", {f"{number:04}": "x" for number in range(2000)})
    listing = ("ls-tree", "-r", "v1")
    whole = run_git(listing, git_dir=git_registry.path)
    assert run_git(listing, git_dir=git_registry.path, most=len(whole)) == whole
    with pytest.raises(TooMuchOutput):
        run_git(listing, git_dir=git_registry.path, most=len(whole) - 1)
    with pytest.raises(GitFailure, match="v2"):
        run_git(("ls-tree", "v2"), git_dir=git_registry.path, most=10)


def test_much_is_asked_and_much_is_told(git_registry: GitRegistry) -> None:
    """More than any pipe holds, both ways at the same time."""
    commit = git_registry.publish("v1", {"a": "x" * 2500})
    asked = f"{commit}:a\n".encode() * 4_000
    told = run_git(("cat-file", "--batch"), git_dir=git_registry.path, stdin=asked)
    assert told.count(b"x" * 2500) == 4_000
