"""A git that answers one question after the other."""

from __future__ import annotations

import gc
import os
import signal
import threading
from pathlib import Path

import pytest

from agentsync.git import batch_process
from agentsync.git.batch_process import BatchProcess, Pipes
from agentsync.git.git import GitFailure, ending
from agentsync.git.places import Places
from tests.git.kit import GitCalls
from tests.git_registry import GitRegistry

CHECK = ("cat-file", "--batch-check")
READ = ("cat-file", "--batch")


@pytest.fixture(autouse=True)
def _free_seats() -> None:
    """Whatever other tests left to be collected has ended."""
    gc.collect()


@pytest.fixture
def oid(git_registry: GitRegistry) -> str:
    """A blob of some size."""
    git_registry.publish("v1", {"a.md": "one\n" * 5000})
    return git_registry.git("rev-parse", "v1:a.md")


def line(git: Pipes) -> str:
    """An answer of one line."""
    return git.read_line().decode()


def blob(git: Pipes) -> bytes:
    """An answer that says how long it is."""
    size = int(git.read_line().split(b" ")[2])
    return git.read(size + 1)[:-1]


def children() -> set[int]:
    """The processes that this one has started, and that still run."""
    own = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
    return {int(number) for number in own.read_text().split()}


def test_one_git_for_many_questions(git_registry: GitRegistry, oid: str, git_calls: GitCalls) -> None:
    """Each answer belongs to its question, also where several threads ask."""
    talk = BatchProcess(READ, git_registry.path)
    assert talk.ask(f"{oid}\n".encode(), blob) == b"one\n" * 5000
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(talk.ask(f"{oid}\n".encode(), blob))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"one\n" * 5000] * 8
    assert talk.ask(b"nothing\n", line) == "nothing missing"
    assert talk.ask(b"", lambda git: 7) == 7
    talk.close()
    assert git_calls.commands() == ["cat-file"]


def test_it_sees_what_was_fetched_since(git_registry: GitRegistry, oid: str) -> None:
    """An object that was missing is found once it is there."""
    talk = BatchProcess(CHECK, git_registry.path)
    assert talk.ask(f"{oid}\n".encode(), line) == f"{oid} blob 20000"
    new = b"two\n"
    later = "f719efd430d52bcfc8566a43b2eb655688d38871"
    assert talk.ask(f"{later}\n".encode(), line) == f"{later} missing"
    git_registry.publish("v2", {"a.md": new})
    git_registry.git("repack", "-a", "-d", "-q")
    assert talk.ask(f"{later}\n".encode(), line) == f"{later} blob 4"


def test_a_question_longer_than_a_pipe(git_registry: GitRegistry, oid: str) -> None:
    """The rest of it is told while the answer comes."""
    talk = BatchProcess(READ, git_registry.path)
    found = talk.ask(f"{oid}\n".encode() * 3000, lambda git: sum(len(blob(git)) for _ in range(3000)))
    assert found == 3000 * 20_000


def test_an_error_that_is_only_told(git_registry: GitRegistry, oid: str) -> None:
    """Git reads on past a damaged index, and takes what it holds for missing: each question meets it again."""
    git_registry.git("repack", "-a", "-d", "-q")
    (index,) = (git_registry.path / "objects" / "pack").glob("*.idx")
    index.chmod(0o600)
    index.write_bytes(index.read_bytes()[:100])
    talk = BatchProcess(CHECK, git_registry.path)
    for _ in range(2):
        with pytest.raises(GitFailure, match="error: "):
            talk.ask(f"{oid}\n".encode(), line)


def test_a_git_that_ends(tmp_path: Path) -> None:
    """It is told what git said; nothing waits for ever, however much is left to be told."""
    talk = BatchProcess(CHECK, tmp_path / "none")
    for question in (b"x\n", b"x\n" * 1_000_000):
        with pytest.raises(GitFailure, match="not a git repository") as caught:
            talk.ask(question, line)
        assert caught.value.exit_code == 128


def test_an_answer_that_is_not_heard_to_the_end(git_registry: GitRegistry, oid: str) -> None:
    """The rest of it is not read as the answer to the next request."""
    talk = BatchProcess(READ, git_registry.path)
    with pytest.raises(ZeroDivisionError):
        talk.ask(f"{oid}\n{oid}\n".encode(), lambda git: len(git.read_line()) / 0)
    assert talk.ask(f"{oid}\n".encode(), blob) == b"one\n" * 5000


@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_one_that_was_ended_meanwhile(git_registry: GitRegistry, oid: str, how: str) -> None:
    """The next question goes to another."""
    before = children()
    talk = BatchProcess(CHECK, git_registry.path)
    talk.ask(f"{oid}\n".encode(), line)
    (process,) = children() - before
    if how == "killed":
        os.kill(process, signal.SIGKILL)
    else:
        with ending():
            pass
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert talk.ask(f"{oid}\n".encode(), line) == f"{oid} blob 20000"


@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_no_process_is_left(git_registry: GitRegistry, oid: str, how: str) -> None:
    """It ends when it is closed, and when no reference to it is left."""
    before = children()
    talk = BatchProcess(CHECK, git_registry.path)
    talk.ask(f"{oid}\n".encode(), line)
    assert children() - before
    if how == "closed":
        talk.close()
        talk.close()
    else:
        del talk
        gc.collect()
    assert not children() - before


def test_only_so_many_stay(git_registry: GitRegistry, oid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds three open files, of which a process may have few: one that was idle longest ends for another."""
    monkeypatch.setattr(batch_process, "_places", Places(2))
    before = children()
    talks = [BatchProcess(CHECK, git_registry.path) for _ in range(4)]
    for _ in range(2):
        for talk in talks:
            assert talk.ask(f"{oid}\n".encode(), line) == f"{oid} blob 20000"
        assert len(children() - before) == 2
    last = children() - before
    assert talks[3].ask(f"{oid}\n".encode(), line)
    assert children() - before == last, "what was used last stays"
    talks[0].close()
    talks[3].ask(f"{oid}\n".encode(), line)
    assert len(children() - before) == 2
